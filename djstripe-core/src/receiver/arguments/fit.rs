//! Whether an argument fits an event: constants that the macro's expansion asserts.
//!
//! A constant is inherent where the bounds hold; everywhere else that of [`NoFit`] is found. A bound
//! in the expansion would be a second error, with words that the macro can't choose.

use std::marker::PhantomData;

use djstripe_models::CarriedBy;

use super::from_event::FromEvent;

/// The type `T`, which may be an argument.
#[derive(Debug)]
pub struct Argument<T>(PhantomData<T>);

impl<'a, T: FromEvent<'a>> Argument<T> {
    /// It is an argument.
    pub const IS_ONE: bool = true;
}

/// The type `T` as an argument of a receiver of the event `E`.
#[derive(Debug)]
pub struct Fit<E, T>(PhantomData<(E, T)>);

impl<'a, E, T> Fit<E, T>
where
    T: FromEvent<'a>,
    T::Payload: CarriedBy<E>,
{
    /// The event carries the argument's payload type.
    pub const IS_CARRIED: bool = true;
    /// Whether the payload type's cargo feature is on.
    pub const IS_COMPILED_IN: bool = <T::Payload as CarriedBy<E>>::IS_COMPILED_IN;
}

/// The constants of types that are no arguments, and of arguments that don't fit.
pub trait NoFit {
    /// It is no argument, which is an error of its own.
    const IS_ONE: bool = false;
    /// The event carries another payload type.
    const IS_CARRIED: bool = false;
    /// Nothing is known of another type's feature.
    const IS_COMPILED_IN: bool = true;
}

impl<T> NoFit for Argument<T> {}

impl<E, T> NoFit for Fit<E, T> {}
