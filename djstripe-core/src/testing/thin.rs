//! Thin events: the second message about each event, and those that Stripe sends as thin events
//! only.
//!
//! What comes in: an event as `/v1/events` has it. What goes out: its thin event, as a notification
//! or as `/v2/core/events` has it.

use djstripe_models::descriptor;
use serde_json::{Value, json};

use super::FakeStripe;
use super::answer::Answer;
use super::filter::reference;
use super::state::{Scope, State};
use super::writer::text;
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;

/// The path of thin events.
const PATH: &str = "/v2/core/events";
/// The start of their ids, in place of that of their snapshot events.
const PREFIX: &str = "evt_thin_";
/// Events on a page, unless the request says otherwise.
const PAGE: usize = 20;

impl FakeStripe {
    /// The notification of an event's thin event, which is delivered like any other.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let customer = stripe.insert(json!({ "object": "customer", "id": "cus_1" }));
    /// let event = stripe.emit("customer.created", &customer);
    /// let thin = stripe.thin(&event);
    /// assert_eq!(thin["type"], "v1.customer.created");
    /// assert_eq!(thin["snapshot_event"], event["id"]);
    /// assert_eq!(thin["related_object"]["url"], "/v1/customers/cus_1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If Stripe sends no thin event of this name.
    pub fn thin(&self, event: &Value) -> Value {
        notification(event).expect("Stripe sends the event as a thin event")
    }

    /// The same notification without the id of the snapshot event, which is then to be fetched.
    pub fn thin_without_snapshot_id(&self, event: &Value) -> Value {
        let mut thin = self.thin(event);
        if let Some(fields) = thin.as_object_mut() {
            fields.remove("snapshot_event");
        }
        thin
    }

    /// Creates an event that Stripe sends as a thin event only, about this object, and stores it for
    /// `GET /v2/core/events`. Returns its notification. `data` is what the event has besides.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::{Value, json};
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let subscription = stripe.insert(json!({ "object": "subscription", "id": "sub_1" }));
    /// let name = "v1.customer.subscription.past_due";
    /// let thin = stripe.emit_thin(name, &subscription, Value::Null);
    /// assert_eq!(thin["related_object"]["id"], "sub_1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn emit_thin(&self, name: &str, object: &Value, data: Value) -> Value {
        let event = self.emit(name, object);
        self.thin(&self.with_thin_data(&event, data))
    }

    /// The same event, whose thin event has this `data`.
    #[must_use]
    pub fn with_thin_data(&self, event: &Value, data: Value) -> Value {
        let with_data = json!({ "thin_data": data });
        let changed = self
            .state()
            .update(&self.scope, "event", text(event, "id"), with_data);
        changed.unwrap_or_else(|| event.clone())
    }
}

/// The notification of an event's thin event; `None` if Stripe sends none of this name.
pub(crate) fn notification(event: &Value) -> Option<Value> {
    let mut thin = whole(event)?;
    if let Some(fields) = thin.as_object_mut() {
        fields.remove("changes");
        fields.remove("data");
    }
    Some(thin)
}

/// Answers `GET /v2/core/events` and `GET /v2/core/events/{id}`; `None` for other paths.
pub(super) fn get(
    state: &State,
    scope: &Scope,
    path: &str,
    parameters: &[(String, String)],
) -> Option<Answer> {
    let rest = path.strip_prefix(PATH)?;
    let Some(id) = rest.strip_prefix('/') else {
        return rest.is_empty().then(|| list(state, scope, parameters));
    };
    let snapshot = format!("evt_{}", id.strip_prefix(PREFIX).unwrap_or("none"));
    let found = state.get(scope, "event", &snapshot).and_then(whole);
    Some(found.map_or_else(|| Answer::missing(&["v2.core.event"], id, "id"), Answer::ok))
}

/// A page of thin events, newest first.
fn list(state: &State, scope: &Scope, parameters: &[(String, String)]) -> Answer {
    let all = |wanted: &str| {
        let of_name = move |(name, value): &(String, String)| {
            (name.split('[').next() == Some(wanted)).then(|| value.clone())
        };
        parameters.iter().filter_map(of_name).collect::<Vec<_>>()
    };
    let one = |wanted: &str| {
        let mut found = parameters.iter().filter(|(name, _)| name == wanted);
        found.next().map(|(_, value)| value.as_str())
    };

    let types = all("types");
    let is_wanted = |event: &Value| {
        let created = text(event, "created");
        let is_of_type = types.is_empty() || types.iter().any(|it| it == text(event, "type"));
        let is_of_object =
            one("object_id").is_none_or(|id| text(&event["related_object"], "id") == id);
        let bounds = [
            one("created[gte]").is_none_or(|bound| created >= bound),
            one("created[gt]").is_none_or(|bound| created > bound),
            one("created[lte]").is_none_or(|bound| created <= bound),
            one("created[lt]").is_none_or(|bound| created < bound),
        ];
        is_of_type && is_of_object && bounds.iter().all(|holds| *holds)
    };
    let events = state.all(scope, "event");
    let events: Vec<Value> = events.iter().filter_map(whole).filter(is_wanted).collect();
    Answer::ok(page(PATH, parameters, events))
}

