//! Effects in a module, in a function, through `macro_rules!`, and called as functions.
#![deny(warnings)]

mod mails {
    use djstripe_core::stripe_effect;

    #[stripe_effect(name = "anywhere::greet", timeout = "5s")]
    pub(crate) async fn greet(name: String) {
        drop(name);
    }
}

use djstripe_core::receiver::{OutboxError, StripeEffect};
use djstripe_core::{Db, stripe_effect, stripe_receiver};
use mails::greet;

macro_rules! effect {
    ($name:ident, $input:ty) => {
        #[stripe_effect]
        fn $name(input: $input) -> Result<(), std::io::Error> {
            let _: $input = input;
            Ok(())
        }
    };
}
effect!(write_number, u64);

#[stripe_effect]
fn never_requested() {}

#[stripe_receiver("customer.created")]
async fn welcome(mut db: Db<'_>) -> Result<(), OutboxError> {
    db.request_effect::<greet>("ann").await?;
    db.request_effect::<mails::greet>(String::from("bob"))
        .await?;
    db.request_effect::<write_number>(7_u64).await
}

fn main() {
    #[stripe_effect]
    fn inner(_input: (String, Option<u8>)) {}

    assert_eq!(greet::info().name, "anywhere::greet");
    assert!(inner::info().name.ends_with("::inner"));
    inner((String::new(), None));
    write_number(7).expect("it writes nothing");
    never_requested();
    drop(greet("ann".to_owned()));
}
