//! Which objects are a customer's.
//!
//! An object is theirs if it names them, at any depth: an invoice, a payment record. It is also theirs
//! if it names no other customer, and one of its own fields names an object of theirs: a dispute names
//! a charge, a balance transaction its source. A field further down proves nothing: a card reader is
//! not a customer's because its last action was about their payment. Children are their parent's. And
//! what pays, a file, a mandate is theirs if an object of theirs names it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, Reference, descriptor};
use serde_json::Value;

use crate::generated::personal::{CUSTOMER_FIELDS, NAMED};

pub(crate) const CUSTOMER: &str = "customer";

/// The types of object that can be a customer's, the customer included.
static TYPES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(types);

/// The places where objects name their owner, by type.
static FIELDS: LazyLock<HashMap<&'static str, Vec<OwnerField>>> = LazyLock::new(|| {
    let fields = DESCRIPTORS.iter().map(|of| (of.object, read_fields(of)));
    fields.filter(|(_, fields)| !fields.is_empty()).collect()
});

fn types() -> BTreeSet<&'static str> {
    let mut types: BTreeSet<&'static str> = NAMED.iter().copied().collect();
    types.insert(CUSTOMER);
    loop {
        let names_one = |of: &&ModelDescriptor| {
            let mut references = of.references.iter();
            references.any(|it| names_owner(it, &types)) || customer_path(of.object).is_some()
        };
        let mut more: BTreeSet<&'static str> = DESCRIPTORS
            .iter()
            .filter(names_one)
            .map(|of| of.object)
            .collect();
        let owners = DESCRIPTORS
            .iter()
            .filter(|of| types.contains(of.object) || more.contains(of.object));
        let children: Vec<&str> = owners
            .flat_map(|of| of.owned)
            .map(|owned| owned.object)
            .collect();
        more.extend(children);
        if more.is_subset(&types) {
            return types;
        }
        types.extend(more);
    }
}

/// Whether a reference names an owner: the customer, or in a field of the object itself one of `types`.
fn names_owner(reference: &Reference, types: &BTreeSet<&str>) -> bool {
    let is_own = reference.path.len() == 1;
    reference.objects.contains(&CUSTOMER)
        || is_own && reference.objects.iter().any(|it| types.contains(it))
}

/// The path of the plain field that holds the id of the customer of objects of this type.
fn customer_path(object: &str) -> Option<&'static [&'static str]> {
    let (_, field) = CUSTOMER_FIELDS.iter().find(|(of, _)| *of == object)?;
    Some(std::slice::from_ref(field))
}

/// A place where an object of a type names its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerField {
    pub(crate) path: &'static [&'static str],
    /// The types of the owner.
    pub(crate) objects: &'static [&'static str],
}

/// The types that can be a customer's, with the places where they name their owner.
pub(crate) fn owned_types()
-> impl Iterator<Item = (&'static ModelDescriptor, &'static [OwnerField])> {
    let owned = DESCRIPTORS
        .iter()
        .filter(|of| of.object != CUSTOMER && TYPES.contains(of.object));
    owned.map(|of| (of, owner_fields(of)))
}

fn owner_fields(of: &ModelDescriptor) -> &'static [OwnerField] {
    FIELDS.get(of.object).map_or(&[], Vec::as_slice)
}

fn read_fields(of: &ModelDescriptor) -> Vec<OwnerField> {
    let references = of.references.iter();
    let mut fields: Vec<OwnerField> = references
        .filter(|it| names_owner(it, &TYPES))
        .map(|it| OwnerField {
            path: it.path,
            objects: it.objects,
        })
        .collect();
    fields.extend(customer_path(of.object).map(|path| OwnerField {
        path,
        objects: &[CUSTOMER],
    }));
    fields
}

