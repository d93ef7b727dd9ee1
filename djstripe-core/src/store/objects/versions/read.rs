//! Reading the versions of an object.

use std::fmt;
use std::str::FromStr;

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read versions of an object";

const SCOPES: &str = "SELECT DISTINCT account, livemode FROM djstripe_object_version \
     WHERE object = ? AND id = ? ORDER BY account, livemode";
const VERSIONS: &str = "SELECT observed_at, number, recorded_at, event_id, content, deleted FROM djstripe_object_version \
     WHERE object = ? AND id = ? AND account = ? AND livemode = ?";

/// An object that has versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionedObject {
    /// Its type, `customer`.
    pub object: String,
    /// Its id.
    pub id: String,
    /// The connected account that it belongs to; empty for the platform's own.
    pub account: String,
    /// Whether it is of live mode.
    pub livemode: bool,
}

/// A state of an object, from the time at which it was first observed until the next version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectVersion {
    /// When the object was first seen in this state: the time of the event, or of the request to
    /// Stripe.
    pub observed_at: Timestamp,
    /// Its place among the versions of the same moment, from 0.
    pub number: u32,
    /// When it was stored.
    pub recorded_at: Timestamp,
    /// The event that brought it; `None` if it was fetched without one, as by `sync`.
    pub event_id: Option<String>,
    /// The object's JSON. Keys are in the order of PostgreSQL's `jsonb`, numbers without exponents.
    pub content: String,
    /// Whether the object was deleted.
    pub deleted: bool,
}

/// The place of a version in the history of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionPosition {
    observed_at: i64,
    number: i32,
}

impl ObjectVersion {
    /// Its place in the history of its object.
    pub fn position(&self) -> VersionPosition {
        VersionPosition {
            observed_at: self.observed_at.micros(),
            number: i32::try_from(self.number).unwrap_or(i32::MAX),
        }
    }
}

/// As an argument: microseconds since 1970, and the number.
impl fmt::Display for VersionPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.observed_at, self.number)
    }
}

/// A string is no [`VersionPosition`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the position of a version; use the one that the end of a page names")]
pub struct PositionError;

impl FromStr for VersionPosition {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (observed_at, number) = text.split_once('.').ok_or(PositionError)?;
        Ok(Self {
            observed_at: observed_at.parse().map_err(|_| PositionError)?,
            number: number.parse().map_err(|_| PositionError)?,
        })
    }
}

#[derive(diesel::QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = BigInt)]
    recorded_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    event_id: Option<String>,
    #[diesel(sql_type = Text)]
    content: String,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

impl From<VersionRow> for ObjectVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            observed_at: Timestamp::from_micros(row.observed_at),
            number: row.number.unsigned_abs(),
            recorded_at: Timestamp::from_micros(row.recorded_at),
            event_id: row.event_id,
            content: row.content,
            deleted: row.deleted,
        }
    }
}

impl Store {
    /// Whether this process keeps versions of objects of this type, such as `customer`; see
    /// [`Builder::keep_versions_of`](crate::Builder::keep_versions_of).
    pub fn keeps_versions_of(&self, object: &str) -> bool {
        self.kept_types().has(object)
    }

    /// The objects with this type and id that have versions: one in each account and mode that has
    /// the id.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn versioned_objects(
        &self,
        object: &str,
        id: &str,
    ) -> Result<Vec<VersionedObject>, StoreError> {
        let select = Statement::<(Text, Bool)>::new(SCOPES)
            .bind(object.to_owned())
            .bind(id.to_owned());
        let scopes: Vec<(String, bool)> = load!(self, READ, select)?;
        let versioned = |(account, livemode)| VersionedObject {
            object: object.to_owned(),
            id: id.to_owned(),
            account,
            livemode,
        };
        Ok(scopes.into_iter().map(versioned).collect())
    }

    /// The last version of an object that an event has brought.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "page")]
    pub(crate) async fn object_version_by(
        &self,
        object: &VersionedObject,
        event_id: &str,
    ) -> Result<Option<ObjectVersion>, StoreError> {
        let select = Statement::<ByName>::new(VERSIONS)
            .bind(object.object.clone())
            .bind(object.id.clone())
            .bind(object.account.clone())
            .bind(object.livemode)
            .sql(" AND event_id = ? ORDER BY observed_at DESC, number DESC LIMIT 1")
            .bind(event_id.to_owned());
        let rows: Vec<VersionRow> = load!(self, READ, select)?;
        Ok(rows.into_iter().next().map(ObjectVersion::from))
    }

    /// The versions of an object, newest first; with `after` those before that version in time. What
    /// differs between two of them, [`difference`](crate::store::difference) finds.
    ///
    /// ```
    /// use djstripe_core::store::{Store, VersionedObject, difference};
    ///
    /// /// The paths of the fields that the last change of a customer changed.
    /// async fn last_change(store: &Store, id: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    ///     let customer = VersionedObject {
    ///         object: "customer".to_owned(),
    ///         id: id.to_owned(),
    ///         account: String::new(),
    ///         livemode: true,
    ///     };
    ///     let versions = store.object_versions(&customer, None, 2).await?;
    ///     let [now, before] = &versions[..] else {
    ///         return Ok(Vec::new());
    ///     };
    ///     let changes = difference(&before.content, &now.content)?;
    ///     Ok(changes.iter().map(|change| change.path.to_string()).collect())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn object_versions(
        &self,
        object: &VersionedObject,
        after: Option<VersionPosition>,
        limit: u32,
    ) -> Result<Vec<ObjectVersion>, StoreError> {
        let mut select = Statement::<ByName>::new(VERSIONS)
            .bind(object.object.clone())
            .bind(object.id.clone())
            .bind(object.account.clone())
            .bind(object.livemode);
        if let Some(after) = after {
            select = select
                .sql(" AND (observed_at, number) < (?, ?)")
                .bind(after.observed_at)
                .bind(after.number);
        }
        let select = select
            .sql(" ORDER BY observed_at DESC, number DESC LIMIT ?")
            .bind(i64::from(limit));
        let rows: Vec<VersionRow> = load!(self, READ, select)?;
        Ok(rows.into_iter().map(ObjectVersion::from).collect())
    }
}
