use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("payment.succeeded")]
async fn ship(_event: Event) {}

fn main() {}
