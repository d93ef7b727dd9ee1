use djstripe_core::models::Invoice;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("invoice.paid", mirror = optional)]
fn ship(_invoice: Object<Invoice>) {}

fn main() {}
