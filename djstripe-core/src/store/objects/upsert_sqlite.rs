//! The upsert on SQLite: each row is read, compared and written.

use std::cmp::Ordering;

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{Connection as _, QueryResult, SqliteConnection as Raw};

use super::observation::{Kept, Observation};
use super::rows::{RowSource, Upserted};
use super::versions::sqlite as versions;
use crate::store::backend::statement::{Bind, ByName, Statement};
use crate::store::redaction::marks::{self, MarkRow, Marks};
use crate::store::redaction::screen::{self, Screened};
use crate::store::row::TableName;

pub(super) fn upsert(
    raw: &mut Raw,
    table: TableName,
    rows: &[Observation],
    kept: Option<Kept<'_>>,
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    let has_parents = rows.iter().any(|row| row.parent.is_some());
    let write = |raw: &mut Raw| {
        if marks::is_any(raw)? {
            return write_screened(raw, table, rows, kept, now);
        }
        let object = kept.map(|kept| kept.object);
        let upserted = rows
            .iter()
            .map(|row| upsert_one(raw, table, has_parents, row, object, now))
            .collect::<QueryResult<Vec<Upserted>>>()?;
        if let Some(Kept { object, outdone }) = kept {
            add_outdone(raw, table, object, outdone, now)?;
        }
        Ok(upserted)
    };

    match AnsiTransactionManager::transaction_manager_status_mut(raw).transaction_depth()? {
        Some(_) => raw.transaction(write),
        // In a deferred transaction a write after a read fails if another process has written in
        // between.
        None => raw.immediate_transaction(write),
    }
}

/// Writes the rows that forgotten customers leave to write.
fn write_screened(
    raw: &mut Raw,
    table: TableName,
    rows: &[Observation],
    kept: Option<Kept<'_>>,
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    let has_parents = rows.iter().any(|row| row.parent.is_some());
    let outdone = kept.map_or(&[][..], |kept| kept.outdone);
    let mut ids = screen::ids(rows);
    ids.extend(screen::ids(outdone));
    let marks: Vec<MarkRow> = marks::select_sqlite(&ids).load_on(raw)?;
    let marks = Marks::of(marks);
    let (screened, new) = screen::screen(table, rows, &marks);
    marks::insert_sqlite(raw, &new, now)?;

    let object = kept.map(|kept| kept.object);
    let write = |(screened, row): (Screened, &Observation)| match screened {
        Screened::Write(row) => upsert_one(raw, table, has_parents, &row, object, now),
        Screened::Frozen => Ok(Upserted::Stale),
        Screened::Deleted => {
            screen::end(table, row, now).execute_on(raw)?;
            Ok(Upserted::Updated)
        }
    };
    let upserted = screened
        .into_iter()
        .zip(rows)
        .map(write)
        .collect::<QueryResult<Vec<Upserted>>>()?;
    if let Some(object) = object {
        let outdone = screen::writable(table, outdone, &marks);
        add_outdone(raw, table, object, &outdone, now)?;
    }
    Ok(upserted)
}

/// Adds the versions of the observations that don't become rows.
fn add_outdone(
    raw: &mut Raw,
    table: TableName,
    object: &'static str,
    outdone: &[Observation],
    now: i64,
) -> QueryResult<()> {
    for row in outdone.iter().filter(|row| !row.is_copy) {
        versions::add_earlier(raw, table, object, row, now)?;
    }
    Ok(())
}

fn upsert_one(
    raw: &mut Raw,
    table: TableName,
    has_parents: bool,
    row: &Observation,
    kept: Option<&'static str>,
    now: i64,
) -> QueryResult<Upserted> {
    let stored = stored(raw, table, has_parents, row)?;
    let Some(object) = kept else {
        return write_one(raw, table, row, stored.as_ref(), now);
    };

    if stored.is_some() {
        versions::before_write(raw, table, object, row, now)?;
    }
    let upserted = write_one(raw, table, row, stored.as_ref(), now)?;
    let is_first = stored.as_ref().is_none_or(|stored| stored.is_copy);
    match upserted {
        _ if row.is_copy => {}
        Upserted::Stale => versions::add_earlier(raw, table, object, row, now)?,
        Upserted::Unchanged if !is_first => {}
        _ => versions::add_current(raw, table, object, row, stored.as_ref(), now)?,
    }
    Ok(upserted)
}

