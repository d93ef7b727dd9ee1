//! Whether an argument's payload type fits an event: constants that the macro's expansion asserts.

use std::marker::PhantomData;

use djstripe_models::CarriedBy;

/// The fit of the payload type `T` to the event `E`.
///
/// Its constants are inherent where `T` is carried by `E`; everywhere else those of [`NoFit`] are
/// found. A bound would be a second error with words that the macro can't choose.
#[derive(Debug)]
pub struct Fit<E, T>(PhantomData<(E, T)>);

impl<E, T: CarriedBy<E>> Fit<E, T> {
    /// The event carries the payload type.
    pub const IS_CARRIED: bool = true;
    /// Whether the payload type's cargo feature is on.
    pub const IS_COMPILED_IN: bool = T::IS_COMPILED_IN;
}

/// The constants of a pair that doesn't fit.
pub trait NoFit {
    /// The event carries another payload type.
    const IS_CARRIED: bool = false;
    /// Nothing is known of another type's feature.
    const IS_COMPILED_IN: bool = true;
}

impl<E, T> NoFit for Fit<E, T> {}
