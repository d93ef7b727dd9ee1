use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
fn ship<'a>(_event: &'a Event) {}

fn main() {}
