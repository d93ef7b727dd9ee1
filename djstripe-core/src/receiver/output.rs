//! What a receiver returns, and the futures that the macro's expansion makes of it.
//!
//! The functions are generic so that rustc checks them once instead of in each expansion.

use super::arguments::ArgumentError;
use super::error::ReceiverError;
use super::info::ReceiverFuture;
use super::reply::Reply;
use crate::error::BoxError;

/// What a receiver can return: nothing, or a `Result` whose error can be reported; where Stripe
/// waits for an answer, a [`Reply`] or a `Result` of one.
///
/// The error of a `Result` converts into a boxed error, as every `std::error::Error + Send + Sync`,
/// `String` and `anyhow::Error` does.
#[diagnostic::on_unimplemented(
    message = "a receiver cannot return `{Self}`",
    label = "expected nothing, or `Result<(), E>` where `E` is an error or a `String`",
    note = "return `Result<(), MyError>`; if it is an error, the receiver is retried"
)]
pub trait ReceiverOutput {
    /// Whether the receiver answers the delivery.
    const REPLIES: bool = false;

    /// The outcome of the run, and the answer if it is one that answers.
    ///
    /// # Errors
    /// [`ReceiverError::Failed`] with the error that the function returned.
    fn into_result(self) -> Result<Option<Reply>, ReceiverError>;
}

impl ReceiverOutput for () {
    fn into_result(self) -> Result<Option<Reply>, ReceiverError> {
        Ok(None)
    }
}

impl ReceiverOutput for Reply {
    const REPLIES: bool = true;

    fn into_result(self) -> Result<Option<Reply>, ReceiverError> {
        Ok(Some(self))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> ReceiverOutput for Result<(), E> {
    fn into_result(self) -> Result<Option<Reply>, ReceiverError> {
        match self {
            Ok(()) => Ok(None),
            Err(error) => Err(ReceiverError::Failed(error.into())),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> ReceiverOutput for Result<Reply, E> {
    const REPLIES: bool = true;

    fn into_result(self) -> Result<Option<Reply>, ReceiverError> {
        match self {
            Ok(reply) => Ok(Some(reply)),
            Err(error) => Err(ReceiverError::Failed(error.into())),
        }
    }
}

/// The future of an async receiver.
pub fn finish<'a, F, O>(
    future: F,
    into_result: fn(O) -> Result<Option<Reply>, ReceiverError>,
) -> ReceiverFuture<'a>
where
    F: Future<Output = O> + Send + 'a,
    O: 'a,
{
    Box::pin(async move { into_result(future.await) })
}

/// The future of a receiver that is not async, which has already run.
pub fn ready<'a>(result: Result<Option<Reply>, ReceiverError>) -> ReceiverFuture<'a> {
    Box::pin(std::future::ready(result))
}

/// The future of a receiver for which an argument could not be made.
pub fn failed<'a>(error: ArgumentError) -> ReceiverFuture<'a> {
    ready(Err(error.into()))
}
