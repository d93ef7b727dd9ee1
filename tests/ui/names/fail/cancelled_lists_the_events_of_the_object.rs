use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.subscription.cancelled")]
fn goodbye(_event: &Event) {}

fn main() {}
