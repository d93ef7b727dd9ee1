//! A receiver as a value: the facts that `#[stripe_receiver]` knows at compile time and one plain `fn` pointer.

pub mod arguments;
mod needed_events;
pub(crate) mod runner;
pub mod dispatch;
pub(crate) mod registry;
pub(crate) mod context;
pub(crate) mod writes;
pub(crate) mod effects;
pub use effects::{Effect, OutboxError};
pub use needed_events::needed_events;
use std::error::Error;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::error::BoxError;
use crate::receiver::arguments::{ExtractError, Parts};
use crate::receiver::context::Context;

/// What a receiver's call returns: runs the receiver to its end.
pub type ReceiverFuture<'a> = Pin<Box<dyn Future<Output = Result<(), ReceiverError>> + Send + 'a>>;

/// One function annotated with [`stripe_receiver`](crate::stripe_receiver), as the registry holds it.
#[derive(Debug)]
pub struct ReceiverInfo {
    /// Key of the receiver's checkpoints: what it names never runs twice for one event.
    pub id: &'static str,
    /// Whether it is built in, and which of the built-in ones it is.
    pub rank: Rank,
    /// Names it listens to as written, families spread out: catalogue names, `unchecked` ones, or `"*"`.
    pub events: &'static [&'static str],
    /// Extracts the arguments and runs the function.
    pub call: for<'a> fn(Parts<'a>) -> ReceiverFuture<'a>,
    /// Tells at start-up whether the application provides what the arguments need.
    pub check: fn(&Context) -> Result<(), ExtractError>,
    /// Whether an argument uses the database; a receiver that doesn't holds no connection while it runs.
    pub uses_database: bool,
    /// Where the attribute stands.
    pub location: Location,
    /// The options written in the attribute.
    pub options: ReceiverOptions,
}

impl ReceiverInfo {
    /// Whether it is one of djstripe's own receivers.
    pub fn is_built_in(&self) -> bool {
        self.rank.is_built_in()
    }

    /// Whether it listens to every event.
    pub(crate) fn listens_to_all(&self) -> bool {
        self.events.contains(&"*")
    }
}

/// Who a receiver belongs to. Receivers of one event run in this order, each rank by priority and location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rank {
    /// A built-in receiver of the events that dj-stripe handles by name.
    Handler,
    /// The built-in receiver of every event that no [handler](Self::Handler) listens to.
    CatchAll,
    /// A receiver of the application.
    Application,
}

impl Rank {
    /// Whether receivers of this rank are djstripe's own.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Handler | Self::CatchAll => true,
            Self::Application => false,
        }
    }
}

#[cfg(test)]
impl ReceiverInfo {
    /// A receiver that does nothing, for tests of what goes by its facts.
    pub(crate) const fn idle(id: &'static str, events: &'static [&'static str]) -> Self {
        Self {
            id,
            rank: Rank::Application,
            events,
            call: |_| Box::pin(async { Ok(()) }),
            check: |_| Ok(()),
            uses_database: false,
            location: Location {
                file: "shop.rs",
                line: 1,
                column: 1,
            },
            options: ReceiverOptions::DEFAULT,
        }
    }
}

/// Position of an attribute in a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Path as `file!()` gives it.
    pub file: &'static str,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The options of the attribute, each at its default unless written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverOptions {
    /// Receivers of one event run by ascending priority, then by location; built-in ones run first. Default 0.
    pub priority: i32,
    /// Only events of this mode. Default: both.
    pub livemode: Option<bool>,
    /// Only events of these accounts. Default: any.
    pub account: AccountFilter,
    /// Only if one of these fields of the object changed (`data.previous_attributes`). Default: always.
    pub changed: &'static [&'static str],
    /// Tries after the first one. Default: the application's schedule.
    pub retries: Option<u32>,
    /// Longest run of one try. Default: the application's limit.
    pub timeout: Option<Duration>,
    /// Whether a failure is tried again and counts for the event; `false` only records it. Default true.
    pub critical: bool,
    /// Whether writes through [`Db`](crate::Db) and the checkpoint commit together. Default true.
    pub transaction: bool,
    /// Whether `sync --receivers` calls it for each object of the types that its events carry. Default false.
    pub on_backfill: bool,
}

