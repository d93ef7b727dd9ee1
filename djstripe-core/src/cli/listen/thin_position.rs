//! Where `listen` is in Stripe's list of thin events.

use super::position::MAX_DELAY;
use super::wanted::WantedThin;
use crate::cli::output::warn;
use crate::client::thin_list::{ThinFilter, thin_as_delivered};
use crate::client::{Client, ClientError};
use crate::error::describe;
use crate::webhook::event::Event;

/// A time, and the events since then that were returned already.
pub(super) struct ThinPosition {
    /// The second from which on events are listed; `None` for all of them.
    since: Option<i64>,
    seen: Vec<SeenEvent>,
    wanted: WantedThin,
}

struct SeenEvent {
    created: i64,
    id: String,
}

impl ThinPosition {
    /// The position after the newest event.
    pub(super) async fn newest(client: &Client, wanted: WantedThin) -> Result<Self, ClientError> {
        let mut position = Self {
            since: None,
            seen: Vec::new(),
            wanted,
        };
        let of_all = ThinFilter::default();
        for list in of_all.lists() {
            let page = list.limited(1).next(client).await?;
            let newest = page.as_ref().and_then(|page| page.items.first());
            let newest = newest.and_then(|item| Event::from_json(item.get()).ok());
            position.since = newest.map(|event| event.created());
        }
        if position.since.is_some() {
            position.next_events(client, client.own_account()).await?;
        }
        Ok(position)
    }

    /// Events that are new since the last call, oldest first. `account` is written into them; it is
    /// empty for the platform's own.
    pub(super) async fn next_events(
        &mut self,
        client: &Client,
        account: &str,
    ) -> Result<Vec<Event>, ClientError> {
        let mut events = Vec::new();
        let filter = ThinFilter {
            names: match &self.wanted {
                WantedThin::Only(names) => Some(names),
                WantedThin::All | WantedThin::Unreplaced => None,
            },
            from: self.since,
            ..ThinFilter::default()
        };
        for mut list in filter.lists() {
            while let Some(page) = list.next(client).await? {
                for item in page.items {
                    match thin_as_delivered(item.get(), account, client) {
                        Ok(event) if self.has_seen(&event) => {}
                        Ok(event) => events.push(event),
                        Err(error) => warn(format_args!(
                            "skipping an invalid event in Stripe's list of thin events: {}",
                            describe(&error)
                        )),
                    }
                }
            }
        }

        // A page may repeat what the one before it had.
        events.reverse();
        events.dedup_by(|next, event| next.thin_id() == event.thin_id());
        events.sort_by_key(Event::created);
        self.seen.extend(events.iter().map(|event| SeenEvent {
            created: event.created(),
            id: id(event).to_owned(),
        }));
        self.advance();
        events.retain(|event| self.is_wanted(event));
        Ok(events)
    }

    fn has_seen(&self, event: &Event) -> bool {
        self.seen.iter().any(|seen| seen.id == id(event))
    }

    fn is_wanted(&self, event: &Event) -> bool {
        let name = event.name();
        let has_twin =
            event.thin_id() != Some(event.id()) || name.is_known() && !name.is_thin_only();
        self.wanted != WantedThin::Unreplaced || !has_twin
    }

    /// Moves on to the time that no late event can precede.
    fn advance(&mut self) {
        let Some(newest) = self.seen.iter().map(|event| event.created).max() else {
            return;
        };
        let settled = newest - MAX_DELAY;
        let since = self.since.map_or(settled, |since| since.max(settled));
        self.since = Some(since);
        self.seen.retain(|event| event.created >= since);
    }
}

/// The id of the thin event itself.
pub(super) fn id(event: &Event) -> &str {
    event.thin_id().unwrap_or(event.id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_moves_on_to_a_minute_before_the_newest() {
        let check =
            |since: Option<i64>, seen: &[(i64, &str)], expected: Option<i64>, left: usize| {
                let seen = seen.iter().map(|(created, id)| SeenEvent {
                    created: *created,
                    id: (*id).to_owned(),
                });
                let mut position = ThinPosition {
                    since,
                    seen: seen.collect(),
                    wanted: WantedThin::All,
                };
                position.advance();
                assert_eq!((position.since, position.seen.len()), (expected, left));
            };

        check(None, &[], None, 0);
        check(Some(100), &[], Some(100), 0);
        check(Some(100), &[(100, "a"), (130, "b")], Some(100), 2);
        check(Some(100), &[(100, "a"), (161, "b")], Some(101), 1);
        check(None, &[(100, "a"), (200, "b")], Some(140), 1);
    }
}
