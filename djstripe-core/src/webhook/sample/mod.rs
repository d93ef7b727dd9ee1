//! Samples: events and objects as Stripe would write them, made from the facts in `generated/`.
//!
//! In: the name of an event or of a type. Out: JSON. The command `trigger` sends samples, and the
//! fake Stripe is made of them.

pub(crate) mod template;
pub(crate) mod event;
pub(crate) mod linked;
pub(crate) mod fields;
pub(crate) mod thin;

/// The path at which the fake Stripe takes the samples of the command `trigger`. Stripe has no such
/// path.
pub(crate) const SAMPLES_PATH: &str = "/fake/samples";
