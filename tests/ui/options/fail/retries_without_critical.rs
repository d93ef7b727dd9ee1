use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", critical = false, retries = 3)]
fn ship(_event: &Event) {}

fn main() {}
