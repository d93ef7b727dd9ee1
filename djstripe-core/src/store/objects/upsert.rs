//! The upsert: observations of objects become rows, the latest of each object wins.

use diesel::QueryResult;

use super::canonical::canonical;
use super::rows::{ObjectRow, TableName, Upserted};
use super::unstorable::{Unstorable, UnstorableReason};
use crate::store::backend::connection::Db;
use crate::store::backend::run::{on_backend, on_connection};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const UPSERT: &str = "write objects";

/// Maximum length of an id and of an account. A key of PostgreSQL holds 2704 bytes; Stripe's ids
/// have at most 255 characters.
///
/// Source:
/// [Changes Stripe considers backwards compatible](https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible).
const MAX_KEY_BYTES: usize = 1_024;

/// For each observation of a batch how its write ended, or why it can't be stored.
type UpsertResults = Vec<Result<Upserted, Unstorable>>;

impl Db<'_> {
    /// Writes observations of objects into one table, in this transaction.
    ///
    /// The results are in the order of the rows. A row that can't be stored doesn't affect the
    /// others.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then nothing of the batch was written.
    pub(crate) async fn upsert_objects(
        &mut self,
        table: TableName,
        rows: &[ObjectRow<'_>],
    ) -> Result<UpsertResults, StoreError> {
        let Batch { rows, answers } = Batch::new(rows);
        let now = Timestamp::now().micros();
        let written = on_connection!(
            self, UPSERT,
            postgres(connection) => postgres::upsert(connection, table, &rows, now),
            sqlite => move |raw| sqlite::upsert(raw, table, &rows, now),
        )?;
        Ok(complete(answers, &written))
    }
}

impl Store {
    /// Writes observations of objects into one table, in a transaction of its own.
    ///
    /// # Errors
    /// As [`Db::upsert_objects`], and the errors of connecting.
    pub(crate) async fn upsert_objects(
        &self,
        table: TableName,
        rows: &[ObjectRow<'_>],
    ) -> Result<UpsertResults, StoreError> {
        let Batch { rows, answers } = Batch::new(rows);
        let now = Timestamp::now().micros();
        let written = on_backend!(
            self, UPSERT,
            postgres(connection) => postgres::upsert(connection, table, &rows, now),
            sqlite.write => move |raw| sqlite::upsert(raw, table, &rows, now),
        )?;
        Ok(complete(answers, &written))
    }
}

/// Account, mode and id.
type Key = (String, bool, String);

/// A storable observation. Observations of one object are compared by the fields after the key, in
/// their order: the greatest wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Observation {
    key: Key,
    observed_at: i64,
    deleted: bool,
    stripe_data: String,
    api_version: String,
}

/// The observations to write, and how to answer for each that was given.
struct Batch {
    /// The best observation of each object, sorted by key: two batches that share objects lock
    /// their rows in the same order, so that they can't deadlock.
    rows: Vec<Observation>,
    answers: Vec<Result<Answer, Unstorable>>,
}

enum Answer {
    /// The result of the row at this index.
    Written(usize),
    /// The batch has a better or an equal observation of the same object.
    Outdone(Upserted),
}

impl Batch {
    fn new(given: &[ObjectRow<'_>]) -> Self {
        let mut observations: Vec<(Observation, usize)> = Vec::with_capacity(given.len());
        let mut answers: Vec<_> = given
            .iter()
            .map(|_| Ok(Answer::Outdone(Upserted::Stale)))
            .collect();
        for (index, row) in given.iter().enumerate() {
            match observation(row) {
                Ok(observation) => observations.push((observation, index)),
                Err(error) => answers[index] = Err(error),
            }
        }

        observations.sort_unstable();
        let mut rows: Vec<Observation> = Vec::with_capacity(observations.len());
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
        Self { rows, answers }
    }
}

fn complete(answers: Vec<Result<Answer, Unstorable>>, written: &[Upserted]) -> UpsertResults {
    let answer = |answer| match answer {
        Answer::Written(index) => written[index],
        Answer::Outdone(upserted) => upserted,
    };
    answers.into_iter().map(|given| given.map(answer)).collect()
}

fn observation(row: &ObjectRow<'_>) -> Result<Observation, Unstorable> {
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

    Ok(Observation {
        key: (row.account.to_owned(), row.livemode, row.id.to_owned()),
        observed_at: row.observed_at.micros(),
        deleted: row.deleted,
        stripe_data: canonical(row.stripe_data)?,
        api_version: row.api_version.unwrap_or_default().to_owned(),
    })
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::collections::HashMap;

    use diesel::sql_types::{Bool, Text};
    use diesel_async::{AsyncPgConnection, RunQueryDsl};

    use super::{Bind, Key, Observation, QueryResult, Statement, TableName, Upserted};
    use crate::store::backend::statement::ByName;

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
        let insert = Statement::<ByName>::new(upsert_sql(table))
            .bind(now)
            .bind(now);
        let written: Vec<Written> = bind_input(insert, rows).bind(now).load(connection).await?;
        let mut results: HashMap<Key, Upserted> =
            written.into_iter().map(Written::into_result).collect();

        let untouched: Vec<Observation> = rows
            .iter()
            .filter(|row| !results.contains_key(&row.key))
            .cloned()
            .collect();
        if !untouched.is_empty() {
            let select = Statement::<(Text, Bool, Text)>::new(same_sql(table));
            let same: Vec<Key> = bind_input(select, &untouched).load(connection).await?;
            results.extend(same.into_iter().map(|key| (key, Upserted::Unchanged)));
        }

        Ok(rows
            .iter()
            .map(|row| results.get(&row.key).copied().unwrap_or(Upserted::Stale))
            .collect())
    }

