//! One task that writes: several pages, of whichever lists, in one transaction with the cursors that they move.
//!
//! In: messages, in the order in which their senders saw things. Out: reports. Each transaction begins with the fences of its
//! lists; what belongs to a list that somebody else has taken over is left out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::backfill;
use super::page::{Page, Row};
use super::progress::Counts;
use super::range::Range;
use crate::app::Djstripe;
use crate::registry::Registry;
use crate::store::{
    Db, Insertion, NewEvent, ObjectRow, StoreError, SyncCounts, SyncKey, TableName, Timestamp, Upserted,
};

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
            Self::Hold(run) | Self::Ranges(run, _) | Self::Through(run, _) | Self::End(run, _) => run,
        }
    }
}

/// Writes what comes until nobody sends any more, and keeps the leases of its lists meanwhile.
pub(super) async fn write_all(
    app: Djstripe,
    lease: Duration,
    mut messages: mpsc::Receiver<Message>,
    reports: mpsc::UnboundedSender<Report>,
) {
    let mut writer = Writer { app, lease, reports, held: HashMap::new(), lost: HashSet::new() };
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
    app: Djstripe,
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
                match self.app.store().renew_sync(&run.run_id, run.fence, self.lease_until()).await {
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

    async fn write(&mut self, batch: Vec<Message>) -> Result<(), StoreError> {
        for message in &batch {
            if let Message::Hold(run) = message {
                self.held.insert(run.run_id.clone(), Arc::clone(run));
                self.lost.remove(&run.run_id);
            }
        }
        let batch: Vec<Message> = batch
            .into_iter()
            .filter(|message| !matches!(message, Message::Hold(_)) && self.held.contains_key(&message.run().run_id))
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
        let runs: BTreeMap<&str, &Arc<Run>> =
            batch.iter().map(|message| (&*message.run().run_id, message.run())).collect();
        let mut transaction = self.app.store().begin().await?;
        let mut db = transaction.db().await?;
        let mut lost = Vec::new();
        for run in runs.values() {
            if !db.hold_sync(&run.run_id, run.fence, self.lease_until()).await? {
                lost.push(Arc::clone(run));
            }
        }
        let ours: Vec<&Message> =
            batch.iter().filter(|message| !lost.iter().any(|lost| lost.run_id == message.run().run_id)).collect();
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
        write_rows(&mut db, self.app.registry(), &ours, &mut stored).await?;
        for message in &ours {
            if let Message::Entitled { run, customer, ids, observed_at } = message {
                let SyncKey { account, livemode, .. } = &run.key;
                db.set_entitlements(account, *livemode, customer, ids, *observed_at).await?;
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

/// Writes the rows table by table, in the order of the tables' names, as everybody does, so that no two wait for each other.
async fn write_rows(
    db: &mut Db<'_>,
    registry: &Registry,
    messages: &[&Message],
    stored: &mut BTreeMap<&str, Stored>,
) -> Result<(), StoreError> {
    let mut events = Vec::new();
    let mut tables: BTreeMap<TableName, Vec<(&Rows, &Row)>> = BTreeMap::new();
    for message in messages {
        let Message::Rows(rows) = message else { continue };
        for row in &rows.page.rows {
            tables.entry(row.table).or_default().push((rows, row));
        }
    }
    for (table, rows) in tables {
        let observations: Vec<ObjectRow<'_>> = rows.iter().map(|(rows, row)| observation(rows, row)).collect();
        let outcomes = db.upsert_objects(table, &observations).await?;
        for ((rows, row), outcome) in rows.iter().zip(outcomes) {
            let Some(stored) = stored.get_mut(&*rows.run.run_id) else { continue };
            let counts = stored.counts.entry(row.object).or_default();
            match outcome {
                Ok(upserted) => {
                    counts.note(upserted);
                    let run = &rows.run;
                    if run.key.receivers && !row.deleted && !registry.receivers_on_backfill(row.object).is_empty() {
                        events.extend(event(db, rows, row, upserted).await?.map(|event| (run.run_id.clone(), event)));
                    }
                }
                Err(error) => {
                    counts.unstorable += 1;
                    stored.unstorable.push((row.id.clone(), error.to_string()));
                }
            }
        }
    }
    if !events.is_empty() {
        let (runs, events): (Vec<String>, Vec<NewEvent>) = events.into_iter().unzip();
        let insertions = db.insert_events(events).await?;
        for (run_id, _) in runs.into_iter().zip(insertions).filter(|(_, insertion)| *insertion == Insertion::New) {
            if let Some(stored) = stored.get_mut(&*run_id) {
                stored.events += 1;
            }
        }
    }
    Ok(())
}

/// The event that tells receivers of a row: of what the mirror has, if that is newer than the page.
async fn event(db: &mut Db<'_>, rows: &Rows, row: &Row, upserted: Upserted) -> Result<Option<NewEvent>, StoreError> {
    let SyncKey { account, livemode, .. } = &rows.run.key;
    let newer = match upserted {
        Upserted::Stale => match db.stored_object(row.table, account, *livemode, &row.id).await? {
            Some(json) => Some(json),
            None => return Ok(None),
        },
        _ => None,
    };
    let json = newer.as_deref().unwrap_or(rows.page.json(row));
    match backfill::event(&rows.run, row.object, &row.id, json) {
        Ok(event) => Ok(Some(event)),
        Err(error) => {
            // What the database took as an object is one.
            tracing::error!(id = row.id, %error, "no event can be made of an object");
            Ok(None)
        }
    }
}

fn observation<'m>(rows: &'m Rows, row: &'m Row) -> ObjectRow<'m> {
    ObjectRow {
        account: &rows.run.key.account,
        livemode: rows.run.key.livemode,
        id: &row.id,
        stripe_data: rows.page.json(row),
        api_version: Some(crate::API_VERSION),
        observed_at: rows.page.started_at,
        deleted: row.deleted,
    }
}

/// Writes where the lists stand with these rows.
async fn write_cursors(
    db: &mut Db<'_>,
    messages: &[&Message],
    stored: &BTreeMap<&str, Stored>,
) -> Result<(), StoreError> {
    let mut ranges: BTreeMap<(&str, i64), &Range> = BTreeMap::new();
    let mut through: BTreeMap<&str, &str> = BTreeMap::new();
    for message in messages {
        match message {
            Message::Rows(rows) => {
                ranges.extend(rows.range.as_ref().map(|range| ((&*rows.run.run_id, range.number), range)));
            }
            Message::Ranges(run, cut) => {
                ranges.extend(cut.iter().map(|range| ((&*run.run_id, range.number), range)));
            }
            Message::Through(run, parent) => {
                through.insert(&run.run_id, parent);
            }
            Message::Hold(_) | Message::Entitled { .. } | Message::End(..) => {}
        }
    }
    for ((run_id, _), range) in ranges {
        db.write_sync_range(run_id, range).await?;
    }
    for (run_id, stored) in stored {
        let all = stored.counts.values().fold(Counts::default(), |mut all, counts| {
            all.add(counts);
            all
        });
        let Counts { inserted, updated, unchanged, stale, .. } = all;
        let counts = SyncCounts { inserted, updated, unchanged, stale, pages: stored.pages };
        db.write_sync(run_id, through.get(run_id).copied(), &counts).await?;
    }
    for message in messages {
        match message {
            Message::End(run, End::Done) => db.finish_sync(&run.run_id, None).await?,
            Message::End(run, End::Skipped(reason)) => db.finish_sync(&run.run_id, Some(reason)).await?,
            Message::End(run, End::Failed(reason)) => db.stop_sync(&run.run_id, reason).await?,
            _ => {}
        }
    }
    Ok(())
}
