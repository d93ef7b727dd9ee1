use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
#[stripe_receiver("invoice.voidd")]
fn ship(_event: &Event) {}

fn main() {}
