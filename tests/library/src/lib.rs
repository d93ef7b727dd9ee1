//! A library crate with a receiver, in a module that no other code names.

mod receivers {
    use djstripe_core::{Event, stripe_receiver};

    #[stripe_receiver("customer.created", id = "library::greet")]
    fn greet(_event: &Event) {}
}
