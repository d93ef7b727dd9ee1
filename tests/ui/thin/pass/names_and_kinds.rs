//! Thin events by each of their names, alone and in families.

#![deny(warnings)]

use djstripe_core::models::Subscription;
use djstripe_core::{Event, Object, Registry, stripe_receiver};

#[stripe_receiver("v1.customer.updated", id = "by its thin name")]
fn by_thin_name(_event: &Event) {}

#[stripe_receiver("v1.customer.subscription.*", id = "family")]
fn family(_subscription: Object<Subscription>) {}

#[stripe_receiver("v2.core.account[configuration.customer].updated", id = "brackets")]
fn brackets(_event: &Event) {}

#[stripe_receiver("customer.subscription.*", only = thin, id = "only thin")]
fn only_thin(_event: &Event) {}

fn main() {
    let registry = Registry::collect().expect("its receivers are right");
    let events = |id: &str| {
        let receivers = registry.receivers();
        let found = receivers.iter().find(|receiver| receiver.id == id);
        found.expect("it is registered").events
    };
    assert_eq!(events("by its thin name"), ["customer.updated"]);
    assert!(events("family").contains(&"customer.subscription.updated"));
    assert!(events("family").contains(&"v1.customer.subscription.past_due"));
    assert!(!events("only thin").contains(&"v1.customer.subscription.past_due"));
}