/// A page of a list of API v2, which names the pages before and after it by their addresses.
pub(super) fn page(path: &str, parameters: &[(String, String)], all: Vec<Value>) -> Value {
    let number = |wanted: &str| {
        let mut found = parameters.iter().filter(|(name, _)| name == wanted);
        found.next().and_then(|(_, value)| value.parse().ok())
    };
    let limit = number("limit").unwrap_or(PAGE);
    let start = number("page").unwrap_or(0);
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip(start).take(limit).collect();

    let url_of = |start: usize| {
        let kept = parameters.iter().filter(|(name, _)| name != "page");
        let mut url = reqwest::Url::parse("https://api.stripe.com").ok()?;
        url.set_path(path);
        url.query_pairs_mut()
            .extend_pairs(kept.map(|(name, value)| (name, value)))
            .append_pair("page", &start.to_string());
        Some(format!("{path}?{}", url.query().unwrap_or_default()))
    };
    let next = (start + limit < total)
        .then(|| url_of(start + limit))
        .flatten();
    let previous = (start > 0)
        .then(|| url_of(start.saturating_sub(limit)))
        .flatten();
    json!({
        "data": items,
        "next_page_url": next,
        "previous_page_url": previous,
    })
}

/// The thin event of an event; `None` if Stripe sends none of this name.
pub(super) fn whole(event: &Value) -> Option<Value> {
    let name = EventName::new(text(event, "type"));
    let thin_name = name.thin_name()?;
    let object = &event["data"]["object"];
    let snapshot = (!name.is_thin_only()).then(|| event["id"].clone());
    let created = Timestamp::from_seconds(event["created"].as_i64()?);

    Some(json!({
        "id": text(event, "id").replacen("evt_", PREFIX, 1),
        "object": "v2.core.event",
        "type": thin_name,
        "created": created.to_string(),
        "livemode": event["livemode"],
        "context": event["account"],
        "reason": reason(event),
        "related_object": related(object, &name),
        "snapshot_event": snapshot,
        "changes": changes(event),
        "data": event["thin_data"],
    }))
}

fn reason(event: &Value) -> Value {
    match &event["request"]["id"] {
        Value::Null => Value::Null,
        id => json!({
            "type": "request",
            "request": { "id": id, "idempotency_key": event["request"]["idempotency_key"] },
        }),
    }
}

/// The values that changed, before and after.
fn changes(event: &Value) -> Value {
    let Some(previous) = event["data"]["previous_attributes"].as_object() else {
        return Value::Null;
    };
    let after: serde_json::Map<String, Value> = previous
        .keys()
        .map(|field| (field.clone(), event["data"]["object"][field].clone()))
        .collect();
    json!({ "before": previous, "after": after })
}

/// What the thin event says of its object; null if the catalogue knows no path of the object, or if
/// no event of this name refers to one.
fn related(object: &Value, name: &EventName) -> Value {
    let kind = text(object, "object");
    let path = descriptor(kind).and_then(|it| it.retrieve.or(it.singleton));
    let Some(path) = path.filter(|_| name.refers_to_object()) else {
        return Value::Null;
    };

    let segments: Vec<&str> = path.split('/').collect();
    let last = segments.iter().rposition(|part| part.starts_with('{'));
    let filled = segments.iter().enumerate().map(|(at, part)| {
        let parent = part.trim_matches(['{', '}']);
        match part.starts_with('{') {
            false => (*part).to_owned(),
            true if Some(at) == last && !object["id"].is_null() => text(object, "id").to_owned(),
            true => reference(object, parent).unwrap_or_default().to_owned(),
        }
    });
    let url = filled.collect::<Vec<_>>().join("/");
    match &object["id"] {
        Value::Null => json!({ "type": kind, "url": url }),
        id => json!({ "id": id, "type": kind, "url": url }),
    }
}
