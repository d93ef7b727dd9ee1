//! Events on their way: signed, shuffled, duplicated, delayed.

use std::borrow::Borrow;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::random::Random;
use super::{FakeStripe, http_client};
use crate::webhook::signature::sign;

/// How events are delivered.
///
/// ```
/// use djstripe_core::testing::DeliveryPlan;
///
/// let plan = DeliveryPlan { seed: 7, shuffle: true, duplicates: 0.3, ..DeliveryPlan::default() };
/// # let _ = plan;
/// ```
#[derive(Clone, Debug)]
pub struct DeliveryPlan {
    /// What the chances depend on.
    pub seed: u64,
    /// Whether in any order instead of the given one.
    pub shuffle: bool,
    /// Part of the events that are delivered a second time.
    pub duplicates: f64,
    /// Longest delay of one delivery.
    pub delay: Duration,
    /// Deliveries under way at a time.
    pub concurrency: usize,
    /// How often one is tried until it is answered with 2xx.
    pub tries: usize,
}

impl Default for DeliveryPlan {
    fn default() -> Self {
        Self {
            seed: 0,
            shuffle: false,
            duplicates: 0.0,
            delay: Duration::ZERO,
            concurrency: 1,
            tries: 10,
        }
    }
}

/// What became of deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// Deliveries that were answered with 2xx.
    pub acknowledged: usize,
    /// Deliveries that never were.
    pub failed: usize,
    /// Requests that this took.
    pub requests: usize,
    /// The last status that each delivery was answered with, in the order in which they ended; 0 for no answer.
    pub statuses: Vec<u16>,
}

impl FakeStripe {
    /// Makes an event about an object as it is given, and keeps it for `GET /v1/events`.
    pub fn emit(&self, name: &str, object: &Value) -> Value {
        self.make_event(name, json!({ "object": object }))
    }

    /// As [`emit`](Self::emit), with what the changed fields were before.
    pub fn emit_with(&self, name: &str, object: &Value, previous_attributes: Value) -> Value {
        self.make_event(
            name,
            json!({ "object": object, "previous_attributes": previous_attributes }),
        )
    }

    fn make_event(&self, name: &str, data: Value) -> Value {
        let mut state = self.state();
        let mut event = json!({
            "id": state.new_id("event"),
            "object": "event",
            "api_version": crate::webhook::API_VERSION,
            "created": state.now(),
            "data": data,
            "livemode": self.scope.livemode,
            "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null },
            "type": name,
        });
        if !self.scope.account.is_empty() {
            event["account"] = self.scope.account.clone().into();
        }
        state.insert(&self.scope, event)
    }

    /// An event as it is sent: the body and its `Stripe-Signature`, signed at the machine's time, whatever the time of
    /// the fake.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::SystemTime;
    /// use djstripe_core::signature::{DEFAULT_TOLERANCE, SigningSecrets, verify};
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let event = stripe.emit("customer.created", &json!({ "object": "customer", "id": "cus_1" }));
    /// let (body, header) = stripe.signed(&event);
    /// let secrets = SigningSecrets::new([stripe.webhook_secret()])?;
    /// verify(body.into(), Some(header.as_bytes()), &secrets, DEFAULT_TOLERANCE, SystemTime::now())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn signed(&self, event: &Value) -> (String, String) {
        let body = event.to_string();
        let signature = sign(body.as_bytes(), self.webhook_secret(), SystemTime::now());
        (body, signature)
    }

    /// Delivers events to an endpoint, and again while they aren't acknowledged.
    ///
    /// ```
    /// use djstripe_core::testing::{DeliveryPlan, FakeStripe};
    /// use serde_json::json;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stripe = FakeStripe::start().await?;
    /// let customer = stripe.insert(json!({ "object": "customer" }));
    /// let event = stripe.emit("customer.created", &customer);
    /// let nobody = "http://127.0.0.1:9/stripe/webhook";
    /// let delivered = stripe.deliver(nobody, &[event], DeliveryPlan { tries: 1, ..DeliveryPlan::default() }).await;
    /// assert_eq!((delivered.failed, delivered.statuses), (1, vec![0]));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn deliver(
        &self,
        url: &str,
        events: &[Value],
        plan: impl Borrow<DeliveryPlan>,
    ) -> Delivered {
        let plan = plan.borrow().clone();
        let mut random = Random::new(plan.seed);
        let mut queue: Vec<Value> = Vec::with_capacity(events.len());
        for event in events {
            queue.push(event.clone());
            if random.happens(plan.duplicates) {
                queue.push(event.clone());
            }
        }
        if plan.shuffle {
            random.shuffle(&mut queue);
        }
        let http = http_client();
        let longest = usize::try_from(plan.delay.as_micros()).unwrap_or(usize::MAX);
        let waits: Vec<Duration> = queue
            .iter()
            .map(|_| Duration::from_micros(random.below(longest.saturating_add(1)) as u64))
            .collect();
        let deliveries = queue.into_iter().zip(waits).map(|(event, wait)| {
            let (stripe, http, url) = (self.clone(), http.clone(), url.to_owned());
            let tries = plan.tries;
            async move {
                tokio::time::sleep(wait).await;
                stripe.deliver_one(&http, &url, &event, tries).await
            }
        });
        let mut total = Delivered::default();
        let mut outcomes =
            futures_util::stream::iter(deliveries).buffer_unordered(plan.concurrency.max(1));
        while let Some((status, requests)) = outcomes.next().await {
            let acknowledged = (200..300).contains(&status);
            total.acknowledged += usize::from(acknowledged);
            total.failed += usize::from(!acknowledged);
            total.requests += requests;
            total.statuses.push(status);
        }
        total
    }

    /// The last status and the number of requests.
    async fn deliver_one(
        &self,
        http: &reqwest::Client,
        url: &str,
        event: &Value,
        tries: usize,
    ) -> (u16, usize) {
        let mut number = 1;
        loop {
            let (body, signature) = self.signed(event);
            let request = http.post(url).header("stripe-signature", signature);
            let request = request
                .header("content-type", "application/json")
                .body(body);
            let status = request
                .send()
                .await
                .map_or(0, |response| response.status().as_u16());
            if (200..300).contains(&status) {
                let id = event["id"].as_str().unwrap_or_default().to_owned();
                self.state().delivered.insert(id);
            } else if number < tries {
                tokio::time::sleep(Duration::from_millis(50 * number as u64)).await;
                number += 1;
                continue;
            }
            return (status, number);
        }
    }
}
