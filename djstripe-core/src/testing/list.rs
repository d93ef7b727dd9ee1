//! Lists: newest first, page by page.

use serde_json::{Value, json};

use super::answer::Answer;
use super::filter::Query;
use super::route::{Route, route};
use super::state::{INDEXED, Place, Scope, State};
use super::write::shown;

/// One page.
///
/// Unless the order itself or an index answers it, a filter looks at every object between the page's ends.
pub(super) fn page(
    state: &State,
    scope: &Scope,
    asked: &Route,
    path: &str,
    parameters: &[(String, String)],
) -> Result<Answer, Box<Answer>> {
    let query = Query::read(asked, parameters)?;
    let mut found = match embedded(state, scope, asked, path, &query) {
        Some(items) => window(asked, items, &query)?,
        None => stored(state, scope, asked, &query)?,
    };
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    if query.backwards() {
        found.reverse();
    }
    let data: Vec<Value> = found.into_iter().cloned().map(shown).collect();
    Ok(Answer::ok(
        json!({ "object": "list", "data": data, "has_more": has_more, "url": path }),
    ))
}

/// Up to one more than asked for, in the direction of the listing.
fn stored<'s>(
    state: &'s State,
    scope: &Scope,
    asked: &Route,
    query: &Query<'_>,
) -> Result<Vec<&'s Value>, Box<Answer>> {
    let cursor = match query.after.or(query.before) {
        None => None,
        Some(id) => {
            let mut shelves = asked
                .objects
                .iter()
                .filter_map(|object| state.shelf(scope, object));
            Some(
                shelves
                    .find_map(|shelf| shelf.place(id))
                    .ok_or_else(|| no_such_cursor(asked, id, query))?,
            )
        }
    };
    let Some(range) = query.places(cursor) else {
        return Ok(Vec::new());
    };
    let narrowed = INDEXED
        .iter()
        .find_map(|field| Some((*field, query.only(field)?)));
    let mut found: Vec<(Place, &Value)> = Vec::new();
    for object in &asked.objects {
        let Some(shelf) = state.shelf(scope, object) else {
            continue;
        };
        let Some(order) = shelf.order(narrowed) else {
            continue;
        };
        let fits = |(place, id): (&Place, &String)| {
            let value = shelf
                .get(id)
                .filter(|value| query.fits(state, object, value))?;
            Some((*place, value))
        };
        let places = order.range(range.clone());
        if query.backwards() {
            found.extend(places.filter_map(fits).take(query.limit + 1));
        } else {
            found.extend(places.rev().filter_map(fits).take(query.limit + 1));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    if !query.backwards() {
        found.reverse();
    }
    found.truncate(query.limit + 1);
    Ok(found.into_iter().map(|(_, value)| value).collect())
}

fn no_such_cursor(asked: &Route, id: &str, query: &Query<'_>) -> Box<Answer> {
    let param = if query.after.is_some() {
        "starting_after"
    } else {
        "ending_before"
    };
    Box::new(Answer::missing(&asked.objects, id, param))
}

/// Items of a list that only its parent holds: `lines` of `/v1/invoices/in_1/lines`, `items` of a subscription.
fn embedded<'s>(
    state: &'s State,
    scope: &Scope,
    asked: &Route,
    path: &str,
    query: &Query<'_>,
) -> Option<&'s Vec<Value>> {
    let (parent, field) = if asked.objects == ["subscription_item"] {
        (
            state.get(scope, "subscription", query.only("subscription")?)?,
            "items",
        )
    } else {
        let (_, id) = asked.parent.as_ref()?;
        let (above, name) = path.trim_end_matches('/').rsplit_once('/')?;
        (state.find(scope, &route(above)?.objects, id)?, name)
    };
    let narrowed = INDEXED
        .iter()
        .find_map(|field| Some((*field, query.only(field)?)));
    let mut shelves = asked
        .objects
        .iter()
        .filter_map(|object| state.shelf(scope, object));
    if shelves.any(|shelf| shelf.order(narrowed).is_some_and(|order| !order.is_empty()))
        && narrowed.is_some()
    {
        return None;
    }
    parent.get(field)?.get("data")?.as_array()
}

/// The part of a list within an object that is asked for, in the direction of the listing, and one more.
fn window<'s>(
    asked: &Route,
    items: &'s [Value],
    query: &Query<'_>,
) -> Result<Vec<&'s Value>, Box<Answer>> {
    let at = match query.after.or(query.before) {
        None => None,
        Some(id) => {
            let at = items.iter().position(|item| item["id"] == id);
            Some(at.ok_or_else(|| no_such_cursor(asked, id, query))?)
        }
    };
    Ok(match at {
        Some(at) if query.backwards() => items[..at].iter().rev().take(query.limit + 1).collect(),
        at => items[at.map_or(0, |at| at + 1)..]
            .iter()
            .take(query.limit + 1)
            .collect(),
    })
}
