use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.tax_id.*", "customer.tax_id.created")]
fn ship(_event: &Event) {}

fn main() {}
