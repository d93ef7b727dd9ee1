//! Which file each schema belongs to.

use std::collections::{BTreeMap, BTreeSet};

use super::names_in;
use crate::spec::{Fields, Spec};

/// The user of a schema that thin events carry. No object has an empty name.
const THIN: &str = "";

/// Moves each schema to the one object that uses it or to the thin events, or to the shared ones if
/// several do. Unused schemas are dropped.
pub(super) fn distribute(spec: &mut Spec, schemas: &BTreeMap<String, Fields>) {
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let objects: BTreeSet<&str> = spec.resources.keys().map(String::as_str).collect();

    for (user, mut open) in roots(spec) {
        while let Some(name) = open.pop() {
            let Some((name, fields)) = schemas.get_key_value(name) else {
                continue;
            };
            if users.entry(name).or_default().insert(user) {
                // The schemas below a referenced object belong to that object.
                let used = fields.values().flat_map(|ty| names_in(ty));
                open.extend(
                    used.filter(|name| !objects.contains(name) && !name.starts_with("deleted_")),
                );
            }
        }
    }

    let places: Vec<(String, Option<String>)> = users
        .into_iter()
        .map(|(name, users)| {
            let only = (users.len() == 1).then(|| users.first().copied().map(str::to_owned));
            (name.to_owned(), only.flatten())
        })
        .collect();
    for (name, only) in places {
        let fields = schemas[&name].clone();
        match only.as_deref() {
            Some(THIN) => _ = spec.thin_schemas.insert(name, fields),
            Some(object) => {
                if let Some(resource) = spec.resources.get_mut(object) {
                    resource.schemas.insert(name, fields);
                }
            }
            None => _ = spec.shared.insert(name, fields),
        }
    }
}

/// By the user, the schemas where its description begins.
fn roots(spec: &Spec) -> Vec<(&str, Vec<&str>)> {
    let objects = spec.resources.iter().map(|(object, resource)| {
        let roots = [Some(object.as_str()), resource.fact("deleted")];
        (object.as_str(), roots.into_iter().flatten().collect())
    });
    let data = spec.thin.values().filter_map(|it| it.data.as_deref());
    objects.chain([(THIN, data.collect())]).collect()
}
