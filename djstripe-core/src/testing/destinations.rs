//! Event destinations: `/v2/core/event_destinations`.
//!
//! In: a request, whose body is JSON. Out: Stripe's response, with the errors of API v2.
//!
//! Invariant: a signing secret is part of one response, that of its creation, if the request asks
//! for it.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::serve::LoggedRequest;
use super::thin;
use super::writer::Writer;
use crate::timestamp::Timestamp;

const OBJECT: &str = "v2.core.event_destination";
const PATH: &str = "/v2/core/event_destinations";
const PING: &str = "v2.core.event_destination.ping";

/// How many destinations an account may have in each mode, webhook endpoints included.
const LIMIT: usize = 16;

const REQUIRED: [&str; 4] = ["enabled_events", "event_payload", "name", "type"];
const SCOPES: [&str; 4] = [
    "@self",
    "@accounts",
    "@organization_members",
    "@organization_members/@accounts",
];

const URL: &str = "webhook_endpoint.url";
const SECRET: &str = "webhook_endpoint.signing_secret";

type Result<T> = std::result::Result<T, Box<Answer>>;

/// Answers a request about event destinations; `None` for other paths.
pub(super) fn answer(
    writer: &mut Writer<'_>,
    request: &LoggedRequest,
    parameters: &[(String, String)],
) -> Option<Result<Answer>> {
    let rest = request.path.strip_prefix(PATH)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let mut segments = rest.split('/').skip(1);
    let target = (segments.next(), segments.next(), segments.next());
    let in_query = included(parameters);

    Some(match (request.method.as_str(), target) {
        ("GET", (None, None, None)) => Ok(list(writer, parameters, &in_query)),
        ("POST", (None, None, None)) => create(writer, &request.body),
        ("GET", (Some(id), None, None)) => {
            find(writer, id).map(|found| shown(found, &in_query, false))
        }
        ("POST", (Some(id), None, None)) => update(writer, id, &request.body),
        ("DELETE", (Some(id), None, None)) => delete(writer, id),
        ("POST", (Some(id), Some("enable"), None)) => switch(writer, id, true),
        ("POST", (Some(id), Some("disable"), None)) => switch(writer, id, false),
        ("POST", (Some(id), Some("ping"), None)) => ping(writer, id),
        _ => Err(Box::new(Answer::unknown_path(
            &request.method,
            &request.path,
        ))),
    })
}

fn find(writer: &Writer<'_>, id: &str) -> Result<Value> {
    let missing = || {
        let message = format!("No such event destination: '{id}'");
        Box::new(Answer::v2_error(404, "not_found", &message))
    };
    writer.get(OBJECT, id).ok_or_else(missing)
}

fn list(writer: &Writer<'_>, parameters: &[(String, String)], include: &[String]) -> Answer {
    let all = writer.state.all(writer.scope, OBJECT);
    let all = all.into_iter().map(|it| redacted(it, include, false));
    Answer::ok(thin::page(PATH, parameters, all.collect()))
}

fn create(writer: &mut Writer<'_>, body: &str) -> Result<Answer> {
    let (mut fields, include) = parse(body)?;
    for name in REQUIRED {
        if fields.get(name).is_none_or(Value::is_null) {
            return Err(invalid(&format!("`{name}` is required.")));
        }
    }
    check_events(&fields)?;
    check_scope(&fields)?;
    if fields["type"] == "webhook_endpoint" && fields["webhook_endpoint"]["url"].is_null() {
        return Err(invalid("`webhook_endpoint.url` is required."));
    }

    let count = |object: &str| writer.state.all(writer.scope, object).len();
    if count(OBJECT) + count("webhook_endpoint") >= LIMIT {
        let message = format!("You have reached the limit of {LIMIT} event destinations.");
        return Err(Box::new(Answer::v2_error(400, "limit_exceeded", &message)));
    }

    if fields["type"] == "webhook_endpoint" {
        let secret = format!("whsec_{}", writer.state.new_id("secret"));
        fields["webhook_endpoint"]["signing_secret"] = secret.into();
    }
    fields.insert("status".to_owned(), "enabled".into());
    fields.insert("status_details".to_owned(), Value::Null);
    let now = Timestamp::from_seconds(writer.now()).to_string();
    fields.insert("updated".to_owned(), now.into());
    fields
        .entry("events_from")
        .or_insert_with(|| json!(["@self"]));
    let created = writer.add(OBJECT, fields.into());
    Ok(shown(created, &include, true))
}

