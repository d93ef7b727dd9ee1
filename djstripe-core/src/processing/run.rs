//! One run of one receiver, and the commit of what it did.
//!
//! In: a receiver that is due. Out: its checkpoint, committed together with its writes, or why the
//! run failed. A receiver that reads the event's object commits only if the object is then still
//! what it has read; otherwise it runs again at once.

use std::time::Duration;

use super::committer::{CommitError, Records, outcome};
use super::mirror_progress::MirrorProgress;
use super::stage::Processing;
use super::task::Task;
use crate::error::describe;
use crate::mirror::{Applied, ReadObject, RowState, row_of};
use crate::receiver::arguments::{ArgumentError, Parts};
use crate::receiver::current_object::CurrentObject;
use crate::receiver::runner;
use crate::receiver::writes::Writes;
use crate::receiver::{Permanent, ReceiverError, ReceiverInfo, TransactionOwner};
use crate::store::{Db, ReadRow, ReceiverRun, RunOutcome, Settlement, StoreError, Transaction};
use crate::webhook::event::Event;

/// Runs of one receiver in a row that may find that the object has changed meanwhile.
const MAX_REPEATS: u32 = 10;

/// How often a row that the database refuses to give is read again: it may have been a conflict.
const READ_TRIES: u32 = 2;

/// A receiver that runs now.
pub(super) struct Due<'r> {
    pub(super) receiver: &'r ReceiverInfo,
    /// The number of this run, from 1.
    pub(super) attempts: i32,
}

/// How one run of a receiver ended.
pub(super) enum RunEnd {
    /// It succeeded, and its checkpoint is committed.
    Succeeded(Box<Done>),
    /// It failed, and nothing of it is committed. With how long its function ran, if it was called.
    Failed(ReceiverError, Option<Duration>),
}

/// What a successful run did to the mirror.
#[derive(Default)]
pub(super) struct Done {
    pub(super) applied: Applied,
    /// The event's object as the run wrote it.
    pub(super) own: Option<ReadObject>,
}

/// What is committed with a successful run.
struct Commit {
    checkpoint: ReceiverRun,
    settlement: Option<Settlement>,
}

/// A receiver with a transaction of its own returned, and its checkpoint is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "it returned without its checkpoint: run `checkpoint.sql()` as the last statement of the \
     transaction, and commit"
)]
struct NoCheckpoint;

/// How a run in a transaction ended.
enum Attempt {
    Ended(RunEnd),
    /// The object changed while the receiver ran, and nothing is committed.
    Changed,
}

/// Why a receiver can't run for a thin event of which something could not be fetched: what changed, by
/// which it is filtered, or all that a built-in one would mirror.
fn lacking(event: &Event, receiver: &ReceiverInfo) -> Option<ReceiverError> {
    let is_filtered = !receiver.options.changed.is_empty() && !event.is_whole();
    let has_nothing =
        receiver.is_built_in() && event.has_thin_payload() && event.related_object().is_none();
    if !is_filtered && !has_nothing {
        return None;
    }
    let error = ArgumentError::NotFetched {
        event: event.id().to_owned(),
        reason: event.not_fetched_because()?.to_owned(),
    };
    Some(match has_nothing {
        true => ReceiverError::Failed(Permanent::new(error).into()),
        false => error.into(),
    })
}

