//! Looks at events before they are stored: what they say about forgotten customers is blanked. The
//! receivers get it blanked, too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::blank::{Blanked, Blanking};
use super::known::KnownValues;
use super::marks::{Mark, Marks, NewMark};
use super::owner::{CUSTOMER, mentioned, owner};
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

/// The JSON of an event without what is personal; `None` if nothing in it is a forgotten customer's.
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
    let whole = whole(&value, of_mark);
    let part = |value: &Value| owner(None, value, None, of_mark).map(|mark| mark.keeps_metadata);
    let blanking = Blanking {
        whole: whole.is_some(),
        keeps_metadata: whole.as_ref().is_some_and(|mark| mark.keeps_metadata),
        part: Some(&part),
        known,
        found,
    };
    let blanked = blanking.blank(event)?;
    (whole.is_some() || blanked.fields > 0).then_some(blanked)
}

/// The mark of the object that an event is about.
fn whole(event: &Value, of_mark: impl Fn(&str, &str) -> Option<Mark> + Copy) -> Option<Mark> {
    owner(None, &event["data"]["object"], None, of_mark)
        .or_else(|| before(&event["data"], of_mark))
        .or_else(|| related(event, of_mark))
}

/// The mark of an object that names no customer any more, such as a detached payment method, by what it
/// named before.
fn before(data: &Value, of_mark: impl Fn(&str, &str) -> Option<Mark>) -> Option<Mark> {
    let previous = data["previous_attributes"].as_object()?;
    let any = |of: &str, _: &str| (of == CUSTOMER).then_some(());
    if owner(None, &data["object"], None, any).is_some() {
        return None;
    }
    let mut object = data["object"].clone();
    object.as_object_mut()?.extend(previous.clone());
    owner(None, &object, None, of_mark)
}

/// Type and id of the object that an event is about, if it is a marked customer's.
pub(super) fn object_of(
    event: &str,
    scope: &(String, bool),
    marks: &Marks,
) -> Option<(String, String)> {
    let event: Value = serde_json::from_str(event).ok()?;
    whole(&event, |object, id| marks.get(scope, object, id))?;
    let object = &event["data"]["object"];
    let text = |field: &str| object[field].as_str().map(str::to_owned);
    Some((text("object")?, text("id")?))
}

/// The mark of the object that a thin event refers to.
fn related(event: &Value, of_mark: impl Fn(&str, &str) -> Option<Mark>) -> Option<Mark> {
    let related = event.get("related_object")?;
    of_mark(related.get("type")?.as_str()?, related.get("id")?.as_str()?)
}

/// Blanks what the events say about forgotten customers. Returns the marks of their objects that have
/// none, so that what names these is known by them.
pub(in crate::store) fn blank_all(events: &mut [NewEvent], marks: &Marks) -> Vec<NewMark> {
    let mut new = Vec::new();
    if marks.is_empty() {
        return new;
    }
    for stored in events {
        if let Some(event) = blank_one(&stored.event, marks) {
            new.extend(new_mark(&stored.event, marks));
            stored.event = event;
        }
    }
    new
}

fn scope_of(event: &Event) -> (String, bool) {
    (event.mirror_account().to_owned(), event.livemode())
}

fn blank_one(event: &Event, marks: &Marks) -> Option<Event> {
    let blanked = blanked(event.json(), &scope_of(event), marks, None, None)?;
    event.with_json(&blanked.json).ok()
}

fn new_mark(event: &Event, marks: &Marks) -> Option<NewMark> {
    let scope = scope_of(event);
    let head = event.object_head();
    let (object, id) = (head.object?, head.id?);
    if marks.get(&scope, &object, &id).is_some() {
        return None;
    }
    let value: Value = serde_json::from_str(event.json()).ok()?;
    let mark = whole(&value, |object, id| marks.get(&scope, object, id))?;
    Some(NewMark {
        scope,
        object,
        id,
        mark: Mark {
            frozen: false,
            ..mark
        },
    })
}

impl Store {
    /// The event as it may be stored: without what is personal of forgotten customers.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn storable_event(&self, event: &Event) -> Result<Event, StoreError> {
        let marks = self.marks_of(&ids([event])).await?;
        let blanked = (!marks.is_empty())
            .then(|| blank_one(event, &marks))
            .flatten();
        Ok(blanked.unwrap_or_else(|| event.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backend::connection::Scope;

    #[test]
    fn an_event_about_a_forgotten_customer_is_blanked_and_its_object_marked() {
        let scope = Scope {
            account: String::new(),
            livemode: false,
        };
        let mut marks = Marks::default();
        marks.add_object(&scope, "cus_1", "customer", "cus_1", false);
        let event = |customer: &str| {
            let json = format!(
                r#"{{"id":"evt_1","object":"event","type":"charge.updated","livemode":false,"data":{{
                    "object":{{"id":"ch_1","object":"charge","customer":"{customer}","receipt_email":"a@b.c"}},
                    "previous_attributes":{{"receipt_email":"b@b.c"}}}}}}"#
            );
            NewEvent {
                event: Event::from_json(&json).unwrap(),
                received_at: crate::timestamp::Timestamp::now(),
                remote_address: None,
                endpoint: None,
            }
        };
        let mut detached = event("");
        let json = detached
            .event
            .json()
            .replace(r#""customer":"""#, r#""customer":null"#);
        let previous = r#""previous_attributes":{"customer":"cus_1","#;
        let json = json.replace(r#""previous_attributes":{"#, previous);
        detached.event = Event::from_json(&json.replace("ch_1", "ch_2")).unwrap();
        let mut events = [event("cus_1"), event("cus_2"), detached];
        let new = blank_all(&mut events, &marks);

        assert!(!events[0].event.json().contains("@b.c"));
        assert!(events[0].event.json().contains("\"receipt_email\":null"));
        assert_eq!(events[1].event, event("cus_2").event);
        assert!(!events[2].event.json().contains("@b.c"));
        let new: Vec<_> = new.iter().map(|new| (&*new.object, &*new.id)).collect();
        assert_eq!(new, [("charge", "ch_1"), ("charge", "ch_2")]);
    }
}
