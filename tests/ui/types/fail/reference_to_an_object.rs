use djstripe_core::models::Invoice;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("invoice.paid")]
async fn ship(_invoice: &Object<Invoice>) {}

fn main() {}
