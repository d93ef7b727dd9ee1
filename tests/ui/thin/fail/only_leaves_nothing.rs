use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("v1.customer.subscription.past_due", only = snapshot)]
fn remind(_event: &Event) {}

fn main() {}
