//! The task that writes: several pages, of any lists, in one transaction with the cursors that they
//! move.
//!
//! In: messages, each sender's in order. Out: reports. Each transaction starts with the fences of
//! its lists; messages of a list that another process has taken over are dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::commit::{count_pages, write_cursors, write_entitlements, write_rows};
use super::context::SyncContext;
use super::gone::tombstones;
use super::message::{ListCommit, ListRun, Message, WriterReport};
use crate::error::describe;
use crate::store::{Db, StoreError};
use crate::timestamp::Timestamp;

/// Most messages that are queued, and most that share a transaction.
pub(super) const BATCH: usize = 12;

/// Attempts of a transaction that fails with a transient error.
const ATTEMPTS: u32 = 6;

/// Writes messages until all senders are gone, and renews the leases of their lists meanwhile.
///
/// # Errors
/// [`StoreError`], if it isn't transient or doesn't go away.
pub(super) async fn write_all(
    context: SyncContext,
    lease: Duration,
    mut messages: mpsc::Receiver<Message>,
    reports: mpsc::UnboundedSender<WriterReport>,
) -> Result<(), StoreError> {
    let mut writer = Writer {
        context,
        lease,
        reports,
        claimed: HashMap::new(),
        lost: HashSet::new(),
    };

    let mut renewal = tokio::time::interval(lease / 4);
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        // Renewal comes first: a busy channel must not let the leases expire.
        tokio::select! {
            biased;
            _ = renewal.tick() => writer.renew().await?,
            count = messages.recv_many(&mut batch, BATCH) => match count {
                0 => return Ok(()),
                _ => writer.write(batch).await?,
            },
        }
    }
}

struct Writer {
    context: SyncContext,
    lease: Duration,
    reports: mpsc::UnboundedSender<WriterReport>,
    /// The runs whose leases this process holds, by their ids.
    claimed: HashMap<String, Arc<ListRun>>,
    /// Ids of runs that another process has taken over.
    lost: HashSet<String>,
}

/// What a transaction wrote, and which runs it found to be lost.
struct Committed {
    lists: Vec<ListCommit>,
    lost: Vec<Arc<ListRun>>,
}

impl Writer {
    fn lease_until(&self) -> Timestamp {
        Timestamp::from(SystemTime::now() + self.lease)
    }

    fn report(&self, report: WriterReport) {
        // Without a receiver the sync has ended.
        let _ = self.reports.send(report);
    }

    /// Renews the leases of all claimed lists.
    async fn renew(&mut self) -> Result<(), StoreError> {
        let claimed: Vec<Arc<ListRun>> = self.claimed.values().cloned().collect();

        for run in claimed {
            let mut attempts = 1;
            loop {
                let store = &self.context.store;
                let lease_until = self.lease_until();
                match store.renew_sync(&run.run_id, run.fence, lease_until).await {
                    Ok(true) => break,
                    Ok(false) => {
                        self.lose(&run);
                        break;
                    }
                    Err(error) => wait_for_retry(error, &mut attempts).await?,
                }
            }
        }
        Ok(())
    }

    fn lose(&mut self, run: &Arc<ListRun>) {
        self.claimed.remove(&run.run_id);
        if self.lost.insert(run.run_id.clone()) {
            self.report(WriterReport::Lost { job: run.job });
        }
    }

    /// Whether a message is to be written. Messages of a lost claim are not, even if this process
    /// has claimed the same run again.
    fn admits(&mut self, message: &Message) -> bool {
        if let Message::Claimed(run) = message {
            self.claimed.insert(run.run_id.clone(), Arc::clone(run));
            self.lost.remove(&run.run_id);
            return false;
        }

        let run = message.run();
        self.claimed
            .get(&run.run_id)
            .is_some_and(|claimed| Arc::ptr_eq(claimed, run))
    }

    async fn write(&mut self, mut batch: Vec<Message>) -> Result<(), StoreError> {
        batch.retain(|message| self.admits(message));
        if batch.is_empty() {
            return Ok(());
        }

        let mut attempts = 1;
        let committed = loop {
            match self.commit(&batch).await {
                Ok(committed) => break committed,
                Err(error) => wait_for_retry(error, &mut attempts).await?,
            }
        };

        for run in &committed.lost {
            self.lose(run);
        }
        for list in committed.lists {
            self.report(WriterReport::Committed(list));
        }
        for message in batch {
            if let Message::End(run, end) = message
                && self.claimed.remove(&run.run_id).is_some()
            {
                self.report(WriterReport::Ended { job: run.job, end });
            }
        }
        Ok(())
    }

    /// Writes a batch in one transaction.
    async fn commit(&self, batch: &[Message]) -> Result<Committed, StoreError> {
        let mut transaction = self.context.store.begin().await?;
        let mut db = transaction.db().await?;
        let lost = self.check_fences(&mut db, batch).await?;
        let is_lost = |message: &&Message| {
            let run_id = &message.run().run_id;
            lost.iter().any(|run| run.run_id == *run_id)
        };
        let ours: Vec<&Message> = batch.iter().filter(|message| !is_lost(message)).collect();

        let tombstones = tombstones(&mut db, &ours).await?;
        let mut commits = count_pages(&ours);
        let all: Vec<&Message> = ours.iter().copied().chain(&tombstones).collect();
        write_rows(&mut db, &self.context.registry, &all, &mut commits).await?;
        write_entitlements(&mut db, &ours).await?;
        write_cursors(&mut db, &ours, &commits).await?;
        transaction.keep();
        transaction.commit().await?;

        Ok(Committed {
            lists: commits.into_values().collect(),
            lost,
        })
    }

    /// Extends the leases of the batch's lists until the commit. Returns the runs that are lost.
    async fn check_fences(
        &self,
        db: &mut Db<'_>,
        batch: &[Message],
    ) -> Result<Vec<Arc<ListRun>>, StoreError> {
        let runs: BTreeMap<&str, &Arc<ListRun>> = batch
            .iter()
            .map(|message| (&*message.run().run_id, message.run()))
            .collect();

        let mut lost = Vec::new();
        for run in runs.into_values() {
            let lease_until = self.lease_until();
            if !db.hold_sync(&run.run_id, run.fence, lease_until).await? {
                lost.push(Arc::clone(run));
            }
        }
        Ok(lost)
    }
}

/// Waits before the next attempt, or returns the error if there is to be none.
async fn wait_for_retry(error: StoreError, attempts: &mut u32) -> Result<(), StoreError> {
    if !error.is_transient() || *attempts >= ATTEMPTS {
        return Err(error);
    }

    tracing::warn!(
        error = describe(&error),
        "fetched pages could not be written; retrying"
    );
    tokio::time::sleep(Duration::from_millis(100 << *attempts)).await;
    *attempts += 1;
    Ok(())
}
