//! An object's content, and when it was current.
//!
//! In: the payload, or the object as Stripe has it now. Out: writes of the object and of the
//! objects around it, each with the moment at which it was current.

use super::mirror::Mirror;
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::references::Contents;
use crate::mirror::same_second::{self, Arrival, Sequence};
use crate::mirror::settings::RefetchPolicy;
use crate::receiver::writes::{RowWrite, Write};
use crate::store::RowSource;
use crate::timestamp::Timestamp;
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;

impl Mirror<'_> {
    /// Whether to fetch the event's object, provided that it can be fetched.
    pub(super) async fn should_fetch(&self, key: &ObjectKey) -> Result<bool, MirrorError> {
        let policy = self.services.policy(key.descriptor.object, self.event);
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
        let basis = self
            .services
            .store
            .row_basis(key.table, account, livemode, &key.id)
            .await?;
        let second = Timestamp::from_seconds(self.event.created());
        Ok(basis.is_some_and(|basis| basis.observed_at >= second))
    }

    /// Writes the event's own content or, if another event of the same second is the later one, the
    /// content of that event.
    pub(super) async fn write_payload(
        &self,
        key: &ObjectKey,
        json: &str,
        source: RowSource,
        can_fetch: bool,
    ) -> Result<(), MirrorError> {
        let at = observed_at(self.event);
        let arrivals = self.same_second(key, at).await?;
        if arrivals.len() < 2 {
            let events = [self.event.id().to_owned()];
            let observed = Observed {
                events: &events,
                source,
                ..self.payload_observed(at)
            };
            return self.write_content(key, json, observed, can_fetch).await;
        }

        let Sequence { order, undecided } = same_second::sequence(&arrivals);
        let Some((last, earlier)) = order.split_last() else {
            return Ok(());
        };
        let event = &arrivals[*last].event;
        let events: Vec<String> = arrivals
            .iter()
            .map(|arrival| arrival.event.id().to_owned())
            .collect();
        let observed = Observed {
            api_version: event.api_version(),
            undecided,
            events: &events,
            source,
            ..self.payload_observed(at)
        };

        // The children that the object had earlier in this second have rows, too.
        let dropped = &self.services.settings.dropped;
        let last = event.object_json().map(|json| dropped.strip(json));
        let last = last.as_deref().unwrap_or(json);
        let mut row = key.row(last, &self.contents(last), observed);
        row.event_id = Some(event.id().to_owned());
        for index in earlier.iter().rev() {
            let event = &arrivals[*index].event;
            let json = dropped.strip(event.object_json().unwrap_or_default());
            add_earlier(&mut row, key.row(&json, &self.contents(&json), observed));
        }
        self.write_row(row);

        // Copies are those of this event, whichever is the last one: each event writes its own, so that
        // they end the same in any order.
        let observed = self.payload_observed(at);
        self.write_related(key, self.contents(json), observed, can_fetch)
            .await
    }

    /// This event and those of the same second on which the row is based.
    async fn same_second(
        &self,
        key: &ObjectKey,
        at: Timestamp,
    ) -> Result<Vec<Arrival>, MirrorError> {
        let (account, livemode) = self.scope();
        let store = &self.services.store;
        let basis = store
            .row_basis(key.table, account, livemode, &key.id)
            .await?;
        let Some(basis) = basis.filter(|basis| basis.observed_at == at) else {
            return Ok(Vec::new());
        };

        let mut ids = basis.events;
        ids.push(self.event.id().to_owned());
        ids.sort_unstable();
        ids.dedup();
        let mut arrivals = Vec::with_capacity(ids.len());
        for id in ids {
            // An event that is no longer stored can't be compared.
            let Some((stored, payload)) = store.event(&id).await? else {
                continue;
            };
            if let Ok(event) = stored.decode(&payload) {
                arrivals.push(Arrival {
                    event,
                    received_at: stored.received_at,
                });
            }
        }
        Ok(arrivals)
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
        let mut found = self.contents(json);
        let mut row = key.row(json, &found, observed);
        let more = if can_fetch {
            self.complete_lists(&mut row, &found).await?
        } else {
            Vec::new()
        };
        self.write_row(row);

        for child in &more {
            let Contents {
                copies, references, ..
            } = self.contents(child.get());
            found.copies.extend(copies);
            found.references.extend(references);
        }
        self.write_related(key, found, observed, can_fetch).await
    }

    /// Writes a tombstone. A deleted customer is purged too.
    pub(super) fn write_deleted(&self, key: &ObjectKey, json: &str, at: Timestamp) {
        let tombstone = key.tombstone(json, self.payload_observed(at));
        self.write_row(tombstone);
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
            source: RowSource::Payload,
            undecided: false,
            events: &[],
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

/// Adds the children that an earlier observation of the same second shows and `row` doesn't.
fn add_earlier(row: &mut RowWrite, earlier: RowWrite) {
    for earlier in earlier.children {
        let Some(children) = row
            .children
            .iter_mut()
            .find(|children| children.table == earlier.table)
        else {
            continue;
        };
        for mut child in earlier.rows {
            if !children.rows.iter().any(|known| known.id == child.id) {
                child.ended = children.is_complete;
                children.rows.push(child);
            }
        }
    }
}

/// When the event's content was current.
///
/// `created` has a resolution of a second. Its microseconds order the events of one second:
/// creation before change, change before deletion.
pub(in crate::mirror) fn observed_at(event: &Event) -> Timestamp {
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