/// Whose an object is: the answer of `known`, by type and id, for the object itself or an owner of
/// it. `parent` is the type and the id of the object in whose list it stands.
pub(crate) fn owner<T>(
    object: Option<&str>,
    value: &Value,
    parent: Option<(&str, &str)>,
    known: impl Fn(&str, &str) -> Option<T>,
) -> Option<T> {
    let object = object.or_else(|| value.get("object")?.as_str());
    let Some(of) = object.and_then(descriptor) else {
        // A type of a later version names its customer in the same way.
        return id_of(value.get(CUSTOMER)?).and_then(|id| known(CUSTOMER, id));
    };
    let itself = value.get(of.key).and_then(Value::as_str);
    if let Some(known) = itself.and_then(|id| known(of.object, id)) {
        return Some(known);
    }

    let fields = owner_fields(of);
    let is_of_customer = |field: &&OwnerField| field.objects.contains(&CUSTOMER);
    let mut customers = Vec::new();
    for field in fields.iter().filter(is_of_customer) {
        ids_at(value, field.path, &mut customers);
    }
    if let Some(known) = customers.iter().find_map(|id| known(CUSTOMER, id)) {
        return Some(known);
    }
    if !customers.is_empty() || !TYPES.contains(of.object) {
        return None;
    }

    if let Some(known) = parent.and_then(|(object, id)| known(object, id)) {
        return Some(known);
    }
    for field in fields.iter().filter(|field| !is_of_customer(field)) {
        let mut ids = Vec::new();
        ids_at(value, field.path, &mut ids);
        let mut objects = field.objects.iter().filter(|it| TYPES.contains(*it));
        let known = objects.find_map(|object| ids.iter().find_map(|id| known(object, id)));
        if known.is_some() {
            return known;
        }
    }
    None
}

/// What an object of a customer names and is theirs with it, by type.
pub(crate) fn named(
    of: &ModelDescriptor,
    value: &Value,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut named: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for reference in of.references {
        let objects = reference.objects.iter().filter(|it| NAMED.contains(it));
        let mut ids = Vec::new();
        ids_at(value, reference.path, &mut ids);
        for object in objects {
            let ids = ids.iter().map(|id| (*id).to_owned());
            named.entry(object).or_default().extend(ids);
        }
    }
    named.retain(|_, ids| !ids.is_empty());
    named
}

/// Adds the ids in JSON that could be those of a customer's objects.
pub(in crate::store) fn add_mentioned(json: &str, ids: &mut BTreeSet<String>) {
    let Ok(value) = serde_json::from_str::<Value>(json) else {
        return;
    };
    let mut found = BTreeSet::new();
    mentioned(&value, &mut found);
    ids.extend(found.into_iter().map(str::to_owned));
}

fn mentioned<'v>(value: &'v Value, ids: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) if is_like_id(text) => _ = ids.insert(text),
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, ids)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_id = name == "id" || name == CUSTOMER;
                match value {
                    // An id that an application has chosen may look like anything.
                    Value::String(text) if is_id => _ = ids.insert(text),
                    other => mentioned(other, ids),
                }
            }
        }
        _ => {}
    }
}

/// As in `ch_1`.
fn is_like_id(text: &str) -> bool {
    text.len() <= 255 && text.contains('_') && !text.contains([' ', '/', ':', '@'])
}

/// The ids at the end of a path: strings, or the `id` of objects; arrays on the way have several.
fn ids_at<'v>(value: &'v Value, path: &[&str], ids: &mut Vec<&'v str>) {
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| ids_at(item, path, ids)),
        (value, []) => ids.extend(id_of(value)),
        (Value::Object(fields), [name, rest @ ..]) => {
            if let Some(value) = fields.get(*name) {
                ids_at(value, rest, ids);
            }
        }
        _ => {}
    }
}