impl Processing {
    /// Runs a receiver once. A success is committed with its checkpoint and, if there is one, the
    /// event's state.
    pub(super) async fn run_receiver(
        &self,
        task: &Task,
        event: &Event,
        due: &Due<'_>,
        mirror: &mut MirrorProgress,
        settlement: Option<Settlement>,
    ) -> Result<RunEnd, StoreError> {
        let Due { receiver, attempts } = *due;
        let commit = Commit {
            checkpoint: task.receiver_run(receiver, attempts, RunOutcome::Succeeded),
            settlement,
        };
        let reads_object = receiver.reads_object && !receiver.is_built_in();
        if let Some(error) = lacking(event, receiver) {
            return Ok(RunEnd::Failed(error, None));
        }
        let with_object;
        let event = if reads_object && mirror.row() != RowState::Current {
            with_object = self.with_object_if_thin(event).await;
            &with_object
        } else {
            event
        };
        // Whether it reads the object or not: until the next receiver begins, the row may change.
        let written = match receiver.is_built_in() {
            true => None,
            false => mirror.take_written(),
        };
        if receiver.uses_database && receiver.options.transaction == TransactionOwner::Nobody {
            let _permit = self.db_permit().await;
            return self.run_in_session(event, receiver, mirror, commit).await;
        }

        let written = match mirror.row() {
            _ if !reads_object => None,
            // Nothing but the receiver's own failure keeps it from running: a row that can't be read
            // is none.
            RowState::Behind => Some(self.read_if_possible(event, mirror).await?),
            RowState::Current | RowState::Gone(_) => written,
        };
        if receiver.options.transaction == TransactionOwner::Receiver {
            return self
                .run_in_own_transactions(event, receiver, mirror, written, commit)
                .await;
        }
        if !receiver.uses_database {
            let object = match written {
                None if reads_object => Some(self.read_object(event, mirror).await?),
                written => written,
            };
            return self
                .run_without_database(task, event, receiver, object, commit)
                .await;
        }

        let _permit = self.db_permit().await;
        self.run_in_transactions(event, receiver, mirror, written, commit)
            .await
    }

    /// The event's object, or its payload if the database refuses to give its row.
    async fn read_if_possible(
        &self,
        event: &Event,
        mirror: &MirrorProgress,
    ) -> Result<ReadObject, StoreError> {
        let mut tries = 0;
        loop {
            match self.read_object(event, mirror).await {
                Err(error) if error.is_refusal() && tries < READ_TRIES => {
                    tries += 1;
                    tracing::debug!(error = describe(&error), tries, "reading the row again");
                }
                Err(error) if error.is_refusal() => {
                    tracing::warn!(
                        event = event.id(),
                        error = describe(&error),
                        "the object's row can't be read; its receivers get the event's payload"
                    );
                    return Ok(ReadObject::payload(event));
                }
                read => return read,
            }
        }
    }

    /// The event's object, read on a connection of the pool.
    async fn read_object(
        &self,
        event: &Event,
        mirror: &MirrorProgress,
    ) -> Result<ReadObject, StoreError> {
        let Some(key) = row_of(event, &self.0.services.settings) else {
            return Ok(ReadObject::payload(event));
        };
        let stored = self.0.store.stored_object(&key).await?;
        Ok(ReadObject::new(event, key, stored, mirror.row()))
    }

    /// The event's object, read on the receiver's own connection.
    pub(super) async fn read_object_with(
        &self,
        db: &mut Db<'_>,
        event: &Event,
        mirror: &MirrorProgress,
    ) -> Result<ReadObject, StoreError> {
        let Some(key) = row_of(event, &self.0.services.settings) else {
            return Ok(ReadObject::payload(event));
        };
        let stored = db.stored_object(&key).await?;
        Ok(ReadObject::new(event, key, stored, mirror.row()))
    }