fn write_one(
    raw: &mut Raw,
    table: TableName,
    row: &Observation,
    stored: Option<&Observation>,
    now: i64,
) -> QueryResult<Upserted> {
    let Some(stored) = stored else {
        let insert = insert(table, row, now);
        bind_key(bind_facts(insert, row, row.deleted_at), row).execute_on(raw)?;
        return Ok(Upserted::Inserted);
    };

    match row.rank().cmp(&stored.rank()) {
        Ordering::Less => Ok(Upserted::Stale),
        Ordering::Equal if row.is_same(stored) => Ok(Upserted::Unchanged),
        Ordering::Equal | Ordering::Greater => {
            // A child that has ended since the observation stays ended.
            let ended = stored.deleted_at.filter(|at| *at > row.observed_at);
            let deleted_at = row.deleted_at.or(ended);
            let (upserted, update) = update(table, row, stored, deleted_at, now);
            bind_key(bind_facts(update, row, deleted_at), row).execute_on(raw)?;
            Ok(upserted)
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    deleted_at: Option<i64>,
    #[diesel(sql_type = Text)]
    stripe_data: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(sql_type = Bool)]
    is_copy: bool,
    #[diesel(sql_type = Nullable<Text>)]
    djstripe_incomplete: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    djstripe_events: Option<String>,
    #[diesel(sql_type = Bool)]
    djstripe_undecided: bool,
    #[diesel(sql_type = Nullable<Text>)]
    parent_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    parent_id: Option<String>,
}

/// What the row holds, as an observation.
fn stored(
    raw: &mut Raw,
    table: TableName,
    has_parents: bool,
    row: &Observation,
) -> QueryResult<Option<Observation>> {
    let parents = if has_parents {
        "parent_type, parent_id"
    } else {
        "NULL AS parent_type, NULL AS parent_id"
    };
    let (account, livemode, id) = &row.key;
    let select = Statement::<ByName>::new(format!(
        "SELECT observed_at, deleted_at, stripe_data, api_version, djstripe_source IS 'copy' AS is_copy, \
             djstripe_incomplete, djstripe_events, djstripe_undecided, {parents} FROM {table} \
         WHERE account = ? AND livemode = ? AND id = ?"
    ))
    .bind(&**account)
    .bind(*livemode)
    .bind(&**id);
    let rows: Vec<Stored> = select.load_on(raw)?;

    Ok(rows.into_iter().next().map(|stored| Observation {
        key: row.key.clone(),
        observed_at: stored.observed_at,
        deleted_at: stored.deleted_at,
        stripe_data: stored.stripe_data,
        api_version: stored.api_version.unwrap_or_default(),
        source: if stored.is_copy {
            RowSource::Copy.as_str()
        } else {
            ""
        },
        is_copy: stored.is_copy,
        incomplete: stored.djstripe_incomplete,
        events: stored.djstripe_events,
        undecided: stored.djstripe_undecided,
        parent: stored.parent_type.zip(stored.parent_id),
        event_id: None,
    }))
}

/// The statement up to the values of [`bind_facts`].
fn update<'r>(
    table: TableName,
    row: &'r Observation,
    stored: &Observation,
    deleted_at: Option<i64>,
    now: i64,
) -> (Upserted, Statement<'r>) {
    let same = row.stripe_data == stored.stripe_data;
    let unchanged = same && deleted_at.is_some() == stored.deleted_at.is_some();
    let mut update = Statement::<()>::new(format!("UPDATE {table} SET"));
    if !same {
        update = update.sql(" stripe_data = ?,").bind(&*row.stripe_data);
    }
    if !unchanged {
        update = update.sql(" djstripe_updated = ?,").bind(now);
    }
    if let Some((object, id)) = &row.parent {
        update = update
            .sql(" parent_type = ?, parent_id = ?,")
            .bind(&**object)
            .bind(&**id);
    }

    let update = update.sql(
        " api_version = ?, observed_at = ?, deleted_at = ?, djstripe_source = ?, \
             djstripe_incomplete = ?, djstripe_events = ?, djstripe_undecided = ? \
         WHERE account = ? AND livemode = ? AND id = ?",
    );
    let upserted = if unchanged {
        Upserted::Unchanged
    } else {
        Upserted::Updated
    };
    (upserted, update)
}

/// The statement up to the values of [`bind_facts`].
fn insert<'r>(table: TableName, row: &'r Observation, now: i64) -> Statement<'r> {
    let (parents, values) = match row.parent {
        Some(_) => ("parent_type, parent_id, ", "?, ?, "),
        None => ("", ""),
    };
    let insert = Statement::<()>::new(format!(
        "INSERT INTO {table} ({parents}stripe_data, djstripe_created, djstripe_updated, api_version, observed_at, \
             deleted_at, djstripe_source, djstripe_incomplete, djstripe_events, djstripe_undecided, account, livemode, id) \
         VALUES ({values}?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    let insert = match &row.parent {
        Some((object, id)) => insert.bind(&**object).bind(&**id),
        None => insert,
    };
    insert.bind(&*row.stripe_data).bind(now).bind(now)
}

/// Binds what both statements set.
fn bind_facts<'r>(
    statement: Statement<'r>,
    row: &'r Observation,
    deleted_at: Option<i64>,
) -> Statement<'r> {
    let api_version = Some(&*row.api_version).filter(|version| !version.is_empty());
    statement
        .bind(api_version)
        .bind(row.observed_at)
        .bind(Bind::BigInt(deleted_at))
        .bind(row.source)
        .bind(row.incomplete.as_deref())
        .bind(row.events.as_deref())
        .bind(row.undecided)
}

fn bind_key<'r>(statement: Statement<'r>, row: &'r Observation) -> Statement<'r> {
    let (account, livemode, id) = &row.key;
    statement.bind(&**account).bind(*livemode).bind(&**id)
}
