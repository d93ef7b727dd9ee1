use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", priority = 3000000000)]
fn ship(_event: &Event) {}

fn main() {}
