//! Runs one receiver once: arguments, time limit, panics. Knows nothing of checkpoints.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use crate::error::panic_message;
use crate::metrics;
use crate::receiver::arguments::Parts;
use crate::receiver::{ReceiverError, ReceiverInfo};

/// Longest run of one try of a receiver, unless its `timeout` says otherwise: 60 s.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `receiver`. A panic and a run over the time limit are errors like any other.
///
/// The limit ends a receiver where it awaits; a function that blocks its thread is not interrupted.
pub(crate) async fn run(receiver: &ReceiverInfo, parts: Parts<'_>) -> Result<(), ReceiverError> {
    let limit = receiver.options.timeout.unwrap_or(DEFAULT_TIMEOUT);
    // The call itself is inside too: a function that is not async runs before there is a future.
    let started = Instant::now();
    let result = contain(limit, async { (receiver.call)(parts).await }).await;

    let outcome = match &result {
        Ok(()) => "succeeded",
        Err(ReceiverError::Panicked { .. }) => "panicked",
        Err(ReceiverError::TimedOut { .. }) => "timed_out",
        Err(_) => "failed",
    };
    metrics::receiver_ran(receiver.id, outcome, started.elapsed());
    result
}

/// Runs the application's code; a panic and a run over the limit are errors.
pub(crate) async fn contain(
    limit: Duration,
    code: impl Future<Output = Result<(), ReceiverError>>,
) -> Result<(), ReceiverError> {
    match tokio::time::timeout(limit, AssertUnwindSafe(code).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(ReceiverError::Panicked {
            message: panic_message(panic.as_ref()),
        }),
        Err(_) => Err(ReceiverError::TimedOut { limit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::describe;
    use crate::receiver::context::Context;
    use crate::receiver::{ReceiverFuture, ReceiverOptions};
    use crate::webhook::event::Event;

    async fn outcome(call: for<'a> fn(Parts<'a>) -> ReceiverFuture<'a>) -> Result<(), String> {
        let options = ReceiverOptions {
            timeout: Some(Duration::from_millis(20)),
            ..ReceiverOptions::DEFAULT
        };
        let receiver = ReceiverInfo {
            call,
            options,
            ..ReceiverInfo::idle("test", &["*"])
        };
        let event = Event::from_json(r#"{"id":"evt_1","type":"ping"}"#).unwrap();
        let result = run(&receiver, Parts::new(&event, &Context::default(), None)).await;
        result.map_err(|error| describe(&error))
    }

    #[tokio::test]
    async fn every_ending_is_an_outcome() {
        assert_eq!(outcome(|_| Box::pin(async { Ok(()) })).await, Ok(()));
        assert_eq!(
            outcome(|_| Box::pin(async { Err(ReceiverError::Failed("no such order".into())) }))
                .await,
            Err("receiver failed: no such order".to_owned())
        );
        assert_eq!(
            outcome(|_| panic!("boom")).await,
            Err("receiver panicked: boom".to_owned())
        );
        assert_eq!(
            outcome(|_| Box::pin(async { panic!("boom {}", 2) })).await,
            Err("receiver panicked: boom 2".to_owned())
        );
        assert_eq!(
            outcome(|_| Box::pin(std::future::pending())).await,
            Err("receiver took longer than 20ms".to_owned())
        );
    }
}
