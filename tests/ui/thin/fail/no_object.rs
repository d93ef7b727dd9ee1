use djstripe_core::models::Customer;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("v1.entitlements.active_entitlement_summary.entitlement_added")]
fn unlock(_customer: Object<Customer>) {}

fn main() {}
