//! The lists of children that an object owns: lists of a type that no event carries. What Stripe
//! sends of such a child, it sends in its object's list, and a complete list names all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::walk::{Place, places};
use crate::facts::NotOwned;
use crate::spec::Spec;

/// A list of children within an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OwnedList {
    /// The fields from the object down to the list.
    pub(super) path: Vec<String>,
    /// The type of the children.
    pub(super) object: String,
}

/// By the object, the lists that it owns.
///
/// # Errors
/// Exceptions that change nothing.
pub(super) fn owned(spec: &Spec) -> Result<BTreeMap<String, Vec<OwnedList>>, String> {
    let carried: BTreeSet<&String> = spec.events.values().flat_map(|it| &it.objects).collect();
    let mut exceptions = spec.mirror.not_owned.clone();
    let mut owned: BTreeMap<String, Vec<OwnedList>> = BTreeMap::new();

    for object in spec.resources.keys() {
        for Place { path, ty, .. } in places(spec, object) {
            let Some(child) = child(&ty).filter(|child| spec.resources.contains_key(*child)) else {
                continue;
            };
            if carried.contains(&child.to_owned()) {
                continue;
            }

            let is_exception = |it: &mut NotOwned| it.path == path.join(".");
            if exceptions.get_mut(object).is_some_and(is_exception) {
                exceptions.remove(object);
                continue;
            }
            owned.entry(object.clone()).or_default().push(OwnedList {
                path,
                object: child.to_owned(),
            });
        }
    }

    match exceptions.keys().next() {
        Some(object) => Err(format!(
            "spec/overrides.toml: mirror.not_owned.\"{object}\" names no list that would be owned"
        )),
        None => Ok(owned),
    }
}

/// The type of the elements of a list of one type.
fn child(ty: &str) -> Option<&str> {
    let list = ty.trim_end_matches(['!', '?']).strip_prefix("list(@")?;
    list.strip_suffix(')')
}

/// The types of the children.
pub(super) fn children(owned: &BTreeMap<String, Vec<OwnedList>>) -> BTreeSet<&str> {
    owned.values().flatten().map(|it| &*it.object).collect()
}

/// The lists as Rust.
pub(super) fn rust(lists: &[OwnedList]) -> String {
    lists
        .iter()
        .fold(String::new(), |mut text, OwnedList { path, object }| {
            let _ = write!(
                text,
                "OwnedList {{ path: &{path:?}, object: {object:?} }}, "
            );
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::MirrorFacts;
    use crate::spec::Event;

    fn spec() -> Spec {
        let id = [("id", "str!")];
        let quote = [
            ("items", "list(@item)!"),
            ("refunds", "list(@refund)"),
            ("total", "@total?"),
        ];
        let mut spec = Spec::of(
            &[("item", &id), ("quote", &quote), ("refund", &id)],
            &[("total", &[("items", "list(@item)?")])],
        );
        let event = Event {
            objects: vec!["refund".to_owned()],
            since: None,
        };
        spec.events.insert("refund.updated".to_owned(), event);
        spec
    }

    fn except(path: &str) -> Spec {
        let reason = "why".to_owned();
        let path = path.to_owned();
        let mirror = MirrorFacts {
            not_owned: [("quote".to_owned(), NotOwned { path, reason })].into(),
            ..MirrorFacts::default()
        };
        Spec { mirror, ..spec() }
    }

    #[test]
    fn lists_whose_children_no_event_carries_are_owned() {
        let paths = |spec: &Spec| -> Vec<String> {
            let owned = owned(spec).unwrap();
            assert_eq!(children(&owned), BTreeSet::from(["item"]));
            owned["quote"].iter().map(|it| it.path.join(".")).collect()
        };
        assert_eq!(paths(&spec()), ["items", "total.items"]);
        assert_eq!(paths(&except("items")), ["total.items"]);
    }

    #[test]
    fn an_exception_that_changes_nothing_is_refused() {
        let error = owned(&except("refunds")).unwrap_err();
        assert!(error.contains("mirror.not_owned.\"quote\""), "{error}");
    }
}
