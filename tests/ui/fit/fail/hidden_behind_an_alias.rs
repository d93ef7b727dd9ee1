use djstripe_core::models::Invoice;
use djstripe_core::{Object, stripe_receiver};

type Mine = Object<Invoice>;

#[stripe_receiver("customer.updated")]
async fn greet(_invoice: Mine) {}

fn main() {}
