//! The envelopes in which Stripe's events reach other transports than HTTP.
//!
//! In: a message of Amazon EventBridge or Azure Event Grid, or the event itself. Out: the event's
//! bytes as they are in it.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::Scalar;

/// The fields by which an event and its envelopes are told apart.
#[derive(Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    object: Option<Scalar<'a>>,
    /// The event, in a message of EventBridge.
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    /// The event, in a message of Event Grid; in an event itself, something else.
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Fields<'_> {
    fn is_event(&self) -> bool {
        matches!(&self.object, Some(Scalar::String(object)) if object == "event" || object == "v2.core.event")
    }
}

/// The events in a message, each without its envelope: one, or several of an array. What is neither
/// an event nor an envelope is returned as it is.
pub(crate) fn events_in(message: &Bytes) -> Vec<Bytes> {
    let items: Vec<&RawValue> = serde_json::from_slice(message).unwrap_or_default();
    if items.is_empty() {
        return vec![unwrapped(message.clone())];
    }
    let slice = |item: &&RawValue| message.slice_ref(item.get().as_bytes());
    items.iter().map(slice).map(unwrapped).collect()
}

/// Whether this is an event of Stripe's, and not another message with an id and a type.
pub(crate) fn is_event(body: &[u8]) -> bool {
    serde_json::from_slice::<Fields<'_>>(body).is_ok_and(|fields| fields.is_event())
}

fn unwrapped(message: Bytes) -> Bytes {
    let fields: Fields<'_> = serde_json::from_slice(&message).unwrap_or_default();
    if fields.is_event() {
        return message;
    }
    let is_event = |inner: &&RawValue| {
        let inner: Fields<'_> = serde_json::from_str(inner.get()).unwrap_or_default();
        inner.is_event()
    };
    let inner = [fields.detail, fields.data].into_iter().flatten();
    let event = inner.into_iter().find(is_event);
    let event = event.map(|event| message.slice_ref(event.get().as_bytes()));
    event.unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_found_in_its_envelope() {
        let event = r#"{"id":"evt_1","object":"event","data":{"object":{"object":"event"}}}"#;
        let thin = r#"{"id":"evt_2","object":"v2.core.event"}"#;
        let check = |message: String, expected: &[&str]| {
            let found = events_in(&Bytes::from(message.clone()));
            assert_eq!(found, expected, "{message}");
        };

        check(event.to_owned(), &[event]);
        check(
            format!(r#"{{"version":"0","source":"aws.partner/stripe.com/ed_1","detail":{thin}}}"#),
            &[thin],
        );
        let grid = format!(r#"{{"specversion":"1.0","type":"customer.updated","data":{event}}}"#);
        check(grid.clone(), &[event]);
        check(format!("[{grid}, {thin}]"), &[event, thin]);
        // What is no event is told as such by its reader.
        for other in ["", "[]", "null", r#"{"detail":{"object":"customer"}}"#] {
            check(other.to_owned(), &[other]);
        }
    }
}
