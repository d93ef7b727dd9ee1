use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", id = "")]
fn ship(_event: &Event) {}

fn main() {}
