use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", mirror = false)]
fn ship(_event: &Event) {}

fn main() {}
