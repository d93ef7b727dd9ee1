//! The fields that tell which object a piece of JSON is.
//!
//! In: the JSON of an object. Out: its `id` and `object`, and whether it is deleted. All other
//! fields are ignored.
//!
//! Invariant: a missing field, or one of an unexpected type, is a value and not an error.

use std::borrow::Cow;

use djstripe_models::descriptor;
use serde::Deserialize;
use serde::de::Deserializer;

use super::lenient::Scalar;

const ID: &str = "id";

/// The field that identifies objects of which each customer has one.
const CUSTOMER: &str = "customer";

/// The field that identifies objects of this type.
fn key_of(object: &str) -> &'static str {
    descriptor(object).map_or(ID, |descriptor| descriptor.key)
}

/// The object that an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHead {
    /// `id` of the object, or what identifies it instead: the customer of a cash balance. Some payload
    /// objects have neither.
    pub id: Option<String>,
    /// `object`: the name of its type, such as `customer`.
    pub object: Option<String>,
}

impl<'de> Deserialize<'de> for ObjectHead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let head = RawHead::deserialize(deserializer)?;
        Ok(Self {
            id: head.id.map(Cow::into_owned),
            object: head.object.map(Cow::into_owned),
        })
    }
}

/// The head of an object, borrowed from its JSON where possible.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RawHead<'a> {
    /// `id`, or the field that identifies objects of its type instead, unless it is empty.
    pub(crate) id: Option<Cow<'a, str>>,
    /// `object`, unless it is empty: the name of the object's type.
    pub(crate) object: Option<Cow<'a, str>>,
    /// `created`, in Unix seconds.
    pub(crate) created: Option<i64>,
    /// `deleted`, which Stripe sets to `true` on the remains of a deleted object.
    pub(crate) deleted: bool,
}

impl<'a> RawHead<'a> {
    /// Reads the head of an object.
    ///
    /// # Errors
    /// If `json` is not a JSON object.
    pub(crate) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Reads the `id` of an object that needs one.
    ///
    /// # Errors
    /// If `json` is not a JSON object, or has no `id`.
    pub(crate) fn parse_id(json: &'a str) -> Result<String, serde_json::Error> {
        Self::parse(json)?.into_id()
    }

    /// The `id` of an object that needs one.
    ///
    /// # Errors
    /// If there is no `id`.
    pub(crate) fn into_id(self) -> Result<String, serde_json::Error> {
        let id = self.id.map(Cow::into_owned);
        id.ok_or_else(|| serde::de::Error::missing_field("id"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawHead<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(expecting = "an object")]
        struct Fields<'a> {
            #[serde(borrow)]
            id: Option<Scalar<'a>>,
            #[serde(borrow)]
            customer: Option<Scalar<'a>>,
            #[serde(borrow)]
            object: Option<Scalar<'a>>,
            #[serde(borrow)]
            created: Option<Scalar<'a>>,
            #[serde(borrow)]
            deleted: Option<Scalar<'a>>,
        }

        let fields = Fields::deserialize(deserializer)?;
        let object = fields.object.and_then(Scalar::into_string);
        let id = match object.as_deref().map_or(ID, key_of) {
            CUSTOMER => fields.customer,
            _ => fields.id,
        };
        Ok(Self {
            id: id.and_then(Scalar::into_string),
            object,
            created: fields.created.and_then(Scalar::into_seconds),
            deleted: matches!(fields.deleted, Some(Scalar::Bool(true))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_an_unexpected_type_are_missing() {
        let check = |json: &str, expected: RawHead<'_>| {
            assert_eq!(RawHead::parse(json).unwrap(), expected, "{json}");
        };
        let customer = RawHead {
            id: Some("cus_1".into()),
            object: Some("customer".into()),
            created: Some(7),
            deleted: true,
        };

        check(
            r#"{"id":"cus_1","object":"customer","created":7,"deleted":true,"name":{"a":[1]}}"#,
            customer,
        );
        check(
            r#"{"id":"acct_1","created":"1970-01-01T00:00:07.500Z"}"#,
            RawHead {
                id: Some("acct_1".into()),
                created: Some(7),
                ..RawHead::default()
            },
        );
        check("{}", RawHead::default());
        check(
            r#"{"id":7,"object":null,"created":"2024","deleted":"yes"}"#,
            RawHead::default(),
        );
        check(r#"{"id":"","object":""}"#, RawHead::default());
    }

    #[test]
    fn an_object_without_an_id_is_known_by_its_customer() {
        let check = |json: &str, expected: Option<&str>| {
            assert_eq!(
                RawHead::parse(json).unwrap().id.as_deref(),
                expected,
                "{json}"
            );
        };
        check(
            r#"{"object":"cash_balance","customer":"cus_1"}"#,
            Some("cus_1"),
        );
        check(
            r#"{"object":"cash_balance","customer":{"id":"cus_1"}}"#,
            None,
        );
        check(r#"{"object":"charge","customer":"cus_1"}"#, None);
        check(
            r#"{"object":"charge","customer":"cus_1","id":"ch_1"}"#,
            Some("ch_1"),
        );

        let keys = djstripe_models::DESCRIPTORS.iter().map(|of| of.key);
        for key in keys {
            assert!([ID, CUSTOMER].contains(&key), "{key} is not read");
        }
    }

    #[test]
    fn an_id_may_be_required() {
        let check = |json: &str, expected: Result<&str, &str>| {
            let id = RawHead::parse_id(json).map_err(|error| error.to_string());
            assert_eq!(id.as_deref().map_err(String::as_str), expected, "{json}");
        };

        check(r#"{"id":"cus_1"}"#, Ok("cus_1"));
        check(r#"{"id":null}"#, Err("missing field `id`"));
    }
}
