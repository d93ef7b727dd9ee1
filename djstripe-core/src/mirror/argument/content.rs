//! An object's content, and when it was current.
//!
//! In: the payload, or the object as Stripe has it now. Out: writes of the object and of the
//! objects around it, each with the moment at which it was current.

use super::mirror::Mirror;
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::settings::RefetchPolicy;
use crate::receiver::writes::Write;
use crate::timestamp::Timestamp;
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;

impl Mirror<'_> {
    /// Whether to fetch the event's object, provided that it can be fetched.
    pub(super) async fn should_fetch(&self, key: &ObjectKey) -> Result<bool, MirrorError> {
        let policy = self
            .services
            .policy(key.descriptor.object, self.event.livemode());
        let has_expanded_fields = !self
            .services
            .settings
            .expanded
            .of(key.descriptor.object)
            .is_empty();
        if policy == RefetchPolicy::Always || has_expanded_fields {
            return Ok(true);
        }
        self.is_ambiguous(key).await
    }

    /// Whether the payload may be out of date: it is written in another API version, or the row was
    /// observed in the same second or later.
    async fn is_ambiguous(&self, key: &ObjectKey) -> Result<bool, MirrorError> {
        if self.event.api_version() != Some(crate::webhook::API_VERSION) {
            return Ok(true);
        }

        let (account, livemode) = self.scope();
        let observed = self
            .services
            .store
            .observed_at(key.table, account, livemode, &key.id)
            .await?;
        Ok(observed
            .is_some_and(|observed| observed >= Timestamp::from_seconds(self.event.created())))
    }

    /// Writes the object, the objects embedded in it and, if objects can be fetched, those that it
    /// refers to and that have no row.
    pub(super) async fn write_content(
        &self,
        key: &ObjectKey,
        json: &str,
        observed: Observed<'_>,
        can_fetch: bool,
    ) -> Result<(), MirrorError> {
        self.writes.push(key.row(json, observed));
        self.write_related(key, json, observed, can_fetch).await
    }

    /// Writes a tombstone. A deleted customer is purged too.
    pub(super) fn write_deleted(&self, key: &ObjectKey, json: &str, at: Timestamp) {
        self.writes
            .push(key.tombstone(json, self.payload_observed(at)));
        if key.descriptor.object == "customer" {
            self.writes.push(Write::Purge {
                id: key.id.clone(),
                at,
            });
        }
    }

    /// The payload, as it was at `at`.
    pub(super) fn payload_observed(&self, at: Timestamp) -> Observed<'_> {
        Observed {
            api_version: self.event.api_version(),
            at,
        }
    }

    /// The moment of a change that no other change can follow.
    ///
    /// Fetched objects are dated by our clock, so this moment must be too: otherwise an earlier
    /// fetch could seem to be later.
    pub(super) fn last_moment(&self, can_fetch: bool) -> Timestamp {
        let happened = observed_at(self.event);
        if can_fetch {
            happened.max(Timestamp::now())
        } else {
            happened
        }
    }
}

/// When the event's content was current.
///
/// `created` has a resolution of a second. Its microseconds order the events of one second:
/// creation before change, change before deletion.
pub(super) fn observed_at(event: &Event) -> Timestamp {
    let order = match CrudType::determine(event, None) {
        Some(CrudType::Created) => 0,
        Some(CrudType::Updated) | None => 1,
        Some(CrudType::Deleted) => 2,
    };
    let second = Timestamp::from_seconds(event.created());
    Timestamp::from_micros(second.micros().saturating_add(order))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_second_are_in_the_order_of_an_objects_life() {
        let at = |name: &str| {
            let json = format!(r#"{{"id":"evt_1","type":"{name}","created":1700000000}}"#);
            observed_at(&Event::from_json(&json).unwrap())
        };

        assert!(at("customer.created") < at("customer.updated"));
        assert!(at("customer.updated") < at("customer.deleted"));
        assert_eq!(at("invoice.paid"), at("invoice.updated"));
    }
}
