//! The statements of versions that both backends run.

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use super::place::{Change, Confirmed, Version};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::objects::observation::{Key, Observation};
use crate::store::row::TableName;

/// The columns that [`VersionRow`] reads.
const PLACE: &str = "SELECT observed_at, number, event_id, content, deleted, confirmed_at, confirmed_by \
     FROM djstripe_object_version WHERE object = ? AND id = ? AND account = ? AND livemode = ?";
const INSERT: &str = "INSERT INTO djstripe_object_version (observed_at, number, recorded_at, event_id, content, \
     deleted, confirmed_at, object, id, account, livemode) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const KEY: &str = " WHERE object = ? AND id = ? AND account = ? AND livemode = ?";

/// The object whose versions are meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObjectKey<'k> {
    pub(super) object: &'static str,
    pub(super) key: &'k Key,
}

#[derive(diesel::QueryableByName)]
pub(super) struct VersionRow {
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Nullable<Text>)]
    event_id: Option<String>,
    #[diesel(sql_type = Text)]
    content: String,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = BigInt)]
    confirmed_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    confirmed_by: Option<String>,
}

impl From<VersionRow> for Version {
    fn from(row: VersionRow) -> Self {
        Self {
            at: row.observed_at,
            number: row.number,
            event_id: row.event_id,
            content: row.content,
            is_deleted: row.deleted,
            confirmed: Confirmed {
                at: row.confirmed_at,
                event_id: row.confirmed_by,
            },
        }
    }
}

/// When a row was observed, and by the event of which.
#[derive(diesel::QueryableByName)]
pub(super) struct SeenRow {
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    event_id: Option<String>,
}

impl From<SeenRow> for Confirmed {
    fn from(row: SeenRow) -> Self {
        Self {
            at: row.observed_at,
            event_id: row.event_id,
        }
    }
}

/// The event of a row, if there is only one.
pub(in crate::store::objects) const EVENT_OF_ROW: &str =
    "CASE WHEN djstripe_events NOT LIKE '%,%' THEN djstripe_events END";

impl<'k> ObjectKey<'k> {
    pub(super) fn of(object: &'static str, observation: &'k Observation) -> Self {
        Self {
            object,
            key: &observation.key,
        }
    }

    /// The last version.
    #[cfg(feature = "sqlite")]
    pub(super) fn latest(self) -> Statement<'k, ByName> {
        self.select(" ORDER BY observed_at DESC, number DESC LIMIT 1")
    }

    /// The versions of one moment, the last one first.
    pub(super) fn of_moment(self, at: i64) -> Statement<'k, ByName> {
        self.select(" AND observed_at = ? ORDER BY number DESC")
            .bind(at)
    }

    /// The last version before a moment.
    pub(super) fn before(self, at: i64) -> Statement<'k, ByName> {
        self.select(" AND observed_at < ? ORDER BY observed_at DESC, number DESC LIMIT 1")
            .bind(at)
    }

    /// The first version after a moment.
    pub(super) fn after(self, at: i64) -> Statement<'k, ByName> {
        self.select(" AND observed_at > ? ORDER BY observed_at, number LIMIT 1")
            .bind(at)
    }

    /// When the row was observed, unless it is a copy.
    pub(super) fn row_seen(self, table: TableName) -> Statement<'k, ByName> {
        let (account, livemode, id) = self.key;
        Statement::new(format!(
            "SELECT observed_at, {EVENT_OF_ROW} AS event_id FROM {table} \
             WHERE account = ? AND livemode = ? AND id = ? AND coalesce(djstripe_source, '') <> 'copy'"
        ))
        .bind(&**account)
        .bind(*livemode)
        .bind(&**id)
    }

    fn select(self, rest: &str) -> Statement<'k, ByName> {
        self.bind(Statement::new(PLACE)).sql(rest)
    }

    fn bind<'a, Row>(self, statement: Statement<'a, Row>) -> Statement<'a, Row>
    where
        'k: 'a,
    {
        let (account, livemode, id) = self.key;
        statement
            .bind(self.object)
            .bind(&**id)
            .bind(&**account)
            .bind(*livemode)
    }

    /// The statement that makes a change.
    pub(super) fn change<'a>(self, change: &'a Change, now: i64) -> Statement<'a>
    where
        'k: 'a,
    {
        match change {
            Change::Insert(version) => {
                let insert = Statement::new(INSERT)
                    .bind(version.at)
                    .bind(version.number)
                    .bind(now)
                    .bind(version.event_id.as_deref())
                    .bind(&*version.content)
                    .bind(version.is_deleted)
                    .bind(version.confirmed.at);
                self.bind(insert)
            }
            Change::Confirm { at, number, until } => {
                let set = "UPDATE djstripe_object_version SET confirmed_at = ?, confirmed_by = ?";
                let update = Statement::new(set)
                    .bind(until.at)
                    .bind(until.event_id.as_deref());
                self.bind_place(update, *at, *number)
            }
            Change::Begin {
                at,
                number,
                earlier,
                new_number,
                event_id,
                until,
            } => {
                let set = "UPDATE djstripe_object_version SET observed_at = ?, number = ?, event_id = ?, \
                     confirmed_at = ?, confirmed_by = ?";
                let update = Statement::new(set)
                    .bind(*earlier)
                    .bind(*new_number)
                    .bind(event_id.as_deref())
                    .bind(until.at)
                    .bind(until.event_id.as_deref());
                self.bind_place(update, *at, *number)
            }
            Change::Renumber { at, number, new } => {
                let update =
                    Statement::new("UPDATE djstripe_object_version SET number = ?").bind(*new);
                self.bind_place(update, *at, *number)
            }
            Change::Rewrite {
                at,
                number,
                content,
            } => {
                let update = Statement::new("UPDATE djstripe_object_version SET content = ?")
                    .bind(&**content);
                self.bind_place(update, *at, *number)
            }
        }
    }

    fn bind_place<'a>(self, update: Statement<'a>, at: i64, number: i32) -> Statement<'a>
    where
        'k: 'a,
    {
        self.bind(update.sql(KEY))
            .sql(" AND observed_at = ? AND number = ?")
            .bind(at)
            .bind(number)
    }
}
