//! The objects that the fields of an object name by their ids, wherever the fields stand.

use std::collections::BTreeMap;

use djstripe_models::{ModelDescriptor, Reference, descriptor};
use serde_json::value::RawValue;

/// The fields of a JSON object.
pub(crate) type Fields<'j> = BTreeMap<String, &'j RawValue>;

/// The type and id of an object.
type Named = (&'static ModelDescriptor, String);

/// The objects that an object's own fields name. Objects embedded in it have fields of their own.
pub(super) fn references(descriptor: &ModelDescriptor, fields: &Fields<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    follow(descriptor.references, 0, fields, &mut found);
    found
}

/// Adds the objects that the fields refer to. The references have the same path down to these
/// fields, which is `depth` steps long.
fn follow(references: &[Reference], depth: usize, fields: &Fields<'_>, found: &mut Vec<Named>) {
    let is_beside =
        |one: &Reference, other: &Reference| one.path.get(depth) == other.path.get(depth);
    for references in references.chunk_by(is_beside) {
        let step = references[0].path.get(depth);
        let Some(value) = step.and_then(|step| fields.get(*step)) else {
            continue;
        };

        let ends = references.partition_point(|reference| reference.path.len() == depth + 1);
        let (here, below) = references.split_at(ends);
        for reference in here {
            for id in ids(value) {
                if let Some(referred) = referred(reference.objects, &id) {
                    found.push((referred, id));
                }
            }
        }
        if !below.is_empty() {
            for fields in hashes(value) {
                follow(below, depth + 1, &fields, found);
            }
        }
    }
}

/// The fields of a hash, or of each hash in an array.
fn hashes(raw: &RawValue) -> Vec<Fields<'_>> {
    match raw.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str(raw.get()).into_iter().collect(),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
            let hashes = elements.into_iter();
            hashes
                .flat_map(|element| serde_json::from_str(element.get()))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The ids in a field that holds one id or a list of them.
fn ids(raw: &RawValue) -> Vec<String> {
    let mut ids: Vec<String> = match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(raw.get()).unwrap_or_default(),
        _ => string(raw).into_iter().collect(),
    };
    ids.retain(|id| !id.is_empty());
    ids
}

/// The type of object that an id names. If several are possible, the id's prefix decides.
fn referred(objects: &[&str], id: &str) -> Option<&'static ModelDescriptor> {
    let object = match objects {
        [object] => object,
        _ => objects.iter().find(|object| match **object {
            "card" => id.starts_with("card_"),
            "bank_account" => id.starts_with("ba_"),
            "source" => id.starts_with("src_"),
            "payment_method" => id.starts_with("pm_"),
            _ => false,
        })?,
    };
    descriptor(object)
}

/// A string; `None` if the JSON is something else.
pub(super) fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_below_the_top_level() {
        let check = |json: &str, expected: &[(&str, &str)]| {
            let fields: Fields<'_> = serde_json::from_str(json).unwrap();
            let object = string(fields["object"]).unwrap();
            let mut references: Vec<_> = references(descriptor(&object).unwrap(), &fields)
                .into_iter()
                .map(|(descriptor, id)| (descriptor.object, id))
                .collect();
            references.sort_unstable();
            let expected: Vec<_> = expected
                .iter()
                .map(|(object, id)| (*object, (*id).to_owned()))
                .collect();
            assert_eq!(references, expected, "{json}");
        };

        check(
            r#"{"object":"invoice","parent":{"subscription_details":{"subscription":"sub_1"}}}"#,
            &[("subscription", "sub_1")],
        );
        check(
            r#"{"object":"invoice","subscription":"sub_1","payment_intent":"pi_1"}"#,
            &[("payment_intent", "pi_1"), ("subscription", "sub_1")],
        );
        check(
            r#"{"object":"line_item","pricing":{"price_details":{"price":"price_1","product":"prod_1"}}}"#,
            &[("price", "price_1"), ("product", "prod_1")],
        );
        check(
            r#"{"object":"discount","source":{"coupon":"W"},"subscription":"sub_1"}"#,
            &[("coupon", "W"), ("subscription", "sub_1")],
        );
        check(
            r#"{"object":"promotion_code","promotion":{"type":"coupon","coupon":"W"}}"#,
            &[("coupon", "W")],
        );
        check(
            r#"{"object":"invoice_payment","payment":{"payment_intent":"pi_1"}}"#,
            &[("payment_intent", "pi_1")],
        );
        check(
            r#"{"object":"customer","invoice_settings":{"default_payment_method":"pm_1"}}"#,
            &[("payment_method", "pm_1")],
        );
        check(
            r#"{"object":"account","settings":{"branding":{"icon":"file_1","logo":"file_2"}}}"#,
            &[("file", "file_1"), ("file", "file_2")],
        );
        // Through arrays, and not into expanded objects, which have references of their own.
        check(
            r#"{"object":"subscription_schedule","phases":[{"items":[{"price":"price_1"},{"price":"price_2"}]}]}"#,
            &[("price", "price_1"), ("price", "price_2")],
        );
        check(
            r#"{"object":"invoice_payment","payment":{"charge":{"object":"charge","customer":"cus_1"}}}"#,
            &[],
        );
        check(
            r#"{"object":"customer","invoice_settings":{"default_payment_method":{}},"discount":7}"#,
            &[],
        );
    }
}