/// An id, or that of an expanded object.
fn id_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(id) => Some(id),
        Value::Object(fields) => fields.get("id")?.as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_theirs(value: &Value, parent: Option<(&str, &str)>) -> bool {
        let known = |object: &str, id: &str| {
            let theirs = [
                ("customer", "cus_1"),
                ("charge", "ch_1"),
                ("invoice", "in_1"),
            ];
            theirs.contains(&(object, id)).then_some(())
        };
        owner(None, value, parent, known).is_some()
    }

    #[test]
    fn an_object_is_theirs_if_it_names_them_or_an_object_of_theirs() {
        let check = |value: Value, expected: bool| {
            assert_eq!(is_theirs(&value, None), expected, "{value}");
        };
        check(json!({"object":"customer","id":"cus_1"}), true);
        check(json!({"object":"customer","id":"cus_2"}), false);
        check(
            json!({"object":"invoice","id":"in_2","customer":"cus_1"}),
            true,
        );
        check(
            json!({"object":"invoice","id":"in_2","customer":{"id":"cus_1","object":"customer"}}),
            true,
        );
        check(
            json!({"object":"payment_record","customer_details":{"customer":"cus_1"}}),
            true,
        );
        check(
            json!({"object":"tax_id","owner":{"customer":"cus_1"}}),
            true,
        );
        check(json!({"object":"cash_balance","customer":"cus_1"}), true);
        check(
            json!({"object":"identity.verification_session","related_customer":"cus_1"}),
            true,
        );
        check(
            json!({"object":"dispute","id":"dp_1","charge":"ch_1"}),
            true,
        );
        check(
            json!({"object":"balance_transaction","id":"txn_1","source":"ch_1"}),
            true,
        );
        check(
            json!({"object":"balance_transaction","id":"txn_1","source":"ch_2"}),
            false,
        );
        check(
            json!({"object":"transfer","id":"tr_1","source_transaction":"ch_1"}),
            true,
        );
        // Another customer's, whatever it names.
        check(
            json!({"object":"refund","charge":"ch_1","customer":"cus_2"}),
            false,
        );
        // Not by an action alone.
        let action = json!({"process_payment_intent":{"payment_intent":"pi_1"},"refund_payment":{"charge":"ch_1"}});
        check(
            json!({"object":"terminal.reader","id":"tmr_1","action":action}),
            false,
        );
        check(
            json!({"object":"product","id":"prod_1","name":"ch_1"}),
            false,
        );
        check(json!({"object":"something.new","customer":"cus_1"}), true);
        check(json!({"object":"something.new","customer":"cus_2"}), false);
        check(json!([1]), false);
    }

    #[test]
    fn a_child_is_its_parents() {
        let line = json!({"object":"line_item","id":"il_1"});
        assert!(is_theirs(&line, Some(("invoice", "in_1"))));
        assert!(!is_theirs(&line, Some(("invoice", "in_2"))));
    }

    #[test]
    fn what_everybody_shares_is_nobodys() {
        for shared in [
            "account",
            "coupon",
            "payment_link",
            "plan",
            "price",
            "product",
            "tax_rate",
            "terminal.reader",
            "test_helpers.test_clock",
            "webhook_endpoint",
        ] {
            assert!(!TYPES.contains(shared), "{shared}");
        }
        for theirs in [
            "balance_transaction",
            "charge",
            "checkout.session",
            "dispute",
            "file",
            "invoice",
            "line_item",
            "mandate",
            "payment_intent",
            "payment_method",
            "refund",
            "setup_intent",
            "subscription",
            "subscription_item",
            "tax_id",
        ] {
            assert!(TYPES.contains(theirs), "{theirs}");
        }
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let value = json!({"id":"42","customer":"mine","x":["ch_1","a b_c",{"y":"pm_1"}],"n":1});
        let mut ids = BTreeSet::new();
        mentioned(&value, &mut ids);
        assert_eq!(
            ids.into_iter().collect::<Vec<_>>(),
            ["42", "ch_1", "mine", "pm_1"]
        );

        let charge = descriptor("charge").unwrap();
        let named = named(
            charge,
            &json!({"payment_method":"pm_1","balance_transaction":"txn_1"}),
        );
        assert_eq!(
            named.into_iter().collect::<Vec<_>>(),
            [("payment_method", ["pm_1".to_owned()].into())]
        );
    }
}
