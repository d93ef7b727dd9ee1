use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.subscriptoin.*")]
fn hello(_event: &Event) {}

fn main() {}
