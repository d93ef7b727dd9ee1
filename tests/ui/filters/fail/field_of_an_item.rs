use djstripe_core::models::Subscription;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("customer.subscription.updated", when(changed("current_period_end")))]
async fn renew(_subscription: Object<Subscription>) {}

fn main() {}
