//! One task that writes: several pages, of whichever lists, in one transaction with the cursors that they move.
//!
//! In: messages, in the order in which their senders saw things. Out: reports. Each transaction begins with the fences of its
//! lists; what belongs to a list that somebody else has taken over is left out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::Syncer;
use super::commit::{write_cursors, write_rows};
use super::page::Page;
use super::progress::Counts;
use super::range::Range;
use crate::store::{StoreError, SyncKey};
use crate::timestamp::Timestamp;

/// Messages that wait, and that share a transaction, at most.
pub(super) const BATCH: usize = 12;

/// Tries of a transaction that fails for a reason that may pass.
const TRIES: u32 = 6;

/// One run of one list.
#[derive(Debug)]
pub(super) struct Run {
    /// Number of the list among those of this sync.
    pub(super) job: usize,
    pub(super) key: SyncKey,
    pub(super) run_id: String,
    pub(super) fence: i64,
}

/// Something to write.
pub(super) enum Message {
    /// The lease of this list is to be kept.
    Hold(Arc<Run>),
    Rows(Box<Rows>),
    /// A customer is entitled to these and nothing else.
    Entitled {
        run: Arc<Run>,
        customer: String,
        ids: Vec<String>,
        observed_at: Timestamp,
    },
    /// Parts of a list were cut.
    Ranges(Arc<Run>, Vec<Range>),
    /// Everything below the parents up to this one was sent.
    Through(Arc<Run>, String),
    End(Arc<Run>, End),
}

/// How a run of a list ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Skipped(String),
    Failed(String),
}

/// A page to write.
pub(super) struct Rows {
    pub(super) run: Arc<Run>,
    pub(super) page: Page,
    /// Where the part that it belongs to stands with it, unless it belongs to a parent.
    pub(super) range: Option<Range>,
    /// Whether it is more than a check that found nothing.
    pub(super) is_page: bool,
    /// Whether it stands for a part that turned out empty.
    pub(super) is_wasted: bool,
}

/// What was written.
pub(super) enum Report {
    Stored(Stored),
    Ended {
        job: usize,
        end: End,
    },
    /// Somebody else has taken this list over.
    Lost {
        job: usize,
    },
    Broken(StoreError),
}

/// What was written of one list.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) job: usize,
    pub(super) counts: BTreeMap<&'static str, Counts>,
    pub(super) pages: u64,
    pub(super) checks: u64,
    pub(super) wasted: u64,
    /// Events for receivers.
    pub(super) events: u64,
    pub(super) run_id: String,
    /// Ids of objects that can't be stored, and why.
    pub(super) unstorable: Vec<(String, String)>,
}

impl Message {
    fn run(&self) -> &Arc<Run> {
        match self {
            Self::Rows(rows) => &rows.run,
            Self::Entitled { run, .. } => run,
            Self::Hold(run) | Self::Ranges(run, _) | Self::Through(run, _) | Self::End(run, _) => {
                run
            }
        }
    }
}

/// Writes what comes until nobody sends any more, and keeps the leases of its lists meanwhile.
pub(super) async fn write_all(
    syncer: Syncer,
    lease: Duration,
    mut messages: mpsc::Receiver<Message>,
    reports: mpsc::UnboundedSender<Report>,
) {
    let mut writer = Writer {
        syncer,
        lease,
        reports,
        held: HashMap::new(),
        lost: HashSet::new(),
    };
    let mut renewal = tokio::time::interval(lease / 4);
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let written = tokio::select! {
            biased;
            _ = renewal.tick() => writer.renew().await,
            count = messages.recv_many(&mut batch, BATCH) => match count {
                0 => return,
                _ => writer.write(batch).await,
            },
        };
        if let Err(error) = written {
            // The sync ends with it.
            let _ = writer.reports.send(Report::Broken(error));
            return;
        }
    }
}

struct Writer {
    syncer: Syncer,
    lease: Duration,
    reports: mpsc::UnboundedSender<Report>,
    /// By the ids of their runs.
    held: HashMap<String, Arc<Run>>,
    lost: HashSet<String>,
}

impl Writer {
    fn lease_until(&self) -> Timestamp {
        Timestamp::from(SystemTime::now() + self.lease)
    }

