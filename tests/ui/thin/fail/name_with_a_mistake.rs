use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("v1.customer.updatd")]
fn greet(_event: &Event) {}

fn main() {}
