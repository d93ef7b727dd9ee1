//! The upsert on PostgreSQL: one statement for each batch.
//!
//! Once a customer was forgotten, this statement writes nothing, and the second one says so. The rows
//! are looked at then, in a transaction that keeps new marks waiting.

use std::collections::HashMap;

use diesel::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::observation::{Key, Observation};
use super::rows::Upserted;
use crate::store::backend::statement::{Bind, ByName, Statement};
use crate::store::redaction::marks::{self, ANY, MarkRow, Marks};
use crate::store::redaction::screen::{self, Screened};
use crate::store::row::TableName;

/// Size, in bytes, beyond which PostgreSQL stores a value outside its row.
///
/// Source: [TOAST](https://www.postgresql.org/docs/current/storage-toast.html).
const OUT_OF_LINE: u32 = 2_000;

pub(super) async fn upsert(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    match write(connection, table, rows, now, true).await? {
        Written::All(upserted) => Ok(upserted),
        Written::Redactions(before) => {
            connection
                .transaction(async |connection| {
                    write_screened(connection, table, rows, before, now).await
                })
                .await
        }
    }
}

/// Writes the rows that forgotten customers leave to write. `before` has those that are written
/// already.
async fn write_screened(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    before: HashMap<Key, Upserted>,
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    let left = rows.iter().filter(|row| !before.contains_key(&row.key));
    let left: Vec<Observation> = left.cloned().collect();
    let marks: Vec<MarkRow> = marks::select_postgres(&screen::ids(&left))
        .load(connection)
        .await?;
    let (screened, new) = screen::screen(table, &left, &Marks::of(marks));
    if !new.is_empty() {
        marks::insert_postgres(&new, now)
            .execute(connection)
            .await?;
    }

    let (mut writable, mut results) = (Vec::new(), before);
    for (screened, row) in screened.into_iter().zip(&left) {
        match screened {
            Screened::Write(row) => writable.push(row),
            Screened::Frozen => _ = results.insert(row.key.clone(), Upserted::Stale),
            Screened::Deleted => {
                screen::end(table, row, now).execute(connection).await?;
                results.insert(row.key.clone(), Upserted::Updated);
            }
        }
    }
    if !writable.is_empty()
        && let Written::All(upserted) = write(connection, table, &writable, now, false).await?
    {
        let keys = writable.into_iter().map(|row| row.key);
        results.extend(keys.zip(upserted));
    }
    Ok(answers(rows, &results))
}

fn answers(rows: &[Observation], results: &HashMap<Key, Upserted>) -> Vec<Upserted> {
    rows.iter()
        .map(|row| results.get(&row.key).copied().unwrap_or(Upserted::Stale))
        .collect()
}

/// How a batch was written.
enum Written {
    All(Vec<Upserted>),
    /// A customer was forgotten, so that the rows have to be looked at. These are written already.
    Redactions(HashMap<Key, Upserted>),
}

/// Writes rows; with `guarded`, only while no customer was ever forgotten.
async fn write(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    now: i64,
    guarded: bool,
) -> QueryResult<Written> {
    let has_parents = rows.iter().any(|row| row.parent.is_some());
    let insert = Statement::<ByName>::new(upsert_sql(table, has_parents, guarded))
        .bind(now)
        .bind(now);
    let insert = bind_facts(bind_input(insert, rows), rows);
    let insert = if has_parents {
        bind_parents(insert, rows)
    } else {
        insert
    };
    let written: Vec<WrittenRow> = insert.bind(now).load(connection).await?;
    let mut results: HashMap<Key, Upserted> =
        written.into_iter().map(WrittenRow::into_result).collect();

    let untouched: Vec<Observation> = rows
        .iter()
        .filter(|row| !results.contains_key(&row.key))
        .cloned()
        .collect();
    if !untouched.is_empty() {
        let select = Statement::<(Text, Bool, Text)>::new(same_sql(table, guarded));
        let same: Vec<Key> = bind_input(select, &untouched).load(connection).await?;
        // No row has an empty id.
        if same.iter().any(|(_, _, id)| id.is_empty()) {
            return Ok(Written::Redactions(results));
        }
        results.extend(same.into_iter().map(|key| (key, Upserted::Unchanged)));
    }
    Ok(Written::All(answers(rows, &results)))
}

