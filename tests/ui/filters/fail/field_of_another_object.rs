use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("customer.tax_id.updated", when(changed("hosted_invoice_url")))]
async fn react(_event: Event) {}

fn main() {}
