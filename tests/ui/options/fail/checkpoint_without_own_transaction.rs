use djstripe_core::{Checkpoint, stripe_receiver};

#[stripe_receiver("invoice.paid")]
fn ship(_checkpoint: Checkpoint) {}

fn main() {}
