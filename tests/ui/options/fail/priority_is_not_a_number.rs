use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", priority = "high")]
fn ship(_event: &Event) {}

fn main() {}