/// A row that was inserted or whose observation became newer.
#[derive(diesel::QueryableByName)]
struct WrittenRow {
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Bool)]
    inserted: bool,
    #[diesel(sql_type = Bool)]
    changed: bool,
}

impl WrittenRow {
    fn into_result(self) -> (Key, Upserted) {
        let upserted = match (self.inserted, self.changed) {
            (true, _) => Upserted::Inserted,
            (false, true) => Upserted::Updated,
            (false, false) => Upserted::Unchanged,
        };
        ((self.account, self.livemode, self.id), upserted)
    }
}

/// The columns of `input` that both statements read.
const INPUT: &str = "account, livemode, id, stripe_data, api_version, observed_at, deleted_at";

/// Whether the observation of a row was a copy. Rows from before this column have none.
const IS_COPY: &str = "djstripe_source IS NOT DISTINCT FROM 'copy'";

/// The deletion that the row has afterwards: a child that has ended since the observation stays
/// ended.
const DELETED_AT: &str = "coalesce(excluded.deleted_at, \
     CASE WHEN stored.deleted_at > excluded.observed_at THEN stored.deleted_at END)";

/// When the object of a row was created, for the order of copies.
fn created(row: &str) -> String {
    format!(
        "coalesce(CASE WHEN jsonb_typeof({row}.stripe_data -> 'created') = 'number' \
             THEN ({row}.stripe_data ->> 'created')::numeric END, 0)"
    )
}

/// Even an unchanged row takes the newer `observed_at`: an observation between the two must not win
/// later. Unchanged content is kept if it is stored outside the row, which is not written then.
/// Within the row everything is written, and the new content needs no decompression for the
/// generated columns.
fn upsert_sql(table: TableName, has_parents: bool, guarded: bool) -> String {
    let [parents, parent_input, parent_arrays, set_parents] = if has_parents {
        [
            ", parent_type, parent_id",
            ", input.parent_type, input.parent_id",
            ", ?, ?",
            "parent_type = coalesce(excluded.parent_type, stored.parent_type), \
             parent_id = coalesce(excluded.parent_id, stored.parent_id), ",
        ]
    } else {
        [""; 4]
    };
    let wins = wins_sql(has_parents);
    let guard = match guarded {
        true => format!("WHERE NOT {ANY} "),
        false => String::new(),
    };
    format!(
        "INSERT INTO {table} AS stored (account, livemode, id, stripe_data, api_version, observed_at, deleted_at, \
             djstripe_source, djstripe_incomplete, djstripe_events, djstripe_undecided{parents}, djstripe_created, djstripe_updated) \
         SELECT input.account, input.livemode, input.id, input.stripe_data::jsonb, nullif(input.api_version, ''), \
             input.observed_at, input.deleted_at, input.source, input.incomplete, input.events, input.undecided{parent_input}, ?, ? \
         FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?{parent_arrays}) \
             AS input ({INPUT}, source, incomplete, events, undecided{parents}) \
         {guard}\
         ON CONFLICT (account, livemode, id) DO UPDATE SET \
             api_version = excluded.api_version, observed_at = excluded.observed_at, \
             djstripe_source = excluded.djstripe_source, djstripe_incomplete = excluded.djstripe_incomplete, \
             djstripe_events = excluded.djstripe_events, djstripe_undecided = excluded.djstripe_undecided, \
             {set_parents}\
             deleted_at = {DELETED_AT}, \
             (stripe_data, djstripe_updated) = ( \
                 SELECT CASE WHEN compared.same AND pg_column_size(stored.stripe_data) > {OUT_OF_LINE} \
                         THEN stored.stripe_data ELSE excluded.stripe_data END, \
                     CASE WHEN compared.same AND (stored.deleted_at IS NULL) = ({DELETED_AT} IS NULL) \
                         THEN stored.djstripe_updated ELSE excluded.djstripe_updated END \
                 FROM (SELECT stored.stripe_data = excluded.stripe_data AS same) AS compared) \
         WHERE {wins} \
         RETURNING account, livemode, id, xmax = 0 AS inserted, djstripe_updated = ? AS changed"
    )
}

