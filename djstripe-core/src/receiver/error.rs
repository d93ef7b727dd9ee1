//! Why a run of a receiver failed, and whether a retry can help.

use std::error::Error;
use std::time::Duration;

use super::arguments::ArgumentError;
use crate::error::BoxError;

/// Why a run of a receiver failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// An argument could not be made from the event.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
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

impl ReceiverError {
    /// Whether a retry is pointless: the function's error, or one of its sources, is [`Permanent`].
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

/// An error that no retry can fix: the receiver is not retried for this event.
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
/// It can also be the source of the error that a receiver returns, at any depth. Every other error
/// counts as temporary.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Permanent(BoxError);

impl Permanent {
    /// Marks an error as permanent.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}
