//! `cargo xtask import --openapi FILE`: reduces an OpenAPI document of Stripe to the facts in
//! `spec/`.
//!
//! Accepts the public document and the one for SDKs, which also says what each event carries
//! (`x-stripeEvent`) and where an object is fetched (`x-stripeOperations`). `spec/overrides.toml`
//! adds what the document leaves out. Invariant: only names, types and paths are copied, no
//! sentence of the document.

mod events;
mod operations;
mod overrides;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use overrides::Overrides;
use serde_json::Value;

use crate::facts::{ColumnFacts, MirrorFacts};
use crate::spec::{Fields, Resource, Spec};

/// Reads `document` and writes the facts to `folder`.
///
/// # Errors
/// A document that isn't Stripe's, an override that no longer applies, a file that can't be
/// written.
pub(crate) fn run(document: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::read(document)?;
    let overrides = std::fs::read_to_string(folder.join("overrides.toml"))?;
    let spec = reduce(&bytes, &overrides)?;

    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "spec") {
            std::fs::remove_file(path)?;
        }
    }

    for (name, text) in spec.files() {
        std::fs::write(folder.join(format!("{name}.spec")), text)?;
    }

    eprintln!(
        "spec: {} objects, {} schemas, {} events",
        spec.resources.len(),
        spec.schemas().len(),
        spec.events.len()
    );
    Ok(())
}

/// The facts of a document with the overrides applied.
fn reduce(document: &[u8], overrides: &str) -> Result<Spec, Box<dyn Error>> {
    let sha256 = crate::spec::sha256(document);
    let document: Value = serde_json::from_slice(document)?;
    let definitions = document["components"]["schemas"]
        .as_object()
        .ok_or("no `components.schemas`: not OpenAPI")?;
    let overrides = Overrides::parse(overrides)?;

    let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
    let mut schemas: BTreeMap<String, Fields> = BTreeMap::new();
    for (name, definition) in definitions {
        if !is_left_out(name, definition) {
            schemas.insert(name.clone(), fields(definition));
        }
    }

    for (name, definition) in definitions {
        if let Some(object) = resource_name(name, definition) {
            resources.insert(
                object.to_owned(),
                operations::of(&document, name, definition),
            );
        }
    }

    let mut spec = Spec {
        version: document["info"]["version"]
            .as_str()
            .ok_or("no `info.version`")?
            .to_owned(),
        sha256,
        events: events::of(
            &document,
            &resources
                .keys()
                .chain(overrides.objects())
                .map(String::as_str)
                .collect(),
        ),
        // The OpenAPI document has none of them.
        thin: crate::spec::Spec::read(&crate::root().join("spec"))?.thin,
        resources,
        shared: BTreeMap::new(),
        mirror: MirrorFacts::default(),
        columns: ColumnFacts::new(),
    };

    overrides.apply(&mut spec, &mut schemas)?;
    distribute(&mut spec, &schemas);
    Ok(spec)
}

/// The name of the object that a schema describes, if its field `object` has this name as the only
/// value.
fn resource_name<'d>(name: &str, definition: &'d Value) -> Option<&'d str> {
    let [object] = definition["properties"]["object"]["enum"]
        .as_array()?
        .as_slice()
    else {
        return None;
    };
    let object = object.as_str()?;
    let is_one = object == name && !is_left_out(name, definition) && !name.starts_with("deleted_");
    is_one.then_some(object)
}

/// Whether a schema is left out: those of API v2, wrappers of errors, copies of types for client
/// libraries, and names for "one of several objects", which are expanded where they are used.
fn is_left_out(name: &str, definition: &Value) -> bool {
    name.starts_with("v2.")
        || name.ends_with("_client")
        || name == "error"
        || definition["anyOf"].is_array()
}

fn fields(definition: &Value) -> Fields {
    let required: BTreeSet<&str> = definition["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();

    let properties = definition["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            (
                name.clone(),
                types::field(name, property, required.contains(name.as_str())),
            )
        })
        .collect()
}

/// Moves each schema to the one object that uses it, or to the shared ones if several do. Unused
/// schemas are dropped.
fn distribute(spec: &mut Spec, schemas: &BTreeMap<String, Fields>) {
    let objects: BTreeSet<String> = spec.resources.keys().cloned().collect();
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for object in &objects {
        let roots = [
            Some(object.as_str()),
            spec.resources[object].fact("deleted"),
        ];
        let mut open: Vec<&str> = roots.into_iter().flatten().collect();

        while let Some(name) = open.pop() {
            let Some((name, fields)) = schemas.get_key_value(name) else {
                continue;
            };
            if users.entry(name).or_default().insert(object) {
                // The schemas below a referenced object belong to that object.
                let used = fields.values().flat_map(|ty| names_in(ty));
                open.extend(
                    used.filter(|name| !objects.contains(*name) && !name.starts_with("deleted_")),
                );
            }
        }
    }

    for (name, users) in users {
        let fields = schemas[name].clone();
        match users.iter().next() {
            Some(only) if users.len() == 1 => {
                if let Some(resource) = spec.resources.get_mut(*only) {
                    resource.schemas.insert(name.to_owned(), fields);
                }
            }
            _ => _ = spec.shared.insert(name.to_owned(), fields),
        }
    }
}

/// The schemas that a type names: `card` and `source` of `id(card,source)?`, `address` of
/// `[@address]`.
pub(crate) fn names_in(ty: &str) -> Vec<&str> {
    let ty = ty.trim_end_matches(['!', '?']);
    let inner = |ty: &str, open: &str| -> Option<(usize, usize)> {
        (ty.starts_with(open) && ty.len() > open.len()).then(|| (open.len(), ty.len() - 1))
    };

    if let Some(name) = ty.strip_prefix('@') {
        return vec![name];
    }
    for open in ["id(", "obj("] {
        if let Some((start, end)) = inner(ty, open) {
            return ty[start..end].split(',').collect();
        }
    }
    for open in ["list(", "[", "{"] {
        if let Some((start, end)) = inner(ty, open) {
            return names_in(&ty[start..end]);
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
