//! Events that are through together are written together: their mirrored rows, checkpoints and states in one commit.
//!
//! As in the inbox, what comes while a commit is under way shares the next one. Two tasks take turns, so that one prepares
//! its rows while the database is at those of the other. If a shared commit fails, each event is tried alone, so that one's
//! failure stays its own.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::mirror::{self, MirrorError, Services, Write};
use crate::store::{ReceiverRun, Settlement, Store, StoreError};
use crate::webhook::event::Event;

/// Events that share a commit at most.
const BATCH: usize = 128;

/// Tasks that write.
const WRITERS: usize = 2;

/// What one event has to write.
pub(crate) struct Unit {
    pub(crate) event: Event,
    pub(crate) writes: Vec<Write>,
    pub(crate) run: Option<ReceiverRun>,
    pub(crate) settlement: Option<Settlement>,
}

/// Why a unit was not written; nothing of it was.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Its rows can't be written.
    Mirror(MirrorError),
    /// The database failed, or the lease is lost.
    Store(StoreError),
}

/// The way to the shared commits.
#[derive(Clone)]
pub(crate) struct Committer(mpsc::Sender<Waiting>);

struct Waiting {
    unit: Unit,
    answer: oneshot::Sender<Result<(), CommitError>>,
}

impl Committer {
    /// Starts the tasks that write. They end with the last handle.
    pub(crate) fn start(store: &Store, services: &Arc<Services>) -> Self {
        let (sender, receiver) = mpsc::channel(WRITERS * BATCH);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..WRITERS {
            tokio::spawn(write_all(
                store.clone(),
                Arc::clone(services),
                Arc::clone(&receiver),
            ));
        }
        Self(sender)
    }

    /// Writes what an event has to write, together with what others have.
    pub(crate) async fn commit(&self, unit: Unit) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        let gone = || CommitError::Store(StoreError::ShuttingDown);
        self.0
            .send(Waiting { unit, answer })
            .await
            .map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn write_all(
    store: Store,
    services: Arc<Services>,
    waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>,
) {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if waiting.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let units: Vec<&Unit> = batch.iter().map(|waiting| &waiting.unit).collect();
        let together = write(&store, &services, &units).await;
        if together.is_ok() || batch.len() == 1 {
            let mut outcome = Some(together);
            for Waiting { answer, .. } in batch {
                let _ = answer.send(outcome.take().unwrap_or(Ok(())));
            }
            continue;
        }
        let alone = batch.into_iter().map(|Waiting { unit, answer }| {
            let (store, services) = (&store, &services);
            async move {
                let _ = answer.send(write(store, services, &[&unit]).await);
            }
        });
        join_all(alone).await;
    }
}

/// Writes units in one transaction.
async fn write(store: &Store, services: &Services, units: &[&Unit]) -> Result<(), CommitError> {
    let mut transaction = store.begin().await.map_err(CommitError::Store)?;
    let mut db = transaction.db().await.map_err(CommitError::Store)?;
    if let Err(error) = mirror::apply(
        &mut db,
        services,
        units.iter().map(|unit| (&unit.event, &*unit.writes)),
    )
    .await
    {
        if matches!(error, MirrorError::Subscriber(_)) {
            // The application's code may have left the connection in the middle of something.
            drop(transaction);
        } else {
            // A rollback that fails closes the connection, which takes everything back too.
            let _ = transaction.rollback().await;
        }
        return Err(CommitError::Mirror(error));
    }
    for unit in units {
        if let Some(run) = &unit.run {
            transaction.checkpoint(run.clone());
        }
        if let Some(settlement) = &unit.settlement {
            transaction.settle(settlement.clone());
        }
    }
    transaction.commit().await.map_err(CommitError::Store)
}
