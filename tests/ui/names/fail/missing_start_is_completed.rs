use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("subscription.created")]
fn hello(_event: &Event) {}

fn main() {}
