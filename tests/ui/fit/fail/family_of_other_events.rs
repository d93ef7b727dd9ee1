use djstripe_core::models::families::CustomerSubscriptionEvent;
use djstripe_core::stripe_receiver;

#[stripe_receiver("invoice.paid")]
async fn greet(_event: CustomerSubscriptionEvent) {}

fn main() {}