fn update(writer: &mut Writer<'_>, id: &str, body: &str) -> Result<Answer> {
    let before = find(writer, id)?;
    let (mut fields, include) = parse(body)?;
    let fixed = [
        "event_payload",
        "events_from",
        "snapshot_api_version",
        "type",
    ];
    if let Some(name) = fixed.iter().find(|name| fields.contains_key(**name)) {
        return Err(invalid(&format!("`{name}` can't be changed.")));
    }
    if fields.contains_key("enabled_events") {
        fields.insert("event_payload".to_owned(), before["event_payload"].clone());
        check_events(&fields)?;
    }

    if let Some(Value::Object(changes)) = fields.remove("metadata") {
        let mut metadata = before["metadata"].as_object().cloned().unwrap_or_default();
        metadata.extend(changes);
        metadata.retain(|_, value| !value.is_null() && value != "");
        fields.insert("metadata".to_owned(), metadata.into());
    }
    if let Some(Value::Object(changes)) = fields.remove("webhook_endpoint") {
        let mut endpoint = before["webhook_endpoint"].clone();
        endpoint["url"] = changes.get("url").cloned().unwrap_or_default();
        fields.insert("webhook_endpoint".to_owned(), endpoint);
    }
    let (after, _) = writer.set(&before, fields.into());
    Ok(shown(after, &include, false))
}

fn delete(writer: &mut Writer<'_>, id: &str) -> Result<Answer> {
    find(writer, id)?;
    writer.state.remove(writer.scope, OBJECT, id);
    Ok(Answer::ok(
        json!({ "id": id, "object": OBJECT, "deleted": true }),
    ))
}

fn switch(writer: &mut Writer<'_>, id: &str, enabled: bool) -> Result<Answer> {
    let before = find(writer, id)?;
    let fields = if enabled {
        json!({ "status": "enabled", "status_details": null })
    } else {
        json!({ "status": "disabled", "status_details": { "disabled": { "reason": "user" } } })
    };
    let (after, _) = writer.set(&before, fields);
    Ok(shown(after, &[], false))
}

/// Makes the event about the destination that Stripe sends to it.
fn ping(writer: &mut Writer<'_>, id: &str) -> Result<Answer> {
    let destination = redacted(find(writer, id)?, &[], false);
    let data = json!({ "object": destination });
    let (state, origin) = (&mut *writer.state, &writer.origin);
    let event = state.create_event(writer.scope, origin, None, PING, data);
    let unknown = || invalid("The catalogue has no such event.");
    crate::webhook::sample::thin::whole(&event)
        .map(Answer::ok)
        .ok_or_else(unknown)
}

/// The fields of a JSON body, and the redacted ones that the response shall have.
fn parse(body: &str) -> Result<(Map<String, Value>, Vec<String>)> {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(body) else {
        return Err(invalid("The body is not a JSON object."));
    };
    let include = fields.remove("include");
    let include = include.and_then(|include| serde_json::from_value(include).ok());
    Ok((fields, include.unwrap_or_default()))
}

fn check_events(fields: &Map<String, Value>) -> Result<()> {
    let is_thin = match fields["event_payload"].as_str() {
        Some("thin") => true,
        Some("snapshot") => false,
        _ => return Err(invalid("`event_payload` must be snapshot or thin.")),
    };
    let events = fields["enabled_events"].as_array();
    let events = events.filter(|events| !events.is_empty());
    let Some(events) = events else {
        return Err(invalid("`enabled_events` must name an event."));
    };

    for name in events {
        let name = name.as_str().unwrap_or_default();
        let named_thin = name.starts_with("v1.") || name.starts_with("v2.");
        if named_thin != is_thin {
            let message = format!("`{name}` can't be sent with this `event_payload`.");
            return Err(invalid(&message));
        }
    }
    Ok(())
}

fn check_scope(fields: &Map<String, Value>) -> Result<()> {
    let from = fields.get("events_from").and_then(Value::as_array);
    let unknown = from
        .into_iter()
        .flatten()
        .find(|scope| !scope.as_str().is_some_and(|it| SCOPES.contains(&it)));
    match unknown {
        None => Ok(()),
        Some(scope) => Err(invalid(&format!("`events_from` can't be {scope}."))),
    }
}

fn invalid(message: &str) -> Box<Answer> {
    Box::new(Answer::v2_error(400, "invalid_fields", message))
}

/// The values of `include[0]`, `include[1]`, …
fn included(parameters: &[(String, String)]) -> Vec<String> {
    let values = parameters
        .iter()
        .filter(|(name, _)| name.starts_with("include["));
    values.map(|(_, value)| value.clone()).collect()
}

fn shown(destination: Value, include: &[String], is_new: bool) -> Answer {
    Answer::ok(redacted(destination, include, is_new))
}

/// A destination as a response has it.
fn redacted(mut destination: Value, include: &[String], is_new: bool) -> Value {
    let asks = |name: &str| include.iter().any(|included| included == name);
    let endpoint = &mut destination["webhook_endpoint"];
    if endpoint.is_object() {
        if !asks(URL) {
            endpoint["url"] = Value::Null;
        }
        if !(is_new && asks(SECRET)) {
            endpoint["signing_secret"] = Value::Null;
        }
    }
    destination
}
