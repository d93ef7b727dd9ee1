use djstripe_core::models::Subscription;
use djstripe_core::{Snapshot, stripe_receiver};

#[stripe_receiver("v1.customer.subscription.past_due")]
fn remind(_subscription: Snapshot<Subscription>) {}

fn main() {}
