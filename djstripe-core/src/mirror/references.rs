//! What an object's JSON contains besides the object's own fields.
//!
//! In: JSON. Out: embedded objects, ids of other objects, and lists that hold only their first
//! page.

use std::collections::HashMap;

use djstripe_models::{ModelDescriptor, Reference, descriptor};
use serde_json::value::RawValue;

use crate::webhook::object_head::RawHead;

/// Objects nested deeper than this are ignored.
const MAX_DEPTH: usize = 12;

/// What an object's JSON contains besides the object's own fields.
#[derive(Debug, Default)]
pub(crate) struct Contents<'j> {
    /// The embedded objects, with id and JSON.
    pub(crate) embedded: Vec<(&'static ModelDescriptor, String, &'j str)>,
    /// The objects that are named by their id.
    pub(crate) references: Vec<(&'static ModelDescriptor, String)>,
    /// The lists that hold only their first page.
    pub(crate) partial_lists: Vec<PartialList>,
}

/// A list within an object that holds only its first page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartialList {
    /// Path of the whole list.
    pub(crate) url: String,
    /// Type and id of the last item, if there is one.
    pub(crate) last: Option<(&'static ModelDescriptor, String)>,
}

/// Reads what an object's JSON contains. JSON that is not an object contains nothing.
pub(crate) fn contents(json: &str) -> Contents<'_> {
    let mut contents = Contents::default();
    if let Ok(raw) = serde_json::from_str::<&RawValue>(json) {
        visit(raw, 0, &mut contents);
    }
    contents
}

fn visit<'j>(raw: &'j RawValue, depth: usize, contents: &mut Contents<'j>) {
    if depth > MAX_DEPTH {
        return;
    }

    match raw.get().as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
            for item in items {
                visit(item, depth + 1, contents);
            }
        }
        Some(b'{') => {
            let fields: HashMap<String, &RawValue> =
                serde_json::from_str(raw.get()).unwrap_or_default();
            visit_object(raw, &fields, depth, contents);
            for (name, value) in fields {
                // Metadata is the application's own, and previous attributes are out of date.
                if name != "metadata" && name != "previous_attributes" {
                    visit(value, depth + 1, contents);
                }
            }
        }
        _ => {}
    }
}

fn visit_object<'j>(
    raw: &'j RawValue,
    fields: &HashMap<String, &RawValue>,
    depth: usize,
    contents: &mut Contents<'j>,
) {
    let Some(object) = fields.get("object").and_then(|name| string(name)) else {
        return;
    };
    if object == "list" {
        contents.partial_lists.extend(partial_list(fields));
    }

    let Some(descriptor) = descriptor(&object) else {
        return;
    };
    if depth > 0 && descriptor.table.is_some() && !is_deleted(fields) {
        let id = fields.get(descriptor.key).and_then(|id| string(id));
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            contents.embedded.push((descriptor, id, raw.get()));
        }
    }

    follow(descriptor.references, 0, fields, contents);
}

/// Adds the objects that the fields refer to. The references have the same path down to these
/// fields, which is `depth` steps long.
fn follow(
    references: &[Reference],
    depth: usize,
    fields: &HashMap<String, &RawValue>,
    contents: &mut Contents<'_>,
) {
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
                    contents.references.push((referred, id));
                }
            }
        }
        if !below.is_empty() {
            for fields in hashes(value) {
                follow(below, depth + 1, &fields, contents);
            }
        }
    }
}

