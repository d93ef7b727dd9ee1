//! The receivers of one claimed event, one after another.
//!
//! In: a task whose event could be read. Out: each receiver's checkpoint, and the event's state in the same commit as
//! the last of them.

use std::collections::HashMap;

use tracing::Instrument;

use super::task::{Task, finished, settlement};
use crate::app::Djstripe;
use crate::error::describe;
use crate::mirror::Run;
use crate::processing::committer::{CommitError, Unit};
use crate::processing::verdict::{Verdict, allowed_attempts};
use crate::receiver::arguments::Parts;
use crate::receiver::dispatch::dispatch;
use crate::receiver::runner;
use crate::receiver::{ReceiverError, ReceiverInfo};
use crate::store::{
    FIRST_FENCE, Outcome, ReceiverRun, RecordedRun, RunOutcome, Settlement, StoreError,
};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

impl Djstripe {
    pub(crate) async fn run_receivers(
        &self,
        task: &Task,
        event: &Event,
    ) -> Result<Outcome, StoreError> {
        let schedule = self.retry_schedule();
        // Nobody had an event of the first fence before.
        let earlier = if task.fence > FIRST_FENCE {
            self.store().receiver_runs(event.id()).await?
        } else {
            Vec::new()
        };
        let earlier: HashMap<&str, &RecordedRun> = earlier
            .iter()
            .map(|run| (run.receiver.as_str(), run))
            .collect();
        let mut verdict = Verdict::new(schedule);
        let mut due = Vec::new();
        for receiver in dispatch(self.registry(), event) {
            let before = earlier.get(receiver.id).copied();
            if before.is_some_and(|run| run.outcome.is_success()) {
                continue;
            }
            let attempts = before.map_or(0, |run| run.attempts);
            if attempts >= allowed_attempts(receiver, schedule)
                || before.is_some_and(|run| run.outcome.is_permanent())
            {
                verdict.exhausted(receiver, before.map(|run| run.outcome.to_string()));
                continue;
            }
            due.push((receiver, attempts + 1));
        }
        let mut settled = None;
        for (index, (receiver, attempts)) in due.iter().copied().enumerate() {
            let is_last = index + 1 == due.len();
            // What the last one writes and the event's state become one commit.
            let outcome = is_last.then(|| verdict.outcome(Timestamp::now()));
            let settle = outcome
                .clone()
                .map(|(outcome, error)| settlement(task, outcome, error));
            let span = tracing::info_span!("receiver", id = receiver.id, attempt = attempts);
            match self
                .run_receiver(task, event, receiver, attempts, settle)
                .instrument(span)
                .await?
            {
                Ok(()) => settled = outcome.map(|(outcome, _)| outcome),
                Err(error) => {
                    let failure = RunOutcome::Failed {
                        error: describe(&error),
                        permanent: error.is_permanent(),
                    };
                    let text = failure.to_string();
                    tracing::warn!(
                        event = event.id(),
                        receiver = receiver.id,
                        attempts,
                        error = text,
                        "receiver failed"
                    );
                    let told = format!("{}: {text}", receiver.id);
                    self.hooks()
                        .processing_error(task.delivery.as_ref(), event, &told)
                        .await;
                    if error.is_permanent() {
                        verdict.exhausted(receiver, Some(text));
                    } else {
                        verdict.failed(receiver, attempts, text);
                    }
                    let outcome = is_last.then(|| verdict.outcome(Timestamp::now()));
                    let settle = outcome
                        .clone()
                        .map(|(outcome, error)| settlement(task, outcome, error));
                    self.commit(
                        event,
                        Some(finished(task, receiver, attempts, failure)),
                        settle,
                    )
                    .await?;
                    settled = outcome.map(|(outcome, _)| outcome);
                }
            }
        }
        if let Some(outcome) = settled {
            return Ok(outcome);
        }
        let (outcome, error) = verdict.outcome(Timestamp::now());
        self.commit(event, None, Some(settlement(task, outcome, error)))
            .await?;
        Ok(outcome)
    }

    /// One try of one receiver, the checkpoint of its success and, if given, the event's state included.
    async fn run_receiver(
        &self,
        task: &Task,
        event: &Event,
        receiver: &ReceiverInfo,
        attempts: i32,
        settle: Option<Settlement>,
    ) -> Result<Result<(), ReceiverError>, StoreError> {
        let checkpoint = finished(task, receiver, attempts, RunOutcome::Succeeded);
        if receiver.uses_database {
            let _place = self
                .db_places()
                .acquire()
                .await
                .map_err(|_| StoreError::ShuttingDown)?;
            if receiver.options.transaction {
                return self
                    .run_in_transaction(event, receiver, checkpoint, settle)
                    .await;
            }
            let mut session = self.store().session().await?;
            let db = session.db()?.for_run(event.id(), receiver.id);
            if let Err(error) =
                runner::run(receiver, Parts::new(event, self.context(), Some(db))).await
            {
                return Ok(Err(error));
            }
            drop(session);
            self.commit(event, Some(checkpoint), settle).await?;
            return Ok(Ok(()));
        }
        let run = Run::new(task.claimed_at);
        if let Err(error) = runner::run(
            receiver,
            Parts::new(event, self.context(), None).with_run(&run),
        )
        .await
        {
            return Ok(Err(error));
        }
        let unit = Unit {
            event: event.clone(),
            writes: run.take(),
            run: Some(checkpoint),
            settlement: settle,
        };
        match self.committer().commit(unit).await {
            Ok(()) => Ok(Ok(())),
            Err(CommitError::Mirror(error)) => Ok(Err(ReceiverError::Failed(error.into()))),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    async fn run_in_transaction(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        checkpoint: ReceiverRun,
        settle: Option<Settlement>,
    ) -> Result<Result<(), ReceiverError>, StoreError> {
        let mut transaction = self.store().begin().await?;
        let db = transaction.db().await?.for_run(event.id(), receiver.id);
        let parts = Parts::new(event, self.context(), Some(db));
        if let Err(error) = runner::run(receiver, parts).await {
            match error {
                // The connection may be in the middle of a query that was given up.
                ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. } => {
                    drop(transaction)
                }
                _ => {
                    if let Err(error) = transaction.rollback().await {
                        // Its connection is closed then, and the database takes everything back.
                        tracing::warn!(
                            error = describe(&error),
                            "a receiver's transaction could not be rolled back"
                        );
                    }
                }
            }
            return Ok(Err(error));
        }
        transaction.checkpoint(checkpoint);
        if let Some(settle) = settle {
            transaction.settle(settle);
        }
        match transaction.commit().await {
            Ok(()) => {
                self.tell_of_effects();
                Ok(Ok(()))
            }
            // A receiver that ended its transaction or left it broken has failed, and its tries are counted. If the
            // commit had come through after all, that stays on record: a success is never replaced.
            Err(error @ (StoreError::TransactionEnded(_) | StoreError::Query { .. })) => {
                Ok(Err(ReceiverError::Failed(error.into())))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a checkpoint and a state, in one commit with those of other events.
    async fn commit(
        &self,
        event: &Event,
        run: Option<ReceiverRun>,
        settlement: Option<Settlement>,
    ) -> Result<(), StoreError> {
        match self
            .committer()
            .commit(Unit {
                event: event.clone(),
                writes: Vec::new(),
                run,
                settlement,
            })
            .await
        {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            // Only rows fail so, and there are none.
            Err(CommitError::Mirror(_)) => Err(StoreError::ShuttingDown),
        }
    }
}
