use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver]
fn ship(_event: &Event) {}

fn main() {}
