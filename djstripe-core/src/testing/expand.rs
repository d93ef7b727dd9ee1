//! `expand`: objects in place of their ids.

use djstripe_models::{DESCRIPTORS, descriptor};
use serde_json::Value;

use super::answer::Answer;
use super::state::{Scope, State};

/// Puts objects in place of the ids that `field` names, `latest_invoice.payment_intent` or `data.customer`.
pub(super) fn expand(state: &State, scope: &Scope, value: &mut Value, field: &str) -> Result<(), Box<Answer>> {
    let path: Vec<&str> = field.split('.').collect();
    walk(state, scope, value, &path).map_err(|name| {
        Box::new(Answer::invalid(&format!("This property cannot be expanded ({name})."), Some("expand")))
    })
}

fn walk(state: &State, scope: &Scope, value: &mut Value, path: &[&str]) -> Result<(), String> {
    if let Value::Array(items) = value {
        return items.iter_mut().try_for_each(|item| walk(state, scope, item, path));
    }
    let Some((name, rest)) = path.split_first() else { return Ok(()) };
    let object = value["object"].as_str().unwrap_or_default().to_owned();
    let Some(inner) = value.get_mut(*name) else {
        let known =
            descriptor(&object).is_some_and(|it| it.references.iter().any(|reference| reference.field == *name));
        return if known { Ok(()) } else { Err((*name).to_owned()) };
    };
    match inner {
        Value::String(id) => {
            let found = state.find(scope, &candidates(&object, name), id).cloned();
            if let Some(found) = found {
                *inner = found;
            }
        }
        Value::Array(items) => {
            for item in items {
                if let Value::String(id) = item
                    && let Some(found) = state.find(scope, &candidates(&object, name), id)
                {
                    *item = found.clone();
                }
            }
        }
        Value::Number(_) | Value::Bool(_) => return Err((*name).to_owned()),
        Value::Object(_) | Value::Null => {}
    }
    walk(state, scope, inner, rest)
}

/// The types of object that the field may refer to; any, where the catalogue doesn't say.
fn candidates(object: &str, field: &str) -> Vec<&'static str> {
    let references = descriptor(object).map(|descriptor| descriptor.references).unwrap_or_default();
    match references.iter().find(|reference| reference.field == field) {
        Some(reference) => reference.objects.to_vec(),
        None => DESCRIPTORS.iter().map(|descriptor| descriptor.object).collect(),
    }
}
