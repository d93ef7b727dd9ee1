//! `expand`: replaces ids with their objects, and adds lists that are absent by default.

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use serde_json::Value;

use super::answer::Answer;
use super::read;
use super::route::{Target, route};
use super::state::{Scope, State};

/// The deepest path that Stripe expands, `data` of a list included.
const MAX_DEPTH: usize = 4;

/// Fields that an answer has only if they are expanded.
///
/// Source: [Expanding responses](https://docs.stripe.com/expand#includable-properties).
const ON_REQUEST: [(&str, &[&str]); 5] = [
    ("checkout.session", &["line_items"]),
    ("coupon", &["applies_to"]),
    ("payment_link", &["line_items"]),
    ("price", &["currency_options", "tiers"]),
    ("quote", &["line_items"]),
];

/// Removes the fields that an answer has only if they are expanded, from embedded objects too.
pub(super) fn hide(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(fields) => {
            let object = fields.get("object").and_then(Value::as_str);
            for field in object.map_or(&[][..], on_request) {
                fields.remove(*field);
            }
            fields.values_mut().for_each(hide);
        }
        _ => {}
    }
}

fn on_request(object: &str) -> &'static [&'static str] {
    let found = ON_REQUEST.iter().find(|(name, _)| *name == object);
    found.map_or(&[], |(_, fields)| fields)
}

/// Expands the property that `field` names, `latest_invoice.payment_intent` or `data.customer`.
pub(super) fn expand(
    state: &State,
    scope: &Scope,
    value: &mut Value,
    field: &str,
) -> Result<(), Box<Answer>> {
    let path: Vec<&str> = field.split('.').collect();
    if path.len() > MAX_DEPTH {
        let message = format!(
            "You cannot expand more than {MAX_DEPTH} levels of a property. Property: {field}"
        );
        return Err(Box::new(Answer::invalid(&message, Some("expand"))));
    }

    expand_path(state, scope, value, &path).map_err(|name| {
        let message = format!("This property cannot be expanded ({name}).");
        Box::new(Answer::invalid(&message, Some("expand")))
    })
}

/// Expands along the path. The error is the name of the field that can't be expanded.
fn expand_path(
    state: &State,
    scope: &Scope,
    value: &mut Value,
    path: &[&str],
) -> Result<(), String> {
    if let Value::Array(items) = value {
        return items
            .iter_mut()
            .try_for_each(|item| expand_path(state, scope, item, path));
    }
    // A `null`, or the id of an object that no longer exists, has nothing inside to expand.
    let (Some((name, rest)), Value::Object(_)) = (path.split_first(), &*value) else {
        return Ok(());
    };

    let known = value["object"].as_str().and_then(descriptor);
    let objects = referenced_objects(known, name);
    if value.get(*name).is_none() {
        let hidden = known.filter(|known| on_request(known.object).contains(name));
        let stored = hidden
            .and_then(|known| state.get(scope, known.object, value["id"].as_str()?))
            .and_then(|stored| stored.get(*name).cloned());
        let list = || known.and_then(|known| absent_list(state, scope, known, value, name));
        match stored.or_else(list) {
            Some(found) => value[*name] = found,
            None if hidden.is_some() => return Ok(()),
            None if objects.is_some() || value.get("object").is_none() => return Ok(()),
            None => return Err((*name).to_owned()),
        }
    }

    let inner = &mut value[*name];
    // Where the catalogue has a reference, an id without an object stays as it is.
    let may_stay = objects.is_some() || known.is_none();
    let replace = |reference: &mut Value| {
        let Value::String(id) = &*reference else {
            return Ok(());
        };
        match referenced(state, scope, objects, id) {
            Some(found) => *reference = found,
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

    expand_path(state, scope, inner, rest)
}

/// The types of object that the field may refer to, if the catalogue has them.
fn referenced_objects(
    known: Option<&'static ModelDescriptor>,
    field: &str,
) -> Option<&'static [&'static str]> {
    known?
        .references
        .iter()
        .find(|reference| reference.path == [field])
        .map(|reference| reference.objects)
}

/// The object with this id, of one of these types, or of any type if they are unknown.
fn referenced(state: &State, scope: &Scope, objects: Option<&[&str]>, id: &str) -> Option<Value> {
    let found = match objects {
        Some(objects) => state.find(scope, objects, id),
        None => DESCRIPTORS
            .iter()
            .find_map(|descriptor| state.get(scope, descriptor.object, id)),
    };

    let deleted_customer = || {
        state
            .was_deleted(scope, "customer", id)
            .then(|| read::deleted("customer", id))
    };
    found.cloned().or_else(deleted_customer)
}

/// What an object has only if it is expanded, such as `tax_ids` of a customer: the list at the path
/// below the object, or the only object there. The latter is `null` if the test did not insert one.
fn absent_list(
    state: &State,
    scope: &Scope,
    known: &ModelDescriptor,
    value: &Value,
    field: &str,
) -> Option<Value> {
    let (above, _) = known.retrieve?.rsplit_once('/')?;
    let path = format!("{above}/{}/{field}", value["id"].as_str()?);
    let route = route(&path).filter(|route| !matches!(route.target, Target::One(_)))?;
    if route.target == Target::Singleton {
        let stored = state.collection(scope, route.objects[0]).into_iter();
        let mut stored = stored.flat_map(|collection| collection.newest());
        let found = stored.find(|value| route.fits_parent(value));
        return Some(found.cloned().unwrap_or_default());
    }
    Some(read::get(state, scope, &route, &path, &[]).ok()?.body)
}
