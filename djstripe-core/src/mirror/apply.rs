//! Carries out the writes that receivers' runs have gathered.
//!
//! In: writes, a transaction, and the application's way to look up its users. Out: changed rows,
//! which the caller commits together with the receivers' checkpoints.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::error::MirrorError;
use super::subscriber::DynLookup;
use crate::error::panic_message;
use crate::receiver::writes::Write;
use crate::store::{Db, ObjectRow, TableName, Upserted};
use crate::webhook::event::Event;

/// Carries out the writes for several events in one transaction.
pub(crate) async fn apply<'w>(
    db: &mut Db<'_>,
    lookup: Option<&dyn DynLookup>,
    units: impl Iterator<Item = (&'w Event, &'w [Write])> + Clone,
) -> Result<(), MirrorError> {
    let trace = |table, _: &str, upserted| tracing::debug!(%table, ?upserted, "mirrored");
    apply_with(db, lookup, units, trace).await
}

/// As [`apply`]; calls `on_row` with the table, id and outcome of each row.
pub(crate) async fn apply_with<'w>(
    db: &mut Db<'_>,
    lookup: Option<&dyn DynLookup>,
    units: impl Iterator<Item = (&'w Event, &'w [Write])> + Clone,
    on_row: impl FnMut(TableName, &str, Upserted),
) -> Result<(), MirrorError> {
    // Rows come first, for links and entitlements change rows that must exist.
    write_rows(db, units.clone(), on_row).await?;

    for (event, writes) in units {
        for write in writes {
            apply_one(db, lookup, event, write).await?;
        }
    }
    Ok(())
}

/// Writes the rows table by table. Every transaction takes the tables in the order of their names,
/// so that no two transactions wait for each other.
async fn write_rows<'w>(
    db: &mut Db<'_>,
    units: impl Iterator<Item = (&'w Event, &'w [Write])>,
    mut on_row: impl FnMut(TableName, &str, Upserted),
) -> Result<(), MirrorError> {
    let mut rows: Vec<(TableName, ObjectRow<'_>)> = units
        .flat_map(|(event, writes)| writes.iter().filter_map(|write| object_row(event, write)))
        .collect();
    rows.sort_by_key(|(table, _)| *table);

    for group in rows.chunk_by(|(left, _), (right, _)| left == right) {
        let table = group[0].0;
        let rows: Vec<ObjectRow<'_>> = group.iter().map(|(_, row)| row.clone()).collect();
        for (row, outcome) in rows.iter().zip(db.upsert_objects(table, &rows).await?) {
            on_row(table, row.id, outcome?);
        }
    }
    Ok(())
}

/// The row of an observation; `None` for every other write.
fn object_row<'w>(event: &'w Event, write: &'w Write) -> Option<(TableName, ObjectRow<'w>)> {
    let Write::Row {
        table,
        id,
        json,
        api_version,
        observed_at,
        deleted,
    } = write
    else {
        return None;
    };

    let row = ObjectRow {
        account: event.account().unwrap_or_default(),
        livemode: event.livemode(),
        id,
        stripe_data: json,
        api_version: api_version.as_deref(),
        observed_at: *observed_at,
        deleted: *deleted,
    };
    Some((*table, row))
}

/// Carries out a write that is not a row.
async fn apply_one(
    db: &mut Db<'_>,
    lookup: Option<&dyn DynLookup>,
    event: &Event,
    write: &Write,
) -> Result<(), MirrorError> {
    let account = event.account().unwrap_or_default();
    let livemode = event.livemode();

    match write {
        Write::Row { .. } => {}
        Write::Purge { id, at } => db.purge_customer(account, livemode, id, *at).await?,
        Write::Link {
            customer,
            key,
            value,
            copy_pair,
        } => {
            let Some(lookup) = lookup else {
                return Ok(());
            };
            let Some(subscriber) = find_subscriber(lookup, value, db).await? else {
                tracing::debug!(customer, "the metadata names no existing subscriber");
                return Ok(());
            };

            let pair = copy_pair.then_some((&**key, &**value));
            db.link_customer(account, livemode, customer, &subscriber, pair)
                .await?;
        }
        Write::Entitlements {
            customer,
            ids,
            observed_at,
        } => {
            db.set_entitlements(account, livemode, customer, ids, *observed_at)
                .await?;
        }
        Write::Authorization { authorized, at } => {
            db.set_authorization(account, livemode, *authorized, *at)
                .await?;
        }
    }
    Ok(())
}

/// Calls the application's lookup; a panic is an error like any other.
async fn find_subscriber(
    lookup: &dyn DynLookup,
    value: &str,
    db: &mut Db<'_>,
) -> Result<Option<String>, MirrorError> {
    match AssertUnwindSafe(lookup.find(value, db))
        .catch_unwind()
        .await
    {
        Ok(found) => found.map_err(MirrorError::Subscriber),
        Err(panic) => Err(MirrorError::Subscriber(
            panic_message(panic.as_ref()).into(),
        )),
    }
}
