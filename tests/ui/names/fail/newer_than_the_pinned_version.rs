#![deny(deprecated)]

use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("billing.meter.created")]
fn measure(_event: &Event) {}

fn main() {}
