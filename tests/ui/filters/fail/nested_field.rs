use djstripe_core::models::Subscription;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("customer.subscription.updated", when(changed("items.data.price")))]
async fn react(_subscription: Object<Subscription>) {}

fn main() {}
