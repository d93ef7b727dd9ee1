//! Which row of which table an object is.

use djstripe_models::{ModelDescriptor, descriptor};

use super::references::{Children, Contents, Embedded};
use super::settings::MirrorSettings;
use crate::receiver::writes::{ChildWrite, ChildrenWrite, NotMirrored, RowWrite};
use crate::store::{RowSource, TableName};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

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

    /// The event's own object. The error says why it gets no row.
    pub(super) fn of_event(event: &Event, settings: &MirrorSettings) -> Result<Self, NotMirrored> {
        let head = event.object_head();
        let object = head.object.ok_or(NotMirrored::NoId)?;
        let descriptor = descriptor(&object).ok_or(NotMirrored::UnknownType(object))?;
        if settings.is_left_out(descriptor.object) {
            return Err(NotMirrored::SwitchedOff(descriptor.object));
        }
        if let Some(group) = descriptor
            .feature
            .filter(|_| settings.has_no_table(descriptor))
        {
            return Err(NotMirrored::NoTable {
                object: descriptor.object,
                group,
            });
        }
        let id = head.id.ok_or(NotMirrored::NoId)?;
        Self::new(descriptor, id).ok_or(NotMirrored::NoId)
    }

    /// An observation of the object and of its children.
    pub(super) fn row(&self, json: &str, contents: &Contents<'_>, seen: Observed<'_>) -> RowWrite {
        let mut row = self.write(json, seen);
        let own_lists = contents.partial_lists.iter();
        row.incomplete = own_lists
            .filter(|list| list.is_of(self.descriptor, &self.id))
            .map(|list| list.path.clone())
            .collect();
        let children = contents.children.iter();
        row.children = children
            .filter_map(|children| self.children(children, seen))
            .collect();
        row
    }

    /// A copy of the object inside another one.
    pub(super) fn copy(&self, json: &str, seen: Observed<'_>) -> RowWrite {
        RowWrite {
            source: RowSource::Copy,
            events: Vec::new(),
            undecided: false,
            ..self.write(json, seen)
        }
    }

    /// An observation that the object is deleted.
    pub(super) fn tombstone(&self, json: &str, seen: Observed<'_>) -> RowWrite {
        RowWrite {
            deleted: true,
            ..self.write(json, seen)
        }
    }

    fn write(&self, json: &str, seen: Observed<'_>) -> RowWrite {
        RowWrite {
            descriptor: self.descriptor,
            table: self.table,
            id: self.id.clone(),
            json: json.to_owned(),
            api_version: seen.api_version.map(str::to_owned),
            observed_at: seen.at,
            deleted: false,
            source: seen.source,
            incomplete: Vec::new(),
            events: seen.events.to_vec(),
            undecided: seen.undecided,
            event_id: None,
            children: Vec::new(),
        }
    }

    fn children(&self, children: &Children<'_>, seen: Observed<'_>) -> Option<ChildrenWrite> {
        let rows = children.items.iter().map(|child| ChildWrite {
            id: child_row_id(child, &self.id, seen.api_version),
            json: child.json.to_owned(),
            ended: false,
        });
        Some(ChildrenWrite {
            table: TableName::new(children.descriptor.table?),
            is_complete: children.is_complete(),
            rows: rows.collect(),
        })
    }
}

/// The id of a child's row. Where the ids of an API version are unique only among the children of
/// one parent, the parent's id comes first.
pub(crate) fn child_row_id(
    child: &Embedded<'_>,
    parent_id: &str,
    api_version: Option<&str>,
) -> String {
    let unique_since = child.descriptor.ids_unique_since;
    let is_shared = unique_since
        .zip(api_version)
        .is_some_and(|(since, version)| version < since);
    if is_shared {
        format!("{parent_id}-{}", child.id)
    } else {
        child.id.clone()
    }
}

/// When an object was seen, and in which API version.
#[derive(Clone, Copy)]
pub(super) struct Observed<'a> {
    pub(super) api_version: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) source: RowSource,
    /// Whether another event of the same second may be the later one.
    pub(super) undecided: bool,
    /// Ids of the events of this second that the content takes into account.
    pub(super) events: &'a [String],
}

impl Observed<'static> {
    /// Seen in the response to a request that was sent at `started_at`.
    pub(super) fn fetched(started_at: Timestamp) -> Self {
        Self {
            api_version: Some(crate::webhook::API_VERSION),
            at: started_at,
            source: RowSource::Fetched,
            undecided: false,
            events: &[],
        }
    }
}
