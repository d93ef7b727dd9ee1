use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", timeout = "30")]
fn ship(_event: &Event) {}

fn main() {}
