use djstripe_core::models::V1InvoiceUpcomingData;
use djstripe_core::{EventData, stripe_receiver};

#[stripe_receiver("v1.customer.subscription.past_due")]
fn remind(_data: EventData<V1InvoiceUpcomingData>) {}

fn main() {}
