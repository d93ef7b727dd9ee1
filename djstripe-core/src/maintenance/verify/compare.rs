//! Whether two JSON texts say the same of an object: by the mirror's canonical form, the same for both databases.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use crate::store::{Unstorable, canonical};

/// The top-level fields in which Stripe's JSON and the row differ; none if they say the same.
///
/// `own` is a key of the metadata that the mirror itself may have written into the row. What can't be stored differs at
/// the field that is the reason for it.
pub(super) fn differing(there: &str, here: &str, own: Option<&str>) -> Vec<String> {
    match (canonical(there), canonical(here)) {
        (Ok(there), Ok(here)) if there == here => Vec::new(),
        (Ok(there), Ok(here)) => fields_apart(&there, &here, own),
        (Err(Unstorable { path, .. }), _) | (_, Err(Unstorable { path, .. })) => vec![path],
    }
}

/// As canonical texts nest canonical texts, fields are the same if their texts are.
fn fields_apart(there: &str, here: &str, own: Option<&str>) -> Vec<String> {
    let (there, here) = (fields(there), fields(here));
    let names: BTreeSet<&String> = there.keys().chain(here.keys()).collect();
    let text = |fields: &BTreeMap<String, &RawValue>, name: &str| {
        fields.get(name).map(|value| value.get().to_owned())
    };
    let differs = |name: &str| {
        let (there, here) = (text(&there, name), text(&here, name));
        if there == here {
            return false;
        }
        match (own, there, here) {
            (Some(own), Some(there), Some(here)) if name == "metadata" => {
                !is_own_addition(&there, &here, own)
            }
            _ => true,
        }
    };
    names
        .into_iter()
        .filter(|name| differs(name))
        .cloned()
        .collect()
}

/// Whether the row has this key, and otherwise exactly what Stripe has.
fn is_own_addition(there: &str, here: &str, own: &str) -> bool {
    let (there, mut here) = (fields(there), fields(here));
    here.remove(own);
    there.len() == here.len()
        && there
            .iter()
            .all(|(name, value)| here.get(name).is_some_and(|here| here.get() == value.get()))
}

fn fields(json: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_in_content_differs() {
        let check = |there: &str, here: &str, expected: &[&str]| {
            assert_eq!(
                differing(there, here, Some("user_id")),
                expected,
                "{there} {here}"
            );
        };
        check(r#"{"id":"a","n":1}"#, r#"{"n": 1.0, "id": "\u0061"}"#, &[]);
        check(r#"{"id":"a"}"#, r#"{"id":"a","x":null}"#, &["x"]);
        check(r#"{"id":"a","x":null}"#, r#"{"id":"a"}"#, &["x"]);
        check(
            r#"{"a":1,"b":{"c":[1,2]},"d":3}"#,
            r#"{"a":2,"b":{"c":[2,1]},"d":3}"#,
            &["a", "b"],
        );
        check(r#"{"name":"\u0000"}"#, r#"{"name":""}"#, &["name"]);
        check(
            r#"{"metadata":{"a":"1"}}"#,
            r#"{"metadata":{"a":"1","user_id":"7"}}"#,
            &[],
        );
        check(
            r#"{"metadata":{"a":"1"}}"#,
            r#"{"metadata":{"a":"2","user_id":"7"}}"#,
            &["metadata"],
        );
        check(
            r#"{"metadata":{"user_id":"8"}}"#,
            r#"{"metadata":{"user_id":"7"}}"#,
            &["metadata"],
        );
        check(
            r#"{"metadata":{}}"#,
            r#"{"metadata":{"other":"7"}}"#,
            &["metadata"],
        );
    }
}
