//! djstripe-core under another name.

#![deny(warnings)]

extern crate djstripe_core as renamed;

use renamed::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid", id = "renamed", crate = renamed)]
fn receiver(_event: &Event) {}

fn main() {
    assert!(
        renamed::Registry::collect()
            .expect("its receivers are right")
            .require("invoice.paid")
            .is_ok()
    );
}
