//! What a thin event says, besides the fields that every event has.
//!
//! In: the fields of a notification, or of the whole event as Stripe's API returns it. Out: a
//! [`Thin`]. A field of an unexpected type counts as missing.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fields::position;
use crate::timestamp::Timestamp;
use crate::webhook::lenient::{Lenient, Scalar};

/// The object that a thin event is about.
///
/// ```
/// use djstripe_core::Event;
///
/// let event = Event::from_json(
///     r#"{"id":"evt_2","object":"v2.core.event","type":"v1.customer.updated",
///         "related_object":{"id":"cus_1","type":"customer","url":"/v1/customers/cus_1"}}"#,
/// )?;
/// let related = event.related_object().expect("it refers to a customer");
/// assert_eq!((related.id.as_deref(), &*related.object), (Some("cus_1"), "customer"));
/// # Ok::<(), djstripe_core::DecodeError>(())
/// ```
///
/// Source: [Thin events](https://docs.stripe.com/event-destinations#thin-events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedObject {
    /// Its id; `None` for an object of which each account has one.
    pub id: Option<Box<str>>,
    /// Its type, such as `customer`.
    pub object: Box<str>,
    /// The path that retrieves it.
    pub url: Box<str>,
}

impl RelatedObject {
    /// Its head, as JSON.
    pub(crate) fn head_json(&self) -> String {
        serde_json::json!({ "id": self.id, "object": self.object }).to_string()
    }
}

/// The fields of a thin event.
#[derive(PartialEq)]
pub(super) struct Thin {
    /// The id of the thin event itself.
    pub(super) id: Box<str>,
    /// When it happened; finer than a second.
    pub(super) created: Option<Timestamp>,
    pub(super) related: Option<RelatedObject>,
    /// Whether it names its snapshot event.
    pub(super) names_snapshot: bool,
    /// `changes.before`.
    pub(super) before: Option<Range<usize>>,
    /// `data`.
    pub(super) data: Option<Range<usize>>,
    /// Whether it has the fields that Stripe's API adds to a notification.
    pub(super) is_whole: bool,
}

impl Thin {
    pub(super) fn new(text: &str, id: Box<str>, names_snapshot: bool) -> Self {
        let fields: Fields<'_> = serde_json::from_str(text).unwrap_or_default();
        let string = |field: Option<Scalar<'_>>| -> Option<Box<str>> {
            field.and_then(Scalar::into_string).map(Box::from)
        };
        let related = fields.related_object.map(Lenient::into_map);
        let related = related.and_then(|related: Related<'_>| {
            Some(RelatedObject {
                id: string(related.id),
                object: string(related.object)?,
                url: string(related.url)?,
            })
        });
        let is_whole = fields.changes.is_some() || fields.data.is_some();
        let changes: Changes<'_> = fields
            .changes
            .and_then(|changes| serde_json::from_str(changes.get()).ok())
            .unwrap_or_default();

        Self {
            id,
            created: fields.created.and_then(Scalar::into_time),
            related,
            names_snapshot,
            before: changes.before.and_then(|raw| position(text, raw)),
            data: fields.data.and_then(|raw| position(text, raw)),
            is_whole,
        }
    }
}

#[derive(Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    created: Option<Scalar<'a>>,
    #[serde(borrow)]
    related_object: Option<Lenient<'a, Related<'a>>>,
    #[serde(borrow, default, deserialize_with = "present")]
    changes: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

/// The field, even if it is `null`.
fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Default, Deserialize)]
struct Related<'a> {
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
    #[serde(borrow, rename = "type")]
    object: Option<Scalar<'a>>,
    #[serde(borrow)]
    url: Option<Scalar<'a>>,
}

#[derive(Default, Deserialize)]
struct Changes<'a> {
    #[serde(borrow)]
    before: Option<&'a RawValue>,
}
