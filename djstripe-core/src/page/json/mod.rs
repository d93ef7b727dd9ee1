//! JSON as it is written: numbers with all of their digits, fields in their order.
//!
//! In: text. Out: a value of bounded depth and size; what lies beyond the bounds, or can't be read,
//! stays text.

pub(super) mod difference;
pub(super) mod tree;

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::personal::{is_personal, is_secret};

/// Levels that are read.
const DEEPEST: usize = 40;

/// Values that are read.
const MOST_VALUES: usize = 20_000;

/// Bytes that are kept of a text beyond the bounds.
const KEPT_BYTES: usize = 2_000;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
    /// What was not read, as it is written.
    Unread(String),
    /// A personal value, or a secret, which nobody sees.
    Hidden,
}

impl Json {
    /// Reads a text.
    pub(super) fn read(text: &str) -> Self {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Self::from_raw(raw, DEEPEST, &mut { MOST_VALUES }),
            Err(_) => Self::unread(text),
        }
    }

    fn from_raw(raw: &RawValue, depth: usize, left: &mut usize) -> Self {
        let text = raw.get();
        if *left == 0 {
            return Self::unread(text);
        }
        *left -= 1;

        let read = match text.as_bytes().first() {
            Some(b'{') if depth > 0 => serde_json::from_str::<Fields<'_>>(text).map(|fields| {
                let fields = fields.0.into_iter();
                Self::Map(
                    fields
                        .map(|(name, value)| {
                            let value = match is_secret(&name) && value.get().starts_with('"') {
                                true => Self::Hidden,
                                false => Self::from_raw(value, depth - 1, left),
                            };
                            (name, value)
                        })
                        .collect(),
                )
            }),
            Some(b'[') if depth > 0 => serde_json::from_str::<Vec<&RawValue>>(text).map(|items| {
                let items = items.into_iter();
                Self::List(
                    items
                        .map(|item| Self::from_raw(item, depth - 1, left))
                        .collect(),
                )
            }),
            Some(b'"') => serde_json::from_str(text).map(Self::Text),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            Some(b'n') => Ok(Self::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Self::Number(text.to_owned())),
            _ => Ok(Self::unread(text)),
        };
        // Such as half of a surrogate pair.
        read.unwrap_or_else(|_| Self::unread(text))
    }

    fn unread(text: &str) -> Self {
        let mut end = text.len().min(KEPT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let cut = if end < text.len() { "…" } else { "" };
        Self::Unread(format!("{}{cut}", &text[..end]))
    }

    /// The value of a field of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same value without personal fields. That a field is empty tells nothing of anybody.
    pub(super) fn without_personal(self) -> Self {
        match self {
            Self::Map(fields) => {
                let fields = fields.into_iter().map(|(name, value)| {
                    let value = match value {
                        Self::Null => Self::Null,
                        _ if is_personal(&name) => Self::Hidden,
                        value => value.without_personal(),
                    };
                    (name, value)
                });
                Self::Map(fields.collect())
            }
            Self::List(items) => {
                Self::List(items.into_iter().map(Self::without_personal).collect())
            }
            // Nobody knows what is in there.
            Self::Unread(_) => Self::Hidden,
            value => value,
        }
    }

    /// The type in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "object",
            Self::Unread(_) => "text",
            Self::Hidden => "hidden",
        }
    }

    /// The value in one line, as JSON where it is JSON.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) | Self::Unread(text) => text.clone(),
            Self::Text(text) => serde_json::Value::from(&**text).to_string(),
            Self::Hidden => "hidden".to_owned(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::line).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    format!("{}: {}", serde_json::Value::from(&**name), value.line())
                });
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// The fields of an object, in their order.
struct Fields<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_it_is_written() {
        let text = r#"{"b": 1.50, "a": [true, null, "x\n"], "big": 123456789012345678901234567890, "a": {}}"#;
        let read = Json::read(text);
        assert_eq!(
            read.line(),
            r#"{"b": 1.50, "a": [true, null, "x\n"], "big": 123456789012345678901234567890, "a": {}}"#
        );
        assert_eq!(read.get("b"), Some(&Json::Number("1.50".to_owned())));
        assert_eq!(Json::read("{"), Json::Unread("{".to_owned()));
        let half = Json::read(r#"{"a":"\ud800"}"#);
        assert_eq!(half.get("a"), Some(&Json::Unread(r#""\ud800""#.to_owned())));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        let mut levels = 0;
        let mut value = &Json::read(&deep);
        while let Json::List(items) = value {
            levels += 1;
            value = &items[0];
        }
        assert_eq!(levels, DEEPEST);
        assert!(matches!(value, Json::Unread(_)));

        let long = format!("[{}1]", "1,".repeat(MOST_VALUES));
        let Json::List(items) = Json::read(&long) else {
            panic!("a list");
        };
        assert_eq!(items.last(), Some(&Json::Unread("1".to_owned())));
        let Json::Unread(kept) = Json::read(&"é".repeat(KEPT_BYTES)) else {
            panic!("not JSON");
        };
        assert_eq!(kept.chars().count(), KEPT_BYTES / 2 + 1);
    }

    #[test]
    fn secrets_are_never_shown() {
        let read =
            Json::read(r#"{"client_secret":"pi_1_secret","in":[{"secret":"s"}],"secret":{}}"#);
        assert_eq!(
            read.line(),
            r#"{"client_secret": hidden, "in": [{"secret": hidden}], "secret": {}}"#
        );
    }

    #[test]
    fn personal_fields_are_hidden_wherever_they_are() {
        let read = Json::read(
            r#"{"id":"cus_1","email":"a@b.c","phone":null,"list":[{"name":"Ann","amount":1}]}"#,
        );
        assert_eq!(
            read.without_personal().line(),
            r#"{"id": "cus_1", "email": hidden, "phone": null, "list": [{"name": hidden, "amount": 1}]}"#
        );
        assert_eq!(Json::read("no json").without_personal(), Json::Hidden);
    }
}
