//! A library crate with receivers, in a module that no other code names.

mod receivers {
    use djstripe_core::{Event, stripe_receiver};

    #[stripe_receiver("customer.created", id = "library::greet")]
    fn greet(_event: &Event) {}

    #[stripe_receiver(
        "customer.subscription.*",
        id = "library::plan",
        when(changed("status"))
    )]
    fn plan(_event: &Event) {}
}
