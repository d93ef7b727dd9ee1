use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.updated", union = Only)]
async fn react(_event: Event) {}

fn main() {}
