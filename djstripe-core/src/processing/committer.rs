//! Group commit of finished events: the mirrored rows, checkpoints and states of several events
//! share a transaction.
//!
//! If a shared transaction fails, each event is written alone, so that the failure of one stays its
//! own.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::group_commit::{GroupCommit, Limits};
use crate::mirror::{self, Applied, MirrorError, Services};
use crate::receiver::writes::{NotMirrored, Write};
use crate::store::{ReceiverRun, RunOutcome, Settlement, Store, StoreError, Transaction};
use crate::telemetry::vitals::Vitals;
use crate::webhook::event::Event;

const LIMITS: Limits = Limits {
    waiting: 256,
    batch: 128,
    writers: 2,
};

/// What is recorded about an event besides its rows.
#[derive(Default)]
pub(super) struct Records {
    /// The run of one of its receivers.
    pub(super) run: Option<ReceiverRun>,
    /// Its state.
    pub(super) settlement: Option<Settlement>,
}

impl Records {
    /// The event's state alone.
    pub(super) fn state(settlement: Settlement) -> Self {
        Self {
            run: None,
            settlement: Some(settlement),
        }
    }
}

/// Why a receiver's rows and records were not written; nothing of them was.
#[derive(Debug)]
pub(super) enum CommitError {
    /// The rows can't be written.
    Mirror(MirrorError),
    /// The database failed, or the lease is lost.
    Store(StoreError),
}

/// What one event has to write, and where its answer goes.
enum Unit {
    WithRows {
        event: Event,
        writes: Vec<Write>,
        records: Records,
        answer: oneshot::Sender<Result<Applied, CommitError>>,
    },
    RecordsOnly {
        records: Records,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
}

/// Writes what finished events have to write. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Committer(GroupCommit<Unit>);

impl Committer {
    /// Starts the tasks that write.
    pub(crate) fn start(store: &Store, services: &Arc<Services>, vitals: &Vitals) -> Self {
        let (store, services) = (store.clone(), Arc::clone(services));
        Self(GroupCommit::start(
            vitals,
            "committer",
            LIMITS,
            move |units| {
                let (store, services) = (store.clone(), Arc::clone(&services));
                async move { write_batch(&store, &services, units).await }
            },
        ))
    }

    /// Writes the rows that a receiver's run gathered, and records the run. Returns what became of
    /// the event's object.
    pub(super) async fn commit(
        &self,
        event: Event,
        writes: Vec<Write>,
        records: Records,
    ) -> Result<Applied, CommitError> {
        let (answer, answered) = oneshot::channel();
        let unit = Unit::WithRows {
            event,
            writes,
            records,
            answer,
        };
        let shutting_down = || CommitError::Store(StoreError::ShuttingDown);
        self.0.submit(unit).await.map_err(|_| shutting_down())?;
        answered.await.map_err(|_| shutting_down())?
    }

    /// Writes records without rows.
    pub(super) async fn record(&self, records: Records) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let unit = Unit::RecordsOnly { records, answer };
        let queued = self.0.submit(unit).await;
        queued.map_err(|_| StoreError::ShuttingDown)?;
        answered.await.map_err(|_| StoreError::ShuttingDown)?
    }
}

/// What one unit has to write.
#[derive(Clone, Copy)]
struct Work<'u> {
    rows: Option<(&'u Event, &'u [Write])>,
    records: &'u Records,
}

impl Unit {
    fn work(&self) -> Work<'_> {
        match self {
            Self::WithRows {
                event,
                writes,
                records,
                ..
            } => Work {
                rows: Some((event, writes)),
                records,
            },
            Self::RecordsOnly { records, .. } => Work {
                rows: None,
                records,
            },
        }
    }

    /// Answers that the unit is written. A caller that no longer waits has been cancelled.
    fn answer_written(self, applied: Applied) {
        match self {
            Self::WithRows { answer, .. } => drop(answer.send(Ok(applied))),
            Self::RecordsOnly { answer, .. } => drop(answer.send(Ok(()))),
        }
    }

    async fn write_alone(self, store: &Store, services: &Services) {
        match self {
            Self::WithRows {
                event,
                writes,
                records,
                answer,
            } => {
                let work = Work {
                    rows: Some((&event, &writes)),
                    records: &records,
                };
                let written = write(store, services, &[work]).await;
                let applied = written.map(|mut applied| applied.pop().unwrap_or_default());
                let _ = answer.send(applied);
            }
            Self::RecordsOnly { records, answer } => {
                let _ = answer.send(write_records(store, &records).await);
            }
        }
    }
}

/// Writes units in one transaction or, if that fails, each in its own.
async fn write_batch(store: &Store, services: &Services, units: Vec<Unit>) {
    if units.len() > 1 {
        let work: Vec<Work<'_>> = units.iter().map(Unit::work).collect();
        if let Ok(applied) = write(store, services, &work).await {
            for (unit, applied) in units.into_iter().zip(applied) {
                unit.answer_written(applied);
            }
            return;
        }
    }

    let alone = units
        .into_iter()
        .map(|unit| unit.write_alone(store, services));
    join_all(alone).await;
}

/// Writes rows and records in one transaction. Returns for each unit what became of the event's
/// object.
async fn write(
    store: &Store,
    services: &Services,
    work: &[Work<'_>],
) -> Result<Vec<Applied>, CommitError> {
    let mut transaction = store.begin().await.map_err(CommitError::Store)?;
    let mut db = transaction.db().await.map_err(CommitError::Store)?;
    let rows = work.iter().filter_map(|work| work.rows);
    let answers = match mirror::apply(&mut db, &services.settings, rows).await {
        Ok(answers) => answers,
        Err(error) => return Err(undo(transaction, error).await),
    };

    let mut answers = answers.into_iter();
    let mut units = Vec::with_capacity(work.len());
    for Work { rows, records } in work {
        let applied = rows.and_then(|_| answers.next()).unwrap_or_default();
        record(&mut transaction, records, &outcome(&applied));
        units.push(applied);
    }
    transaction.commit().await.map_err(CommitError::Store)?;
    Ok(units)
}

/// The outcome of a successful run.
pub(super) fn outcome(applied: &Applied) -> RunOutcome {
    match &applied.not_mirrored {
        None => RunOutcome::Succeeded,
        Some(reason) => RunOutcome::NotMirrored {
            reason: reason.to_string(),
            is_gone: matches!(reason, NotMirrored::Gone(_)),
        },
    }
}

/// Takes a failed transaction back.
async fn undo(transaction: Transaction, error: MirrorError) -> CommitError {
    if matches!(error, MirrorError::Subscriber(_)) {
        // The application's code may have left the connection in the middle of a query.
        drop(transaction);
    } else {
        // A rollback that fails closes the connection, and the database then discards the
        // transaction.
        let _ = transaction.rollback().await;
    }
    CommitError::Mirror(error)
}

/// Writes records in a transaction of their own.
async fn write_records(store: &Store, records: &Records) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    record(&mut transaction, records, &RunOutcome::Succeeded);
    transaction.commit().await
}

/// Adds the records to a transaction. A run whose event's object got no row is recorded as such.
fn record(
    transaction: &mut Transaction,
    Records { run, settlement }: &Records,
    outcome: &RunOutcome,
) {
    if let Some(run) = run {
        let mut run = run.clone();
        if !matches!(outcome, RunOutcome::Succeeded) {
            run.outcome = outcome.clone();
        }
        transaction.checkpoint(run);
    }
    if let Some(settlement) = settlement {
        transaction.settle(settlement.clone());
    }
}
