//! Pages of events, counts of them, and the neighbours of one.

use diesel::sql_types::{BigInt, Text};

use super::counted::Counted;
use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::error::StoreError;
use crate::store::events::candidates::{CANDIDATES, Search};
use crate::store::events::error_text::ErrorPattern;
use crate::store::events::list::{EventRow, SELECT_EVENTS};
use crate::store::events::rows::{EventFilter, StoredEvent};
use crate::timestamp::Timestamp;

const LIST: &str = "list events";
const COUNT: &str = "count events";

/// How many events or rows a page reads at most, of which conditions leave out some. Of events it reads
/// 3,000 if they are not found by their arrival (but by an account, a name, a state, an object), and if a
/// condition is about errors, receivers or effects.
pub const READ_LIMIT: u32 = CANDIDATES;

/// How many events a page has if its filter doesn't say.
const PAGE: u32 = 50;

/// How many events the database selects at a time at most where an error's gaps are compared here.
const STEP: u32 = 1_000;

/// A place in a list of events, newest first: the `received_at` and id of the event before it.
pub type Position = (Timestamp, String);

/// A page of a list of events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    /// The events, newest first.
    pub events: Vec<StoredEvent>,
    /// Where the next page begins: the filter's `after`. `None` if there is none.
    pub next: Option<Position>,
    /// How many events were read at least, if the page ended because of that and is not full.
    pub read: Option<u32>,
}

/// The events of an object around one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbours {
    /// Those that arrived later, the nearest first.
    pub later: Vec<StoredEvent>,
    /// Those that arrived earlier, the nearest first.
    pub earlier: Vec<StoredEvent>,
}

impl OperatorQueries {
    /// A page of the events that a filter finds, newest first.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn event_page(&self, filter: &EventFilter) -> Result<EventPage, StoreError> {
        let limit = filter.limit.unwrap_or(PAGE);
        let mut search = self.search(filter).await?;
        let error = filter.error.as_deref().map(ErrorPattern::new);
        if let Some(error) = error.filter(ErrorPattern::has_gaps) {
            return self.page_with_error(search, &error, limit).await;
        }

