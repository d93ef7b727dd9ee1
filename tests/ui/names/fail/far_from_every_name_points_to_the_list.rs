use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("gift.wrapped")]
fn wrap(_event: &Event) {}

fn main() {}
