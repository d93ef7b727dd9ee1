//! The processes that serve or work, each with a row that it renews; and the removal of what is too old.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};

use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::run::on_backend;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const WRITE: &str = "write the row of a process";
const LIST: &str = "list processes";
const REMOVE: &str = "remove old records of processes";

/// How long after its last renewal a process counts as alive. It renews its row every 15 s.
const ALIVE: Duration = Duration::from_secs(60);

/// How many processes are listed.
const LISTED: u32 = 1_000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How old the rows of a table get: the condition has the time in its place.
const TOO_OLD: [(&str, Duration); 5] = [
    ("DELETE FROM djstripe_process WHERE seen_at < ?", DAY),
    (
        "DELETE FROM djstripe_minute WHERE minute < ?",
        DAY.saturating_mul(31),
    ),
    (
        "DELETE FROM djstripe_receiver_minute WHERE minute < ?",
        DAY.saturating_mul(2),
    ),
    (
        "DELETE FROM djstripe_receiver_hour WHERE hour < ?",
        DAY.saturating_mul(31),
    ),
    (
        "DELETE FROM djstripe_verify_run WHERE started_at < ?",
        DAY.saturating_mul(365),
    ),
];

const RENEW: &str = "INSERT INTO djstripe_process (id, role, host, pid, version, started_at, seen_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at";

const SELECT: &str = "SELECT id, role, host, pid, version, started_at, seen_at FROM djstripe_process \
     ORDER BY started_at DESC, id LIMIT ?";

/// What a process writes about itself.
#[derive(Clone, Debug)]
pub(crate) struct ProcessRow {
    pub(crate) id: String,
    pub(crate) role: &'static str,
    pub(crate) host: String,
    pub(crate) pid: u32,
    pub(crate) version: &'static str,
    pub(crate) started_at: Timestamp,
}

/// A process that serves or works, or did within a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// A random id.
    pub id: String,
    /// What it does: `serve` or `work`.
    pub role: String,
    /// The name of its machine.
    pub host: String,
    /// The id that the machine has given it.
    pub pid: i64,
    /// The version of djstripe.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was last there.
    pub seen_at: Timestamp,
}

impl Process {
    /// Whether it was there within the last minute. One that has ended in an orderly way has no row.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.seen_at + ALIVE >= now
    }
}

impl OperatorQueries {
    /// The processes that serve or work, those that started last first. One that was killed stays for a
    /// day.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn processes(&self) -> Result<Vec<Process>, StoreError> {
        let select = Statement::<(Text, Text, Text, BigInt, Text, BigInt, BigInt)>::new(SELECT)
            .bind(i64::from(LISTED));
        let rows: Vec<(String, String, String, i64, String, i64, i64)> =
            load_limited!(self, LIST, select)?;
        let process = |(id, role, host, pid, version, started_at, seen_at)| Process {
            id,
            role,
            host,
            pid,
            version,
            started_at: Timestamp::from_micros(started_at),
            seen_at: Timestamp::from_micros(seen_at),
        };
        Ok(rows.into_iter().map(process).collect())
    }
}

impl Store {
    /// Writes that a process is there.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn renew_process(
        &self,
        row: &ProcessRow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let renew = Statement::new(RENEW)
            .bind(row.id.clone())
            .bind(row.role)
            .bind(row.host.clone())
            .bind(i64::from(row.pid))
            .bind(row.version)
            .bind(row.started_at.micros())
            .bind(now.micros());
        self.execute(WRITE, renew).await.map(drop)
    }

    /// Deletes the row of a process that ends.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn delete_process(&self, id: &str) -> Result<(), StoreError> {
        let delete = Statement::new("DELETE FROM djstripe_process WHERE id = ?");
        self.execute(WRITE, delete.bind(id.to_owned()))
            .await
            .map(drop)
    }

    /// Removes the rows of processes that were killed, and counts and reports that are too old.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn remove_old_records(&self, now: Timestamp) -> Result<(), StoreError> {
        let delete = move |(sql, age): (&'static str, Duration)| {
            Statement::<()>::new(sql).bind((now - age).micros())
        };
        on_backend!(
            self, REMOVE,
            postgres(connection) => async {
                for too_old in TOO_OLD {
                    diesel_async::RunQueryDsl::execute(delete(too_old), &mut *connection).await?;
                }
                Ok(())
            },
            sqlite.write => move |raw| {
                for too_old in TOO_OLD {
                    delete(too_old).execute_on(raw)?;
                }
                Ok(())
            },
        )
    }
}
