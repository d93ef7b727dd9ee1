use djstripe_core::models::Invoice;
use djstripe_core::stripe_receiver;

#[stripe_receiver("invoice.paid")]
async fn ship(_invoice: &Invoice) {}

fn main() {}
