#![deny(warnings)]

extern crate djstripe_core as renamed;

use renamed::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", id = "renamed", crate = renamed)]
fn receiver(_event: &Event) {}

fn main() {
    assert!(renamed::Registry::collect().unwrap().require("invoice.paid").is_ok());
}