    fn report(&self, report: Report) {
        // Whoever doesn't listen any more has ended the sync.
        let _ = self.reports.send(report);
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        let held: Vec<Arc<Run>> = self.held.values().cloned().collect();
        for run in held {
            let mut tries = 1;
            loop {
                match self
                    .syncer
                    .store
                    .renew_sync(&run.run_id, run.fence, self.lease_until())
                    .await
                {
                    Ok(true) => break,
                    Ok(false) => {
                        self.lose(&run);
                        break;
                    }
                    Err(error) => pause(error, &mut tries).await?,
                }
            }
        }
        Ok(())
    }

    fn lose(&mut self, run: &Arc<Run>) {
        self.held.remove(&run.run_id);
        if self.lost.insert(run.run_id.clone()) {
            self.report(Report::Lost { job: run.job });
        }
    }

    /// Whether there is something to write. What is left over of a claim that was lost is not, though the same run may be
    /// ours again.
    fn admits(&mut self, message: &Message) -> bool {
        if let Message::Hold(run) = message {
            self.held.insert(run.run_id.clone(), Arc::clone(run));
            self.lost.remove(&run.run_id);
            return false;
        }
        let run = message.run();
        self.held
            .get(&run.run_id)
            .is_some_and(|held| Arc::ptr_eq(held, run))
    }

    async fn write(&mut self, batch: Vec<Message>) -> Result<(), StoreError> {
        let batch: Vec<Message> = batch
            .into_iter()
            .filter(|message| self.admits(message))
            .collect();
        if batch.is_empty() {
            return Ok(());
        }
        let mut tries = 1;
        let (stored, lost) = loop {
            match self.commit(&batch).await {
                Ok(committed) => break committed,
                Err(error) => pause(error, &mut tries).await?,
            }
        };
        for run in &lost {
            self.lose(run);
        }
        for stored in stored {
            self.report(Report::Stored(stored));
        }
        for message in batch {
            if let Message::End(run, end) = message
                && self.held.remove(&run.run_id).is_some()
            {
                self.report(Report::Ended { job: run.job, end });
            }
        }
        Ok(())
    }

    /// Writes a batch in one transaction. Returns what was written, and the runs that are lost.
    async fn commit(&self, batch: &[Message]) -> Result<(Vec<Stored>, Vec<Arc<Run>>), StoreError> {
        let runs: BTreeMap<&str, &Arc<Run>> = batch
            .iter()
            .map(|message| (&*message.run().run_id, message.run()))
            .collect();
        let mut transaction = self.syncer.store.begin().await?;
        let mut db = transaction.db().await?;
        let mut lost = Vec::new();
        for run in runs.values() {
            if !db
                .hold_sync(&run.run_id, run.fence, self.lease_until())
                .await?
            {
                lost.push(Arc::clone(run));
            }
        }
        let ours: Vec<&Message> = batch
            .iter()
            .filter(|message| !lost.iter().any(|lost| lost.run_id == message.run().run_id))
            .collect();
        let mut stored: BTreeMap<&str, Stored> = BTreeMap::new();
        for message in &ours {
            let run = message.run();
            let stored = stored.entry(&run.run_id).or_insert_with(|| Stored {
                job: run.job,
                run_id: run.run_id.clone(),
                ..Stored::default()
            });
            if let Message::Rows(rows) = message {
                stored.pages += u64::from(rows.is_page);
                stored.checks += u64::from(!rows.is_page);
                stored.wasted += u64::from(rows.is_wasted);
                for _ in 0..rows.page.nameless {
                    stored.counts.entry(run.key.object).or_default().unstorable += 1;
                    stored.unstorable.push((String::new(), "no id".to_owned()));
                }
            }
        }
        write_rows(&mut db, &self.syncer.registry, &ours, &mut stored).await?;
        for message in &ours {
            if let Message::Entitled {
                run,
                customer,
                ids,
                observed_at,
            } = message
            {
                let SyncKey {
                    account, livemode, ..
                } = &run.key;
                db.set_entitlements(account, *livemode, customer, ids, *observed_at)
                    .await?;
            }
        }
        write_cursors(&mut db, &ours, &stored).await?;
        transaction.keep();
        transaction.commit().await?;
        Ok((stored.into_values().collect(), lost))
    }
}

/// Waits before the next try, unless there is no point in one.
async fn pause(error: StoreError, tries: &mut u32) -> Result<(), StoreError> {
    if !error.is_transient() || *tries >= TRIES {
        return Err(error);
    }
    tracing::warn!(%error, "what was fetched could not be written; trying again");
    tokio::time::sleep(Duration::from_millis(100 << *tries)).await;
    *tries += 1;
    Ok(())
}
