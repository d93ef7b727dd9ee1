//! `cargo xtask import`: reduces a description of Stripe's API to the facts in `spec/`.
//!
//! `--openapi FILE` accepts the public document and the one for SDKs, which also says what each
//! event carries (`x-stripeEvent`) and where an object is fetched (`x-stripeOperations`). `--npm
//! PACKAGE_DIR` reads Stripe's package for Node, which is described as such a document first.
//! `spec/overrides.toml` adds what the source leaves out. Invariant: only names, types and paths
//! are copied, no sentence of the source.

mod distribute;
mod events;
mod npm;
mod operations;
mod overrides;
mod pinned;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use overrides::Overrides;
use serde_json::{Map, Value};

use crate::spec::{Fields, Resource, Spec, ThinEvent};

/// Where the facts come from.
pub(crate) enum Source<'p> {
    /// An OpenAPI document of Stripe.
    OpenApi(&'p Path),
    /// An unpacked copy of Stripe's package for Node.
    Npm(&'p Path),
}

/// Reads `source` and writes the facts to `spec/`.
///
/// # Errors
/// A source that isn't Stripe's, an override that no longer applies, a file that can't be written.
pub(crate) fn run(source: &Source, root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = root.join("spec");
    let overrides = std::fs::read_to_string(folder.join("overrides.toml"))?;
    let spec = match source {
        Source::OpenApi(document) => reduce(&std::fs::read(document)?, &overrides, None)?,
        Source::Npm(package) => {
            let pinned = Spec::read(&folder)?;
            reduce(&npm::document(root, package)?, &overrides, Some(&pinned))?
        }
    };

    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "spec") {
            std::fs::remove_file(path)?;
        }
    }

    for (name, text) in spec.files() {
        std::fs::write(folder.join(format!("{name}.spec")), text)?;
    }

    eprintln!(
        "spec: {} objects, {} schemas, {} events, {} thin events",
        spec.resources.len(),
        spec.schemas().len(),
        spec.events.len(),
        spec.thin.len()
    );
    Ok(())
}

/// The facts of a document with the overrides applied. A document without names for the parts of
/// objects takes them from the facts that are `pinned`.
fn reduce(document: &[u8], overrides: &str, pinned: Option<&Spec>) -> Result<Spec, Box<dyn Error>> {
    let sha256 = crate::spec::sha256(document);
    let document: Value = serde_json::from_slice(document)?;
    let definitions = document["components"]["schemas"]
        .as_object()
        .ok_or("no `components.schemas`: not OpenAPI")?;
    let overrides = Overrides::parse(overrides)?;
    let thin = events::thin(&document);

    let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
    let mut schemas: BTreeMap<String, Fields> = BTreeMap::new();
    for (name, definition) in definitions {
        if !is_left_out(name, definition) || is_related(name, &thin) {
            schemas.insert(name.clone(), fields(definition));
        }
        if let Some(object) = resource_name(name, definition, &thin) {
            let mut resource = operations::of(&document, name, definition);
            if let Some(pinned) = pinned {
                pinned::keep_paths(&mut resource, pinned.resources.get(object));
            }
            resources.insert(object.to_owned(), resource);
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
        resources,
        thin,
        ..Spec::default()
    };

    if let Some(pinned) = pinned {
        schemas = pinned::settle(schemas, &roots(&mut spec, definitions), pinned)?;
    }
    overrides.apply(&mut spec, &mut schemas)?;
    distribute::distribute(&mut spec, &schemas);
    Ok(spec)
}

/// The schemas that are described for their own sake, by key, with their names: objects, what is
/// left of deleted ones, and what thin events carry, which is named after the event.
fn roots(spec: &mut Spec, definitions: &Map<String, Value>) -> BTreeMap<String, String> {
    let objects = spec.resources.keys().cloned();
    let deleted = definitions
        .keys()
        .filter(|name| name.starts_with("deleted_"));
    let mut roots: BTreeMap<String, String> = objects
        .chain(deleted.cloned())
        .map(|name| (name.clone(), name))
        .collect();

    for (event, thin) in &mut spec.thin {
        if let Some(key) = &mut thin.data {
            let words = event.split(|letter: char| !letter.is_ascii_alphanumeric());
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            let name = format!("{}_data", words.join("_"));
            roots.insert(std::mem::replace(key, name.clone()), name);
        }
    }
    roots
}

/// The name of the object that a schema describes, if its field `object` has this name as the only
/// value.
fn resource_name<'d>(
    name: &str,
    definition: &'d Value,
    thin: &BTreeMap<String, ThinEvent>,
) -> Option<&'d str> {
    let [object] = definition["properties"]["object"]["enum"]
        .as_array()?
        .as_slice()
    else {
        return None;
    };
    let object = object.as_str()?;
    let is_left_out = is_left_out(name, definition) && !is_related(name, thin);
    let is_one = object == name && !is_left_out && !name.starts_with("deleted_");
    is_one.then_some(object)
}

/// Whether a thin event refers to the object. Of API v2, the mirror needs no others.
fn is_related(name: &str, thin: &BTreeMap<String, ThinEvent>) -> bool {
    let mut related = thin.values().filter_map(|it| it.related.as_deref());
    related.any(|related| related == name)
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
