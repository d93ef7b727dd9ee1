//! `expand`: objects in place of their ids, and lists that are left out unless asked for.

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use serde_json::Value;

use super::answer::Answer;
use super::read;
use super::route::{Target, route};
use super::state::{Scope, State};

/// Fields within fields that can be expanded at most, `data` of a list included.
const DEEPEST: usize = 4;

/// Puts objects in place of the ids that `field` names, `latest_invoice.payment_intent` or `data.customer`.
pub(super) fn expand(
    state: &State,
    scope: &Scope,
    value: &mut Value,
    field: &str,
) -> Result<(), Box<Answer>> {
    let path: Vec<&str> = field.split('.').collect();
    if path.len() > DEEPEST {
        let message = format!(
            "You cannot expand more than {DEEPEST} levels of a property. Property: {field}"
        );
        return Err(Box::new(Answer::invalid(&message, Some("expand"))));
    }
    walk(state, scope, value, &path).map_err(|name| {
        Box::new(Answer::invalid(
            &format!("This property cannot be expanded ({name})."),
            Some("expand"),
        ))
    })
}

fn walk(state: &State, scope: &Scope, value: &mut Value, path: &[&str]) -> Result<(), String> {
    if let Value::Array(items) = value {
        return items
            .iter_mut()
            .try_for_each(|item| walk(state, scope, item, path));
    }
    // What refers to nothing, or to something that is gone, has nothing in it to expand.
    let (Some((name, rest)), Value::Object(_)) = (path.split_first(), &*value) else {
        return Ok(());
    };
    let known = value["object"].as_str().and_then(descriptor);
    let candidates = candidates(known, name);
    if value.get(*name).is_none() {
        match known.and_then(|known| left_out(state, scope, known, value, name)) {
            Some(included) => value[*name] = included,
            None if candidates.is_some() || value.get("object").is_none() => return Ok(()),
            None => return Err((*name).to_owned()),
        }
    }
    let inner = &mut value[*name];
    let may_stay = candidates.is_some() || known.is_none();
    let replace = |held: &mut Value| {
        let Value::String(id) = &*held else {
            return Ok(());
        };
        match find(state, scope, candidates, id) {
            Some(found) => *held = found,
            None if may_stay => {}
            None => return Err((*name).to_owned()),
        }
        Ok(())
    };
    match inner {
        Value::String(_) => replace(inner)?,
        Value::Array(items) => items.iter_mut().try_for_each(replace)?,
        Value::Number(_) | Value::Bool(_) => return Err((*name).to_owned()),
        Value::Object(_) | Value::Null => {}
    }
    walk(state, scope, inner, rest)
}

/// The types of object that the field may refer to, where the catalogue says.
fn candidates(
    known: Option<&'static ModelDescriptor>,
    field: &str,
) -> Option<&'static [&'static str]> {
    known?
        .references
        .iter()
        .find(|reference| reference.field == field)
        .map(|reference| reference.objects)
}

fn find(state: &State, scope: &Scope, candidates: Option<&[&str]>, id: &str) -> Option<Value> {
    let found = match candidates {
        Some(objects) => state.find(scope, objects, id),
        None => DESCRIPTORS
            .iter()
            .find_map(|descriptor| state.get(scope, descriptor.object, id)),
    };
    let deleted = || {
        state
            .was_deleted(scope, "customer", id)
            .then(|| read::deleted("customer", id))
    };
    found.cloned().or_else(deleted)
}

/// A list that an object has only when it is asked for, `tax_ids` of a customer: what is found below its own path.
fn left_out(
    state: &State,
    scope: &Scope,
    known: &ModelDescriptor,
    value: &Value,
    field: &str,
) -> Option<Value> {
    let (above, _) = known.retrieve?.rsplit_once('/')?;
    let path = format!("{above}/{}/{field}", value["id"].as_str()?);
    let route = route(&path).filter(|route| !matches!(route.target, Target::One(_)))?;
    Some(read::get(state, scope, &route, &path, &[]).ok()?.body)
}
