use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", priorty = 1)]
fn ship(_event: &Event) {}

fn main() {}
