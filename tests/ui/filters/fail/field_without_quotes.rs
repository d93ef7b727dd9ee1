use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.updated", when(changed(email)))]
async fn react(_event: Event) {}

fn main() {}