    /// A row that was inserted or whose observation became newer.
    #[derive(diesel::QueryableByName)]
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

    impl Written {
        fn into_result(self) -> (Key, Upserted) {
            let upserted = match (self.inserted, self.changed) {
                (true, _) => Upserted::Inserted,
                (false, true) => Upserted::Updated,
                (false, false) => Upserted::Unchanged,
            };
            ((self.account, self.livemode, self.id), upserted)
        }
    }

    /// Even an unchanged row takes the newer `observed_at`: an observation between the two must not
    /// win later. Unchanged content is kept if it is stored outside the row, which is not written
    /// then. Within the row everything is written, and the new content needs no decompression for
    /// the generated columns. Comparing strings breaks ties in the same way as the batch does.
    fn upsert_sql(table: TableName) -> String {
        format!(
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
             RETURNING account, livemode, id, xmax = 0 AS inserted, djstripe_updated = ? AS changed"
        )
    }

    /// The keys of the observations that their rows hold already. LATERAL looks each row up by its
    /// key, even if the planner believes the table to be empty.
    fn same_sql(table: TableName) -> String {
        format!(
            "SELECT input.account, input.livemode, input.id \
             FROM unnest(?, ?, ?, ?, ?, ?, ?) \
                 AS input (account, livemode, id, stripe_data, api_version, observed_at, deleted) \
             CROSS JOIN LATERAL ( \
                 SELECT stored.observed_at, stored.deleted_at, stored.stripe_data FROM {table} AS stored \
                 WHERE stored.account = input.account AND stored.livemode = input.livemode AND stored.id = input.id \
                 OFFSET 0) AS stored \
             WHERE stored.observed_at = input.observed_at AND (stored.deleted_at IS NOT NULL) = input.deleted \
                 AND stored.stripe_data = input.stripe_data::jsonb"
        )
    }

    /// Binds the arrays of `input`, in the order of its columns.
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
            .bind(Bind::bools(rows.iter().map(|row| row.deleted)))
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use diesel::{Connection as _, SqliteConnection as Raw};

    use super::{Bind, Observation, QueryResult, Statement, TableName, Upserted};

    pub(super) fn upsert(
        raw: &mut Raw,
        table: TableName,
        rows: &[Observation],
        now: i64,
    ) -> QueryResult<Vec<Upserted>> {
        let write = |raw: &mut Raw| {
            rows.iter()
                .map(|row| upsert_one(raw, table, row, now))
                .collect()
        };

        match AnsiTransactionManager::transaction_manager_status_mut(raw).transaction_depth()? {
            Some(_) => raw.transaction(write),
            // In a deferred transaction a write after a read fails if another process has written
            // in between.
            None => raw.immediate_transaction(write),
        }
    }

    fn upsert_one(
        raw: &mut Raw,
        table: TableName,
        row: &Observation,
        now: i64,
    ) -> QueryResult<Upserted> {
        let (upserted, statement) = match stored(raw, table, row)? {
            Some(stored) if *row == stored => return Ok(Upserted::Unchanged),
            Some(stored) if *row < stored => return Ok(Upserted::Stale),
            Some(stored) => update(table, row, &stored, now),
            None => (Upserted::Inserted, insert(table, row, now)),
        };

        let (account, livemode, id) = &row.key;
        let api_version = Some(&*row.api_version).filter(|version| !version.is_empty());
        let deleted_at = row.deleted.then_some(row.observed_at);
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

    /// What the row holds, as an observation.
    fn stored(
        raw: &mut Raw,
        table: TableName,
        row: &Observation,
    ) -> QueryResult<Option<Observation>> {
        let (account, livemode, id) = &row.key;
        let select = Statement::<(BigInt, Bool, Text, Nullable<Text>)>::new(format!(
            "SELECT observed_at, deleted_at IS NOT NULL, stripe_data, api_version FROM {table} \
             WHERE account = ? AND livemode = ? AND id = ?"
        ))
        .bind(&**account)
        .bind(*livemode)
        .bind(&**id);
        let rows: Vec<(i64, bool, String, Option<String>)> = select.load_on(raw)?;

        let stored = rows.into_iter().next();
        Ok(stored.map(
            |(observed_at, deleted, stripe_data, api_version)| Observation {
                key: row.key.clone(),
                observed_at,
                deleted,
                stripe_data,
                api_version: api_version.unwrap_or_default(),
            },
        ))
    }

    /// The statement up to the values that [`upsert_one`] binds.
    fn update<'r>(
        table: TableName,
        row: &'r Observation,
        stored: &Observation,
        now: i64,
    ) -> (Upserted, Statement<'r>) {
        let same = row.stripe_data == stored.stripe_data;
        let unchanged = same && row.deleted == stored.deleted;
        let mut update = Statement::<()>::new(format!("UPDATE {table} SET"));
        if !same {
            update = update.sql(" stripe_data = ?,").bind(&*row.stripe_data);
        }
        if !unchanged {
            update = update.sql(" djstripe_updated = ?,").bind(now);
        }

        let update = update.sql(
            " api_version = ?, observed_at = ?, deleted_at = ? \
             WHERE account = ? AND livemode = ? AND id = ?",
        );
        let upserted = if unchanged {
            Upserted::Unchanged
        } else {
            Upserted::Updated
        };
        (upserted, update)
    }

    /// The statement up to the values that [`upsert_one`] binds.
    fn insert<'r>(table: TableName, row: &'r Observation, now: i64) -> Statement<'r> {
        Statement::<()>::new(format!(
            "INSERT INTO {table} (stripe_data, djstripe_created, djstripe_updated, api_version, observed_at, \
                 deleted_at, account, livemode, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ))
        .bind(&*row.stripe_data)
        .bind(now)
        .bind(now)
    }
}
