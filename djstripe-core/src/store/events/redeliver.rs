//! A second delivery of an event that is not processed yet.
//!
//! In: the event as it was delivered again. Out: what that changed. Several endpoints deliver an
//! event once each, in one or several API versions, so only what the same endpoint sends again is a
//! second delivery.

use diesel::sql_types::{BigInt, Nullable, Text};
use uuid::Uuid;

use super::rows::{EventState, Rerun};
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::store::text::without_nul;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

const REDELIVER: &str = "take a second delivery";

/// What a second delivery changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redelivery {
    /// Nothing: the event is processed, due or leased, or this is the endpoint's first delivery.
    Unchanged,
    /// The event waited for a retry, and is due now.
    Due,
    /// The event was dead, and is due now, starting with the first attempt.
    Revived,
}

/// Records of an event's deliveries that are kept from the first ones and, as many, from the last.
/// Whoever has captured a delivery can send it again for as long as its signature is valid.
const KEPT_AT_EACH_END: i64 = 50;

/// How many records of deliveries the event has, and its state if it is unfinished and the delivery that was just recorded is not the first of its
/// endpoint and version. Older releases recorded no version.
const SELECT: &str = "SELECT (SELECT count(*) FROM djstripe_delivery WHERE event_id = ?), ( \
     SELECT state FROM djstripe_queue WHERE event_id = ? AND 1 < ( \
         SELECT count(*) FROM djstripe_delivery AS delivery \
         WHERE delivery.event_id = djstripe_queue.event_id AND coalesce(endpoint, '') = ? \
             AND coalesce(api_version, ?) = ?))";

const CUT: &str = "DELETE FROM djstripe_delivery WHERE event_id = ? \
     AND id NOT IN (SELECT id FROM (SELECT id FROM djstripe_delivery WHERE event_id = ? ORDER BY id LIMIT ?) AS first) \
     AND id NOT IN (SELECT id FROM (SELECT id FROM djstripe_delivery WHERE event_id = ? ORDER BY id DESC LIMIT ?) AS last)";

const MAKE_DUE: &str = "UPDATE djstripe_queue SET next_attempt_at = ? \
     WHERE event_id = ? AND state IN ('pending', 'retrying') AND next_attempt_at > ?";

impl Queue {
    /// Makes an event due if this delivery, which is recorded already, is a second one. Of many records
    /// of its deliveries, those in the middle are deleted.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn redeliver(
        &self,
        event: &Event,
        endpoint: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Redelivery, StoreError> {
        let id = without_nul(event.id());
        let endpoint = endpoint.map(|id| id.to_string()).unwrap_or_default();
        let version = event.api_version().unwrap_or_default();
        let select = Statement::<(BigInt, Nullable<Text>)>::new(SELECT)
            .bind(id.clone().into_owned())
            .bind(id.clone().into_owned())
            .bind(endpoint)
            .bind(version.to_owned())
            .bind(version.to_owned());
        let found: Vec<(i64, Option<String>)> = load!(self.0, REDELIVER, select)?;
        let (deliveries, state) = found.into_iter().next().unwrap_or_default();
        if deliveries > 2 * KEPT_AT_EACH_END {
            self.cut_deliveries(&id).await?;
        }
        let Some(state) = state else {
            return Ok(Redelivery::Unchanged);
        };

        if state.parse::<EventState>()? == EventState::Dead {
            let revived = self.0.rerun(&[&id], Rerun::Unfinished, now).await?;
            return Ok(match revived.is_empty() {
                true => Redelivery::Unchanged,
                false => Redelivery::Revived,
            });
        }

        let make_due = Statement::<()>::new(MAKE_DUE)
            .bind(now.micros())
            .bind(id.into_owned())
            .bind(now.micros());
        if self.0.execute(REDELIVER, make_due).await? == 0 {
            return Ok(Redelivery::Unchanged);
        }
        self.notify_workers().await?;
        Ok(Redelivery::Due)
    }

    async fn cut_deliveries(&self, id: &str) -> Result<(), StoreError> {
        let delete = Statement::<()>::new(CUT)
            .bind(id.to_owned())
            .bind(id.to_owned())
            .bind(KEPT_AT_EACH_END)
            .bind(id.to_owned())
            .bind(KEPT_AT_EACH_END);
        self.0.execute(REDELIVER, delete).await.map(drop)
    }
}
