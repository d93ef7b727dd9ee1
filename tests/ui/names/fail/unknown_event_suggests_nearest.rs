use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.payed")]
fn ship(_event: &Event) {}

fn main() {}