/// Whether the new observation wins; the same order as that of `Rank`.
fn wins_sql(has_parents: bool) -> String {
    let is_ended_child = if has_parents {
        " OR stored.parent_id IS NOT NULL"
    } else {
        ""
    };
    let [excluded_created, stored_created] = ["excluded", "stored"].map(created);
    format!(
        "CASE \
             WHEN excluded.{IS_COPY} AND stored.{IS_COPY} THEN \
                 ({excluded_created}, excluded.observed_at, excluded.stripe_data::text COLLATE \"C\") > \
                 ({stored_created}, stored.observed_at, stored.stripe_data::text COLLATE \"C\") \
             WHEN excluded.{IS_COPY} THEN false \
             WHEN stored.{IS_COPY} THEN true \
             WHEN excluded.observed_at <> stored.observed_at THEN excluded.observed_at > stored.observed_at \
             ELSE (excluded.deleted_at IS NOT NULL OR stored.deleted_at IS NULL{is_ended_child}) \
                 AND (excluded.stripe_data, (excluded.deleted_at IS NULL), excluded.api_version, \
                     excluded.djstripe_incomplete, excluded.djstripe_events, excluded.djstripe_undecided) IS DISTINCT FROM \
                 (stored.stripe_data, (stored.deleted_at IS NULL), stored.api_version, \
                     stored.djstripe_incomplete, stored.djstripe_events, stored.djstripe_undecided) \
         END"
    )
}

/// The keys of the observations that their rows hold already. LATERAL looks each row up by its key,
/// even if the planner believes the table to be empty.
/// With `guarded`, an empty key says that a customer was forgotten.
fn same_sql(table: TableName, guarded: bool) -> String {
    let marker = match guarded {
        true => format!(" UNION ALL SELECT '', false, '' WHERE {ANY}"),
        false => String::new(),
    };
    format!(
        "SELECT input.account, input.livemode, input.id \
         FROM unnest(?, ?, ?, ?, ?, ?, ?) AS input ({INPUT}) \
         CROSS JOIN LATERAL ( \
             SELECT stored.observed_at, stored.deleted_at, stored.stripe_data FROM {table} AS stored \
             WHERE stored.account = input.account AND stored.livemode = input.livemode AND stored.id = input.id \
             OFFSET 0) AS stored \
         WHERE stored.observed_at = input.observed_at \
             AND (stored.deleted_at IS NULL) = (input.deleted_at IS NULL) \
             AND stored.stripe_data = input.stripe_data::jsonb{marker}"
    )
}

/// Binds the arrays of [`INPUT`], in the order of its columns.
fn bind_input<'a, Types>(
    statement: Statement<'a, Types>,
    rows: &'a [Observation],
) -> Statement<'a, Types> {
    statement
        .bind(Bind::texts(rows.iter().map(|row| &*row.key.0)))
        .bind(Bind::bools(rows.iter().map(|row| row.key.1)))
        .bind(Bind::texts(rows.iter().map(|row| &*row.key.2)))
        .bind(Bind::texts(rows.iter().map(|row| &*row.stripe_data)))
        .bind(Bind::texts(rows.iter().map(|row| &*row.api_version)))
        .bind(Bind::big_ints(rows.iter().map(|row| row.observed_at)))
        .bind(Bind::BigInts(
            rows.iter().map(|row| row.deleted_at).collect(),
        ))
}

/// Binds the arrays of what djstripe knows about the observations.
fn bind_facts<'a, Types>(
    statement: Statement<'a, Types>,
    rows: &'a [Observation],
) -> Statement<'a, Types> {
    let incomplete = rows.iter().map(|row| row.incomplete.as_deref());
    let events = rows.iter().map(|row| row.events.as_deref());
    statement
        .bind(Bind::texts(rows.iter().map(|row| row.source)))
        .bind(Bind::optional_texts(incomplete))
        .bind(Bind::optional_texts(events))
        .bind(Bind::bools(rows.iter().map(|row| row.undecided)))
}

fn bind_parents<'a, Types>(
    statement: Statement<'a, Types>,
    rows: &'a [Observation],
) -> Statement<'a, Types> {
    let parents = || rows.iter().map(|row| row.parent.as_ref());
    let types = parents().map(|parent| parent.map(|(object, _)| &**object));
    let ids = parents().map(|parent| parent.map(|(_, id)| &**id));
    statement
        .bind(Bind::optional_texts(types))
        .bind(Bind::optional_texts(ids))
}
