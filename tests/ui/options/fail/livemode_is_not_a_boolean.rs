use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", livemode = "yes")]
fn ship(_event: &Event) {}

fn main() {}
