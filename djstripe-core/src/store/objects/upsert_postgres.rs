//! The upsert on PostgreSQL: one statement for each batch.
//!
//! Once a customer was forgotten, this statement writes nothing, and the second one says so. The rows
//! are looked at then, in a transaction that keeps new marks waiting.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager,
};

use super::observation::{Kept, Key, Observation};
use super::rows::Upserted;
use super::versions::postgres as versions;
use super::versions::snapshot::before_batch_sql;
use super::versions::statements::EVENT_OF_ROW;
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
    kept: Option<Kept<'_>>,
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    match attempt(connection, table, rows, kept, now, true).await? {
        Attempt::All(upserted) => Ok(upserted),
        Attempt::Redactions(before) => {
            connection
                .transaction(async |connection| {
                    write_screened(connection, table, rows, kept, before, now).await
                })
                .await
        }
    }
}

/// How a batch was written.
enum Attempt {
    All(Vec<Upserted>),
    /// A customer was forgotten, so that the rows have to be looked at. These are written already.
    Redactions(HashMap<Key, Upserted>),
}

/// Writes the rows that forgotten customers leave to write. `before` has those that are written
/// already.
async fn write_screened(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    kept: Option<Kept<'_>>,
    before: HashMap<Key, Upserted>,
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    let left = rows.iter().filter(|row| !before.contains_key(&row.key));
    let left: Vec<Observation> = left.cloned().collect();
    let outdone = kept.map_or(&[][..], |kept| kept.outdone);
    let mut ids = screen::ids(&left);
    ids.extend(screen::ids(outdone));
    let marks: Vec<MarkRow> = marks::select_postgres(&ids).load(connection).await?;
    let marks = Marks::of(marks);
    let (screened, new) = screen::screen(table, &left, &marks);
    if !new.is_empty() {
        marks::insert_postgres(&new, now)
            .execute(connection)
            .await?;
    }

    let (mut writable, mut results) = (Vec::new(), before);
    for (screened, row) in screened.into_iter().zip(&left) {
        match screened {
            Screened::Write(row) => writable.push(*row),
            Screened::Frozen => _ = results.insert(row.key.clone(), Upserted::Stale),
            Screened::Deleted => {
                screen::end(table, row, now).execute(connection).await?;
                results.insert(row.key.clone(), Upserted::Updated);
            }
        }
    }
    let outdone = screen::writable(table, outdone, &marks);
    let kept = kept.map(|kept| Kept {
        outdone: &outdone,
        ..kept
    });
    if !writable.is_empty()
        && let Attempt::All(upserted) =
            attempt(connection, table, &writable, kept, now, false).await?
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

/// Writes rows, and the versions to keep of them; with `guarded`, only while no customer was ever
/// forgotten.
async fn attempt(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    kept: Option<Kept<'_>>,
    now: i64,
    guarded: bool,
) -> QueryResult<Attempt> {
    let Some(kept) = kept else {
        let insert = insert(table, rows, None, guarded, now);
        let written: Vec<Written> = insert.load(connection).await?;
        let found = results(connection, table, rows, &written, guarded).await?;
        return Ok(found.into_attempt(rows));
    };

    if is_in_transaction(connection)? {
        return attempt_with_versions(connection, table, rows, kept, now, guarded).await;
    }
    connection
        .transaction(async |connection| {
            attempt_with_versions(connection, table, rows, kept, now, guarded).await
        })
        .await
}

fn is_in_transaction(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    Ok(status.transaction_depth()?.is_some())
}

/// In a transaction, so that rows and their versions commit together.
async fn attempt_with_versions(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    Kept { object, outdone }: Kept<'_>,
    now: i64,
    guarded: bool,
) -> QueryResult<Attempt> {
    let insert = insert(table, rows, Some(object), guarded, now);
    let (written, seen): (Vec<Written>, Vec<Seen>) = insert
        .load::<WrittenOver>(connection)
        .await?
        .into_iter()
        .map(|row| (row.written, row.seen))
        .unzip();
    let found = results(connection, table, rows, &written, guarded).await?;

    let mut seen: HashMap<Key, Seen> = written
        .into_iter()
        .map(Written::into_key)
        .zip(seen)
        .collect();
    let mut current = Vec::new();
    let mut earlier: Vec<&Observation> = Vec::new();
    for row in rows.iter().filter(|row| !row.is_copy) {
        let seen = seen.remove(&row.key);
        // What is the same was in the row before, and so in its last version, unless it was a copy.
        let is_known = seen.as_ref().is_none_or(|it| it.seen_at.is_some());
        match found.results.get(&row.key) {
            // It is looked at later.
            None if found.redactions => {}
            None | Some(Upserted::Stale) => earlier.push(row),
            Some(Upserted::Unchanged) if is_known => {}
            Some(_) => {
                let (seen_at, seen_by) = seen.map_or((None, None), |it| (it.seen_at, it.seen_by));
                current.push(versions::Current {
                    row,
                    seen_at,
                    seen_by,
                });
            }
        }
    }

    versions::add_current(connection, table, object, &current, now).await?;
    if !found.redactions {
        earlier.extend(outdone.iter().filter(|row| !row.is_copy));
    }
    for row in earlier {
        versions::add_earlier(connection, table, object, row, now).await?;
    }
    Ok(found.into_attempt(rows))
}

/// The statement that writes the rows; `kept` is their type, if versions are kept.
fn insert<'r>(
    table: TableName,
    rows: &'r [Observation],
    kept: Option<&str>,
    guarded: bool,
    now: i64,
) -> Statement<'r, ByName> {
    let has_parents = rows.iter().any(|row| row.parent.is_some());
    let mut insert = Statement::<ByName>::new(upsert_sql(table, has_parents, kept, guarded));
    if kept.is_some() {
        insert = insert
            .bind(now)
            .bind(Bind::texts(rows.iter().map(|row| &*row.key.0)))
            .bind(Bind::bools(rows.iter().map(|row| row.key.1)))
            .bind(Bind::texts(rows.iter().map(|row| &*row.key.2)));
    }
    let insert = insert.bind(now).bind(now);
    let insert = bind_facts(bind_input(insert, rows), rows);
    let insert = if has_parents {
        bind_parents(insert, rows)
    } else {
        insert
    };
    insert.bind(now)
}

