//! The paths where an object is fetched, listed and deleted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::types::{reference, values};
use crate::spec::Resource;

/// The facts of the object that `schema` describes.
pub(super) fn of(document: &Value, schema: &str, definition: &Value) -> Resource {
    let mut facts: BTreeMap<String, String> = BTreeMap::new();

    let paths = document["paths"].as_object().into_iter().flatten();
    let mut found = Found::default();
    let is_api = |path: &str| path.starts_with("/v1/") || path.starts_with("/v2/");
    for (path, methods) in paths.filter(|(path, _)| is_api(path)) {
        found.add_get(path, &methods["get"], schema);
        found.add_delete(path, &methods["delete"], schema);
    }
    found.add_stated(definition);

    let Found {
        retrieve,
        singleton,
        list,
        delete,
        deleted,
    } = found;

    if let Some((path, required)) = best(list) {
        if !required.is_empty() {
            facts.insert("requires".to_owned(), required);
        }
        facts.extend(narrowing(&document["paths"][&path]["get"]));
        facts.insert("list".to_owned(), path);
    }

    let singleton = if retrieve.is_empty() {
        best(singleton)
    } else {
        None
    };
    for (name, found) in [
        ("retrieve", best(retrieve)),
        ("singleton", singleton),
        ("delete", best(delete)),
    ] {
        facts.extend(found.map(|(path, _)| (name.to_owned(), path)));
    }

    facts.extend(deleted.map(|name| ("deleted".to_owned(), name)));
    Resource {
        facts,
        schemas: BTreeMap::new(),
    }
}

/// Paths by what they do, each with the names of its required query parameters.
#[derive(Default)]
struct Found {
    retrieve: Vec<(String, String)>,
    singleton: Vec<(String, String)>,
    list: Vec<(String, String)>,
    delete: Vec<(String, String)>,
    deleted: Option<String>,
}

impl Found {
    fn add_get(&mut self, path: &str, operation: &Value, schema: &str) {
        let answer = answer(operation);
        let required = required_query(operation);

        if answers_with(answer, schema) {
            let place = if path.ends_with('}') {
                &mut self.retrieve
            } else {
                &mut self.singleton
            };
            place.push((path.to_owned(), required));
        } else if answers_with(&answer["properties"]["data"]["items"], schema)
            && !path.ends_with("/search")
        {
            self.list.push((path.to_owned(), required));
        }
    }

    fn add_delete(&mut self, path: &str, operation: &Value, schema: &str) {
        let deleted = format!("deleted_{schema}");
        let answer = answer(operation);
        if answers_with(answer, &deleted) {
            self.deleted = Some(deleted);
            self.delete.push((path.to_owned(), String::new()));
        } else if answers_with(answer, schema) {
            self.delete.push((path.to_owned(), String::new()));
        }
    }

    /// Adds the operations that the document for SDKs states for an object.
    fn add_stated(&mut self, definition: &Value) {
        for operation in definition["x-stripeOperations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let Some(path) = operation["path"].as_str() else {
                continue;
            };

            let place = match operation["method_type"].as_str() {
                Some("retrieve") if path.ends_with('}') => &mut self.retrieve,
                Some("retrieve") => &mut self.singleton,
                Some("list") => &mut self.list,
                Some("delete") => &mut self.delete,
                _ => continue,
            };

            if !place.iter().any(|(known, _)| known == path) {
                place.push((path.to_owned(), String::new()));
            }
        }
    }
}

/// The path with the fewest parameters (`/v1/tax_ids` before one below a customer), of these the
/// shortest.
fn best(mut found: Vec<(String, String)>) -> Option<(String, String)> {
    found.sort_by_key(|(path, _)| (path.matches('{').count(), path.len(), path.clone()));
    found.into_iter().next()
}

fn answer(operation: &Value) -> &Value {
    &operation["responses"]["200"]["content"]["application/json"]["schema"]
}

/// Whether the answer is this schema or one of several schemas that include it.
fn answers_with(answer: &Value, schema: &str) -> bool {
    let options = answer["anyOf"].as_array().into_iter().flatten();
    reference(answer) == Some(schema)
        || options
            .into_iter()
            .any(|option| reference(option) == Some(schema))
}

fn required_query(operation: &Value) -> String {
    let required = query(operation).filter(|parameter| parameter["required"] == true);
    required
        .filter_map(|parameter| parameter["name"].as_str())
        .collect::<Vec<_>>()
        .join(",")
}

/// Facts about a list's filters: whether it can be narrowed by creation time, and the parameter
/// that widens it to all objects, one that accepts `all`.
fn narrowing(operation: &Value) -> impl Iterator<Item = (String, String)> {
    let by_created = query(operation).any(|parameter| parameter["name"] == "created");
    let widest = query(operation).find(|parameter| {
        values(&parameter["schema"])
            .iter()
            .any(|value| value == "all")
    });
    let widest = widest.and_then(|parameter| Some(format!("{}=all", parameter["name"].as_str()?)));
    let by_created = by_created.then(|| ("narrows".to_owned(), "created".to_owned()));
    by_created
        .into_iter()
        .chain(widest.map(|parameter| ("widens".to_owned(), parameter)))
}

fn query(operation: &Value) -> impl Iterator<Item = &Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(|parameter| parameter["in"] == "query")
}
