use djstripe_core::models::Card;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("account.external_account.created")]
async fn keep(_card: Object<Card>) {}

fn main() {}
