//! Stripe's list of events, read from old to new.
//!
//! In: where to start. Out: pages, oldest first, fetched on demand. A caller that stops early has
//! seen all events up to the last one it read. Stripe lists events from new to old, so the oldest
//! event since a time has to be found first.

use serde_json::value::RawValue;

use crate::client::{Client, ClientError, Page, Request};
use crate::timestamp::Timestamp;
use crate::webhook::amend::with_fields;
use crate::webhook::event::{DecodeError, Event};
use crate::webhook::object_head::RawHead;

/// Page size, which is the largest that Stripe allows.
const PAGE_SIZE: u64 = 100;

/// Where a list of events starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the event that follows this one.
    After(String),
    /// With the first event created in this second or later.
    Since(i64),
}

/// A list of events that is being read from old to new.
pub(crate) struct EventList<'c> {
    client: &'c Client,
    list: Request,
    /// Pages that have been fetched but not returned yet, the oldest last.
    ready: Vec<Page>,
    /// The last event of the page before the next one.
    after: Option<String>,
    /// The number of requests sent so far.
    pub(crate) requests: u64,
}

/// The position of an event in the list.
struct Position {
    id: String,
    /// The second in which the event was created; 0 if it has none.
    created: i64,
}

impl Position {
    fn of(item: &RawValue) -> Result<Self, ClientError> {
        let malformed = |error: serde_json::Error| ClientError::Malformed {
            request_id: None,
            source: error.into(),
        };
        let head = RawHead::parse(item.get()).map_err(malformed)?;
        Ok(Self {
            created: head.created.unwrap_or_default(),
            id: head.into_id().map_err(malformed)?,
        })
    }
}

impl<'c> EventList<'c> {
    /// Starts reading. `list` can filter the events.
    ///
    /// # Errors
    /// [`ClientError`]. With [`Start::After`], it [is gone](ClientError::is_gone) if Stripe no
    /// longer has the event.
    pub(crate) async fn begin(
        client: &'c Client,
        list: Request,
        from: &Start,
    ) -> Result<Self, ClientError> {
        let list = list.param("limit", PAGE_SIZE);
        let mut events = Self {
            client,
            list,
            ready: Vec::new(),
            after: None,
            requests: 0,
        };

        match from {
            Start::After(id) => {
                events.after = Some(id.clone());
                let first = events.fetch_next().await?;
                events.ready.extend(first);
            }
            Start::Since(second) => events.find_oldest(*second).await?,
        }

        Ok(events)
    }

