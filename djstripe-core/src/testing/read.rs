//! Retrieving: one object, the only object, a page of them.

use serde_json::{Value, json};

use super::answer::Answer;
use super::list;
use super::route::{Route, Target};
use super::state::{Scope, State, text_or_id};
use super::write::shown;

/// The platform's own account, unless another was inserted.
const PLATFORM: &str = "acct_fake";

/// `GET`.
pub(super) fn get(
    state: &State,
    scope: &Scope,
    route: &Route,
    path: &str,
    parameters: &[(String, String)],
) -> Result<Answer, Box<Answer>> {
    match &route.target {
        Target::List => list::page(state, scope, route, path, parameters),
        Target::Singleton => only(state, scope, route),
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
        .filter(|value| route.fits_parent(value));
    match found {
        Some(value) => Ok(Answer::ok(shown(value.clone()))),
        None if route.objects == ["customer"] && state.was_deleted(scope, "customer", id) => {
            Ok(Answer::ok(deleted("customer", id)))
        }
        None => Err(Box::new(Answer::missing(&route.objects, id, "id"))),
    }
}

/// What is left of a deleted object.
pub(super) fn deleted(object: &str, id: &str) -> Value {
    json!({ "id": id, "object": object, "deleted": true })
}

/// What there is once: for the account, or for the parent that the path names.
fn only(state: &State, scope: &Scope, route: &Route) -> Result<Answer, Box<Answer>> {
    let object = route.objects[0];
    if object == "account" {
        let own = if scope.account.is_empty() {
            own_account(state, scope)
        } else {
            scope.account.clone()
        };
        return Ok(Answer::ok(
            account(state, scope, &own).unwrap_or_else(|| json!({ "id": own, "object": object })),
        ));
    }
    let shelf = state.shelf(scope, object);
    let found = shelf.and_then(|shelf| shelf.newest().find(|value| route.fits_parent(value)));
    match (found, &route.parent) {
        (Some(value), _) => Ok(Answer::ok(shown(value.clone()))),
        (None, Some((_, id))) if object == "discount" => {
            let embedded = state
                .get(scope, "customer", id)
                .map(|customer| &customer["discount"]);
            match embedded.filter(|discount| discount.is_object()) {
                Some(discount) => Ok(Answer::ok(discount.clone())),
                None => Err(Box::new(Answer::no_discount(id))),
            }
        }
        (None, parent) => {
            let mut made_up = json!({ "object": object, "livemode": scope.livemode });
            if let Some((field, id)) = parent {
                made_up[field] = id.clone().into();
            }
            Ok(Answer::ok(made_up))
        }
    }
}

/// The account that the platform's key belongs to: the first that was inserted and isn't a connected one.
fn own_account(state: &State, scope: &Scope) -> String {
    let shelf = state.shelf(scope, "account");
    let mut accounts = shelf
        .into_iter()
        .flat_map(|shelf| shelf.newest())
        .filter_map(text_or_id);
    let own = |id: &&str| !state.is_connected(id);
    accounts.rfind(own).unwrap_or(PLATFORM).to_owned()
}

/// An account: as it was inserted on either side, or, of a connected one, little more than its id.
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
