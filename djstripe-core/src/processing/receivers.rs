//! The receivers of one leased event, one after another.
//!
//! In: a task whose event could be decoded. Out: the checkpoint of each receiver, and the event's
//! state in the same commit as the last of them.

use std::collections::HashMap;

use tracing::Instrument;

use super::committer::{CommitError, Records};
use super::stage::Processing;
use super::task::Task;
use super::verdict::{Verdict, allowed_attempts};
use crate::error::describe;
use crate::metrics;
use crate::receiver::arguments::Parts;
use crate::receiver::dispatch::dispatch;
use crate::receiver::runner;
use crate::receiver::writes::Writes;
use crate::receiver::{ReceiverError, ReceiverInfo};
use crate::store::{
    EventOutcome, FIRST_FENCE, ReceiverRun, RecordedRun, RunOutcome, Settlement, StoreError,
};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// What the built-in receivers of an event have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MirrorState {
    /// They are done: the event's object has its row, or gets none.
    Done,
    /// One of them failed and is retried; the application's receivers wait for it.
    Retrying,
    /// One of them failed and is not retried.
    Failed,
}

/// The receivers of an event that run now.
struct DueReceivers<'r> {
    built_in: Vec<Due<'r>>,
    application: Vec<Due<'r>>,
    /// What the built-in receivers had come to before.
    mirror: MirrorState,
}

/// How a receiver's turn ended.
struct Turn {
    /// The state of the event, if it was written together with the run.
    settled: Option<EventOutcome>,
    /// How the receiver failed; `None` if it succeeded.
    failure: Option<Failure>,
}

/// Whether a receiver that failed is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Retried,
    Final,
}

/// How one run of a receiver ended.
enum RunEnd {
    /// It succeeded, and its checkpoint is committed.
    Succeeded,
    /// It failed, and nothing of it is committed.
    Failed(ReceiverError),
}

/// A receiver that runs now.
struct Due<'r> {
    receiver: &'r ReceiverInfo,
    /// The number of this run, from 1.
    attempts: i32,
}

impl MirrorState {
    /// The state after one more of the built-in receivers.
    fn after(self, failure: Option<Failure>) -> Self {
        match (self, failure) {
            (Self::Retrying, _) | (_, Some(Failure::Retried)) => Self::Retrying,
            (_, Some(Failure::Final)) => Self::Failed,
            (state, None) => state,
        }
    }
}

impl Processing {
    /// Runs the receivers of an event that have not succeeded yet, and settles the event.
    ///
    /// The built-in receivers come first. While one of them is going to be retried, those of the
    /// application wait, as they would not find the object's row; once none is, they run.
    pub(super) async fn run_receivers(
        &self,
        task: &Task,
        event: &Event,
    ) -> Result<EventOutcome, StoreError> {
        let mut verdict = Verdict::new(&self.0.retry_schedule);
        let DueReceivers {
            built_in,
            mut application,
            mut mirror,
        } = self.due_receivers(task, event, &mut verdict).await?;

        let mut settled = None;
        for (index, due) in built_in.iter().enumerate() {
            let is_last = index + 1 == built_in.len() && application.is_empty();
            let turn = self
                .run_one(task, event, due, is_last, &mut verdict)
                .await?;
            settled = turn.settled;
            mirror = mirror.after(turn.failure);
        }

        if mirror == MirrorState::Retrying {
            let before = application.len();
            application.retain(|due| !due.receiver.options.waits_for_mirror);
            let waiting = before - application.len();
            tracing::debug!(event = event.id(), waiting, "receivers wait for the mirror");
        }
        for (index, due) in application.iter().enumerate() {
            let is_last = index + 1 == application.len();
            let turn = self
                .run_one(task, event, due, is_last, &mut verdict)
                .await?;
            settled = turn.settled;
        }
        if let Some(outcome) = settled {
            return Ok(outcome);
        }

        let (outcome, error) = verdict.outcome(Timestamp::now());
        let settlement = task.settlement(outcome, error);
        self.0.committer.record(Records::state(settlement)).await?;
        Ok(outcome)
    }

