use djstripe_core::models::Invoice;
use djstripe_core::{Previous, stripe_receiver};

#[stripe_receiver("customer.updated")]
async fn greet(_invoice: Previous<Invoice>) {}

fn main() {}
