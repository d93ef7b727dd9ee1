use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", transaction = false)]
fn ship(_event: &Event) {}

fn main() {}