    /// The receivers that have neither succeeded nor used up their runs, in their order.
    async fn due_receivers<'r>(
        &'r self,
        task: &Task,
        event: &Event,
        verdict: &mut Verdict<'_>,
    ) -> Result<DueReceivers<'r>, StoreError> {
        // An event with its first fence has never been leased before, so no receiver has run.
        let recorded = if task.fence > FIRST_FENCE {
            self.0.store.receiver_runs(event.id()).await?
        } else {
            Vec::new()
        };
        let recorded: HashMap<&str, &RecordedRun> = recorded
            .iter()
            .map(|run| (run.receiver.as_str(), run))
            .collect();

        let mut due = DueReceivers {
            built_in: Vec::new(),
            application: Vec::new(),
            mirror: MirrorState::Done,
        };
        for receiver in dispatch(&self.0.registry, event) {
            let last = recorded.get(receiver.id).copied();
            if last.is_some_and(|run| run.outcome.is_final()) {
                continue;
            }

            let attempts = last.map_or(0, |run| run.attempts);
            let allowed = allowed_attempts(receiver, &self.0.retry_schedule);
            if attempts >= allowed || last.is_some_and(|run| run.outcome.is_permanent()) {
                verdict.exhausted(receiver, last.map(|run| run.outcome.to_string()));
                if receiver.is_built_in() {
                    due.mirror = due.mirror.after(Some(Failure::Final));
                }
                continue;
            }

            let list = match receiver.is_built_in() {
                true => &mut due.built_in,
                false => &mut due.application,
            };
            list.push(Due {
                receiver,
                attempts: attempts + 1,
            });
        }
        Ok(due)
    }

    /// Runs a receiver and records how that ended. With the last receiver the event's state is
    /// written in the same commit.
    async fn run_one(
        &self,
        task: &Task,
        event: &Event,
        due: &Due<'_>,
        is_last: bool,
        verdict: &mut Verdict<'_>,
    ) -> Result<Turn, StoreError> {
        let Due { receiver, attempts } = *due;
        let state = |verdict: &Verdict<'_>| {
            let (outcome, error) = verdict.outcome(Timestamp::now());
            let settlement = task.settlement(outcome, error);
            (outcome, settlement)
        };

        // The state that the event has if this run succeeds.
        let (outcome, settlement) = is_last.then(|| state(verdict)).unzip();
        let span = tracing::info_span!("receiver", id = receiver.id, attempt = attempts);
        let end = self
            .run_receiver(task, event, due, settlement)
            .instrument(span)
            .await?;
        let RunEnd::Failed(error) = end else {
            return Ok(Turn {
                settled: outcome,
                failure: None,
            });
        };

        let allowed = allowed_attempts(receiver, &self.0.retry_schedule);
        let is_final = error.is_permanent() || attempts >= allowed;
        let failure = self.report(task, event, due, &error, verdict).await;
        let (outcome, settlement) = is_last.then(|| state(verdict)).unzip();
        let run = task.receiver_run(receiver, attempts, failure);
        let records = Records {
            run: Some(run),
            settlement,
        };
        self.0.committer.record(records).await?;
        Ok(Turn {
            settled: outcome,
            failure: Some(match is_final {
                true => Failure::Final,
                false => Failure::Retried,
            }),
        })
    }

    /// Logs a failed run, calls the hooks and counts it in the verdict. Returns what is recorded.
    async fn report(
        &self,
        task: &Task,
        event: &Event,
        due: &Due<'_>,
        error: &ReceiverError,
        verdict: &mut Verdict<'_>,
    ) -> RunOutcome {
        let Due { receiver, attempts } = *due;
        let failure = RunOutcome::Failed {
            error: describe(error),
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
        let reported = format!("{}: {text}", receiver.id);
        self.0
            .hooks
            .processing_error(task.delivery.as_ref(), event, &reported)
            .await;

        if error.is_permanent() {
            verdict.exhausted(receiver, Some(text));
        } else {
            verdict.failed(receiver, attempts, text);
        }
        failure
    }

    /// Runs a receiver once. A success is committed with its checkpoint and, if there is one, the
    /// event's state.
    async fn run_receiver(
        &self,
        task: &Task,
        event: &Event,
        due: &Due<'_>,
        settlement: Option<Settlement>,
    ) -> Result<RunEnd, StoreError> {
        let Due { receiver, attempts } = *due;
        let checkpoint = task.receiver_run(receiver, attempts, RunOutcome::Succeeded);
        if !receiver.uses_database {
            return self
                .run_without_database(task, event, receiver, checkpoint, settlement)
                .await;
        }

        let _permit = self.db_permit().await;
        if receiver.options.transaction {
            self.run_in_transaction(event, receiver, checkpoint, settlement)
                .await
        } else {
            self.run_in_session(event, receiver, checkpoint, settlement)
                .await
        }
    }

    /// Runs a receiver that takes no `Db`. What it gathered for the mirror is committed together
    /// with what other events have to write.
    async fn run_without_database(
        &self,
        task: &Task,
        event: &Event,
        receiver: &ReceiverInfo,
        checkpoint: ReceiverRun,
        settlement: Option<Settlement>,
    ) -> Result<RunEnd, StoreError> {
        let gathered = Writes::new(task.claimed_at);
        let parts = Parts::new(event, &self.0.context, None).with_writes(&gathered);
        let (run, took) = runner::run_uncounted(receiver, parts).await;
        let count = |outcome| metrics::receiver_ran(receiver.id, outcome, took);
        if let Err(error) = run {
            count(runner::failure(&error));
            return Ok(RunEnd::Failed(error));
        }

        let records = Records {
            run: Some(checkpoint),
            settlement,
        };
        let committed = self
            .0
            .committer
            .commit(event.clone(), gathered.take(), records)
            .await;
        match committed {
            Ok(outcome) => {
                count(outcome.as_str());
                Ok(RunEnd::Succeeded)
            }
            Err(CommitError::Mirror(error)) => {
                let error = ReceiverError::Failed(error.into());
                count(runner::failure(&error));
                Ok(RunEnd::Failed(error))
            }
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Runs a receiver whose writes commit by themselves; its checkpoint follows in a commit of its
    /// own.
    async fn run_in_session(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        checkpoint: ReceiverRun,
        settlement: Option<Settlement>,
    ) -> Result<RunEnd, StoreError> {
        let mut session = self.0.store.session().await?;
        let db = session.db()?;
        let db = db.for_run(event.id(), receiver.id, self.0.effects.names());
        let parts = Parts::new(event, &self.0.context, Some(db));
        if let Err(error) = runner::run(receiver, parts).await {
            return Ok(RunEnd::Failed(error));
        }
        drop(session);

        let records = Records {
            run: Some(checkpoint),
            settlement,
        };
        self.0.committer.record(records).await?;
        Ok(RunEnd::Succeeded)
    }

    /// Runs a receiver in a transaction that also holds its checkpoint.
    async fn run_in_transaction(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        checkpoint: ReceiverRun,
        settlement: Option<Settlement>,
    ) -> Result<RunEnd, StoreError> {
        let mut transaction = self.0.store.begin().await?;
        let db = transaction.db().await?;
        let db = db.for_run(event.id(), receiver.id, self.0.effects.names());
        let parts = Parts::new(event, &self.0.context, Some(db));
        if let Err(error) = runner::run(receiver, parts).await {
            match error {
                // The connection may be in the middle of a query that was cancelled.
                ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. } => {
                    drop(transaction);
                }
                _ => {
                    // A rollback that fails closes the connection, and the database then discards
                    // the transaction.
                    if let Err(error) = transaction.rollback().await {
                        tracing::warn!(
                            error = describe(&error),
                            "a receiver's transaction could not be rolled back"
                        );
                    }
                }
            }
            return Ok(RunEnd::Failed(error));
        }

        transaction.checkpoint(checkpoint);
        if let Some(settlement) = settlement {
            transaction.settle(settlement);
        }
        match transaction.commit().await {
            Ok(()) => {
                self.0.wake.notify_effects();
                Ok(RunEnd::Succeeded)
            }
            // A receiver that ended its transaction, or left it unusable, has failed, and the run
            // counts. If the commit did get through, its checkpoint stays: a recorded success is
            // never replaced by a failure.
            Err(
                error @ (StoreError::TransactionEnded(_)
                | StoreError::DroppedError { .. }
                | StoreError::Query { .. }),
            ) => Ok(RunEnd::Failed(ReceiverError::Failed(error.into()))),
            Err(error) => Err(error),
        }
    }
}
