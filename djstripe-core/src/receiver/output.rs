//! What a receiver returns, and the futures that the macro's expansion makes of it.
//!
//! The functions are generic so that rustc checks them once instead of in each expansion.

use super::arguments::ArgumentError;
use super::error::ReceiverError;
use super::info::ReceiverFuture;
use crate::error::BoxError;

/// What a receiver can return: nothing, or a `Result` whose error can be reported.
///
/// Implemented for `()` and for `Result<(), E>` where `E` converts into a boxed error, as every
/// `std::error::Error + Send + Sync`, `String` and `anyhow::Error` does.
#[diagnostic::on_unimplemented(
    message = "a receiver cannot return `{Self}`",
    label = "expected nothing, or `Result<(), E>` where `E` is an error or a `String`",
    note = "return `Result<(), MyError>`; if it is an error, the receiver is retried"
)]
pub trait ReceiverOutput {
    /// The outcome of the run.
    ///
    /// # Errors
    /// [`ReceiverError::Failed`] with the error that the function returned.
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

/// The future of a receiver that is not async, which has already run.
pub fn ready<'a>(result: Result<(), ReceiverError>) -> ReceiverFuture<'a> {
    Box::pin(std::future::ready(result))
}

/// The future of a receiver for which an argument could not be made.
pub fn failed<'a>(error: ArgumentError) -> ReceiverFuture<'a> {
    ready(Err(error.into()))
}
