//! The writes of one receiver's run: collected while it fetches, written in one transaction with its checkpoint.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;

use super::services::Services;
use super::{MirrorError, Target};
use crate::error::panic_message;
use crate::store::{Db, ObjectRow, TableName, Upserted};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// One thing to write.
#[derive(Debug)]
pub(crate) enum Write {
    /// An observation of an object.
    Row {
        table: TableName,
        id: String,
        json: String,
        api_version: Option<String>,
        observed_at: Timestamp,
        deleted: bool,
    },
    /// The customer is gone: nobody's any more, but the row stays, as others refer to it.
    Purge { id: String, at: Timestamp },
    /// The customer belongs to the user whose key stands in the metadata.
    Link {
        customer: String,
        key: String,
        value: String,
        copy_pair: bool,
    },
    /// The customer is entitled to these and no others.
    Entitlements {
        customer: String,
        ids: Vec<String>,
        observed_at: Timestamp,
    },
    /// The account has given, or taken back, its consent.
    Authorization { authorized: bool, at: Timestamp },
}

impl Write {
    pub(super) fn row(
        target: &Target<'_>,
        json: &str,
        api_version: Option<&str>,
        observed_at: Timestamp,
        deleted: bool,
    ) -> Self {
        Self::Row {
            table: target.table,
            id: target.id.clone(),
            json: json.to_owned(),
            api_version: api_version.map(str::to_owned),
            observed_at,
            deleted,
        }
    }
}

/// What a receiver's run gathers.
#[derive(Debug)]
pub(crate) struct Run {
    not_before: Timestamp,
    writes: Mutex<Vec<Write>>,
}

impl Run {
    /// A run for an event that was there at `not_before`: what is fetched since then is new enough.
    pub(crate) fn new(not_before: Timestamp) -> Self {
        Self {
            not_before,
            writes: Mutex::default(),
        }
    }

    pub(super) fn not_before(&self) -> Timestamp {
        self.not_before
    }

    pub(crate) fn write(&self, write: Write) {
        self.writes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(write);
    }

    pub(crate) fn take(&self) -> Vec<Write> {
        std::mem::take(&mut *self.writes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what the runs for some events have gathered, in one transaction.
pub(crate) async fn apply<'w>(
    db: &mut Db<'_>,
    services: &Services,
    units: impl Iterator<Item = (&'w Event, &'w [Write])> + Clone,
) -> Result<(), MirrorError> {
    let trace = |table, _: &str, upserted| tracing::debug!(%table, ?upserted, "mirrored");
    apply_noting(db, services, units, trace).await
}

/// As [`apply`]; `note` is told what became of each row.
pub(crate) async fn apply_noting<'w>(
    db: &mut Db<'_>,
    services: &Services,
    units: impl Iterator<Item = (&'w Event, &'w [Write])> + Clone,
    note: impl FnMut(TableName, &str, Upserted),
) -> Result<(), MirrorError> {
    apply_rows(db, units.clone(), note).await?;
    for (event, writes) in units {
        for write in writes {
            apply_link(
                db,
                services,
                (event.account().unwrap_or_default(), event.livemode()),
                write,
            )
            .await?;
        }
    }
    Ok(())
}

/// Writes what is more than a row.
async fn apply_link(
    db: &mut Db<'_>,
    services: &Services,
    (account, livemode): (&str, bool),
    write: &Write,
) -> Result<(), MirrorError> {
    match write {
        Write::Row { .. } => {}
        Write::Purge { id, at } => db.purge_customer(account, livemode, id, *at).await?,
        Write::Link {
            customer,
            key,
            value,
            copy_pair,
        } => {
            let Some(lookup) = &services.settings.lookup else {
                return Ok(());
            };
            let found = AssertUnwindSafe(lookup.find(value, db))
                .catch_unwind()
                .await;
            let found = found.unwrap_or_else(|panic| Err(panic_message(panic.as_ref()).into()));
            let Some(subscriber) = found.map_err(MirrorError::Subscriber)? else {
                tracing::debug!(customer, "the metadata names no subscriber that exists");
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

/// Writes the rows table by table, in the order of the tables' names, so that no two transactions wait for each other.
async fn apply_rows<'w>(
    db: &mut Db<'_>,
    units: impl Iterator<Item = (&'w Event, &'w [Write])>,
    mut note: impl FnMut(TableName, &str, Upserted),
) -> Result<(), MirrorError> {
    let mut rows: Vec<(TableName, ObjectRow<'_>)> = Vec::new();
    for (event, writes) in units {
        for write in writes {
            if let Write::Row {
                table,
                id,
                json,
                api_version,
                observed_at,
                deleted,
            } = write
            {
                let row = ObjectRow {
                    account: event.account().unwrap_or_default(),
                    livemode: event.livemode(),
                    id,
                    stripe_data: json,
                    api_version: api_version.as_deref(),
                    observed_at: *observed_at,
                    deleted: *deleted,
                };
                rows.push((*table, row));
            }
        }
    }
    rows.sort_by_key(|(table, _)| *table);
    for group in rows.chunk_by(|(left, _), (right, _)| left == right) {
        let table = group[0].0;
        let rows: Vec<ObjectRow<'_>> = group.iter().map(|(_, row)| row.clone()).collect();
        for (row, outcome) in rows.iter().zip(db.upsert_objects(table, &rows).await?) {
            note(table, row.id, outcome?);
        }
    }
    Ok(())
}
