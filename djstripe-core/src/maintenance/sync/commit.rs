//! One transaction of the writer: rows, events for receivers, and cursors.

use std::collections::{BTreeMap, BTreeSet};

use super::backfill;
use super::message::{ListCommit, Message, PageRows, RunEnd, UnstorableObject};
use super::page::{PageList, Row};
use super::progress::Counts;
use super::range::Range;
use crate::error::describe;
use crate::receiver::registry::Registry;
use crate::store::{
    CompleteList, Db, NewEvent, ObjectRow, Parent, RowKey, RowSource, StoreError, SyncCounts,
    SyncKey, TableName, Unstorable, Upserted,
};

/// What the transaction wrote of each list, by the id of its run.
pub(super) type Commits<'m> = BTreeMap<&'m str, ListCommit>;

/// A row and the page that it stands on.
struct PageRow<'m> {
    page: &'m PageRows,
    row: &'m Row,
    /// The paths of lists of which the row has only the first page.
    incomplete: Option<String>,
}

impl<'m> PageRow<'m> {
    fn new(page: &'m PageRows, row: &'m Row) -> Self {
        Self {
            page,
            row,
            incomplete: (!row.incomplete.is_empty()).then(|| row.incomplete.join(",")),
        }
    }

    fn observation(&self) -> ObjectRow<'_> {
        ObjectRow {
            account: &self.page.run.key.account,
            livemode: self.page.run.key.livemode,
            id: &self.row.id,
            stripe_data: self.page.page.json(self.row),
            api_version: Some(crate::webhook::API_VERSION),
            observed_at: self.page.page.started_at,
            deleted: self.row.deleted,
            source: self.row.source,
            parent: self.row.parent.as_ref().map(|parent| Parent {
                object: parent.object,
                id: &parent.id,
            }),
            incomplete: self.incomplete.as_deref(),
            ..ObjectRow::default()
        }
    }

    /// Does what the mirror does with a deleted customer.
    async fn purge_customer(&self, db: &mut Db<'_>) -> Result<(), StoreError> {
        let PageRows { run, page, .. } = self.page;
        let (account, livemode) = (&run.key.account, run.key.livemode);
        db.purge_customer(account, livemode, &self.row.id, page.started_at)
            .await
    }

    /// Account, mode, type and id of the row's own object.
    fn key(&self) -> ParentKey<'m> {
        self.page.key_of(self.row.object, &self.row.id)
    }

    fn parent_key(&self) -> Option<ParentKey<'m>> {
        let parent = self.row.parent.as_ref()?;
        Some(self.page.key_of(parent.object, &parent.id))
    }

    /// Whether a receiver is to be called for it.
    fn has_receivers(&self, registry: &Registry) -> bool {
        self.page.run.key.receivers
            && !self.row.deleted
            && self.row.source != RowSource::Copy
            && !registry.receivers_on_backfill(self.row.object).is_empty()
    }
}

/// An event for receivers, and the run that made it.
struct RunEvent<'m> {
    run_id: &'m str,
    event: NewEvent,
}

/// Counts the pages of each list, and the items that can't be rows.
pub(super) fn count_pages<'m>(messages: &[&'m Message]) -> Commits<'m> {
    let mut commits = Commits::new();
    for message in messages {
        let run = message.run();
        let commit = commits.entry(&run.run_id).or_insert_with(|| ListCommit {
            job: run.job,
            run_id: run.run_id.clone(),
            ..ListCommit::default()
        });
        let Message::Page(page) = message else {
            continue;
        };

        commit.pages += u64::from(!page.is_check);
        commit.checks += u64::from(page.is_check);
        commit.empty_ranges += u64::from(page.is_empty_range);
        for _ in 0..page.page.without_id {
            commit.counts.entry(run.key.object).or_default().unstorable += 1;
            commit.unstorable.push(UnstorableObject {
                id: String::new(),
                reason: "no id".to_owned(),
            });
        }
    }
    commits
}

/// Account, mode, type and id of an object.
type ParentKey<'m> = (&'m str, bool, &'m str, &'m str);

impl PageRows {
    fn key_of<'m>(&'m self, object: &'m str, id: &'m str) -> ParentKey<'m> {
        (&self.run.key.account, self.run.key.livemode, object, id)
    }
}

