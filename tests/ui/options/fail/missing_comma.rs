use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid" "invoice.voided")]
fn ship(_event: &Event) {}

fn main() {}
