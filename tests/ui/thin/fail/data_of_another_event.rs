use djstripe_core::models::V1InvoiceUpcomingData;
use djstripe_core::{EventData, stripe_receiver};

#[stripe_receiver("v1.billing.meter.no_meter_found")]
fn look(_data: EventData<V1InvoiceUpcomingData>) {}

fn main() {}
