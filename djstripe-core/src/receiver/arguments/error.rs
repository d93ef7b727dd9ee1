//! Why an argument could not be made.

use crate::error::BoxError;
use crate::webhook::event_name::EventName;

/// Why an argument could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// The receiver takes `State<S>`, but the builder has no `S`.
    #[error("no `{type_name}` was given to the builder; add `.state(..)`")]
    MissingState {
        /// The missing type.
        type_name: &'static str,
    },
    /// The receiver takes `State<S>`, but the builder has an `Arc<S>`.
    #[error(
        "the builder was given an `Arc` of `{type_name}`; give `.state(..)` the value itself, which \
         receivers share, or take `State<Arc<..>>`"
    )]
    StateInArc {
        /// The missing type.
        type_name: &'static str,
    },
    /// The receiver takes `CrudType`, but the event's verb is none of created, updated, deleted.
    #[error("event `{name}` is neither created, updated nor deleted; take `Option<CrudType>`")]
    NotCrud {
        /// The event's name.
        name: EventName,
    },
    /// The receiver takes `Object<T>` or `Snapshot<T>`, but the event carries no object.
    #[error("event {event} carries no object")]
    NoObject {
        /// The event's id.
        event: String,
    },
    /// The event is thin, and what the argument is made from could not be fetched from Stripe.
    #[error("event {event} is thin, and {reason}")]
    NotFetched {
        /// The event's id.
        event: String,
        /// What is missing, and why.
        reason: String,
    },
    /// The event's object has another shape than the model.
    #[error(
        "object {} of API version {} can't be read",
        object_id.as_deref().unwrap_or("without id"),
        api_version.as_deref().unwrap_or("unknown")
    )]
    Decode {
        /// Id of the object.
        object_id: Option<String>,
        /// API version of the object's JSON.
        api_version: Option<String>,
        /// Where it differs.
        source: djstripe_models::ObjectError,
    },
    /// The receiver takes a family's enum, but the event is not one of the family.
    #[error("event `{name}` does not belong to the family")]
    NotOfFamily {
        /// The event's name.
        name: EventName,
    },
    /// The receiver takes `Mirror`, but there is no mirror, or another argument is `Db`.
    #[error("no mirror is available; `Mirror` can't be combined with `Db`")]
    NoMirror,
    /// The receiver takes `Client`, but there is no secret key.
    #[error(
        "no secret key was given to the builder; add `.secret_key(..)` or set STRIPE_SECRET_KEY"
    )]
    NoClient,
    /// Two arguments take the database connection.
    #[error("only one argument can be the database connection")]
    DatabaseTaken,
    /// Two arguments take the checkpoint, or the receiver runs where there is none.
    #[error("only one argument can be the checkpoint; is there a `Parts` without one?")]
    CheckpointTaken,
    /// The input of an effect has another shape than its function takes.
    #[error("the effect's input can't be read")]
    Input(#[source] serde_json::Error),
    /// The event of an effect is no longer stored.
    #[error("event {event} is no longer stored, so its account and mode are unknown")]
    NoEvent {
        /// The event's id.
        event: String,
    },
    /// An argument of the application's own type could not be made.
    #[error("argument could not be made from the event")]
    Custom(#[source] BoxError),
}
