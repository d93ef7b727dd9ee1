//! Events on their way: signed, shuffled, duplicated, delayed.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use serde_json::Value;

use super::random::Random;
use super::{FakeStripe, http_client};
use crate::signature::sign;

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
        Self { seed: 0, shuffle: false, duplicates: 0.0, delay: Duration::ZERO, concurrency: 1, tries: 10 }
    }
}

/// What became of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// Deliveries that were answered with 2xx.
    pub acknowledged: usize,
    /// Deliveries that never were.
    pub failed: usize,
    /// Requests that this took.
    pub requests: usize,
}

impl FakeStripe {
    /// An event as it is sent: the body and its `Stripe-Signature`.
    pub fn signed(&self, event: &Value) -> (String, String) {
        let body = event.to_string();
        let signature = sign(body.as_bytes(), self.webhook_secret(), SystemTime::now());
        (body, signature)
    }

    /// Delivers events to an endpoint, and again while they aren't acknowledged.
    pub async fn deliver(&self, url: &str, events: &[Value], plan: &DeliveryPlan) -> Delivered {
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
        let waits: Vec<Duration> =
            queue.iter().map(|_| Duration::from_micros(random.below(longest.saturating_add(1)) as u64)).collect();
        let deliveries = queue.into_iter().zip(waits).map(|(event, wait)| {
            let (stripe, http, url) = (self.clone(), http.clone(), url.to_owned());
            let tries = plan.tries;
            async move {
                tokio::time::sleep(wait).await;
                stripe.deliver_one(&http, &url, &event, tries).await
            }
        });
        let mut total = Delivered::default();
        let mut outcomes = futures_util::stream::iter(deliveries).buffer_unordered(plan.concurrency.max(1));
        while let Some((acknowledged, requests)) = outcomes.next().await {
            total.acknowledged += usize::from(acknowledged);
            total.failed += usize::from(!acknowledged);
            total.requests += requests;
        }
        total
    }

    async fn deliver_one(&self, http: &reqwest::Client, url: &str, event: &Value, tries: usize) -> (bool, usize) {
        for number in 1..=tries.max(1) {
            let (body, signature) = self.signed(event);
            let request = http.post(url).header("stripe-signature", signature);
            let request = request.header("content-type", "application/json").body(body);
            if request.send().await.is_ok_and(|response| response.status().is_success()) {
                let id = event["id"].as_str().unwrap_or_default().to_owned();
                self.state().delivered.insert(id);
                return (true, number);
            }
            tokio::time::sleep(Duration::from_millis(50 * number as u64)).await;
        }
        (false, tries.max(1))
    }
}
