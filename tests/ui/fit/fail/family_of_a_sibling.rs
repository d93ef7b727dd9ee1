use djstripe_core::models::families::CheckoutSessionEvent;
use djstripe_core::stripe_receiver;

#[stripe_receiver("customer.subscription.created", "customer.subscription.deleted")]
async fn greet(_event: CheckoutSessionEvent) {}

fn main() {}