impl ReceiverOptions {
    /// Every option at its default.
    pub const DEFAULT: Self = Self {
        priority: 0,
        livemode: None,
        account: AccountFilter::Any,
        changed: &[],
        retries: None,
        timeout: None,
        critical: true,
        transaction: true,
        on_backfill: false,
    };
}

/// Whose events a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountFilter {
    /// All events.
    Any,
    /// Events of the platform's own account: `account` is absent.
    Platform,
    /// Events of connected accounts: `account` is present.
    Connected,
}

/// Why one run of a receiver failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// An argument could not be made from the event.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// The function returned an error.
    #[error("receiver failed")]
    Failed(#[source] BoxError),
    /// The function panicked.
    #[error("receiver panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The function ran longer than its limit.
    #[error("receiver took longer than {limit:?}")]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
}

/// An error that trying again can't mend: the receiver is not tried again for this event.
///
/// ```
/// use djstripe_core::{Event, Permanent, stripe_receiver};
///
/// #[stripe_receiver("invoice.paid")]
/// fn ship(event: &Event) -> Result<(), Permanent> {
///     event.object_head().id.map(drop).ok_or_else(|| Permanent::new("an invoice without an id"))
/// }
/// ```
///
/// It may also be the source of the error that a receiver returns, at any depth. Every other error is taken to pass.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Permanent(BoxError);

impl Permanent {
    /// Marks an error.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}

impl ReceiverError {
    /// Whether trying again has no point.
    pub fn is_permanent(&self) -> bool {
        let Self::Failed(error) = self else {
            return false;
        };
        let mut next: Option<&(dyn Error + 'static)> = Some(error.as_ref());
        while let Some(error) = next {
            if error.is::<Permanent>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

/// What a receiver may return: nothing, or a `Result` whose error can be reported.
///
/// Implemented for `()` and for `Result<(), E>` where `E` converts into a boxed error, which every
/// `std::error::Error + Send + Sync`, `String` and `anyhow::Error` do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a receiver's return type",
    label = "expected `Result<(), E>` where `E: std::error::Error + Send + Sync`, or nothing",
    note = "return `Result<(), MyError>`; the error decides whether the event is tried again"
)]
pub trait ReceiverOutput {
    /// The outcome of the run.
    ///
    /// # Errors
    /// [`ReceiverError::Failed`] with what the function returned.
    fn into_result(self) -> Result<(), ReceiverError>;
}

impl ReceiverOutput for () {
    fn into_result(self) -> Result<(), ReceiverError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> ReceiverOutput for Result<(), E> {
    fn into_result(self) -> Result<(), ReceiverError> {
        self.map_err(|error| ReceiverError::Failed(error.into()))
    }
}

/// The future of an async receiver.
#[doc(hidden)]
pub fn finish<'a, F, O>(
    future: F,
    into_result: fn(O) -> Result<(), ReceiverError>,
) -> ReceiverFuture<'a>
where
    F: Future<Output = O> + Send + 'a,
    O: 'a,
{
    Box::pin(async move { into_result(future.await) })
}

/// The future of a receiver that is through already.
#[doc(hidden)]
pub fn ready<'a>(result: Result<(), ReceiverError>) -> ReceiverFuture<'a> {
    Box::pin(std::future::ready(result))
}

/// The future of a receiver one of whose arguments could not be made.
#[doc(hidden)]
pub fn failed<'a>(error: ExtractError) -> ReceiverFuture<'a> {
    ready(Err(error.into()))
}

/// What `inventory` collects: the address of a receiver's facts.
#[derive(Debug)]
pub struct Registration(pub &'static ReceiverInfo);

inventory::collect!(Registration);
