//! Events: created, signed and delivered, shuffled, duplicated and delayed if the test wants it.

use std::borrow::Borrow;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::random::Random;
use super::state::Origin;
use super::{FakeStripe, http_client};
use crate::webhook::signature::sign;

/// How [`FakeStripe::deliver`] delivers events.
///
/// ```
/// use djstripe_core::testing::DeliveryPlan;
///
/// let plan = DeliveryPlan { seed: 7, shuffle: true, duplicates: 0.3, ..DeliveryPlan::default() };
/// # let _ = plan;
/// ```
#[derive(Clone, Debug)]
pub struct DeliveryPlan {
    /// Seed of the order, the duplicates and the delays: the same seed gives the same ones.
    pub seed: u64,
    /// Whether to shuffle the events.
    pub shuffle: bool,
    /// Fraction of the events that are delivered twice.
    pub duplicates: f64,
    /// Longest delay before a delivery.
    pub delay: Duration,
    /// Deliveries in flight at the same time.
    pub concurrency: usize,
    /// Maximum number of requests per delivery. A response with status 2xx ends the delivery.
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

/// The result of [`FakeStripe::deliver`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryReport {
    /// Deliveries that got a response with status 2xx.
    pub acknowledged: usize,
    /// Deliveries that got none.
    pub failed: usize,
    /// Requests sent, retries included.
    pub requests: usize,
    /// The last status of each delivery, in the order in which they finished; 0 for no response.
    pub statuses: Vec<u16>,
}

impl FakeStripe {
    /// Creates an event with the object as its data, and stores it for `GET /v1/events`. It is not
    /// delivered: see [`deliver`](Self::deliver) and [`signed`](Self::signed).
    ///
    /// ```
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stripe = FakeStripe::start().await?;
    /// let customer = stripe.insert(json!({ "object": "customer", "id": "cus_1" }));
    /// let event = stripe.emit("customer.created", &customer);
    /// assert_eq!(event["data"]["object"]["id"], "cus_1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn emit(&self, name: &str, object: &Value) -> Value {
        self.create_event(name, json!({ "object": object }))
    }

    /// As [`emit`](Self::emit), with the previous values of the changed fields.
    pub fn emit_with(&self, name: &str, object: &Value, previous_attributes: Value) -> Value {
        self.create_event(
            name,
            json!({ "object": object, "previous_attributes": previous_attributes }),
        )
    }

    fn create_event(&self, name: &str, data: Value) -> Value {
        let origin = Origin {
            own_account: self.own_account.clone(),
            ..Origin::default()
        };
        self.state()
            .create_event(&self.scope, &origin, None, name, data)
    }

    /// The body and the `Stripe-Signature` of an event's delivery. The signature has the machine's
    /// time, even if the fake's clock is ahead.
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
    /// let secrets = SigningSecrets::new([&*stripe.webhook_secret()])?;
    /// verify(body.into(), Some(header.as_bytes()), &secrets, DEFAULT_TOLERANCE, SystemTime::now())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn signed(&self, event: &Value) -> (String, String) {
        let body = event.to_string();
        let signature = sign(body.as_bytes(), &self.webhook_secret(), SystemTime::now());
        (body, signature)
    }

    /// Delivers events to an endpoint, and retries those that it does not acknowledge.
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
    ///
    /// let closed_port = "http://127.0.0.1:9/stripe/webhook";
    /// let plan = DeliveryPlan { tries: 1, ..DeliveryPlan::default() };
    /// let report = stripe.deliver(closed_port, &[event], plan).await;
    /// assert_eq!((report.failed, report.statuses), (1, vec![0]));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn deliver(
        &self,
        url: &str,
        events: &[Value],
        plan: impl Borrow<DeliveryPlan>,
    ) -> DeliveryReport {
        let plan = plan.borrow();
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

        // All random numbers are drawn before the first delivery, in one order: the deliveries
        // themselves finish in any order.
        let longest = usize::try_from(plan.delay.as_micros()).unwrap_or(usize::MAX);
        let delays: Vec<Duration> = queue
            .iter()
            .map(|_| Duration::from_micros(random.below(longest.saturating_add(1)) as u64))
            .collect();

        let http = http_client();
        let deliveries = queue.into_iter().zip(delays).map(|(event, delay)| {
            let (stripe, http, url) = (self.clone(), http.clone(), url.to_owned());
            let tries = plan.tries;
            async move {
                tokio::time::sleep(delay).await;
                stripe.deliver_one(&http, &url, &event, tries).await
            }
        });

        let mut report = DeliveryReport::default();
        let mut outcomes =
            futures_util::stream::iter(deliveries).buffer_unordered(plan.concurrency.max(1));
        while let Some((status, requests)) = outcomes.next().await {
            let acknowledged = (200..300).contains(&status);
            report.acknowledged += usize::from(acknowledged);
            report.failed += usize::from(!acknowledged);
            report.requests += requests;
            report.statuses.push(status);
        }
        report
    }

    /// Delivers one event. Returns the last status, 0 for no response, and the number of requests.
    async fn deliver_one(
        &self,
        http: &reqwest::Client,
        url: &str,
        event: &Value,
        tries: usize,
    ) -> (u16, usize) {
        let mut requests = 0;
        loop {
            requests += 1;
            let (body, signature) = self.signed(event);
            let response = http
                .post(url)
                .header("stripe-signature", signature)
                .header("content-type", "application/json")
                .body(body)
                .send()
                .await;
            let status = response.map_or(0, |response| response.status().as_u16());

            if (200..300).contains(&status) {
                let id = event["id"].as_str().unwrap_or_default().to_owned();
                self.state().acknowledged.insert(id);
                return (status, requests);
            }
            if requests >= tries {
                return (status, requests);
            }
            tokio::time::sleep(Duration::from_millis(50 * requests as u64)).await;
        }
    }
}
