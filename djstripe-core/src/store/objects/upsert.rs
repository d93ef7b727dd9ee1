//! The upsert.

#[cfg(feature = "postgres")]
use std::collections::HashMap;

use diesel::QueryResult;
#[cfg(feature = "sqlite")]
use diesel::sql_types::{BigInt, Nullable};
use diesel::sql_types::{Bool, Text};

use super::canonical::{Unstorable, UnstorableReason, canonical};
use super::{ObjectRow, TableName, Upserted};
use crate::store::backend::connection::{Connection, Db};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const UPSERT: &str = "write objects";

/// Longest id, and longest account. A key of PostgreSQL holds 2704 bytes in all; Stripe's ids have at most 255 characters.
///
/// Source: [Changes Stripe considers backwards compatible](https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible).
const MAX_KEY_BYTES: usize = 1_024;

/// Size, in bytes, beyond which PostgreSQL keeps a value beside its row.
///
/// Source: [TOAST](https://www.postgresql.org/docs/current/storage-toast.html).
#[cfg(feature = "postgres")]
const OUT_OF_LINE: u32 = 2_000;

/// For each observation of a batch what became of it, or why it can't be stored.
type Outcomes = Vec<Result<Upserted, Unstorable>>;

impl Db<'_> {
    /// Writes observations of objects into one table, in this transaction.
    ///
    /// The answers stand in the order of the rows. One that can't be stored doesn't keep the others from it.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then nothing of the batch was written.
    pub async fn upsert_objects(
        &mut self,
        table: TableName,
        rows: &[ObjectRow<'_>],
    ) -> Result<Outcomes, StoreError> {
        let (batch, answers) = best_of_each(rows);
        let now = Timestamp::now().micros();
        let written = match self.connection() {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                upsert_postgres(connection, table, &batch, now).await
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                connection
                    .spawn_blocking(move |raw| upsert_sqlite(raw, table, &batch, now))
                    .await
            }
        };
        written
            .map(|written| answers.complete(&written))
            .map_err(StoreError::query(UPSERT))
    }
}

impl Store {
    /// Writes observations of objects into one table, in a transaction of its own.
    ///
    /// # Errors
    /// As [`Db::upsert_objects`], and the errors of connecting.
    pub async fn upsert_objects(
        &self,
        table: TableName,
        rows: &[ObjectRow<'_>],
    ) -> Result<Outcomes, StoreError> {
        let (batch, answers) = best_of_each(rows);
        let now = Timestamp::now().micros();
        let written = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                upsert_postgres(connection, table, &batch, now)
                    .await
                    .map_err(StoreError::query(UPSERT))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                database
                    .write(UPSERT, move |raw| upsert_sqlite(raw, table, &batch, now))
                    .await?
            }
        };
        Ok(answers.complete(&written))
    }
}

/// A storable observation. The order of the fields after the key is the order in which observations win.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    key: (String, bool, String),
    observed_at: i64,
    deleted: bool,
    stripe_data: String,
    api_version: String,
}

/// What to answer for each row that was given.
struct Answers(Vec<Result<Answer, Unstorable>>);

enum Answer {
    /// That of the written row.
    Written(usize),
    /// A better or an equal observation of the same object is in the batch.
    Outdone(Upserted),
}

impl Answers {
    fn complete(self, written: &[Upserted]) -> Outcomes {
        let answer = |answer| match answer {
            Answer::Written(index) => written[index],
            Answer::Outdone(upserted) => upserted,
        };
        self.0.into_iter().map(|given| given.map(answer)).collect()
    }
}