/// What became of the observations that aren't stale.
struct Found {
    results: HashMap<Key, Upserted>,
    /// Whether a customer was forgotten.
    redactions: bool,
}

impl Found {
    fn into_attempt(self, rows: &[Observation]) -> Attempt {
        match self.redactions {
            true => Attempt::Redactions(self.results),
            false => Attempt::All(answers(rows, &self.results)),
        }
    }
}

/// What became of each observation, given those that were written.
async fn results(
    connection: &mut AsyncPgConnection,
    table: TableName,
    rows: &[Observation],
    written: &[Written],
    guarded: bool,
) -> QueryResult<Found> {
    let mut found = Found {
        results: written.iter().map(Written::result).collect(),
        redactions: false,
    };
    let untouched: Vec<Observation> = rows
        .iter()
        .filter(|row| !found.results.contains_key(&row.key))
        .cloned()
        .collect();
    if !untouched.is_empty() {
        let select = Statement::<(Text, Bool, Text)>::new(same_sql(table, guarded));
        let same: Vec<Key> = bind_input(select, &untouched).load(connection).await?;
        // No row has an empty id.
        found.redactions = same.iter().any(|(_, _, id)| id.is_empty());
        if !found.redactions {
            let same = same.into_iter().map(|key| (key, Upserted::Unchanged));
            found.results.extend(same);
        }
    }
    Ok(found)
}

/// A row that was inserted or whose observation became newer.
#[derive(QueryableByName)]
struct Written {
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

/// The same, with what is known of the row before.
#[derive(QueryableByName)]
struct WrittenOver {
    #[diesel(embed)]
    written: Written,
    #[diesel(embed)]
    seen: Seen,
}

/// When the row was observed before, if it was and was no copy.
#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Nullable<BigInt>)]
    seen_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    seen_by: Option<String>,
}

impl Written {
    fn result(&self) -> (Key, Upserted) {
        let upserted = match (self.inserted, self.changed) {
            (true, _) => Upserted::Inserted,
            (false, true) => Upserted::Updated,
            (false, false) => Upserted::Unchanged,
        };
        let key = (self.account.clone(), self.livemode, self.id.clone());
        (key, upserted)
    }

    fn into_key(self) -> Key {
        (self.account, self.livemode, self.id)
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
///
/// If versions of the type `kept` are kept, what the rows held before is stored first, where it is no
/// version yet, and is told by the columns of [`Seen`]: a query within RETURNING sees the rows as they
/// were before the statement.
fn upsert_sql(table: TableName, has_parents: bool, kept: Option<&str>, guarded: bool) -> String {
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
    let [before, seen] = match kept {
        None => [String::new(), String::new()],
        Some(object) => [
            format!("WITH before AS ({}) ", before_batch_sql(table, object)),
            format!(
                ", {} AS seen_at, {} AS seen_by",
                prior(table, "observed_at"),
                prior(table, EVENT_OF_ROW)
            ),
        ],
    };
    let guard = match guarded {
        true => format!("WHERE NOT {ANY} "),
        false => String::new(),
    };
    format!(
        "{before}INSERT INTO {table} AS stored (account, livemode, id, stripe_data, api_version, observed_at, deleted_at, \
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
         RETURNING account, livemode, id, xmax = 0 AS inserted, djstripe_updated = ? AS changed{seen}"
    )
}

/// A column of a written row as it was before, unless the row was a copy.
fn prior(table: TableName, column: &str) -> String {
    format!(
        "(SELECT {column} FROM {table} AS prior \
         WHERE prior.account = stored.account AND prior.livemode = stored.livemode AND prior.id = stored.id \
             AND coalesce(prior.djstripe_source, '') <> 'copy')"
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