/// The fields of a hash, or of each hash in an array.
fn hashes(raw: &RawValue) -> Vec<HashMap<String, &RawValue>> {
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

fn is_deleted(fields: &HashMap<String, &RawValue>) -> bool {
    fields
        .get("deleted")
        .is_some_and(|deleted| deleted.get() == "true")
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

fn partial_list(fields: &HashMap<String, &RawValue>) -> Option<PartialList> {
    if fields.get("has_more")?.get() != "true" {
        return None;
    }
    let url = string(fields.get("url")?)?;
    let items: Vec<&RawValue> = serde_json::from_str(fields.get("data")?.get()).ok()?;

    let last = items.last().and_then(|item| {
        let head = RawHead::parse(item.get()).ok()?;
        Some((descriptor(&head.object?)?, head.id?.into_owned()))
    });
    Some(PartialList { url, last })
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

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// The id in a field that holds an id or an expanded object.
pub(crate) fn id_of(raw: &RawValue) -> Option<String> {
    string(raw).or_else(|| RawHead::parse_id(raw.get()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_ids_are_found_wherever_they_stand() {
        let json = r#"{"id":"sub_1","object":"subscription","customer":"cus_1","default_source":"card_1",
            "default_payment_method":{"id":"pm_1","object":"payment_method","customer":"cus_1"},
            "items":{"object":"list","data":[{"id":"si_1","object":"subscription_item","quantity":1.50,
                "price":{"id":"price_1","object":"price","product":"prod_1"}}]},
            "discounts":["di_1","di_2"],"latest_invoice":null,"metadata":{"a":{"id":"x","object":"charge"}},
            "test_clock":{"id":"clock_1","object":"test_helpers.test_clock","deleted":true}}"#;
        let found = contents(json);

        let mut embedded: Vec<_> = found
            .embedded
            .iter()
            .map(|(descriptor, id, _)| (descriptor.object, &**id))
            .collect();
        embedded.sort_unstable();
        assert_eq!(
            embedded,
            [
                ("payment_method", "pm_1"),
                ("price", "price_1"),
                ("subscription_item", "si_1")
            ]
        );

        let item = found
            .embedded
            .iter()
            .find(|(_, id, _)| id == "si_1")
            .unwrap();
        assert!(item.2.contains("1.50"), "{}", item.2);

        let mut references: Vec<_> = found
            .references
            .iter()
            .map(|(descriptor, id)| (descriptor.object, &**id))
            .collect();
        references.sort_unstable();
        references.dedup();
        assert_eq!(
            references,
            [
                ("card", "card_1"),
                ("customer", "cus_1"),
                ("discount", "di_1"),
                ("discount", "di_2"),
                ("product", "prod_1")
            ]
        );
    }

    #[test]
    fn ids_are_found_below_the_top_level() {
        let check = |json: &str, expected: &[(&str, &str)]| {
            let mut references: Vec<_> = contents(json)
                .references
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
            &[("customer", "cus_1")],
        );
        check(
            r#"{"object":"customer","invoice_settings":{"default_payment_method":{}},"discount":7}"#,
            &[],
        );
    }

    #[test]
    fn lists_that_go_on_elsewhere_are_found() {
        let check = |list: &str, expected: Option<(&str, Option<&str>)>| {
            let json = format!(r#"{{"id":"in_1","object":"invoice","lines":{list}}}"#);
            let found = contents(&json).partial_lists;
            let found = found
                .first()
                .map(|cut| (&*cut.url, cut.last.as_ref().map(|(_, id)| &**id)));
            assert_eq!(found, expected, "{list}");
        };
        let items =
            r#""data":[{"id":"il_1","object":"line_item"},{"id":"il_2","object":"line_item"}]"#;
        let url = r#""url":"/v1/invoices/in_1/lines""#;
        let cut = Some(("/v1/invoices/in_1/lines", Some("il_2")));
        check(
            &format!(r#"{{"object":"list",{items},"has_more":true,{url}}}"#),
            cut,
        );
        check(
            &format!(r#"{{"object":"list",{items},"has_more":false,{url}}}"#),
            None,
        );
        check(
            &format!(r#"{{"object":"list","data":[],"has_more":true,{url}}}"#),
            Some(("/v1/invoices/in_1/lines", None)),
        );
        check(
            &format!(r#"{{"object":"list",{items},"has_more":true}}"#),
            None,
        );
    }

    #[test]
    fn odd_json_holds_nothing() {
        let check = |json: &str| {
            let found = contents(json);
            assert!(
                found.embedded.is_empty() && found.references.is_empty(),
                "{json}"
            );
        };
        check("");
        check("7");
        check("null");
        check(r#"{"object":7,"id":[]}"#);
        check(r#"{"object":"charge","customer":7,"invoice":""}"#);
        check(&format!("{}{}", "[".repeat(2_000), "]".repeat(2_000)));
    }
}
