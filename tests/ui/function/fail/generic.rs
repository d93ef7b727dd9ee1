use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
fn ship<T: Default>(_event: &Event) {}

fn main() {}
