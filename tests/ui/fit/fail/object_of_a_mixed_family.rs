use djstripe_core::models::Customer;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("customer.*")]
async fn greet(_customer: Object<Customer>) {}

fn main() {}
