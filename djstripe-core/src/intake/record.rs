//! The records of refused deliveries, for the operator.

use std::time::SystemTime;

use super::error::WebhookError;
use super::refusals::{Arrival, Source};
use super::shortened::shortened;
use super::stage::Intake;
use crate::error::describe;
use crate::store::NewDelivery;
use crate::telemetry::metrics;
use crate::webhook::delivery::Delivery;

impl Intake {
    /// Records a refused delivery for the operator, if there is room. The answer does not depend on it.
    /// Returns the record's id.
    pub(super) async fn record(
        &self,
        arrival: &Arrival,
        delivery: &Delivery,
        error: &WebhookError,
        now: SystemTime,
    ) -> Option<i64> {
        let is_signed = delivery.signature().is_some();
        if !error.is_recorded(is_signed) {
            return None;
        }
        let source = Source::new(arrival, error.reason(), delivery.looks_like_stripe());
        let may_record = self
            .0
            .refusals
            .may_record(source, tokio::time::Instant::now());
        if !may_record {
            metrics::unrecorded();
            return None;
        }

        let record = NewDelivery {
            received_at: now.into(),
            reason: shortened(&describe(error)),
            remote_address: arrival.remote_address(),
            endpoint: arrival.endpoint,
            headers: delivery.public_headers(),
            // Stripe signs each delivery, so what isn't even signed is not worth its bytes.
            body: match is_signed {
                true => delivery.body.to_vec(),
                false => Vec::new(),
            },
        };
        let recorded = self.0.store.queue().record_delivery(record).await;
        recorded
            .map_err(|error| {
                tracing::error!(
                    error = describe(&error),
                    "refused delivery could not be recorded"
                );
            })
            .ok()
    }
}