/// Writes the rows and the events for their receivers, and ends the children that are no longer in
/// the list of their parent.
///
/// Parents come before children, and the tables in the order of their names, as in every
/// transaction, so that two transactions never deadlock.
pub(super) async fn write_rows(
    db: &mut Db<'_>,
    registry: &Registry,
    messages: &[&Message],
    commits: &mut Commits<'_>,
) -> Result<(), StoreError> {
    let mut tables: BTreeMap<(bool, TableName), Vec<PageRow<'_>>> = BTreeMap::new();
    for page in pages(messages) {
        for row in &page.page.rows {
            let rows = tables.entry((row.parent.is_some(), row.table));
            rows.or_default().push(PageRow::new(page, row));
        }
    }

    let mut events = Vec::new();
    // The children of a parent that the mirror knows newer are older than its children, too.
    let mut stale = BTreeSet::new();
    for ((_, table), mut rows) in tables {
        rows.retain(|row| {
            row.parent_key()
                .is_none_or(|parent| !stale.contains(&parent))
        });
        let observations: Vec<ObjectRow<'_>> = rows.iter().map(PageRow::observation).collect();
        let outcomes = db.upsert_objects(table, &observations).await?;

        for (row, outcome) in rows.iter().zip(outcomes) {
            if matches!(outcome, Ok(Upserted::Stale)) {
                stale.insert(row.key());
            } else if row.row.deleted && row.row.object == "customer" {
                row.purge_customer(db).await?;
            }
            let event = count(db, registry, row, outcome, commits).await?;
            events.extend(event);
        }
    }
    end_children(db, messages, &stale).await?;
    write_events(db, events, commits).await
}

fn pages<'m>(messages: &[&'m Message]) -> impl Iterator<Item = &'m PageRows> {
    messages.iter().filter_map(|message| match message {
        Message::Page(page) => Some(&**page),
        _ => None,
    })
}

/// Counts the outcome of a row. Returns the event for its receivers, if it has any.
async fn count<'m>(
    db: &mut Db<'_>,
    registry: &Registry,
    row: &PageRow<'m>,
    outcome: Result<Upserted, Unstorable>,
    commits: &mut Commits<'_>,
) -> Result<Option<RunEvent<'m>>, StoreError> {
    let run_id = &*row.page.run.run_id;
    let Some(commit) = commits.get_mut(run_id) else {
        return Ok(None);
    };

    let counts = commit.counts.entry(row.row.object).or_default();
    match outcome {
        Ok(upserted) => {
            // A copy that is not needed is nothing that the sync has stored.
            if row.row.source != RowSource::Copy || upserted == Upserted::Inserted {
                counts.note(upserted);
            }
            if !row.has_receivers(registry) {
                return Ok(None);
            }
            let event = event(db, row, upserted).await?;
            Ok(event.map(|event| RunEvent { run_id, event }))
        }
        Err(error) => {
            counts.unstorable += 1;
            commit.unstorable.push(UnstorableObject {
                id: row.row.id.clone(),
                reason: error.to_string(),
            });
            Ok(None)
        }
    }
}

/// Ends the children that complete lists no longer show.
async fn end_children(
    db: &mut Db<'_>,
    messages: &[&Message],
    stale: &BTreeSet<ParentKey<'_>>,
) -> Result<(), StoreError> {
    let mut tables: BTreeMap<TableName, Vec<CompleteList>> = BTreeMap::new();
    for page in pages(messages) {
        for list in &page.page.lists {
            let PageList { table, parent, ids } = list;
            if stale.contains(&page.key_of(parent.object, &parent.id)) {
                continue;
            }
            tables.entry(*table).or_default().push(CompleteList {
                account: page.run.key.account.clone(),
                livemode: page.run.key.livemode,
                object: parent.object,
                id: parent.id.clone(),
                at: page.page.started_at,
                children: ids.clone(),
                event_id: None,
            });
        }
    }

    for (table, lists) in tables {
        db.end_children(table, lists).await?;
    }
    Ok(())
}

