//! Which row of which table an object is.

use djstripe_models::ModelDescriptor;

use crate::receiver::writes::Write;
use crate::store::TableName;
use crate::timestamp::Timestamp;

/// An object's type, table and id.
pub(super) struct ObjectKey {
    pub(super) descriptor: &'static ModelDescriptor,
    pub(super) table: TableName,
    pub(super) id: String,
}

impl ObjectKey {
    /// `None` if objects of this type have no table.
    pub(super) fn new(descriptor: &'static ModelDescriptor, id: String) -> Option<Self> {
        Some(Self {
            descriptor,
            table: TableName::new(descriptor.table?),
            id,
        })
    }

    /// An observation of the object.
    pub(super) fn row(&self, json: &str, seen: Observed<'_>) -> Write {
        self.write(json, seen, false)
    }

    /// An observation that the object is deleted.
    pub(super) fn tombstone(&self, json: &str, seen: Observed<'_>) -> Write {
        self.write(json, seen, true)
    }

    fn write(&self, json: &str, seen: Observed<'_>, deleted: bool) -> Write {
        Write::Row {
            table: self.table,
            id: self.id.clone(),
            json: json.to_owned(),
            api_version: seen.api_version.map(str::to_owned),
            observed_at: seen.at,
            deleted,
        }
    }
}

/// When an object was seen, and in which API version.
#[derive(Clone, Copy)]
pub(super) struct Observed<'a> {
    pub(super) api_version: Option<&'a str>,
    pub(super) at: Timestamp,
}

impl Observed<'static> {
    /// Seen in the response to a request that was sent at `started_at`.
    pub(super) fn fetched(started_at: Timestamp) -> Self {
        Self {
            api_version: Some(crate::webhook::API_VERSION),
            at: started_at,
        }
    }
}
