//! `GET`: one object, the only object of its type, a page of a list.

use serde_json::{Value, json};

use super::answer::Answer;
use super::list;
use super::route::{Route, Target};
use super::state::{Scope, State};
use super::thin::is_thin_only;
use super::write::as_returned;
use crate::webhook::sample::fields::string_or_id;

/// Id of the platform's own account, unless the test inserts another one.
const PLATFORM_ACCOUNT: &str = "acct_fake";

pub(super) fn get(
    state: &State,
    scope: &Scope,
    route: &Route,
    path: &str,
    parameters: &[(String, String)],
) -> Result<Answer, Box<Answer>> {
    match &route.target {
        Target::List => list::page(state, scope, route, path, parameters),
        Target::Singleton => singleton(state, scope, route),
        Target::One(id) => one(state, scope, route, id),
    }
}

fn one(state: &State, scope: &Scope, route: &Route, id: &str) -> Result<Answer, Box<Answer>> {
    if route.objects == ["account"] {
        return match account(state, scope, id) {
            _ if state.is_disconnected(id) => Err(Box::new(Answer::bad_account(id))),
            Some(account) => Ok(Answer::ok(account)),
            None => Err(Box::new(Answer::missing(&route.objects, id, "id"))),
        };
    }

    let found = state
        .find(scope, &route.objects, id)
        .filter(|value| route.fits_parent(value))
        .filter(|value| !is_thin_only(route.objects[0], value));
    match found {
        Some(value) => Ok(Answer::ok(as_returned(value.clone()))),
        // Of all deleted objects, Stripe still returns the customers.
        None if route.objects == ["customer"] && state.was_deleted(scope, "customer", id) => {
            Ok(Answer::ok(deleted("customer", id)))
        }
        None => Err(Box::new(Answer::missing(&route.objects, id, "id"))),
    }
}

/// Stripe's representation of a deleted object.
pub(super) fn deleted(object: &str, id: &str) -> Value {
    json!({ "id": id, "object": object, "deleted": true })
}

/// The only object of its type, of the account or of the parent that the path names.
fn singleton(state: &State, scope: &Scope, route: &Route) -> Result<Answer, Box<Answer>> {
    let object = route.objects[0];
    if object == "account" {
        let own = if scope.account.is_empty() {
            platform_account(state, scope)
        } else {
            scope.account.clone()
        };
        let account = account(state, scope, &own);
        return Ok(Answer::ok(
            account.unwrap_or_else(|| json!({ "id": own, "object": object })),
        ));
    }

    let found = state.collection(scope, object).and_then(|collection| {
        collection
            .newest()
            .find(|value| route.fits_parent(value))
            .cloned()
    });
    match (found, &route.parent) {
        (Some(value), _) => Ok(Answer::ok(as_returned(value))),
        (None, Some((_, customer))) if object == "discount" => {
            let embedded = state
                .get(scope, "customer", customer)
                .map(|customer| &customer["discount"]);
            match embedded.filter(|discount| discount.is_object()) {
                Some(discount) => Ok(Answer::ok(discount.clone())),
                None => Err(Box::new(Answer::no_discount(customer))),
            }
        }
        // Every account has a balance and the like, even if the test did not insert one.
        (None, parent) => {
            let mut value = json!({ "object": object, "livemode": scope.livemode });
            if let Some((field, id)) = parent {
                value[field] = id.clone().into();
            }
            Ok(Answer::ok(value))
        }
    }
}

/// Id of the account that the platform's key belongs to: the oldest that is not a connected one.
fn platform_account(state: &State, scope: &Scope) -> String {
    let mut ids = state
        .collection(scope, "account")
        .into_iter()
        .flat_map(|collection| collection.newest())
        .filter_map(string_or_id);
    let is_own = |id: &&str| !state.is_connected(id);
    ids.rfind(is_own).unwrap_or(PLATFORM_ACCOUNT).to_owned()
}

/// An account, as the test inserted it for the platform or for the account itself. A connected
/// account that the test did not insert has little more than its id.
fn account(state: &State, scope: &Scope, id: &str) -> Option<Value> {
    let platform = Scope {
        account: String::new(),
        ..scope.clone()
    };
    let connected = Scope {
        account: id.to_owned(),
        ..scope.clone()
    };

    let inserted = [scope, &connected, &platform]
        .into_iter()
        .find_map(|scope| state.get(scope, "account", id));
    inserted.cloned().or_else(|| {
        state
            .is_connected(id)
            .then(|| json!({ "id": id, "object": "account" }))
    })
}
