use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver(priority = 1)]
fn ship(_event: &Event) {}

fn main() {}
