use djstripe_core::models::{Customer, Invoice};
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("customer.updated", "invoice.paid")]
async fn greet(_customer: Object<Customer>) {}

fn unused(_: Invoice) {}

fn main() {
    let _ = unused;
}
