//! The facts of one effect, as `#[stripe_effect]` writes them into the program.

use futures_util::future::BoxFuture;

use super::arguments::EffectInput;
use super::effect::Effect;
use super::options::EffectOptions;
use crate::receiver::arguments::ArgumentError;
use crate::receiver::context::Context;
use crate::receiver::error::ReceiverError;
use crate::receiver::info::Location;

/// What an effect's call returns: a future that runs the effect.
pub type EffectFuture = BoxFuture<'static, Result<(), ReceiverError>>;

/// One function annotated with [`stripe_effect`](crate::stripe_effect).
#[derive(Debug)]
pub struct EffectInfo {
    /// The name under which requests are stored.
    pub name: &'static str,
    /// Makes the arguments and runs the function.
    pub call: fn(&Effect) -> EffectFuture,
    /// Checks at start-up that the application provides what the arguments need.
    pub check: fn(&Context) -> Result<(), ArgumentError>,
    /// Position of the attribute.
    pub location: Location,
    /// The options written in the attribute.
    pub options: EffectOptions,
}

/// An effect as a type, which [`stripe_effect`](crate::stripe_effect) declares with the name of the
/// function: `db.request_effect::<welcome_mail>(..)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an effect",
    label = "expected the name of a function with `#[stripe_effect]`"
)]
pub trait StripeEffect {
    /// The type of the function's first argument.
    type Input: EffectInput;

    /// The facts of the effect.
    fn info() -> &'static EffectInfo;
}

/// What `inventory` collects: the address of an effect's facts.
#[derive(Debug)]
pub struct EffectRegistration(pub &'static EffectInfo);

inventory::collect!(EffectRegistration);