/// The best observation of each object. They are sorted by key, so that two batches take the rows that they share in
/// one order.
fn best_of_each(given: &[ObjectRow<'_>]) -> (Vec<Row>, Answers) {
    let mut observations: Vec<(Row, usize)> = Vec::with_capacity(given.len());
    let mut answers: Vec<_> = given
        .iter()
        .map(|_| Ok(Answer::Outdone(Upserted::Stale)))
        .collect();
    for (index, row) in given.iter().enumerate() {
        match storable(row) {
            Ok(row) => observations.push((row, index)),
            Err(error) => answers[index] = Err(error),
        }
    }
    observations.sort_unstable();
    let mut rows: Vec<Row> = Vec::with_capacity(observations.len());
    let mut observations = observations.into_iter().peekable();
    while let Some((row, index)) = observations.next() {
        match observations.peek() {
            Some((next, _)) if *next == row => {
                answers[index] = Ok(Answer::Outdone(Upserted::Unchanged))
            }
            Some((next, _)) if next.key == row.key => {}
            _ => {
                answers[index] = Ok(Answer::Written(rows.len()));
                rows.push(row);
            }
        }
    }
    (rows, Answers(answers))
}

fn storable(row: &ObjectRow<'_>) -> Result<Row, Unstorable> {
    let refuse = |reason, path: &str| {
        Err(Unstorable {
            reason,
            path: path.to_owned(),
        })
    };
    if row.id.is_empty() {
        return refuse(UnstorableReason::NoId, "id");
    }
    for (value, path) in [
        (row.id, "id"),
        (row.account, "account"),
        (row.api_version.unwrap_or_default(), "api_version"),
    ] {
        if value.contains('\0') {
            return refuse(UnstorableReason::Nul, path);
        }
        if value.len() > MAX_KEY_BYTES {
            return refuse(UnstorableReason::TooLong, path);
        }
    }
    Ok(Row {
        key: (row.account.to_owned(), row.livemode, row.id.to_owned()),
        observed_at: row.observed_at.micros(),
        deleted: row.deleted,
        stripe_data: canonical(row.stripe_data)?,
        api_version: row.api_version.unwrap_or_default().to_owned(),
    })
}

#[cfg(feature = "postgres")]
async fn upsert_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    table: TableName,
    rows: &[Row],
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    use diesel_async::RunQueryDsl;

    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // An unchanged row learns how fresh it is: an observation between the two must not win later. Its content is not
    // written again if it lies beside the row; within the row everything is, and what has just come in needs no
    // decompression for the generated columns. Comparing texts settles ties as the batch itself does.
    let statement = Statement::<(Text, Bool, Text, Bool, Bool)>::new(format!(
        "INSERT INTO {table} AS stored (account, livemode, id, stripe_data, api_version, observed_at, deleted_at, \
             djstripe_created, djstripe_updated) \
         SELECT input.account, input.livemode, input.id, input.stripe_data::jsonb, nullif(input.api_version, ''), \
             input.observed_at, CASE WHEN input.deleted THEN input.observed_at END, ?, ? \
         FROM unnest(?, ?, ?, ?, ?, ?, ?) \
             AS input (account, livemode, id, stripe_data, api_version, observed_at, deleted) \
         ON CONFLICT (account, livemode, id) DO UPDATE SET \
             api_version = excluded.api_version, observed_at = excluded.observed_at, \
             deleted_at = excluded.deleted_at, \
             (stripe_data, djstripe_updated) = ( \
                 SELECT CASE WHEN compared.same AND pg_column_size(stored.stripe_data) > {OUT_OF_LINE} \
                         THEN stored.stripe_data ELSE excluded.stripe_data END, \
                     CASE WHEN compared.same AND (stored.deleted_at IS NULL) = (excluded.deleted_at IS NULL) \
                         THEN stored.djstripe_updated ELSE excluded.djstripe_updated END \
                 FROM (SELECT stored.stripe_data = excluded.stripe_data AS same) AS compared) \
         WHERE excluded.observed_at > stored.observed_at \
             OR excluded.observed_at = stored.observed_at AND ( \
                 excluded.deleted_at IS NOT NULL AND stored.deleted_at IS NULL \
                 OR (excluded.deleted_at IS NULL) = (stored.deleted_at IS NULL) AND \
                     (excluded.stripe_data::text COLLATE \"C\", coalesce(excluded.api_version, '') COLLATE \"C\") > \
                     (stored.stripe_data::text COLLATE \"C\", coalesce(stored.api_version, '') COLLATE \"C\")) \
         RETURNING account, livemode, id, xmax = 0, djstripe_updated = ?"
    ))
    .bind(now)
    .bind(now);
    let written: Vec<(String, bool, String, bool, bool)> =
        input(statement, rows).bind(now).load(connection).await?;
    let mut outcomes: HashMap<(String, bool, String), Upserted> = written
        .into_iter()
        .map(|(account, livemode, id, inserted, changed)| {
            let upserted = match (inserted, changed) {
                (true, _) => Upserted::Inserted,
                (false, true) => Upserted::Updated,
                (false, false) => Upserted::Unchanged,
            };
            ((account, livemode, id), upserted)
        })
        .collect();
    let untouched: Vec<Row> = rows
        .iter()
        .filter(|row| !outcomes.contains_key(&row.key))
        .cloned()
        .collect();
    if !untouched.is_empty() {
        // LATERAL looks each row up by its key, also when the planner believes the table to be empty.
        let statement = Statement::<(Text, Bool, Text)>::new(format!(
            "SELECT input.account, input.livemode, input.id \
             FROM unnest(?, ?, ?, ?, ?, ?, ?) \
                 AS input (account, livemode, id, stripe_data, api_version, observed_at, deleted) \
             CROSS JOIN LATERAL ( \
                 SELECT stored.observed_at, stored.deleted_at, stored.stripe_data FROM {table} AS stored \
                 WHERE stored.account = input.account AND stored.livemode = input.livemode AND stored.id = input.id \
                 OFFSET 0) AS stored \
             WHERE stored.observed_at = input.observed_at AND (stored.deleted_at IS NOT NULL) = input.deleted \
                 AND stored.stripe_data = input.stripe_data::jsonb"
        ));
        let same: Vec<(String, bool, String)> =
            input(statement, &untouched).load(connection).await?;
        outcomes.extend(same.into_iter().map(|key| (key, Upserted::Unchanged)));
    }
    Ok(rows
        .iter()
        .map(|row| outcomes.get(&row.key).copied().unwrap_or(Upserted::Stale))
        .collect())
}

