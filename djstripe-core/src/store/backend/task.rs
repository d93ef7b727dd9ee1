//! Work that outlives its caller.

use std::future::Future;

use tokio::task::JoinError;

use crate::store::error::StoreError;

/// The result of a task. A panic of the task continues here.
pub(in crate::store) fn joined<R>(result: Result<R, JoinError>) -> Result<R, StoreError> {
    result.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => StoreError::ShuttingDown,
    })
}

/// Runs work on a task of its own, so that it finishes even if the caller is cancelled.
pub(in crate::store) async fn detach<R: Send + 'static>(
    work: impl Future<Output = Result<R, StoreError>> + Send + 'static,
) -> Result<R, StoreError> {
    joined(tokio::spawn(work).await)?
}
