use djstripe_core::models::V1InvoiceUpcomingData;
use djstripe_core::{EventData, stripe_receiver};

#[stripe_receiver("invoice.upcoming")]
fn warn(_data: EventData<V1InvoiceUpcomingData>) {}

fn main() {}
