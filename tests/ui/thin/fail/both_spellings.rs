use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.updated", "v1.customer.updated")]
fn greet(_event: &Event) {}

fn main() {}
