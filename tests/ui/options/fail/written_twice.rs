use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", priority = 1, priority = 2)]
fn ship(_event: &Event) {}

fn main() {}
