//! Lists: newest first, page by page, narrowed by fields.

use serde_json::{Value, json};

use super::answer::Answer;
use super::route::Route;
use super::state::{Place, Scope, State, text_or_id};

/// Objects on a page unless asked for.
const PAGE: usize = 10;
/// Objects on a page at most.
const LARGEST_PAGE: usize = 100;

/// Parameters that don't narrow a list.
const NOT_FILTERS: [&str; 4] = ["limit", "starting_after", "ending_before", "expand"];

/// One page.
pub(super) fn page(state: &State, scope: &Scope, route: &Route, path: &str, query: &[(String, String)]) -> Answer {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let limit = match value("limit").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(limit)) if (1..=LARGEST_PAGE).contains(&limit) => limit,
        Some(_) => return Answer::invalid("Invalid integer: limit must be between 1 and 100", Some("limit")),
    };
    let mut filters: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !NOT_FILTERS.iter().any(|other| name.split('[').next() == Some(other)))
        .collect();
    filters.extend(route.parent.iter().map(|(field, id)| (field.as_str(), id.as_str())));
    let places = match places(state, scope, route, &filters, (value("starting_after"), value("ending_before")), limit) {
        Ok(places) => places,
        Err(error) => return *error,
    };
    let has_more = places.len() > limit;
    let mut items: Vec<Value> = places.into_iter().take(limit).collect();
    if value("ending_before").is_some() {
        items.reverse();
    }
    Answer::ok(json!({ "object": "list", "data": items, "has_more": has_more, "url": path }))
}

/// Up to one more than `limit` objects, in the direction of the listing.
fn places(
    state: &State,
    scope: &Scope,
    route: &Route,
    filters: &[(&str, &str)],
    (after, before): (Option<&str>, Option<&str>),
    limit: usize,
) -> Result<Vec<Value>, Box<Answer>> {
    let mut all = Vec::new();
    let several = route.objects.len() > 1;
    for object in &route.objects {
        let Some(shelf) = state.shelf(scope, object) else {
            if let (1, Some(id)) = (route.objects.len(), after.or(before)) {
                return Err(Box::new(Answer::missing(object, id, cursor(after))));
            }
            continue;
        };
        let bound = match after.or(before) {
            None => None,
            Some(id) => match shelf.place(id) {
                Some(place) => Some(place),
                None if several => continue,
                None => return Err(Box::new(Answer::missing(object, id, cursor(after)))),
            },
        };
        let fits = |place: &Place| shelf.at(place).filter(|value| matches(state, object, value, filters)).cloned();
        let index = filters.iter().find_map(|(field, value)| shelf.places(field, value));
        let backwards = before.is_some();
        // Newest first, or oldest first when going backwards.
        let found: Vec<Value> = match (index, backwards) {
            (Some(index), false) => index
                .iter()
                .rev()
                .filter(|place| bound.is_none_or(|bound| **place < bound))
                .filter_map(fits)
                .take(limit + 1)
                .collect(),
            (Some(index), true) => index
                .iter()
                .filter(|place| bound.is_none_or(|bound| **place > bound))
                .filter_map(fits)
                .take(limit + 1)
                .collect(),
            (None, false) => match bound {
                Some(bound) => {
                    shelf.order.range(..bound).rev().map(|(place, _)| place).filter_map(fits).take(limit + 1).collect()
                }
                None => shelf.order.keys().rev().filter_map(fits).take(limit + 1).collect(),
            },
            (None, true) => {
                let from = bound.map_or((i64::MIN, 0), |(created, number)| (created, number + 1));
                shelf.order.range(from..).map(|(place, _)| place).filter_map(fits).take(limit + 1).collect()
            }
        };
        all.extend(found);
    }
    Ok(all)
}

fn cursor(after: Option<&str>) -> &'static str {
    if after.is_some() { "starting_after" } else { "ending_before" }
}

/// Whether an object belongs into a list that is narrowed so.
fn matches(state: &State, object: &str, value: &Value, filters: &[(&str, &str)]) -> bool {
    let asked = |name: &str| filters.iter().any(|(field, _)| *field == name);
    if object == "subscription" && !asked("status") && value["status"] == "canceled" {
        return false;
    }
    if object == "event" && asked("types[]") | asked("types[0]") {
        let wanted = filters.iter().any(|(field, name)| field.starts_with("types[") && value["type"] == *name);
        if !wanted {
            return false;
        }
    }
    filters.iter().all(|(field, wanted)| match *field {
        _ if field.starts_with("types[") => true,
        "status" if object == "subscription" && *wanted == "all" => true,
        "delivery_success" => {
            let id = value["id"].as_str().unwrap_or_default();
            state.delivered.contains(id) == (*wanted == "true")
        }
        _ if field.starts_with("created") => within(field, wanted, value["created"].as_i64().unwrap_or_default()),
        _ => match &value[*field] {
            Value::Bool(is) => is.to_string() == *wanted,
            Value::Number(number) => number.to_string() == *wanted,
            other => text_or_id(other) == Some(*wanted),
        },
    })
}

fn within(field: &str, bound: &str, created: i64) -> bool {
    let Ok(bound) = bound.parse::<i64>() else { return false };
    match field {
        "created[gte]" => created >= bound,
        "created[gt]" => created > bound,
        "created[lte]" => created <= bound,
        "created[lt]" => created < bound,
        _ => created == bound,
    }
}
