//! An object's content, and when it was current.
//!
//! In: the payload, or what was fetched in its place. Out: writes of the object and of what belongs to it, each with
//! the moment of which it tells.

use super::{Mirror, MirrorError, RefetchPolicy, Target};
use crate::receiver::writes::Write;
use crate::timestamp::Timestamp;
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;

impl Mirror<'_> {
    /// Whether this event's object, of a type that may be fetched, is.
    pub(super) async fn should_fetch(&self, target: &Target<'_>) -> Result<bool, MirrorError> {
        if self
            .services
            .policy(target.descriptor.object, self.event.livemode())
            == RefetchPolicy::Always
        {
            return Ok(true);
        }
        self.is_ambiguous(target).await
    }

    /// Whether the payload may not be the last word: it is written in another API version, or the row was written in the
    /// same second or later.
    async fn is_ambiguous(&self, target: &Target<'_>) -> Result<bool, MirrorError> {
        if self.event.api_version() != Some(crate::webhook::API_VERSION) {
            return Ok(true);
        }
        let (account, livemode) = self.scope();
        let observed = self
            .services
            .store
            .observed_at(target.table, account, livemode, &target.id)
            .await?;
        Ok(observed
            .is_some_and(|observed| observed >= Timestamp::from_seconds(self.event.created())))
    }

    /// Writes content of the object, what is embedded in it, and, if objects may be fetched, what it refers to and is
    /// missing here.
    pub(super) async fn write_content(
        &self,
        target: &Target<'_>,
        json: &str,
        content: Content,
        refetches: bool,
    ) -> Result<(), MirrorError> {
        let (api_version, observed_at) = match content {
            Content::Fetched(started_at) => (Some(crate::webhook::API_VERSION), started_at),
            Content::Payload => (self.event.api_version(), observed_at(self.event)),
        };
        self.writes
            .push(target.row(json, api_version, observed_at, false));
        self.write_related(target, json, api_version, observed_at, refetches)
            .await
    }

    pub(super) fn write_deleted(&self, target: &Target<'_>, json: &str, at: Timestamp) {
        self.writes
            .push(target.row(json, self.event.api_version(), at, true));
        if target.descriptor.object == "customer" {
            self.writes.push(Write::Purge {
                id: target.id.clone(),
                at,
            });
        }
    }

    /// When something happened that nothing can follow. What is fetched is dated by our clock, so this must be too, or a
    /// fetch before it could seem to be later.
    pub(super) fn last_moment(&self, refetches: bool) -> Timestamp {
        let happened = observed_at(self.event);
        if refetches {
            happened.max(Timestamp::now())
        } else {
            happened
        }
    }
}

/// Where content comes from.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Payload,
    /// Fetched by a request that was begun then.
    Fetched(Timestamp),
}

/// When the event's content was current. Of the events of one second, creation comes before change, and change before
/// deletion: `created` has no finer digits, so they are put in its microseconds.
pub(super) fn observed_at(event: &Event) -> Timestamp {
    let order = match CrudType::determine(event, None) {
        Some(CrudType::Created) => 0,
        Some(CrudType::Updated) | None => 1,
        Some(CrudType::Deleted) => 2,
    };
    Timestamp::from_micros(
        Timestamp::from_seconds(event.created())
            .micros()
            .saturating_add(order),
    )
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
