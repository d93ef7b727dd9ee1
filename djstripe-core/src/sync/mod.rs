//! Filling the mirror from Stripe's lists.

pub(crate) mod plan;
