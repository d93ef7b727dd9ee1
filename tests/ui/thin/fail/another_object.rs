use djstripe_core::models::Customer;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("v1.customer.subscription.past_due")]
fn remind(_customer: Object<Customer>) {}

fn main() {}
