use djstripe_core::receiver::OutboxError;
use djstripe_core::{Db, stripe_effect, stripe_receiver};

struct Mail;

#[stripe_effect]
fn greet(_name: String) {}

#[stripe_receiver("customer.created")]
async fn welcome(mut db: Db<'_>) -> Result<(), OutboxError> {
    db.request_effect::<Mail>("ann").await
}

fn main() {}
