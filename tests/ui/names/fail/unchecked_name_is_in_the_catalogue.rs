use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver(unchecked("invoice.paid"))]
fn ship(_event: &Event) {}

fn main() {}
