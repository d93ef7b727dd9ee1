use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.updated", only = fat)]
fn greet(_event: &Event) {}

fn main() {}
