//! Complete objects, and changes of them with their events.

use serde_json::{Map, Value};

use super::FakeStripe;
use super::state::{Origin, Scope, State};
use super::writer::Writer;
use crate::webhook::sample::event::complete;
use crate::webhook::sample::linked::linked;
use crate::webhook::sample::template::merge;

impl FakeStripe {
    /// Inserts a complete object of a type, and the objects that it refers to. `fields` replace
    /// those of the object; hashes are merged. Returns the object as stored.
    ///
    /// A reference that `fields` give is kept: nothing is made for it.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let invoice = stripe.fixture("invoice", json!({ "amount_paid": 500 }));
    /// assert_eq!(invoice["amount_paid"], 500);
    /// let customer = invoice["customer"].as_str().unwrap_or_default();
    /// assert_eq!(stripe.get("customer", customer).unwrap_or_default()["email"], "sam@example.com");
    /// # Ok(())
    /// # }
    /// ```
    pub fn fixture(&self, object: &str, fields: Value) -> Value {
        let mut state = self.state();
        let now = state.now();
        let suffix = state.new_id("fixture");
        let suffix = suffix
            .split_once('_')
            .map_or("", |(_, suffix)| suffix)
            .to_owned();

        let given = fields.as_object().cloned().unwrap_or_default();
        let mut whole = complete(object, &suffix, now);
        merge(&mut whole, given);
        insert_linked(&mut state, &self.scope, &whole, &suffix);
        state.insert(&self.scope, whole.into())
    }

    /// Inserts a sample and what it refers to by ids with this suffix.
    #[cfg_attr(
        not(feature = "dev"),
        allow(dead_code, reason = "only the command `demo` inserts samples")
    )]
    pub(crate) fn insert_with_linked(&self, sample: Value, suffix: &str) -> Value {
        let mut state = self.state();
        let fields = sample.as_object().cloned().unwrap_or_default();
        insert_linked(&mut state, &self.scope, &fields, suffix);
        state.insert(&self.scope, sample)
    }

    /// Replaces top-level fields of an object and makes the event that tells of it, with the
    /// previous values, as a request to Stripe would. Returns the events: none if nothing changes,
    /// or if Stripe has no event for it.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let subscription = stripe.fixture("subscription", json!({}));
    /// let id = subscription["id"].as_str().unwrap_or_default();
    /// let events = stripe.update_and_emit("subscription", id, json!({ "status": "past_due" }));
    /// assert_eq!(events[0]["type"], "customer.subscription.updated");
    /// assert_eq!(events[0]["data"]["previous_attributes"], json!({ "status": "active" }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If there is no such object.
    pub fn update_and_emit(&self, object: &str, id: &str, fields: Value) -> Vec<Value> {
        let mut state = self.state();
        let known: Vec<Value> = state.all(&self.scope, "event");
        let mut writer = Writer {
            state: &mut state,
            scope: &self.scope,
            origin: Origin {
                own_account: self.own_account.clone(),
                ..Origin::default()
            },
        };
        let Some(before) = writer.get(object, id) else {
            panic!("the fake Stripe has no {object} with the id {id}");
        };
        writer.change(&before, fields);

        let mut events = state.all(&self.scope, "event");
        events.retain(|event| known.iter().all(|known| known["id"] != event["id"]));
        events.reverse();
        events
    }
}

/// Inserts what an object refers to by ids with this suffix, as far as it is not there.
fn insert_linked(state: &mut State, scope: &Scope, whole: &Map<String, Value>, suffix: &str) {
    let now = state.now();
    let object = whole
        .get("object")
        .and_then(Value::as_str)
        .unwrap_or_default();
    for linked in linked(object, whole, suffix) {
        let linked = complete(&linked, suffix, now);
        let id = linked.get("id").and_then(Value::as_str).unwrap_or_default();
        let kind = linked
            .get("object")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if state.get(scope, kind, id).is_none() {
            state.insert(scope, linked.into());
        }
    }
}
