//! Effects outside the database: mail, other APIs, writes to Stripe.
//!
//! What a receiver writes through [`Db`](crate::Db) happens exactly once. An effect outside the
//! database can't: the process may die between the effect and the record that it happened. So a
//! receiver requests an effect in its transaction, and workers run it after the commit, at least
//! once, with an idempotency key that is the same each time. A service that honours the key performs
//! the effect once.
//!
//! In: requests of receivers, and the functions that run effects. Out: what is stored, and how one
//! run of one function ended.

mod effect;
mod arguments;
mod options;
pub(crate) mod info;
mod output;
pub(crate) mod handlers;
mod request;

pub use arguments::{EffectInput, FromEffect};
pub use effect::Effect;
pub use info::{EffectFuture, EffectInfo, StripeEffect};
pub use options::EffectOptions;
pub use output::{EffectOutput, failed, finish, ready};
pub use request::OutboxError;
