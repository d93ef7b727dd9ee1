//! Every way to list the names of events.

#![deny(warnings)]

use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", id = "one")]
fn one(_event: &Event) {}

#[stripe_receiver("invoice.paid", "invoice.voided", id = "several")]
fn several(_event: &Event) {}

#[stripe_receiver(["invoice.paid", "invoice.voided"], id = "brackets")]
fn brackets(_event: &Event) {}

#[stripe_receiver("invoice.paid", id = "stacked")]
#[stripe_receiver("invoice.voided")]
fn stacked(_event: &Event) {}

#[stripe_receiver("*", id = "all")]
fn all(_event: &Event) {}

#[stripe_receiver("customer.subscription.*", id = "family")]
fn family(_event: &Event) {}

#[stripe_receiver(unchecked("customer.levitated"), id = "unchecked")]
fn unchecked(_event: &Event) {}

#[stripe_receiver("billing.meter.created", allow(newer), id = "newer")]
fn newer(_event: &Event) {}

fn main() {
    let registry = djstripe_core::Registry::collect().expect("its receivers are right");
    let ids: Vec<&str> = registry
        .receivers()
        .iter()
        .map(|receiver| receiver.id)
        .filter(|id| !id.starts_with("djstripe::"))
        .collect();
    assert_eq!(
        ids,
        [
            "one",
            "several",
            "brackets",
            "stacked",
            "all",
            "family",
            "unchecked",
            "newer"
        ]
    );
}
