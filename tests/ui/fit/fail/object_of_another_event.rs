use djstripe_core::models::Invoice;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("customer.updated")]
async fn greet(_invoice: Object<Invoice>) {}

fn main() {}