#[cfg(feature = "postgres")]
fn input<'a, Types>(statement: Statement<'a, Types>, rows: &'a [Row]) -> Statement<'a, Types> {
    fn texts<'a>(rows: &'a [Row], column: impl Fn(&'a Row) -> &'a str) -> Bind<'a> {
        Bind::Texts(rows.iter().map(|row| Some(column(row).into())).collect())
    }
    statement
        .bind(texts(rows, |row| &row.key.0))
        .bind(Bind::Bools(rows.iter().map(|row| row.key.1).collect()))
        .bind(texts(rows, |row| &row.key.2))
        .bind(texts(rows, |row| &row.stripe_data))
        .bind(texts(rows, |row| &row.api_version))
        .bind(Bind::BigInts(
            rows.iter().map(|row| Some(row.observed_at)).collect(),
        ))
        .bind(Bind::Bools(rows.iter().map(|row| row.deleted).collect()))
}

#[cfg(feature = "sqlite")]
fn upsert_sqlite(
    raw: &mut diesel::SqliteConnection,
    table: TableName,
    rows: &[Row],
    now: i64,
) -> QueryResult<Vec<Upserted>> {
    use diesel::Connection as _;
    use diesel::connection::{AnsiTransactionManager, TransactionManager as _};

    let write = |raw: &mut diesel::SqliteConnection| {
        rows.iter()
            .map(|row| upsert_one(raw, table, row, now))
            .collect()
    };
    match AnsiTransactionManager::transaction_manager_status_mut(raw).transaction_depth()? {
        Some(_) => raw.transaction(write),
        // Reading first and writing then would fail if another process wrote in between.
        None => raw.immediate_transaction(write),
    }
}

#[cfg(feature = "sqlite")]
fn upsert_one(
    raw: &mut diesel::SqliteConnection,
    table: TableName,
    row: &Row,
    now: i64,
) -> QueryResult<Upserted> {
    let (account, livemode, id) = &row.key;
    let select = Statement::<(BigInt, Bool, Text, Nullable<Text>)>::new(format!(
        "SELECT observed_at, deleted_at IS NOT NULL, stripe_data, api_version FROM {table} \
         WHERE account = ? AND livemode = ? AND id = ?"
    ));
    let stored = select
        .bind(&**account)
        .bind(*livemode)
        .bind(&**id)
        .load_on(raw)?
        .pop();
    let stored = stored.map(
        |(observed_at, deleted, stripe_data, api_version): (_, _, _, Option<String>)| Row {
            key: row.key.clone(),
            observed_at,
            deleted,
            stripe_data,
            api_version: api_version.unwrap_or_default(),
        },
    );
    let api_version = Some(&*row.api_version).filter(|version| !version.is_empty());
    let deleted_at = row.deleted.then_some(row.observed_at);
    let (upserted, statement) = match stored {
        Some(stored) if *row == stored => return Ok(Upserted::Unchanged),
        Some(stored) if *row < stored => return Ok(Upserted::Stale),
        Some(stored) => {
            let same = row.stripe_data == stored.stripe_data;
            let unchanged = same && row.deleted == stored.deleted;
            let statement = Statement::<()>::new(format!(
                "UPDATE {table} SET {}{} api_version = ?, observed_at = ?, deleted_at = ? \
                 WHERE account = ? AND livemode = ? AND id = ?",
                if same { "" } else { "stripe_data = ?," },
                if unchanged {
                    ""
                } else {
                    "djstripe_updated = ?,"
                },
            ));
            let statement = if same {
                statement
            } else {
                statement.bind(&*row.stripe_data)
            };
            let statement = if unchanged {
                statement
            } else {
                statement.bind(now)
            };
            (
                if unchanged {
                    Upserted::Unchanged
                } else {
                    Upserted::Updated
                },
                statement,
            )
        }
        None => {
            let statement = Statement::<()>::new(format!(
                "INSERT INTO {table} (stripe_data, djstripe_created, djstripe_updated, api_version, observed_at, \
                     deleted_at, account, livemode, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ));
            (
                Upserted::Inserted,
                statement.bind(&*row.stripe_data).bind(now).bind(now),
            )
        }
    };
    statement
        .bind(api_version)
        .bind(row.observed_at)
        .bind(Bind::BigInt(deleted_at))
        .bind(&**account)
        .bind(*livemode)
        .bind(&**id)
        .execute_on(raw)?;
    Ok(upserted)
}
