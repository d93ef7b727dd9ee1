//! The `#[stripe_receiver]` attribute. Applications use it through `djstripe_core::stripe_receiver`.