        let is_covered = search.is_covered();
        if is_covered {
            search.candidates = Some(limit.saturating_add(1));
        }
        // Read before the page: an event that leaves the state meanwhile would move the end.
        let end = match search.is_of_state() && !is_covered {
            true => self.end_of_candidates(&search).await?,
            false => None,
        };
        let events = self.listed(&search, limit.saturating_add(1)).await?;
        if events.len() > limit as usize {
            return Ok(full(events, limit));
        }
        let next = match is_covered || search.is_of_state() {
            true => end,
            false => self.end_of_candidates(&search).await?,
        };
        Ok(EventPage {
            events,
            read: search.candidates.filter(|_| next.is_some()),
            next,
        })
    }

    /// The number of events that a filter finds, up to a limit. If too many have to be read for it, it
    /// is a lower bound.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn count_events(
        &self,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Counted, StoreError> {
        let search = self.search(filter).await?;
        let most = limit.saturating_add(1);
        if search.is_covered() {
            let select = self.store().count_of_candidates(&search, most);
            return self.counted(select, limit).await;
        }

        let error = filter.error.as_deref().map(ErrorPattern::new);
        if let Some(error) = error.filter(ErrorPattern::has_gaps) {
            let page = self
                .page_with_error(search, &error, limit.min(STEP))
                .await?;
            return Ok(Counted {
                number: page.events.len() as u64,
                is_more: page.next.is_some(),
            });
        }

        let select = Statement::<Text>::new("SELECT event.id");
        let select = self
            .store()
            .filtered_events(select, &search)
            .sql(" LIMIT ?");
        let select = select.bind(i64::from(most)).counted();
        let mut counted = self.counted(select, limit).await?;
        if !counted.is_more {
            counted.is_more = self.end_of_candidates(&search).await?.is_some();
        }
        Ok(counted)
    }

    /// The events of the same object that arrived before and after this one, at most `each` of both.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn neighbours(
        &self,
        event: &StoredEvent,
        each: u32,
    ) -> Result<Neighbours, StoreError> {
        let Some(object_id) = &event.object_id else {
            return Ok(Neighbours::default());
        };
        let beside = |condition: &str| {
            Statement::<ByName>::new(SELECT_EVENTS)
                .sql(" FROM djstripe_event AS event LEFT JOIN djstripe_queue AS queue ON queue.event_id = event.id ")
                .sql("WHERE event.object_id = ? AND (event.received_at, event.id)")
                .sql(condition)
                .sql(" LIMIT ?")
                .bind(object_id.clone())
                .bind(event.received_at.micros())
                .bind(event.id.clone())
                .bind(i64::from(each))
        };
        let later = beside(" > (?, ?) ORDER BY event.received_at, event.id");
        let earlier = beside(" < (?, ?) ORDER BY event.received_at DESC, event.id DESC");

        Ok(Neighbours {
            later: self.load_events(later).await?,
            earlier: self.load_events(earlier).await?,
        })
    }

    /// Prepares a filter of which a bounded number of candidates is read.
    async fn search(&self, filter: &EventFilter) -> Result<Search, StoreError> {
        Ok(self.store().search(filter).await?.bounded())
    }

    /// At most `limit` of the events that a search finds.
    async fn listed(&self, search: &Search, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        self.load_events(self.store().listed(search, limit)).await
    }

    /// The events with these ids, newest first.
    pub(super) async fn events_by_id(&self, ids: &[&str]) -> Result<Vec<StoredEvent>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (one_of, bound) = self.store().one_of(ids);
        let select = Statement::<ByName>::new(SELECT_EVENTS)
            .sql(" FROM djstripe_event AS event LEFT JOIN djstripe_queue AS queue ON queue.event_id = event.id ")
            .sql("WHERE event.id ")
            .sql(one_of)
            .bind(bound)
            .sql(" ORDER BY event.received_at DESC, event.id DESC");
        self.load_events(select).await
    }

    async fn load_events(
        &self,
        select: Statement<'static, ByName>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows: Vec<EventRow> = load_limited!(self, LIST, select)?;
        rows.into_iter().map(StoredEvent::try_from).collect()
    }

    /// The last candidate that was read, if there may be more.
    async fn end_of_candidates(&self, search: &Search) -> Result<Option<Position>, StoreError> {
        let Some(read) = search.candidates.filter(|read| *read > 0) else {
            return Ok(None);
        };
        let select = Statement::<(BigInt, Text)>::new("SELECT received_at, id FROM (");
        let select = self.store().candidate_positions(select, search, read);
        let select = select.sql(&format!(
            ") AS candidate ORDER BY received_at DESC, id DESC LIMIT 1 OFFSET {}",
            read - 1
        ));
        let last: Vec<(i64, String)> = load_limited!(self, COUNT, select)?;
        let last = last.into_iter().next();
        Ok(last.map(|(time, id)| (Timestamp::from_micros(time), id)))
    }

    /// A page of events with an error, of which the database selects too many.
    async fn page_with_error(
        &self,
        mut search: Search,
        error: &ErrorPattern,
        limit: u32,
    ) -> Result<EventPage, StoreError> {
        let mut page = EventPage::default();
        let each = search.candidates.unwrap_or_default();
        // Mostly all that the database selects have the error, so that few are enough.
        let mut step = limit.saturating_mul(2).clamp(100, STEP);
        let (mut selected, mut read) = (0, 0);
        while selected < READ_LIMIT {
            let end = self.end_of_candidates(&search).await?;
            let events = self.listed(&search, step).await?;
            let is_last = events.len() < step as usize;
            selected += step;
            read += if is_last { each } else { step };
            step = STEP;
            page.next = match is_last {
                true => end,
                false => events.last().map(position),
            };

            let receiver = search.filter.receiver.clone();
            let store = self.store();
            let found = store.with_error(events, error, receiver.as_deref());
            page.events.extend(found.await?);
            if page.events.len() > limit as usize {
                return Ok(full(page.events, limit));
            }
            if is_last {
                break;
            }
            search.filter.after.clone_from(&page.next);
        }
        page.read = page.next.is_some().then_some(read);
        Ok(page)
    }
}

/// A page of which one more event was read than it has.
fn full(mut events: Vec<StoredEvent>, limit: u32) -> EventPage {
    events.truncate(limit as usize);
    EventPage {
        next: events.last().map(position),
        events,
        read: None,
    }
}

fn position(event: &StoredEvent) -> Position {
    (event.received_at, event.id.clone())
}