    /// Runs a receiver that takes no `Db`. What it gathered for the mirror is committed together
    /// with what other events have to write.
    async fn run_without_database(
        &self,
        task: &Task,
        event: &Event,
        receiver: &ReceiverInfo,
        object: Option<ReadObject>,
        commit: Commit,
    ) -> Result<RunEnd, StoreError> {
        let gathered = Writes::new(task.claimed_at);
        let object = object.and_then(|read| read.object);
        let parts = Parts::new(event, &self.0.context, None)
            .with_writes(&gathered)
            .with_object(object.as_ref());
        let (run, took) = runner::run_uncounted(receiver, parts).await;
        let count = |outcome| self.0.minutes.receiver_ran(receiver.id, outcome, took);
        if let Err(error) = run {
            count(runner::failure(&error));
            return Ok(RunEnd::Failed(error, Some(took)));
        }

        let records = Records {
            run: Some(commit.checkpoint.finished(took)),
            settlement: commit.settlement,
        };
        let writes = gathered.take();
        let own = ReadObject::written(event, &writes);
        let committed = self
            .0
            .committer
            .commit(event.clone(), writes, records)
            .await;
        match committed {
            Ok(applied) => {
                count(outcome(&applied).as_str());
                Ok(RunEnd::Succeeded(Box::new(Done { applied, own })))
            }
            Err(CommitError::Mirror(error)) => {
                let error = ReceiverError::Failed(error.into());
                count(runner::failure(&error));
                Ok(RunEnd::Failed(error, Some(took)))
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
        mirror: &MirrorProgress,
        commit: Commit,
    ) -> Result<RunEnd, StoreError> {
        // On a connection of its own, which must not wait for another one while it holds the session.
        let read = match mirror.row() {
            RowState::Behind if receiver.reads_object => {
                Some(self.read_if_possible(event, mirror).await?)
            }
            _ => None,
        };
        let mut session = self.0.store.session().await?;
        let mut db = session.db()?;
        let read = match read {
            // Read now, and not before it waited for a connection.
            None if receiver.reads_object => {
                Some(self.read_object_with(&mut db, event, mirror).await?)
            }
            read => read,
        };

        let object = read.and_then(|read| read.object);
        let db = db.for_run(event, receiver.id, self.0.effects.names());
        let parts = Parts::new(event, &self.0.context, Some(db)).with_object(object.as_ref());
        let (run, took) = runner::run(receiver, parts, &self.0.minutes).await;
        if let Err(error) = run {
            return Ok(RunEnd::Failed(error, Some(took)));
        }
        drop(session);

        let records = Records {
            run: Some(commit.checkpoint.finished(took)),
            settlement: commit.settlement,
        };
        self.0.committer.record(records).await?;
        Ok(RunEnd::Succeeded(Box::default()))
    }

    /// Runs a receiver in a transaction that also holds its checkpoint; again, if the object that it
    /// read has changed meanwhile. Such a run does not count.
    async fn run_in_transactions(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        mirror: &MirrorProgress,
        mut written: Option<ReadObject>,
        commit: Commit,
    ) -> Result<RunEnd, StoreError> {
        for _ in 0..MAX_REPEATS {
            let read = written.take();
            match self
                .run_in_transaction(event, receiver, mirror, read, &commit)
                .await?
            {
                Attempt::Ended(end) => return Ok(end),
                Attempt::Changed => {
                    tracing::debug!(
                        event = event.id(),
                        receiver = receiver.id,
                        "the object changed while its receiver ran; running it again"
                    );
                }
            }
        }
        let changed = ReceiverError::Failed(StoreError::ObjectChanged.into());
        Ok(RunEnd::Failed(changed, None))
    }

    async fn run_in_transaction(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        mirror: &MirrorProgress,
        written: Option<ReadObject>,
        commit: &Commit,
    ) -> Result<Attempt, StoreError> {
        let mut transaction = self.0.store.begin().await?;
        let object = if receiver.reads_object {
            let read = match written {
                Some(written) => written,
                None => {
                    let mut db = transaction.db().await?;
                    self.read_object_with(&mut db, event, mirror).await?
                }
            };
            if let Some(row) = read.row {
                transaction.expect_row(row);
            }
            read.object
        } else {
            None
        };

        let db = transaction.db().await?;
        let db = db.for_run(event, receiver.id, self.0.effects.names());
        let parts = Parts::new(event, &self.0.context, Some(db)).with_object(object.as_ref());
        let (run, took) = runner::run(receiver, parts, &self.0.minutes).await;
        if let Err(error) = run {
            abandon(transaction, &error).await;
            return Ok(Attempt::Ended(RunEnd::Failed(error, Some(took))));
        }

        transaction.checkpoint(commit.checkpoint.clone().finished(took));
        if let Some(settlement) = &commit.settlement {
            transaction.settle(settlement.clone());
        }
        match transaction.commit().await {
            Ok(()) => {
                self.0.wake.notify_effects();
                Ok(Attempt::Ended(RunEnd::Succeeded(Box::default())))
            }
            Err(StoreError::ObjectChanged) => Ok(Attempt::Changed),
            // A receiver that ended its transaction, or left it unusable, has failed, and the run
            // counts. If the commit did get through, its checkpoint stays: a recorded success is
            // never replaced by a failure.
            Err(
                error @ (StoreError::TransactionEnded(_)
                | StoreError::DroppedError { .. }
                | StoreError::Query { .. }),
            ) => {
                let error = ReceiverError::Failed(error.into());
                Ok(Attempt::Ended(RunEnd::Failed(error, Some(took))))
            }
            Err(error) => Err(error),
        }
    }

    /// Runs a receiver that writes its checkpoint in a transaction of its own; again, if the object
    /// that it read has changed meanwhile. Such a run does not count.
    async fn run_in_own_transactions(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        mirror: &MirrorProgress,
        mut written: Option<ReadObject>,
        commit: Commit,
    ) -> Result<RunEnd, StoreError> {
        for _ in 0..MAX_REPEATS {
            let read = match written.take() {
                None if receiver.reads_object => Some(self.read_object(event, mirror).await?),
                written => written,
            };
            let (object, row) = read.map_or((None, None), |read| (read.object, read.row));
            let attempt = self
                .run_in_own_transaction(event, receiver, object.as_ref(), row.as_ref(), &commit)
                .await?;

            match attempt {
                Attempt::Changed => {}
                Attempt::Ended(RunEnd::Succeeded(done)) => {
                    let records = Records {
                        run: None,
                        settlement: commit.settlement,
                    };
                    self.0.committer.record(records).await?;
                    return Ok(RunEnd::Succeeded(done));
                }
                Attempt::Ended(failed) => return Ok(failed),
            }
        }
        let changed = ReceiverError::Failed(StoreError::ObjectChanged.into());
        Ok(RunEnd::Failed(changed, None))
    }

    /// The record in the database says whether the receiver has succeeded, whatever it returned: it
    /// may have failed after its commit.
    async fn run_in_own_transaction(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        object: Option<&CurrentObject>,
        row: Option<&ReadRow>,
        commit: &Commit,
    ) -> Result<Attempt, StoreError> {
        let store = &self.0.store;
        let statement = store.checkpoint_statement(&commit.checkpoint, row);
        let parts = Parts::new(event, &self.0.context, None)
            .with_object(object)
            .with_checkpoint(statement);
        let (result, took) = runner::run(receiver, parts, &self.0.minutes).await;

        let runs = store.receiver_runs(event.id()).await?;
        let is_recorded = runs
            .iter()
            .any(|run| run.receiver == receiver.id && run.outcome.is_success());
        if is_recorded {
            if let Err(error) = result {
                let error = describe(&error);
                tracing::warn!(error, "the receiver failed after its commit, which stands");
            }
            return Ok(Attempt::Ended(RunEnd::Succeeded(Box::default())));
        }

        if let Some(row) = row
            && store.row_version(&row.key).await? != row.version
        {
            return Ok(Attempt::Changed);
        }
        let error = result
            .err()
            .unwrap_or_else(|| ReceiverError::Failed(NoCheckpoint.into()));
        Ok(Attempt::Ended(RunEnd::Failed(error, Some(took))))
    }
}

/// Takes the transaction of a failed run back.
async fn abandon(transaction: Transaction, error: &ReceiverError) {
    // The connection may be in the middle of a query that was cancelled.
    if matches!(
        error,
        ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. }
    ) {
        drop(transaction);
        return;
    }
    // A rollback that fails closes the connection, and the database then discards the transaction.
    if let Err(error) = transaction.rollback().await {
        tracing::warn!(
            error = describe(&error),
            "a receiver's transaction could not be rolled back"
        );
    }
}
