//! Runs one receiver once.
//!
//! In: a receiver, and the parts that its arguments are made from. Out: success, or why the run
//! failed; a panic and a run over the time limit are failures too. Knows nothing of checkpoints.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use super::arguments::Parts;
use super::error::ReceiverError;
use super::info::ReceiverInfo;
use super::reply::Reply;
use crate::error::panic_message;
use crate::store::RunOutcome;
use crate::telemetry::minutes::Minutes;

/// Time limit of one run of a receiver, unless its `timeout` says otherwise: 60 s.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Time limit of a receiver that answers the delivery, unless its `timeout` says otherwise: 1.5 s.
/// Stripe waits for 2 s, in which the answer is also recorded and sent.
pub(crate) const REPLY_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Runs a receiver and counts the run in `minutes`. Also returns how long it took.
///
/// The time limit takes effect where the receiver awaits. A function that blocks its thread is not
/// interrupted.
pub(crate) async fn run(
    receiver: &ReceiverInfo,
    parts: Parts<'_>,
    minutes: &Minutes,
) -> (Result<(), ReceiverError>, Duration) {
    let (result, took) = run_uncounted(receiver, parts).await;
    let outcome = match &result {
        Ok(_) => RunOutcome::Succeeded.as_str(),
        Err(error) => failure(error),
    };
    minutes.receiver_ran(receiver.id, outcome, took);
    (result.map(drop), took)
}

/// As [`run`]; the caller counts the run, once it knows what came of the writes.
pub(crate) async fn run_uncounted(
    receiver: &ReceiverInfo,
    parts: Parts<'_>,
) -> (Result<Option<Reply>, ReceiverError>, Duration) {
    let default = if receiver.replies {
        REPLY_TIMEOUT
    } else {
        DEFAULT_TIMEOUT
    };
    let limit = receiver.options.timeout.unwrap_or(default);

    // The call stands inside the async block because a function that is not async runs, and can
    // panic, during the call.
    let started = Instant::now();
    let result = contain(limit, async { (receiver.call)(parts).await }).await;
    (result, started.elapsed())
}

/// The outcome of a failed run as the metrics name it.
pub(crate) fn failure(error: &ReceiverError) -> &'static str {
    match error {
        ReceiverError::Panicked { .. } => "panicked",
        ReceiverError::TimedOut { .. } => "timed_out",
        _ => "failed",
    }
}

/// Runs the application's code; a panic and a run over the limit become errors.
pub(crate) async fn contain<T>(
    limit: Duration,
    code: impl Future<Output = Result<T, ReceiverError>>,
) -> Result<T, ReceiverError> {
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

        let context = Context::default();
        let parts = Parts::new(&event, &context, None);
        let result = run(&receiver, parts, &Minutes::default()).await;
        result.0.map_err(|error| describe(&error))
    }

    #[tokio::test]
    async fn every_ending_is_an_outcome() {
        let check = async |call: for<'a> fn(Parts<'a>) -> ReceiverFuture<'a>,
                           expected: Result<(), &str>| {
            assert_eq!(outcome(call).await, expected.map_err(str::to_owned));
        };

        check(|_| Box::pin(async { Ok(None) }), Ok(())).await;
        check(
            |_| Box::pin(async { Err(ReceiverError::Failed("no such order".into())) }),
            Err("receiver failed: no such order"),
        )
        .await;
        check(|_| panic!("boom"), Err("receiver panicked: boom")).await;
        check(
            |_| Box::pin(async { panic!("boom {}", 2) }),
            Err("receiver panicked: boom 2"),
        )
        .await;
        check(
            |_| Box::pin(std::future::pending()),
            Err("receiver took longer than 20ms"),
        )
        .await;
    }
}
