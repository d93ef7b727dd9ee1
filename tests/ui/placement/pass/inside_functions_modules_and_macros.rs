//! Receivers in every place where a function can be.

#![deny(warnings, missing_docs, unreachable_pub)]

use djstripe_core::{Event, stripe_receiver};

mod private {
    use super::*;

    #[stripe_receiver("invoice.paid", id = "module")]
    fn receiver(_event: &Event) {}
}

macro_rules! receivers {
    ($($name:ident: $event:literal, $id:literal, $ty:ty;)*) => {
        $(
            #[stripe_receiver($event, id = $id)]
            async fn $name(parts: $ty) {
                let argument_1 = parts;
                drop(argument_1);
            }
        )*
    };
}

receivers! {
    first: "invoice.paid", "macro 1", Event;
    second: "invoice.voided", "macro 2", Event;
}

/// Functions and arguments whose names the expansion uses for its own.
mod names {
    use super::*;

    #[stripe_receiver("invoice.paid", id = "call")]
    fn call(parts: &Event) {
        let _ = parts;
    }

    #[stripe_receiver("invoice.paid", id = "check")]
    fn check(context: &Event) {
        let _ = context;
    }
}

fn main() {
    #[stripe_receiver("invoice.paid", id = "function")]
    fn receiver(_event: &Event) {}

    let registry = djstripe_core::Registry::collect().expect("its receivers are right");
    for id in ["module", "macro 1", "macro 2", "call", "check", "function"] {
        assert!(
            registry
                .receivers()
                .iter()
                .any(|receiver| receiver.id == id),
            "{id}"
        );
    }
}
