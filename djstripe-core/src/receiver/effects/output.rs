//! What an effect returns, and the futures that the macro's expansion makes of it.

use super::info::EffectFuture;
use crate::error::BoxError;
use crate::receiver::arguments::ArgumentError;
use crate::receiver::error::ReceiverError;

/// What an effect can return: nothing, or a `Result` whose error can be reported.
#[diagnostic::on_unimplemented(
    message = "an effect cannot return `{Self}`",
    label = "expected nothing, or `Result<(), E>` where `E: std::error::Error + Send + Sync`",
    note = "return `Result<(), MyError>`; if it is an error, the effect is retried"
)]
pub trait EffectOutput {
    /// The outcome of the run.
    ///
    /// # Errors
    /// [`ReceiverError::Failed`] with the error that the function returned.
    fn into_result(self) -> Result<(), ReceiverError>;
}

impl EffectOutput for () {
    fn into_result(self) -> Result<(), ReceiverError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> EffectOutput for Result<(), E> {
    fn into_result(self) -> Result<(), ReceiverError> {
        self.map_err(|error| ReceiverError::Failed(error.into()))
    }
}

/// The future of an async effect.
pub fn finish<F, O>(future: F, into_result: fn(O) -> Result<(), ReceiverError>) -> EffectFuture
where
    F: Future<Output = O> + Send + 'static,
    O: 'static,
{
    Box::pin(async move { into_result(future.await) })
}

/// The future of an effect that is not async, which has already run.
pub fn ready(result: Result<(), ReceiverError>) -> EffectFuture {
    Box::pin(std::future::ready(result))
}

/// The future of an effect for which an argument could not be made.
pub fn failed(error: ArgumentError) -> EffectFuture {
    ready(Err(error.into()))
}
