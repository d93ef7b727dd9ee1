//! The fields of an object that name other objects by their ids, at any depth.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::walk::{Place, places};
use crate::facts::PlainReference;
use crate::spec::Spec;

/// A field that holds the id of another object, or several of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    /// The fields from the object down to this one. Arrays on the way are not mentioned.
    pub(super) path: Vec<String>,
    /// The types of object that it may name.
    pub(super) objects: Vec<String>,
}

/// References by the object that has them.
pub(super) type References = BTreeMap<String, Vec<Reference>>;

/// By the object, its references.
///
/// # Errors
/// Facts that change nothing.
pub(super) fn references(spec: &Spec) -> Result<References, String> {
    let mut used = BTreeSet::new();
    let mut references = BTreeMap::new();
    for object in spec.resources.keys() {
        let mut found: Vec<Reference> = places(spec, object)
            .into_iter()
            .filter_map(|place| reference(spec, object, place, &mut used))
            .collect();
        found.extend(former(spec, object));
        found.sort_by(|one, other| one.path.cmp(&other.path));
        references.insert(object.clone(), found);
    }

    let facts = &spec.mirror;
    let mut all = facts
        .plain_references
        .keys()
        .chain(facts.not_references.keys());
    match all.find(|key| !used.contains(*key)) {
        Some(key) => Err(format!(
            "spec/overrides.toml: the entry for `{key}` below [mirror] names no plain field"
        )),
        None => Ok(references),
    }
}

/// The reference that a field is, if it is one. `used` collects the facts that say so.
fn reference(
    spec: &Spec,
    object: &str,
    place: Place,
    used: &mut BTreeSet<String>,
) -> Option<Reference> {
    let Place { path, ty, .. } = place;
    let objects: Vec<String> = if let Some(types) = ty.strip_prefix("id(") {
        // Deleted objects have a schema of their own, but are no type of object. Some types have
        // none at all.
        let types = types.trim_end_matches(')').split(',');
        let types = types.filter(|object| spec.resources.contains_key(*object));
        types.map(str::to_owned).collect()
    } else if ty == "str" {
        plain(spec, object, &path, used).into_iter().collect()
    } else {
        return None;
    };
    (!objects.is_empty()).then_some(Reference { path, objects })
}

/// The type of object that a field of plain text names.
fn plain(
    spec: &Spec,
    object: &str,
    path: &[String],
    used: &mut BTreeSet<String>,
) -> Option<String> {
    let field = path.last()?;
    let exact = format!("{object}.{}", path.join("."));

    for key in [&exact, field] {
        // In API v2, the name of a field is first of all that of a type next to its object.
        if key == field
            && let Some(sibling) = sibling(spec, object, field)
        {
            return Some(sibling);
        }
        if spec.mirror.not_references.contains_key(key) {
            used.insert(key.clone());
            return None;
        }
        if let Some(PlainReference { object, .. }) = spec.mirror.plain_references.get(key) {
            used.insert(key.clone());
            return Some(object.clone());
        }
    }
    spec.resources.contains_key(field).then(|| field.clone())
}

/// `v2.core.account` for a field `account` of `v2.core.account_person`.
fn sibling(spec: &Spec, object: &str, field: &str) -> Option<String> {
    let (namespace, _) = object
        .rsplit_once('.')
        .filter(|_| object.starts_with("v2."))?;
    let name = format!("{namespace}.{field}");
    spec.resources.contains_key(&name).then_some(name)
}

/// Fields that only older API versions have, from the columns that read them.
fn former(spec: &Spec, object: &str) -> Vec<Reference> {
    let columns = spec.columns.get(object).into_iter().flatten();
    let fields = columns.flat_map(|(_, column)| &column.former);
    let fields = fields.filter(|field| spec.resources.contains_key(*field));
    fields
        .map(|field| Reference {
            path: vec![field.clone()],
            objects: vec![field.clone()],
        })
        .collect()
}

/// The references as Rust.
pub(super) fn rust(references: &[Reference]) -> String {
    references
        .iter()
        .fold(String::new(), |mut text, Reference { path, objects }| {
            let _ = write!(
                text,
                "Reference {{ path: &{path:?}, objects: &{objects:?} }}, "
            );
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        let invoice = [
            ("customer", "id(customer,deleted_customer)?"),
            ("details", "[@details]"),
            ("customers", "[str]"),
            ("owner", "@customer?"),
        ];
        let details = [
            ("customer", "str?"),
            ("tax_id", "str"),
            ("more", "@details?"),
        ];
        Spec::of(
            &[("invoice", &invoice), ("customer", &[("invoice", "str")])],
            &[("details", &details)],
        )
    }

    fn fact(object: &str) -> PlainReference {
        PlainReference {
            object: object.to_owned(),
            source: "https://docs.stripe.com".to_owned(),
        }
    }

    #[test]
    fn ids_are_found_through_hashes_and_arrays_but_not_through_objects() {
        let mut spec = spec();
        let paths = |spec: &Spec| -> Vec<String> {
            let references = &references(spec).unwrap()["invoice"];
            references.iter().map(|it| it.path.join(".")).collect()
        };
        assert_eq!(paths(&spec), ["customer", "details.customer"]);

        let facts = &mut spec.mirror.plain_references;
        facts.insert("customers".to_owned(), fact("customer"));
        assert_eq!(paths(&spec), ["customer", "customers", "details.customer"]);
    }

    #[test]
    fn in_api_v2_a_name_is_that_of_a_type_of_the_same_namespace() {
        let person = [("account", "str!"), ("invoice", "str!")];
        let id = [("id", "str!")];
        let spec = Spec::of(
            &[
                ("account", &id),
                ("invoice", &id),
                ("v2.core.account", &id),
                ("v2.core.account_person", &person),
            ],
            &[],
        );
        let references = references(&spec).unwrap();
        let objects: Vec<&str> = references["v2.core.account_person"]
            .iter()
            .flat_map(|it| it.objects.iter().map(String::as_str))
            .collect();
        assert_eq!(objects, ["v2.core.account", "invoice"]);
    }

    #[test]
    fn a_fact_that_changes_nothing_is_refused() {
        let mut spec = spec();
        let facts = &mut spec.mirror.plain_references;
        facts.insert("invoice.customer".to_owned(), fact("customer"));
        assert!(references(&spec).is_err());
    }
}
