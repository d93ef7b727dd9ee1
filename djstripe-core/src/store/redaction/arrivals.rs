//! Looks at events before they are stored: what they say about forgotten customers is blanked. The
//! receivers get it blanked, too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::blank::{Blanked, Blanking};
use super::known::KnownValues;
use super::marks::{Mark, Marks};
use super::owner::{mentioned, owner};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::events::work::NewEvent;
use crate::webhook::event::Event;

/// The ids by which marks concern these events.
pub(in crate::store) fn ids<'e>(events: impl IntoIterator<Item = &'e Event>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for event in events {
        let Ok(value) = serde_json::from_str::<Value>(event.json()) else {
            continue;
        };
        let mut found = BTreeSet::new();
        mentioned(&value, &mut found);
        ids.extend(found.into_iter().map(str::to_owned));
    }
    ids
}

/// The JSON of an event without what is personal; `None` if nothing is a forgotten customer's.
/// `known` are values to replace, `found` takes those that are blanked.
pub(super) fn blanked(
    event: &str,
    scope: &(String, bool),
    marks: &Marks,
    known: Option<&KnownValues>,
    found: Option<&mut KnownValues>,
) -> Option<Blanked> {
    let value: Value = serde_json::from_str(event).ok()?;
    let of_mark = |object: &str, id: &str| marks.get(scope, object, id);
    let mut whole = owner(None, &value["data"]["object"], None, of_mark);
    if whole.is_none() {
        whole = related(&value, of_mark);
    }
    let part = |value: &Value| owner(None, value, None, of_mark).map(|mark| mark.keeps_metadata);
    let blanking = Blanking {
        whole: whole.is_some(),
        keeps_metadata: whole.is_some_and(|mark| mark.keeps_metadata),
        part: Some(&part),
        known,
        found,
    };
    blanking.blank(event).filter(|blanked| blanked.fields > 0)
}

/// The mark of the object that a thin event refers to.
fn related(event: &Value, of_mark: impl Fn(&str, &str) -> Option<Mark>) -> Option<Mark> {
    let related = event.get("related_object")?;
    of_mark(related.get("type")?.as_str()?, related.get("id")?.as_str()?)
}

/// Blanks what the events say about forgotten customers.
pub(in crate::store) fn blank_all(events: &mut [NewEvent], marks: &Marks) {
    if marks.is_empty() {
        return;
    }
    for new in events {
        if let Some(event) = blank_one(&new.event, marks) {
            new.event = event;
        }
    }
}

fn blank_one(event: &Event, marks: &Marks) -> Option<Event> {
    let scope = (event.mirror_account().to_owned(), event.livemode());
    let blanked = blanked(event.json(), &scope, marks, None, None)?;
    event.with_json(&blanked.json).ok()
}

impl Store {
    /// The event as it may be stored: without what is personal of forgotten customers.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn storable_event(&self, event: Event) -> Result<Event, StoreError> {
        let ids = ids([&event]);
        let mut transaction = self.begin().await?;
        let marks = transaction.db().await?.marks(&ids).await?;
        transaction.rollback().await?;
        Ok(blank_one(&event, &marks).unwrap_or(event))
    }
}
