//! The receivers of one leased event, one after another.
//!
//! In: a task whose event could be decoded. Out: the checkpoint of each receiver, and the event's
//! state in the same commit as the last of them.

use std::collections::HashMap;

use tracing::Instrument;

use super::committer::Records;
use super::mirror_progress::{Failure, MirrorProgress};
use super::run::{Done, Due, RunEnd};
use super::stage::Processing;
use super::task::Task;
use super::verdict::{Verdict, allowed_attempts};
use crate::error::describe;
use crate::receiver::ReceiverError;
use crate::receiver::dispatch::dispatch;
use crate::store::{EventOutcome, FIRST_FENCE, ReceiverRun, RecordedRun, RunOutcome, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// The receivers of an event that run now.
struct DueReceivers<'r> {
    built_in: Vec<Due<'r>>,
    application: Vec<Due<'r>>,
    /// What the built-in receivers had come to before.
    mirror: MirrorProgress,
}

/// How a receiver's turn ended.
struct Turn {
    /// The state of the event, if it was written together with the run.
    settled: Option<EventOutcome>,
    /// How the run ended.
    end: TurnEnd,
}

enum TurnEnd {
    Succeeded(Box<Done>),
    Failed(Failure),
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
                .run_one(task, event, due, is_last, &mut verdict, &mut mirror)
                .await?;
            settled = turn.settled;
            match turn.end {
                TurnEnd::Succeeded(done) => mirror.succeeded(&done.applied, done.own),
                TurnEnd::Failed(failure) => mirror.failed(failure),
            }
        }

        if mirror.is_retried() {
            let before = application.len();
            application.retain(|due| !due.receiver.options.waits_for_mirror);
            let waiting = before - application.len();
            tracing::debug!(event = event.id(), waiting, "receivers wait for the mirror");
        }
        for (index, due) in application.iter().enumerate() {
            let is_last = index + 1 == application.len();
            let turn = self
                .run_one(task, event, due, is_last, &mut verdict, &mut mirror)
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

    /// The progress before the built-in receivers run. Without any, the row may be older than the
    /// event; only a sync has written what its events tell of.
    pub(super) fn mirror_progress(&self, event: &Event) -> MirrorProgress {
        let mut listening = self.0.registry.receivers_for(event.name()).iter();
        let is_mirrored = listening.any(|receiver| receiver.is_built_in());
        MirrorProgress::new(is_mirrored || event.name().backfilled().is_some())
    }

    /// The receivers that have neither succeeded nor used up their runs, in their order.
    async fn due_receivers<'r>(
        &'r self,
        task: &Task,
        event: &Event,
        verdict: &mut Verdict<'_>,
    ) -> Result<DueReceivers<'r>, StoreError> {
        // An event with its first fence has never been leased before, so no receiver has run but one
        // that answers the delivery.
        let is_answered = self.0.registry.replying(event.name()).is_some();
        let recorded = if task.fence > FIRST_FENCE || is_answered {
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
            mirror: self.mirror_progress(event),
        };
        for receiver in dispatch(&self.0.registry, event) {
            let last = recorded.get(receiver.id).copied();
            if let Some(run) = last.filter(|run| run.outcome.is_final()) {
                if receiver.is_built_in() {
                    due.mirror.recorded(&run.outcome, run.finished_at);
                }
                continue;
            }

            // Its time was before the event was stored.
            if receiver.replies {
                if let Some(run) = last {
                    verdict.exhausted(receiver, Some(run.outcome.to_string()));
                }
                continue;
            }

            let attempts = last.map_or(0, |run| run.attempts);
            let allowed = allowed_attempts(receiver, &self.0.retry_schedule);
            if attempts >= allowed || last.is_some_and(|run| run.outcome.is_permanent()) {
                verdict.exhausted(receiver, last.map(|run| run.outcome.to_string()));
                if receiver.is_built_in() {
                    due.mirror.failed(Failure::Final);
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
        mirror: &mut MirrorProgress,
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
            .run_receiver(task, event, due, mirror, settlement)
            .instrument(span)
            .await;
        // A query that the database refuses may fail again and again, so it counts as the receiver's
        // failure.
        let end = match end {
            Err(error) if error.is_refusal() => {
                RunEnd::Failed(ReceiverError::Failed(error.into()), None)
            }
            end => end?,
        };
        let (error, took) = match end {
            RunEnd::Failed(error, took) => (error, took),
            RunEnd::Succeeded(done) => {
                return Ok(Turn {
                    settled: outcome,
                    end: TurnEnd::Succeeded(done),
                });
            }
        };

        let allowed = allowed_attempts(receiver, &self.0.retry_schedule);
        let is_final = error.is_permanent() || attempts >= allowed;
        let failure = self.report(task, event, due, &error, verdict).await;
        let (outcome, settlement) = is_last.then(|| state(verdict)).unzip();
        let run = ReceiverRun {
            took,
            ..task.receiver_run(receiver, attempts, failure)
        };
        let records = Records {
            run: Some(run),
            settlement,
        };
        self.0.committer.record(records).await?;
        Ok(Turn {
            settled: outcome,
            end: TurnEnd::Failed(match is_final {
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
}
