use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
extern "C" fn ship(_event: &Event) {}

fn main() {}
