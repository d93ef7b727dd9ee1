//! Where `listen` is in Stripe's list of events.

use crate::cli::output::warn;
use crate::client::event_list::{EventList, Start, as_delivered};
use crate::client::{Client, ClientError, Request};
use crate::error::describe;
use crate::webhook::event::Event;

/// How many seconds after its creation an event may appear in Stripe's list.
pub(super) const MAX_DELAY: i64 = 60;

/// A position in the list, and what was returned after it.
pub(super) struct Position {
    start: Start,
    /// Events after `start` that were returned already, in the order of the list.
    seen: Vec<SeenEvent>,
}

#[derive(Clone)]
struct SeenEvent {
    created: i64,
    id: String,
}

impl Position {
    /// The position after the newest event.
    pub(super) async fn newest(client: &Client) -> Result<Self, ClientError> {
        let request = Request::list("event")?.param("limit", 1);
        let page = client.page(&request).await?;

        let newest = page.items.first().and_then(|item| {
            as_delivered(item.get(), client.own_account(), client.own_account()).ok()
        });
        let start = newest.map_or(Start::Since(0), |event| Start::After(event.id().to_owned()));
        Ok(Self {
            start,
            seen: Vec::new(),
        })
    }

    /// Events that are new since the last call, oldest first. `account` is written into them; it is
    /// empty for the platform's own.
    pub(super) async fn next_events(
        &mut self,
        client: &Client,
        list: Request,
        account: &str,
    ) -> Result<Vec<Event>, ClientError> {
        let mut pages = match EventList::begin(client, list, &self.start).await {
            Err(error) if error.is_gone() && matches!(self.start, Start::After(_)) => {
                // The test data was deleted, this event with it: continue with events from now on.
                *self = Self::newest(client).await?;
                return Ok(Vec::new());
            }
            pages => pages?,
        };

        let mut events = Vec::new();
        while let Some(page) = pages.next().await? {
            for item in page.items.iter().rev() {
                match as_delivered(item.get(), account, client.own_account()) {
                    Ok(event) if self.has_seen(event.id()) => {}
                    Ok(event) => events.push(event),
                    Err(error) => warn(format_args!(
                        "skipping an invalid event in Stripe's list: {}",
                        describe(&error)
                    )),
                }
            }
        }

        self.seen.extend(events.iter().map(|event| SeenEvent {
            created: event.created(),
            id: event.id().to_owned(),
        }));
        self.advance();
        Ok(events)
    }

    fn has_seen(&self, id: &str) -> bool {
        self.seen.iter().any(|seen| seen.id == id)
    }

    /// Moves `start` to the last event that no late one can precede.
    fn advance(&mut self) {
        let Some(newest) = self.seen.iter().map(|event| event.created).max() else {
            return;
        };

        let settled = self
            .seen
            .iter()
            .filter(|event| event.created < newest - MAX_DELAY)
            .max_by_key(|event| event.created);
        if let Some(SeenEvent { created, id }) = settled.cloned() {
            self.start = Start::After(id);
            self.seen.retain(|event| event.created >= created);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_moves_behind_what_is_a_minute_older_than_the_newest() {
        let check = |seen: &[(i64, &str)], start: Start, left: usize| {
            let seen = seen.iter().map(|(created, id)| SeenEvent {
                created: *created,
                id: (*id).to_owned(),
            });
            let mut position = Position {
                start: Start::Since(0),
                seen: seen.collect(),
            };
            position.advance();
            assert_eq!((position.start, position.seen.len()), (start, left));
        };
        let after = |id: &str| Start::After(id.to_owned());

        check(&[], Start::Since(0), 0);
        check(&[(100, "a"), (160, "b")], Start::Since(0), 2);
        check(&[(100, "a"), (161, "b")], after("a"), 2);
        let two_at_once = [(50, "a"), (100, "b"), (100, "c"), (165, "d")];
        check(&two_at_once, after("c"), 3);

        // A late event counts by the time of its creation.
        check(&[(100, "a"), (165, "b"), (90, "c")], after("a"), 2);
    }
}
