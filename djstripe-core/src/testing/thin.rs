//! Thin events: the second message about each event, and those that Stripe sends as thin events
//! only.
//!
//! What comes in: an event as `/v1/events` has it. What goes out: its thin event, as a notification
//! or as `/v2/core/events` has it.

use serde_json::{Value, json};

use super::FakeStripe;
use super::answer::Answer;
use super::filter::interval;
use super::form::segments;
use super::state::{Scope, State};
use crate::timestamp::{Timestamp, unix_seconds};
use crate::webhook::event_name::EventName;
use crate::webhook::sample::fields::text;
use crate::webhook::sample::thin::{PREFIX, notification, whole};

/// The path of thin events.
const PATH: &str = "/v2/core/events";
/// Events on a page, unless the request says otherwise.
const PAGE: usize = 20;
/// The most events on a page.
const MAX_LIMIT: usize = 100;
/// The most names of a request.
///
/// Source: [List Events](https://docs.stripe.com/api/v2/core/events/list).
const MAX_TYPES: usize = 20;

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

/// Whether this is an event of which Stripe sends a thin event only, so that `/v1/events` lacks it.
pub(super) fn is_thin_only(object: &str, value: &Value) -> bool {
    object == "event" && EventName::new(text(value, "type")).is_thin_only()
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
        let listed = || list(state, scope, parameters).unwrap_or_else(|refused| *refused);
        return rest.is_empty().then(listed);
    };
    let snapshot = format!("evt_{}", id.strip_prefix(PREFIX).unwrap_or("none"));
    let found = state.get(scope, "event", &snapshot).and_then(whole);
    Some(found.map_or_else(|| Answer::missing(&["v2.core.event"], id, "id"), Answer::ok))
}

/// A page of thin events, newest first.
fn list(
    state: &State,
    scope: &Scope,
    parameters: &[(String, String)],
) -> Result<Answer, Box<Answer>> {
    let query = Query::parse(parameters)?;
    let events = state.all(scope, "event");
    let events: Vec<Value> = events
        .iter()
        .filter(|event| query.includes(event))
        .filter_map(whole)
        .filter(|thin| query.matches(thin))
        .collect();
    Ok(Answer::ok(page(PATH, parameters, events)))
}

/// A page of a list of API v2, which names the pages before and after it by their addresses.
pub(super) fn page(path: &str, parameters: &[(String, String)], all: Vec<Value>) -> Value {
    let number = |wanted: &str| {
        let mut found = parameters.iter().filter(|(name, _)| name == wanted);
        found.next().and_then(|(_, value)| value.parse().ok())
    };
    let limit = number("limit").unwrap_or(PAGE);
    let start = number("page").unwrap_or(0);
    let end = limit.saturating_add(start);
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
    let next = (end < total).then(|| url_of(end)).flatten();
    let previous = start.saturating_sub(limit);
    let previous = (start > 0).then(|| url_of(previous)).flatten();
    json!({
        "data": items,
        "next_page_url": next,
        "previous_page_url": previous,
    })
}

/// Which thin events a request lists.
struct Query<'a> {
    types: Vec<&'a str>,
    object_id: Option<&'a str>,
    /// The seconds of `created`, without the last one.
    created: (i64, i64),
}

impl<'a> Query<'a> {
    fn parse(parameters: &'a [(String, String)]) -> Result<Self, Box<Answer>> {
        let mut query = Self {
            types: Vec::new(),
            object_id: None,
            created: (i64::MIN, i64::MAX),
        };
        for (name, value) in parameters {
            query.add(name, value)?;
        }
        match query.types.len() {
            0..=MAX_TYPES => Ok(query),
            given => {
                let message =
                    format!("`types` has {given} items, and at most {MAX_TYPES} are allowed.");
                Err(Box::new(Answer::invalid_fields(&message)))
            }
        }
    }

    fn add(&mut self, name: &str, value: &'a str) -> Result<(), Box<Answer>> {
        let refused = |what: &str| {
            let message = format!("`{name}` is {what}: '{value}'.");
            Box::new(Answer::invalid_fields(&message))
        };
        match segments(name)[..] {
            ["types"] | ["types", _] => self.types.push(value),
            ["object_id"] => self.object_id = Some(value),
            ["created", comparison @ ("gt" | "gte" | "lt" | "lte")] => {
                let time = humantime::parse_rfc3339(value);
                let time = time.map_err(|_| refused("not a time in RFC 3339"))?;
                let second = unix_seconds(time);
                // Events have whole seconds here.
                let is_within = Timestamp::from_seconds(second) < Timestamp::from(time);
                let rounds_up = is_within && matches!(comparison, "gte" | "lt");
                let (from, to) = interval(comparison, second + i64::from(rounds_up));
                self.created = (self.created.0.max(from), self.created.1.min(to));
            }
            ["limit"] => {
                let limit: usize = value.parse().map_err(|_| refused("not an integer"))?;
                if !(1..=MAX_LIMIT).contains(&limit) {
                    return Err(refused("not between 1 and 100"));
                }
            }
            ["page"] if value.parse::<usize>().is_err() => return Err(refused("not a page")),
            ["page"] => {}
            _ => return Err(refused("not a parameter of this request")),
        }
        Ok(())
    }

    /// Whether an event is of the time that is listed.
    fn includes(&self, event: &Value) -> bool {
        let created = event["created"].as_i64();
        created.is_some_and(|created| (self.created.0..self.created.1).contains(&created))
    }

    fn matches(&self, thin: &Value) -> bool {
        let of_object = |id| text(&thin["related_object"], "id") == id;
        (self.types.is_empty() || self.types.contains(&text(thin, "type")))
            && self.object_id.is_none_or(of_object)
    }
}
