use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.subscription.past_due")]
fn remind(_event: &Event) {}

fn main() {}
