use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", account = mine)]
fn ship(_event: &Event) {}

fn main() {}
