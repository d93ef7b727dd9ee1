use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", transaction = mine)]
fn ship(_event: &Event) {}

fn main() {}
