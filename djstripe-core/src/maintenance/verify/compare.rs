//! Compares two JSON representations of an object in the mirror's canonical form, which is the same
//! for both databases.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use crate::store::{Unstorable, canonical};
use crate::webhook::API_VERSION;

/// The top-level fields in which Stripe's JSON and the row differ; none if their content is the
/// same.
///
/// `own_key` is a key of the metadata that the mirror itself may have written into the row. JSON
/// that can't be stored differs at the field that is the reason.
pub(super) fn differing_fields(
    stripe: &str,
    row: &str,
    own_key: Option<&str>,
    versions: Versions,
) -> Vec<String> {
    match (canonical(stripe), canonical(row)) {
        (Ok(stripe), Ok(row)) if stripe == row => Vec::new(),
        (Ok(stripe), Ok(row)) => differing_canonical(&stripe, &row, own_key, versions),
        (Err(Unstorable { path, .. }), _) | (_, Err(Unstorable { path, .. })) => vec![path],
    }
}

/// Whether both sides are of one API version. Each version has fields that others lack: between two
/// versions, a field that only one side has is no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    Same,
    Different,
}

impl Versions {
    /// Stripe's objects are of the pinned version. What is known of no version is taken for one of
    /// this version.
    pub(super) fn of_row(api_version: Option<&str>) -> Self {
        match api_version {
            Some(version) if version != API_VERSION => Self::Different,
            _ => Self::Same,
        }
    }

    /// The same for the content of a field. The keys of metadata are no fields of a version.
    fn within(self, field: &str) -> Self {
        if field == "metadata" {
            Self::Same
        } else {
            self
        }
    }
}

/// As canonical JSON is canonical at each level, fields are the same if their strings are. A field
/// that is expanded on one side only is the same too.
fn differing_canonical(
    stripe: &str,
    row: &str,
    own_key: Option<&str>,
    versions: Versions,
) -> Vec<String> {
    let (stripe, row) = (fields(stripe), fields(row));
    let names: BTreeSet<&String> = stripe.keys().chain(row.keys()).collect();
    let differs = |name: &String| {
        let stripe = stripe.get(name).map(|value| value.get());
        let row = row.get(name).map(|value| value.get());
        if stripe == row {
            return false;
        }
        match (own_key, stripe, row) {
            (Some(own_key), Some(stripe), Some(row)) if name == "metadata" => {
                !is_own_addition(stripe, row, own_key)
            }
            (_, Some(stripe), Some(row)) => !is_expansion(stripe, row, versions.within(name)),
            _ => versions == Versions::Same,
        }
    };

    names
        .into_iter()
        .filter(|name| differs(name))
        .cloned()
        .collect()
}

/// Whether two values differ only in that fields hold an object on one side and its id on the other,
/// or, between two versions, in that one side has fields which the other one lacks.
fn is_expansion(one: &str, other: &str, versions: Versions) -> bool {
    if one == other {
        return true;
    }
    match (one.as_bytes().first(), other.as_bytes().first()) {
        (Some(b'"'), Some(b'{')) => is_id_of(one, other),
        (Some(b'{'), Some(b'"')) => is_id_of(other, one),
        (Some(b'{'), Some(b'{')) => {
            let (one, other) = (fields(one), fields(other));
            let is_same = |(name, value): (&String, &&RawValue)| match other.get(name) {
                Some(other) => is_expansion(value.get(), other.get(), versions.within(name)),
                None => versions == Versions::Different,
            };
            let has_as_many = one.len() == other.len() || versions == Versions::Different;
            has_as_many && one.iter().all(is_same)
        }
        (Some(b'['), Some(b'[')) => {
            let items = |json| serde_json::from_str::<Vec<&RawValue>>(json).unwrap_or_default();
            let (one, other) = (items(one), items(other));
            let mut pairs = one.iter().zip(&other);
            one.len() == other.len()
                && pairs.all(|(one, other)| is_expansion(one.get(), other.get(), versions))
        }
        _ => false,
    }
}

/// Whether this is the id of this object.
fn is_id_of(id: &str, object: &str) -> bool {
    let object = fields(object);
    object.contains_key("object") && object.get("id").is_some_and(|own| own.get() == id)
}

/// Whether the row's metadata is Stripe's with nothing but this key added.
fn is_own_addition(stripe: &str, row: &str, own_key: &str) -> bool {
    let (stripe, mut row) = (fields(stripe), fields(row));
    row.remove(own_key);
    let is_same = |(name, value): (&String, &&RawValue)| {
        row.get(name).is_some_and(|row| row.get() == value.get())
    };
    stripe.len() == row.len() && stripe.iter().all(is_same)
}

fn fields(json: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_in_content_differs_and_an_expansion_is_none() {
        let check = |stripe: &str, row: &str, expected: &[&str]| {
            assert_eq!(
                differing_fields(stripe, row, Some("user_id"), Versions::Same),
                expected,
                "{stripe} {row}"
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

        let id = r#"{"a":[{"customer":"cus_1"}]}"#;
        let expanded = r#"{"a":[{"customer":{"id":"cus_1","object":"customer","name":"Ann"}}]}"#;
        check(id, expanded, &[]);
        check(expanded, id, &[]);
        let other = r#"{"a":[{"customer":{"id":"cus_2","object":"customer"}}]}"#;
        check(id, other, &["a"]);
        check(r#"{"a":"x"}"#, r#"{"a":{"id":"x"}}"#, &["a"]);

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

    #[test]
    fn between_two_versions_a_field_that_one_side_lacks_is_no_difference() {
        let check = |stripe: &str, row: &str, expected: &[&str]| {
            let versions = Versions::of_row(Some("2019-12-03"));
            assert_eq!(
                differing_fields(stripe, row, None, versions),
                expected,
                "{stripe} {row}"
            );
        };

        check(r#"{"id":"a","new":1}"#, r#"{"id":"a","old":2}"#, &[]);
        check(r#"{"a":{"b":1,"new":2}}"#, r#"{"a":{"b":1}}"#, &[]);
        check(r#"{"a":[{"b":1}]}"#, r#"{"a":[{"b":1,"old":[]}]}"#, &[]);
        check(r#"{"n":1,"new":1}"#, r#"{"n":2}"#, &["n"]);
        check(r#"{"a":{"b":1,"new":2}}"#, r#"{"a":{"b":2}}"#, &["a"]);
        check(r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, &["a"]);
        check(r#"{"a":{}}"#, r#"{"a":null}"#, &["a"]);
        check(
            r#"{"metadata":{"k":"1"}}"#,
            r#"{"metadata":{}}"#,
            &["metadata"],
        );

        assert_eq!(Versions::of_row(None), Versions::Same);
        assert_eq!(Versions::of_row(Some(API_VERSION)), Versions::Same);
    }
}