    /// The next page, which is newer than all pages before it. Its items are newest first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(crate) async fn next(&mut self) -> Result<Option<Page>, ClientError> {
        match self.ready.pop() {
            Some(page) => Ok(Some(page)),
            None => self.fetch_next().await,
        }
    }

    async fn fetch_next(&mut self) -> Result<Option<Page>, ClientError> {
        let Some(after) = self.after.take() else {
            return Ok(None);
        };

        let page = self
            .page(self.list.clone().param("ending_before", after.clone()))
            .await?;
        let Some(newest) = page.items.first() else {
            return Ok(None);
        };

        if page.has_more {
            self.after = Some(Position::of(newest)?.id).filter(|id| *id != after);
        }
        Ok(Some(page))
    }

    /// Finds the oldest events since `second`.
    ///
    /// This takes one request if all events fit on one page, and two if Stripe has an older event.
    /// Otherwise a binary search narrows the time until the remaining events fit on a page.
    async fn find_oldest(&mut self, second: i64) -> Result<(), ClientError> {
        let newest = self.page(self.within(second, None)).await?;
        if !newest.has_more {
            self.ready.push(newest);
            return Ok(());
        }

        let before = self
            .page(self.within(i64::MIN, Some(second)).param("limit", 1))
            .await?;
        if let Some(older) = before.items.first() {
            self.after = Some(Position::of(older)?.id);
            return Ok(());
        }

        // There is no event before `low`, and at least one before `high`.
        let (mut low, mut high) = (second, oldest_second(&newest)?.saturating_add(1));
        loop {
            let middle = if high - low > 1 {
                low + (high - low) / 2
            } else {
                high
            };

            let page = self.page(self.within(second, Some(middle))).await?;
            if page.items.is_empty() {
                low = middle;
                if low >= high {
                    // Some of the events have just become too old for Stripe to list, in the worst
                    // case all of them.
                    let now = Timestamp::now().seconds();
                    let last = newest.items.first().map_or(Ok(now), |item| {
                        Position::of(item).map(|head| head.created.max(now))
                    })?;
                    let bounds =
                        [oldest_second(&newest)?, last].map(|second| second.saturating_add(1));
                    let Some(next) = bounds.into_iter().find(|bound| *bound > low) else {
                        return Ok(());
                    };
                    high = next;
                }
            } else if page.has_more && high - low > 1 {
                high = oldest_second(&page)?.saturating_add(1).min(middle);
            } else {
                return self.collect_second(page).await;
            }
        }
    }

    /// Makes `page` the next one. If a single second has more events than a page, the pages before
    /// it are fetched, too.
    async fn collect_second(&mut self, mut page: Page) -> Result<(), ClientError> {
        self.after = page
            .items
            .first()
            .map(|item| Position::of(item))
            .transpose()?
            .map(|head| head.id);

        let mut before: Option<String> = None;
        loop {
            let older = page
                .items
                .last()
                .filter(|_| page.has_more)
                .map(|item| Position::of(item))
                .transpose()?;
            self.ready.push(page);

            let older = older.filter(|older| before.as_ref() != Some(&older.id));
            let Some(Position { id, created }) = older else {
                return Ok(());
            };

            before = Some(id.clone());
            page = self
                .page(
                    self.within(created, Some(created + 1))
                        .param("starting_after", id),
                )
                .await?;
        }
    }

    fn within(&self, from: i64, to: Option<i64>) -> Request {
        let mut created = serde_json::Map::new();
        if from > i64::MIN {
            created.insert("gte".to_owned(), from.into());
        }
        if let Some(to) = to {
            created.insert("lt".to_owned(), to.into());
        }
        self.list.clone().param("created", created)
    }

    async fn page(&mut self, request: Request) -> Result<Page, ClientError> {
        self.requests += 1;
        self.client.page(&request).await
    }
}

fn oldest_second(page: &Page) -> Result<i64, ClientError> {
    page.items.last().map_or(Ok(i64::MAX - 1), |item| {
        Position::of(item).map(|head| head.created)
    })
}

/// An event that Stripe gave for `account`, as Stripe would have delivered it: with the connected
/// account that it belongs to, which is missing in answers to requests on behalf of the account.
/// `own_account` is that of the client.
///
/// # Errors
/// [`DecodeError`].
pub(crate) fn as_delivered(
    json: &str,
    account: &str,
    own_account: &str,
) -> Result<Event, DecodeError> {
    let own = Some(own_account).filter(|account| !account.is_empty());
    let event = Event::from_json(json)?;
    let named = event.account().filter(|named| *named != own_account);
    let named = named.map(str::to_owned);
    if account == own_account || named.is_some() {
        return Ok(event.received_for(own, named.as_deref()));
    }

    let event = Event::from_json(&with_fields(json, &[("account", account)])?)?;
    Ok(event.received_for(own, Some(account)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_connected_account_says_so() {
        let check = |json: &str, account: &str, expected: Option<&str>| {
            let event = as_delivered(json, account, "").unwrap();
            assert_eq!((event.id(), event.account()), ("evt_1", expected), "{json}");
        };

        let bare = r#"{"id":"evt_1","type":"ping","data":{"object":{"amount":1.10}}}"#;
        check(bare, "", None);
        check(bare, "acct_1", Some("acct_1"));
        check(
            r#"{"id":"evt_1","type":"ping","account":null}"#,
            "acct_1",
            Some("acct_1"),
        );
        check(
            r#"{"id":"evt_1","type":"ping","account":"acct_1"}"#,
            "acct_1",
            Some("acct_1"),
        );
        assert_eq!(
            as_delivered(bare, "acct_1", "").unwrap().object_json(),
            Some(r#"{"amount":1.10}"#)
        );
    }
}
