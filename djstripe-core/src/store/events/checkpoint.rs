//! The checkpoint as a statement for another client's transaction.
//!
//! Invariant: it fails unless the lease holds, the receiver has not succeeded before, and the row
//! that the receiver has read is still the same version. It fails by a NULL in a column that takes
//! none: every client reports that, and no transaction commits after it.

use super::work::ReceiverRun;
use crate::store::backend::connection::Backend;
use crate::store::backend::store::Store;
use crate::store::row::{ReadRow, RowVersion};
use crate::store::text::without_nul;

/// A statement and the values of its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckpointStatement {
    pub(crate) sql: String,
    pub(crate) binds: Vec<String>,
}

/// Collects the values and writes their placeholders.
struct Binds {
    backend: Backend,
    values: Vec<String>,
}

impl Binds {
    fn text(&mut self, value: impl Into<String>) -> String {
        self.values.push(without_nul(value.into()).into_owned());
        let number = self.values.len();
        match self.backend {
            Backend::Postgres => format!("${number}::text"),
            Backend::Sqlite => format!("?{number}"),
        }
    }

    fn integer(&mut self, value: i64) -> String {
        format!("CAST({} AS bigint)", self.text(value.to_string()))
    }

    /// A condition that is true or false.
    fn boolean(&mut self, condition: &str, value: bool) -> String {
        format!(
            "CASE WHEN {condition} THEN 'true' ELSE 'false' END = {}",
            self.text(value.to_string())
        )
    }
}

impl Store {
    /// The statement that records the success of a run.
    pub(crate) fn checkpoint_statement(
        &self,
        run: &ReceiverRun,
        read: Option<&ReadRow>,
    ) -> CheckpointStatement {
        let prefix = self.schema().map(|schema| format!("{schema}."));
        statement(
            self.backend(),
            prefix.as_deref().unwrap_or_default(),
            run,
            read,
        )
    }
}

/// `prefix` is the schema with a dot: the application's connections may look names up elsewhere.
fn statement(
    backend: Backend,
    prefix: &str,
    run: &ReceiverRun,
    read: Option<&ReadRow>,
) -> CheckpointStatement {
    let mut binds = Binds {
        backend,
        values: Vec::new(),
    };
    let event = binds.text(&*run.event_id);
    let fence = binds.integer(run.fence);
    let unchanged = read.map_or_else(String::new, |read| {
        format!(" AND {}", is_unchanged(&mut binds, prefix, read))
    });
    // The lock keeps the fence until the commit. SQLite has one writer.
    let lock = match backend {
        Backend::Postgres => " FOR NO KEY UPDATE",
        Backend::Sqlite => "",
    };

    let receiver = binds.text(&*run.receiver);
    let attempts = binds.integer(i64::from(run.attempts));
    let finished_at = binds.integer(run.finished_at.micros());
    let sql = format!(
        "INSERT INTO {prefix}djstripe_receiver_run AS run \
             (event_id, receiver, outcome, attempts, error, permanent, gone, finished_at) \
         VALUES ((SELECT event_id FROM {prefix}djstripe_queue \
                 WHERE event_id = {event} AND fence = {fence} AND state = 'processing'{unchanged}{lock}), \
             {receiver}, 'succeeded', {attempts}, NULL, false, false, {finished_at}) \
         ON CONFLICT (event_id, receiver) DO UPDATE SET \
             outcome = CASE WHEN run.outcome = 'failed' THEN 'succeeded' END, \
             attempts = excluded.attempts, error = NULL, permanent = false, \
             finished_at = excluded.finished_at, took = NULL"
    );
    CheckpointStatement {
        sql,
        binds: binds.values,
    }
}

/// Whether the row is still the version that was read.
fn is_unchanged(binds: &mut Binds, prefix: &str, ReadRow { key, version }: &ReadRow) -> String {
    let account = binds.text(&*key.account);
    let livemode = binds.boolean("livemode", key.livemode);
    let id = binds.text(&*key.id);
    let row = format!(
        "SELECT 1 FROM {prefix}{} WHERE account = {account} AND {livemode} AND id = {id}",
        key.table
    );
    let Some(version) = version else {
        return format!("NOT EXISTS ({row})");
    };

    let RowVersion {
        observed_at,
        is_deleted,
        source,
        events,
    } = version;
    let observed_at = binds.integer(observed_at.micros());
    let is_deleted = binds.boolean("deleted_at IS NOT NULL", *is_deleted);
    let source = binds.text(source.as_deref().unwrap_or_default());
    let events = binds.text(events.as_deref().unwrap_or_default());
    format!(
        "EXISTS ({row} AND observed_at = {observed_at} AND {is_deleted} \
             AND coalesce(djstripe_source, '') = {source} AND coalesce(djstripe_events, '') = {events})"
    )
}
