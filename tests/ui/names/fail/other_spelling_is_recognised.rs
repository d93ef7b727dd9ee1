use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("Customer_Updated")]
fn hello(_event: &Event) {}

fn main() {}
