use djstripe_core::models::Invoice;
use djstripe_core::{Object, stripe_receiver};

// One error, although eight events are listed.
#[stripe_receiver("customer.subscription.*")]
async fn greet(_invoice: Object<Invoice>) {}

fn main() {}