/// Stores the events, and counts the new ones.
async fn write_events(
    db: &mut Db<'_>,
    events: Vec<RunEvent<'_>>,
    commits: &mut Commits<'_>,
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }

    let (runs, events): (Vec<&str>, Vec<NewEvent>) = events
        .into_iter()
        .map(|RunEvent { run_id, event }| (run_id, event))
        .unzip();
    let insertions = db.insert_events(events).await?;
    for (run_id, insertion) in runs.into_iter().zip(insertions) {
        if let Some(commit) = commits.get_mut(run_id)
            && insertion.is_new()
        {
            commit.events += 1;
        }
    }
    Ok(())
}

/// The event that carries a row to its receivers. If the mirror has a newer state than the page,
/// the event carries the newer one; if the newer state is a tombstone, there is no event.
async fn event(
    db: &mut Db<'_>,
    PageRow { page, row, .. }: &PageRow<'_>,
    upserted: Upserted,
) -> Result<Option<NewEvent>, StoreError> {
    let mut newer = None;
    if upserted == Upserted::Stale {
        let key = RowKey {
            table: row.table,
            account: page.run.key.account.clone(),
            livemode: page.run.key.livemode,
            id: row.id.clone(),
        };
        let stored = db.stored_object(&key).await?;
        newer = stored.filter(|stored| !stored.version.is_deleted);
        if newer.is_none() {
            return Ok(None);
        }
    }

    let json = match &newer {
        Some(stored) => &*stored.stripe_data,
        None => page.page.json(row),
    };
    match backfill::event(&page.run, row.object, &row.id, json) {
        Ok(event) => Ok(Some(event)),
        Err(error) => {
            // The database has just accepted the same JSON, so this is a bug.
            tracing::error!(
                id = row.id,
                error = describe(&error),
                "no event could be made of an object"
            );
            Ok(None)
        }
    }
}

/// Writes the complete sets of customers' entitlements.
pub(super) async fn write_entitlements(
    db: &mut Db<'_>,
    messages: &[&Message],
) -> Result<(), StoreError> {
    for message in messages {
        if let Message::Entitlements {
            run,
            customer,
            ids,
            observed_at,
        } = message
        {
            let SyncKey {
                account, livemode, ..
            } = &run.key;

            db.set_entitlements(account, *livemode, customer, ids, *observed_at, None)
                .await?;
        }
    }
    Ok(())
}

/// Writes how far the lists are with these rows.
pub(super) async fn write_cursors(
    db: &mut Db<'_>,
    messages: &[&Message],
    commits: &Commits<'_>,
) -> Result<(), StoreError> {
    // The last position of each range and the last checkpoint of each list count.
    let mut ranges: BTreeMap<(&str, i64), &Range> = BTreeMap::new();
    let mut checkpoints: BTreeMap<&str, &str> = BTreeMap::new();
    for message in messages {
        let run_id = &*message.run().run_id;
        let moved = match message {
            Message::Page(page) => page.range.as_slice(),
            Message::Ranges(_, ranges) => ranges,
            Message::Checkpoint(_, parent) => {
                checkpoints.insert(run_id, parent);
                continue;
            }
            Message::Claimed(_)
            | Message::Gone { .. }
            | Message::Entitlements { .. }
            | Message::End(..) => continue,
        };
        ranges.extend(
            moved
                .iter()
                .map(|range| ((run_id, range.row.number), range)),
        );
    }

    for ((run_id, _), range) in ranges {
        db.write_sync_range(run_id, &range.row).await?;
    }
    for (run_id, commit) in commits {
        let checkpoint = checkpoints.get(run_id).copied();
        db.write_sync(run_id, checkpoint, &sync_counts(commit))
            .await?;
    }
    for message in messages {
        let Message::End(run, end) = message else {
            continue;
        };
        match end {
            RunEnd::Done => db.finish_sync(&run.run_id, None).await?,
            RunEnd::Skipped(reason) => db.finish_sync(&run.run_id, Some(reason)).await?,
            RunEnd::Refused(reason) | RunEnd::Failed(reason) => {
                db.stop_sync(&run.run_id, reason).await?;
            }
        }
    }
    Ok(())
}

fn sync_counts(commit: &ListCommit) -> SyncCounts {
    let mut all = Counts::default();
    for counts in commit.counts.values() {
        all.add(counts);
    }
    SyncCounts {
        inserted: all.inserted,
        updated: all.updated,
        unchanged: all.unchanged,
        stale: all.stale,
        pages: commit.pages,
    }
}
