//! Lists: newest first, page by page.

use serde_json::{Value, json};

use super::answer::Answer;
use super::filter::Query;
use super::route::{Route, route};
use super::state::{INDEXED, Position, Scope, State};
use super::write::as_returned;

/// One page.
///
/// A filter that neither the order nor an index covers is checked against every object between the
/// ends of the page.
pub(super) fn page(
    state: &State,
    scope: &Scope,
    route: &Route,
    path: &str,
    parameters: &[(String, String)],
) -> Result<Answer, Box<Answer>> {
    let query = Query::parse(route, parameters)?;

    let mut found = match embedded_items(state, scope, route, path, &query) {
        Some(items) => embedded_page(route, &items, &query)?,
        None => stored_page(state, scope, route, &query)?,
    };

    // One object more than the limit was read, which tells whether there is another page.
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    if query.is_backwards() {
        found.reverse();
    }

    let data: Vec<Value> = found.into_iter().cloned().map(as_returned).collect();
    Ok(Answer::ok(
        json!({ "object": "list", "data": data, "has_more": has_more, "url": path }),
    ))
}

/// Up to one object more than the limit, in the direction of the paging.
fn stored_page<'s>(
    state: &'s State,
    scope: &Scope,
    route: &Route,
    query: &Query<'_>,
) -> Result<Vec<&'s Value>, Box<Answer>> {
    let cursor = match query.after.or(query.before) {
        None => None,
        Some(id) => {
            let mut collections = route
                .objects
                .iter()
                .filter_map(|object| state.collection(scope, object));
            let position = collections.find_map(|collection| collection.position(id));
            Some(position.ok_or_else(|| no_such_cursor(route, id, query))?)
        }
    };
    let Some(range) = query.positions(cursor) else {
        return Ok(Vec::new());
    };

    let filter = indexed_filter(query);
    let mut found: Vec<(Position, &Value)> = Vec::new();
    for object in &route.objects {
        let Some(collection) = state.collection(scope, object) else {
            continue;
        };
        let Some(order) = collection.order(filter) else {
            continue;
        };

        let matching = |(position, id): (&Position, &String)| {
            let value = collection
                .get(id)
                .filter(|value| query.matches(state, object, value))?;
            Some((*position, value))
        };
        let entries = order.range(range.clone());
        if query.is_backwards() {
            found.extend(entries.filter_map(matching).take(query.limit + 1));
        } else {
            found.extend(entries.rev().filter_map(matching).take(query.limit + 1));
        }
    }

    // Each type has brought its own first objects: the page is made of the first of all of them.
    found.sort_by_key(|(position, _)| *position);
    if !query.is_backwards() {
        found.reverse();
    }
    found.truncate(query.limit + 1);
    Ok(found.into_iter().map(|(_, value)| value).collect())
}

/// A filter of the query that an index covers.
fn indexed_filter<'a>(query: &Query<'a>) -> Option<(&'static str, &'a str)> {
    INDEXED
        .iter()
        .find_map(|field| Some((*field, query.required_value(field)?)))
}

fn no_such_cursor(route: &Route, id: &str, query: &Query<'_>) -> Box<Answer> {
    let param = if query.after.is_some() {
        "starting_after"
    } else {
        "ending_before"
    };
    Box::new(Answer::missing(&route.objects, id, param))
}

/// The items of a list within an object.
struct EmbeddedItems<'s> {
    parent: &'s Value,
    items: &'s [Value],
}

/// The items of a list that is stored only within the parent: `lines` for
/// `/v1/invoices/in_1/lines`, `items` for the items of a subscription.
fn embedded_items<'s>(
    state: &'s State,
    scope: &Scope,
    route: &Route,
    path: &str,
    query: &Query<'_>,
) -> Option<EmbeddedItems<'s>> {
    let (parent, field) = if route.objects == ["subscription_item"] {
        let id = query.required_value("subscription")?;
        (state.get(scope, "subscription", id)?, "items")
    } else {
        parent_and_field(state, scope, route, path)?
    };

    // Objects of their own that belong to the parent are listed rather than the embedded ones.
    let filter = indexed_filter(query);
    let mut collections = route
        .objects
        .iter()
        .filter_map(|object| state.collection(scope, object));
    let are_stored = filter.is_some()
        && collections.any(|collection| {
            let order = collection.order(filter);
            order.is_some_and(|order| !order.is_empty())
        });
    if are_stored {
        return None;
    }

    Some(EmbeddedItems {
        parent,
        items: parent.get(field)?.get("data")?.as_array()?,
    })
}

/// The parent that the path names, and the last segment of the path, which names its field.
fn parent_and_field<'s, 'p>(
    state: &'s State,
    scope: &Scope,
    list: &Route,
    path: &'p str,
) -> Option<(&'s Value, &'p str)> {
    let (_, id) = list.parent.as_ref()?;
    let (above, field) = path.trim_end_matches('/').rsplit_once('/')?;
    let parent = state.find(scope, &route(above)?.objects, id)?;
    Some((parent, field))
}

/// As [`stored_page`], for the items of a list within an object.
fn embedded_page<'s>(
    route: &Route,
    embedded: &EmbeddedItems<'s>,
    query: &Query<'_>,
) -> Result<Vec<&'s Value>, Box<Answer>> {
    let items = embedded.items;
    let cursor = match query.after.or(query.before) {
        None => None,
        Some(id) => {
            let at = items.iter().position(|item| item["id"] == id);
            Some(at.ok_or_else(|| no_such_item(route, embedded, id, query))?)
        }
    };

    let count = query.limit + 1;
    Ok(match cursor {
        Some(at) if query.is_backwards() => items[..at].iter().rev().take(count).collect(),
        Some(at) => items[at + 1..].iter().take(count).collect(),
        None => items.iter().take(count).collect(),
    })
}

/// The error for a cursor that the list within an object doesn't have. A list whose address names
/// no parent words it as other lists do.
fn no_such_item(
    route: &Route,
    EmbeddedItems { parent, .. }: &EmbeddedItems<'_>,
    id: &str,
    query: &Query<'_>,
) -> Box<Answer> {
    if route.parent.is_none() {
        return no_such_cursor(route, id, query);
    }
    let text = |field: &str| parent[field].as_str().unwrap_or_default();
    Box::new(Answer::not_in_list(
        text("object"),
        text("id"),
        route.objects[0],
        id,
    ))
}
