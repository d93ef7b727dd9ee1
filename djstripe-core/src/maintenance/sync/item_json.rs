//! The JSON of an item of a page: a part of the page's body, or the item without its expanded lists.
//! Does no IO.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Where the JSON of a row is.
#[derive(Debug)]
pub(super) enum Json {
    /// This part of the body.
    Within(Range<usize>),
    /// The item without its expanded lists.
    Without(String),
}

/// The position of a part in the string that it was taken from.
pub(super) fn position(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

pub(super) fn objects_in(json: &str) -> usize {
    json.matches("\"object\"").count()
}

/// An object without some of its fields, and how often these fields say `"object"` although their
/// lists are empty.
pub(super) fn without(json: &str, fields: &[&str]) -> Result<(Json, usize), serde_json::Error> {
    let Members(members) = serde_json::from_str(json)?;
    let mut out = String::with_capacity(json.len());
    let mut in_empty_lists = 0;

    for (key, value) in members {
        if fields.contains(&&*key) {
            #[derive(Deserialize)]
            struct List<'j> {
                #[serde(borrow)]
                data: Vec<&'j RawValue>,
            }
            let list: Option<List<'_>> = serde_json::from_str(value.get()).ok();
            if list.is_some_and(|list| list.data.is_empty()) {
                in_empty_lists += objects_in(value.get());
            }
            continue;
        }

        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&serde_json::to_string(&key)?);
        out.push(':');
        out.push_str(value.get());
    }

    out.push_str(if out.is_empty() { "{}" } else { "}" });
    Ok((Json::Without(out), in_empty_lists))
}

/// The members of an object, in order.
struct Members<'j>(Vec<(Cow<'j, str>, &'j RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                #[serde(transparent)]
                struct Key<'j>(#[serde(borrow)] Cow<'j, str>);

                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}
