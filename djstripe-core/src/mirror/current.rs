//! The event's object as a receiver reads it: its row, or the event's payload where that is newer
//! or where there is no row.

use super::argument::observed_at;
use super::object_key::ObjectKey;
use super::rows::RowLists;
use super::settings::MirrorSettings;
use crate::receiver::current_object::CurrentObject;
use crate::receiver::writes::{RowWrite, Write};
use crate::store::{ReadRow, RowKey, RowVersion, StoredObject, TableName};
use crate::timestamp::Timestamp;
use crate::webhook::API_VERSION;
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;

/// How the row of an event's object relates to the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowState {
    /// The row takes the event into account.
    Current,
    /// The mirror could not write what the event says.
    Behind,
    /// Stripe no longer had the object at this time.
    Gone(Timestamp),
}

/// The event's object, and the row that it was read from.
#[derive(Clone, Debug)]
pub(crate) struct ReadObject {
    /// `None` if the event carries no object.
    pub(crate) object: Option<CurrentObject>,
    /// `None` if objects of this kind have no rows.
    pub(crate) row: Option<ReadRow>,
}

/// The row of the event's object; `None` if it gets none.
pub(crate) fn row_of(event: &Event, settings: &MirrorSettings) -> Option<RowKey> {
    if !settings.enabled {
        return None;
    }
    let key = ObjectKey::of_event(event, settings).ok()?;
    Some(row_key(event, &key.id, key.table))
}

fn row_key(event: &Event, id: &str, table: TableName) -> RowKey {
    RowKey {
        table,
        account: event.mirror_account().to_owned(),
        livemode: event.livemode(),
        id: id.to_owned(),
    }
}

impl ReadObject {
    /// The payload of an event whose object has no row.
    pub(crate) fn payload(event: &Event) -> Self {
        Self {
            object: payload(event, false),
            row: None,
        }
    }

    /// The newer of the row and the payload.
    pub(crate) fn new(
        event: &Event,
        key: RowKey,
        stored: Option<StoredObject>,
        state: RowState,
    ) -> Self {
        let row = ReadRow {
            key,
            version: stored.as_ref().map(|stored| stored.version.clone()),
        };
        let is_newer = |stored: &StoredObject| match state {
            RowState::Current => true,
            RowState::Behind | RowState::Gone(_) => stored.version.observed_at > observed_at(event),
        };
        // What is gone, and what a thin event doesn't carry, is the last known content.
        let is_last = matches!(state, RowState::Gone(_)) && payload(event, true).is_none();
        let newer = stored.filter(|stored| !stored.is_copy() && (is_last || is_newer(stored)));

        let is_gone = |seen: Timestamp| matches!(state, RowState::Gone(at) if at >= seen);
        let object = match newer {
            Some(stored) => Some(CurrentObject {
                is_deleted: stored.version.is_deleted
                    || is_last
                    || is_gone(stored.version.observed_at),
                json: stored.stripe_data,
                api_version: stored.api_version,
                is_from_payload: false,
            }),
            None => payload(event, matches!(state, RowState::Gone(_))),
        };
        Self {
            object,
            row: Some(row),
        }
    }

    /// The event's object as these writes leave it, if they have an observation of it.
    pub(crate) fn written(event: &Event, writes: &[Write]) -> Option<Self> {
        let own = writes.iter().rev().find_map(|write| match write {
            Write::Row(row) if row.is_of(event) => Some(row),
            _ => None,
        })?;
        Some(Self::of_write(event, own))
    }

    fn of_write(event: &Event, row: &RowWrite) -> Self {
        let version = RowVersion {
            observed_at: row.observed_at,
            is_deleted: row.deleted,
            source: Some(row.source.as_str().to_owned()),
            events: RowLists::of(row).events,
        };
        Self {
            object: Some(CurrentObject {
                json: row.json.clone(),
                api_version: row.api_version.clone(),
                is_deleted: row.deleted,
                is_from_payload: false,
            }),
            row: Some(ReadRow {
                key: row_key(event, &row.id, row.table),
                version: Some(version),
            }),
        }
    }
}

/// The payload, or the object that a thin event refers to, where it was fetched for its receivers.
fn payload(event: &Event, is_gone: bool) -> Option<CurrentObject> {
    if let Some(fetched) = event.fetched_object() {
        return Some(CurrentObject {
            json: fetched.json.clone(),
            api_version: Some(API_VERSION.to_owned()),
            is_deleted: fetched.is_deleted,
            is_from_payload: false,
        });
    }
    let json = event.object_json()?;
    Some(CurrentObject {
        json: json.to_owned(),
        api_version: event.api_version().map(str::to_owned),
        is_deleted: is_gone || is_deletion(event),
        is_from_payload: true,
    })
}

/// Whether the event says that Stripe no longer has the object. It has subscriptions that are
/// canceled, which `customer.subscription.deleted` tells of.
///
/// Source: [Retrieve a subscription](https://docs.stripe.com/api/subscriptions/retrieve).
fn is_deletion(event: &Event) -> bool {
    CrudType::determine(event, None) == Some(CrudType::Deleted)
        && event.object_head().object.as_deref() != Some("subscription")
}

#[cfg(test)]
mod tests {
    use djstripe_models::descriptor;

    use crate::webhook::event_name::EventName;

    const DOCS: &str = include_str!("../../docs/receivers.md");

    #[test]
    fn the_events_whose_objects_have_no_row_are_documented() {
        let has_row = |object: &&str| descriptor(object).is_some_and(|it| it.table.is_some());
        let without: Vec<String> = EventName::known()
            .filter(|name| !name.objects().is_empty())
            .filter(|name| !name.objects().iter().any(&has_row))
            .map(|name| format!("`{name}`"))
            .collect();
        let documented = DOCS
            .split_once("objects without an id: ")
            .and_then(|(_, rest)| rest.split_once(".\n"))
            .map(|(list, _)| list.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(documented, Some(without.join(", ")));
    }
}
