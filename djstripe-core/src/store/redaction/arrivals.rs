//! Looks at events before they are stored: what they say about forgotten customers is blanked. The
//! receivers get it blanked, too.

use std::collections::BTreeSet;

use diesel::QueryResult;
use serde_json::Value;

use super::blank::Blanking;
use super::known::KnownValues;
use super::marks::{self, Mark, MarkRow, Marks, NewMark};
use super::owner::{CUSTOMER, add_mentioned, owner};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::events::work::NewEvent;
use crate::webhook::event::Event;

/// The ids by which marks concern these events.
pub(in crate::store) fn ids<'e>(events: impl IntoIterator<Item = &'e Event>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for event in events {
        add_mentioned(event.json(), &mut ids);
    }
    ids
}

/// An event without what it says about forgotten customers.
pub(super) struct BlankedEvent {
    pub(super) json: String,
    /// How many values were blanked or changed.
    pub(super) fields: u64,
    /// Type and id of the object that it is about, and a mark for it, if the object is a customer's.
    pub(super) object: Option<(String, String, Mark)>,
}

impl BlankedEvent {
    /// The mark of its object, if that has none: what names it is known by the mark.
    fn new_mark(self, scope: (String, bool), marks: &Marks) -> Option<NewMark> {
        let (object, id, mark) = self.object?;
        marks.get(&scope, &object, &id).is_none().then(|| NewMark {
            scope,
            object,
            id,
            mark: mark.of_later(),
        })
    }
}

/// The event without what is personal; `None` if nothing in it is a forgotten customer's. `known` are
/// values to replace, `found` takes those that are blanked.
pub(super) fn blanked(
    event: &str,
    scope: &(String, bool),
    marks: &Marks,
    known: Option<&KnownValues>,
    found: Option<&mut KnownValues>,
) -> Option<BlankedEvent> {
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
    if whole.is_none() && blanked.fields == 0 {
        return None;
    }
    let text = |field: &str| value["data"]["object"][field].as_str().map(str::to_owned);
    Some(BlankedEvent {
        json: blanked.json,
        fields: blanked.fields,
        object: whole.and_then(|mark| Some((text("object")?, text("id")?, mark))),
    })
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

/// The mark of the object that a thin event refers to.
fn related(event: &Value, of_mark: impl Fn(&str, &str) -> Option<Mark>) -> Option<Mark> {
    let related = event.get("related_object")?;
    of_mark(related.get("type")?.as_str()?, related.get("id")?.as_str()?)
}

/// Blanks what the events say about forgotten customers. Returns the marks of their objects that have
/// none, so that what names these is known by them.
pub(in crate::store) fn blank_all(
    events: &mut [NewEvent],
    marks: &Marks,
) -> QueryResult<Vec<NewMark>> {
    let mut new = Vec::new();
    if marks.is_empty() {
        return Ok(new);
    }
    for stored in events {
        let scope = scope_of(&stored.event);
        if let Some(blanked) = blanked(stored.event.json(), &scope, marks, None, None) {
            stored.event = with_json(&stored.event, &blanked.json)?;
            new.extend(blanked.new_mark(scope, marks));
        }
    }
    Ok(new)
}

fn scope_of(event: &Event) -> (String, bool) {
    (event.mirror_account().to_owned(), event.livemode())
}

/// Blanks the payload that this transaction has given to a stored event, and returns the event as it is
/// stored. Marks that come later wait for the end of the transaction.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn blank_stored_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    event: &Event,
) -> QueryResult<Event> {
    use diesel_async::RunQueryDsl;

    let select = marks::select_postgres(&ids([event]));
    let marks: Vec<MarkRow> = select.load(connection).await?;
    let Some(blanked) = blanked_stored(event, marks)? else {
        return Ok(event.clone());
    };
    set_payload(blanked.json(), event.id())
        .execute(connection)
        .await?;
    Ok(blanked)
}

/// As on PostgreSQL.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn blank_stored_sqlite(
    raw: &mut diesel::SqliteConnection,
    event: &Event,
) -> QueryResult<Event> {
    let marks: Vec<MarkRow> = marks::select_sqlite(&ids([event])).load_on(raw)?;
    let Some(blanked) = blanked_stored(event, marks)? else {
        return Ok(event.clone());
    };
    set_payload(blanked.json(), event.id()).execute_on(raw)?;
    Ok(blanked)
}

fn blanked_stored(event: &Event, marks: Vec<MarkRow>) -> QueryResult<Option<Event>> {
    if marks.is_empty() {
        return Ok(None);
    }
    let marks = Marks::of(marks);
    let blanked = blanked(event.json(), &scope_of(event), &marks, None, None);
    blanked
        .map(|blanked| with_json(event, &blanked.json))
        .transpose()
}

/// The event with its blanked JSON. It is never stored with the JSON that was to be blanked.
fn with_json(event: &Event, json: &str) -> QueryResult<Event> {
    let event = event.with_json(json);
    event.map_err(|error| diesel::result::Error::SerializationError(error.into()))
}

/// The statement that gives a stored event this payload.
pub(super) fn set_payload<'a>(
    json: impl Into<Bind<'a>>,
    id: impl Into<Bind<'a>>,
) -> Statement<'a, ()> {
    Statement::new("UPDATE djstripe_event SET payload = ? WHERE id = ?")
        .bind(json)
        .bind(id)
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
        let new = blank_all(&mut events, &marks).unwrap();

        assert!(!events[0].event.json().contains("@b.c"));
        assert!(events[0].event.json().contains("\"receipt_email\":null"));
        assert_eq!(events[1].event, event("cus_2").event);
        assert!(!events[2].event.json().contains("@b.c"));
        let new: Vec<_> = new.iter().map(|new| (&*new.object, &*new.id)).collect();
        assert_eq!(new, [("charge", "ch_1"), ("charge", "ch_2")]);
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn a_payload_that_replaces_another_one_is_blanked_in_the_same_transaction() {
        use crate::store::{Store, StoreOptions};
        use crate::timestamp::Timestamp;
        use crate::webhook::API_VERSION;

        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("shop.db").display());
        let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
        store.migrate().await.unwrap();
        let scope = Scope {
            account: String::new(),
            livemode: false,
        };
        let charge = |version: &str, amount: u32| {
            let json = format!(
                r#"{{"id":"evt_1","object":"event","type":"charge.updated","livemode":false,"api_version":"{version}",
                    "data":{{"object":{{"id":"ch_1","object":"charge","customer":"cus_1","amount":{amount},
                    "receipt_email":"a@b.c"}}}}}}"#
            );
            Event::from_json(&json).unwrap()
        };
        let now = Timestamp::now();
        let old = NewEvent {
            event: charge("2020-08-27", 1),
            received_at: now,
            remote_address: None,
            endpoint: None,
        };
        store.queue().insert_events(&[old]).await.unwrap();

        // As if the customer was forgotten between the two.
        let marked = store.mark_redacted(&scope, "cus_1", CUSTOMER, &["cus_1"], false);
        marked.await.unwrap();
        let (queue, current) = (store.queue(), charge(API_VERSION, 2));
        assert!(queue.replace_payload(&current, &[], now).await.unwrap());

        let (_, payload) = store.event("evt_1").await.unwrap().unwrap();
        assert!(
            payload.contains("\"amount\":2") && !payload.contains("a@b.c"),
            "{payload}"
        );
    }
}
