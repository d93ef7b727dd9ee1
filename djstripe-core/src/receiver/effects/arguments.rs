//! Arguments of effects: the input first, then what the application provides.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::effect::Effect;
use crate::client::Client;
use crate::receiver::arguments::{ArgumentError, State, find_clients, find_state};
use crate::receiver::context::Context;

/// A type that can be an argument of an effect, after its input.
///
/// ```
/// use djstripe_core::receiver::{Effect, FromEffect};
/// use djstripe_core::{ArgumentError, stripe_effect};
///
/// struct Attempt(i32);
///
/// impl FromEffect for Attempt {
///     fn from_effect(effect: &Effect) -> Result<Self, ArgumentError> {
///         Ok(Self(effect.attempts()))
///     }
/// }
///
/// #[stripe_effect]
/// fn greet(customer: String, Attempt(attempt): Attempt) {
///     println!("attempt {attempt} to greet {customer}");
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an effect",
    label = "cannot be made from an effect",
    note = "after its input, an effect takes `Effect`, `State<S>` or `Client`",
    note = "or implement `FromEffect` for your own type"
)]
pub trait FromEffect: Sized {
    /// Makes the argument.
    ///
    /// # Errors
    /// [`ArgumentError`] fails this run of the effect.
    fn from_effect(effect: &Effect) -> Result<Self, ArgumentError>;

    /// Checks at start-up that the application provides what this argument needs.
    ///
    /// # Errors
    /// [`ArgumentError::MissingState`] and the like; the application then refuses to start.
    fn check(_context: &Context) -> Result<(), ArgumentError> {
        Ok(())
    }
}

impl FromEffect for Effect {
    fn from_effect(effect: &Effect) -> Result<Self, ArgumentError> {
        Ok(effect.clone())
    }
}

impl<S: Send + Sync + 'static> FromEffect for State<S> {
    fn from_effect(effect: &Effect) -> Result<Self, ArgumentError> {
        effect.state()
    }

    fn check(context: &Context) -> Result<(), ArgumentError> {
        find_state::<S>(context).map(drop)
    }
}

/// The application's client, bound to the account and mode of the effect's event.
impl FromEffect for Client {
    fn from_effect(effect: &Effect) -> Result<Self, ArgumentError> {
        effect.client()
    }

    fn check(context: &Context) -> Result<(), ArgumentError> {
        find_clients(context).map(drop)
    }
}

/// The first argument of an effect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of an effect",
    label = "the first argument is the input that receivers give, which is stored as JSON",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it",
    note = "an effect without an input takes `()` first"
)]
pub trait EffectInput: Sized {
    /// Reads the stored input.
    ///
    /// # Errors
    /// [`ArgumentError::Input`].
    fn from_effect(effect: &Effect) -> Result<Self, ArgumentError>;

    /// The input as it is stored.
    ///
    /// # Errors
    /// If it can't be written as JSON.
    fn to_json(&self) -> Result<String, serde_json::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> EffectInput for T {
    fn from_effect(effect: &Effect) -> Result<Self, ArgumentError> {
        effect.payload().map_err(ArgumentError::Input)
    }

    fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
