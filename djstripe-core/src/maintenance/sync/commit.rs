//! What a transaction of the writer holds: rows, events for receivers, and where the lists stand with them.

use std::collections::BTreeMap;

use super::backfill;
use super::page::Row;
use super::progress::Counts;
use super::range::Range;
use super::writer::{End, Message, Rows, Stored};
use crate::receiver::registry::Registry;
use crate::store::{
    Db, Insertion, NewEvent, ObjectRow, StoreError, SyncCounts, SyncKey, TableName, Upserted,
};

/// Writes the rows table by table, in the order of the tables' names, as everybody does, so that no two wait for each other.
pub(super) async fn write_rows(
    db: &mut Db<'_>,
    registry: &Registry,
    messages: &[&Message],
    stored: &mut BTreeMap<&str, Stored>,
) -> Result<(), StoreError> {
    let mut events = Vec::new();
    let mut tables: BTreeMap<TableName, Vec<(&Rows, &Row)>> = BTreeMap::new();
    for message in messages {
        let Message::Rows(rows) = message else {
            continue;
        };
        for row in &rows.page.rows {
            tables.entry(row.table).or_default().push((rows, row));
        }
    }
    for (table, rows) in tables {
        let observations: Vec<ObjectRow<'_>> = rows
            .iter()
            .map(|(rows, row)| observation(rows, row))
            .collect();
        let outcomes = db.upsert_objects(table, &observations).await?;
        for ((rows, row), outcome) in rows.iter().zip(outcomes) {
            let Some(stored) = stored.get_mut(&*rows.run.run_id) else {
                continue;
            };
            let counts = stored.counts.entry(row.object).or_default();
            match outcome {
                Ok(upserted) => {
                    counts.note(upserted);
                    let run = &rows.run;
                    if run.key.receivers
                        && !row.deleted
                        && !registry.receivers_on_backfill(row.object).is_empty()
                    {
                        events.extend(
                            event(db, rows, row, upserted)
                                .await?
                                .map(|event| (run.run_id.clone(), event)),
                        );
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
        for (run_id, _) in runs
            .into_iter()
            .zip(insertions)
            .filter(|(_, insertion)| *insertion == Insertion::New)
        {
            if let Some(stored) = stored.get_mut(&*run_id) {
                stored.events += 1;
            }
        }
    }
    Ok(())
}

/// The event that tells receivers of a row: of what the mirror has, if that is newer than the page.
async fn event(
    db: &mut Db<'_>,
    rows: &Rows,
    row: &Row,
    upserted: Upserted,
) -> Result<Option<NewEvent>, StoreError> {
    let SyncKey {
        account, livemode, ..
    } = &rows.run.key;
    let newer = match upserted {
        Upserted::Stale => match db
            .stored_object(row.table, account, *livemode, &row.id)
            .await?
        {
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
        api_version: Some(crate::webhook::API_VERSION),
        observed_at: rows.page.started_at,
        deleted: row.deleted,
    }
}

/// Writes where the lists stand with these rows.
pub(super) async fn write_cursors(
    db: &mut Db<'_>,
    messages: &[&Message],
    stored: &BTreeMap<&str, Stored>,
) -> Result<(), StoreError> {
    let mut ranges: BTreeMap<(&str, i64), &Range> = BTreeMap::new();
    let mut through: BTreeMap<&str, &str> = BTreeMap::new();
    for message in messages {
        match message {
            Message::Rows(rows) => {
                ranges.extend(
                    rows.range
                        .as_ref()
                        .map(|range| ((&*rows.run.run_id, range.row.number), range)),
                );
            }
            Message::Ranges(run, cut) => {
                ranges.extend(
                    cut.iter()
                        .map(|range| ((&*run.run_id, range.row.number), range)),
                );
            }
            Message::Through(run, parent) => {
                through.insert(&run.run_id, parent);
            }
            Message::Hold(_) | Message::Entitled { .. } | Message::End(..) => {}
        }
    }
    for ((run_id, _), range) in ranges {
        db.write_sync_range(run_id, &range.row).await?;
    }
    for (run_id, stored) in stored {
        let all = stored
            .counts
            .values()
            .fold(Counts::default(), |mut all, counts| {
                all.add(counts);
                all
            });
        let Counts {
            inserted,
            updated,
            unchanged,
            stale,
            ..
        } = all;
        let counts = SyncCounts {
            inserted,
            updated,
            unchanged,
            stale,
            pages: stored.pages,
        };
        db.write_sync(run_id, through.get(run_id).copied(), &counts)
            .await?;
    }
    for message in messages {
        match message {
            Message::End(run, End::Done) => db.finish_sync(&run.run_id, None).await?,
            Message::End(run, End::Skipped(reason)) => {
                db.finish_sync(&run.run_id, Some(reason)).await?
            }
            Message::End(run, End::Failed(reason)) => db.stop_sync(&run.run_id, reason).await?,
            _ => {}
        }
    }
    Ok(())
}
