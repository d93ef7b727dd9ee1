//! Events by a value in their payloads.
//!
//! The database leaves out payloads that can't have the value, and the others are compared here.

use std::time::Instant;

use diesel::sql_types::{BigInt, Text};

use super::events::Position;
use super::limit::{OperatorQueries, load_limited};
use super::payload_condition::PayloadCondition;
use crate::store::backend::connection::Backend;
use crate::store::backend::statement::Statement;
use crate::store::backend::task::joined;
use crate::store::error::StoreError;
use crate::store::events::candidates::Search;
use crate::store::events::error_text::ErrorPattern;
use crate::store::events::rows::{EventFilter, StoredEvent};
use crate::timestamp::Timestamp;

const SEARCH: &str = "search in payloads";

/// How many events one search reads.
pub const PAYLOAD_READ_LIMIT: u32 = 100_000;

/// How many of them one statement reads.
const STEP: u32 = 5_000;

/// How many the first one reads, so that a slow database has read something within the time limit.
const FIRST_STEP: u32 = 1_000;

/// How many statements' time limits the whole search may take.
const LIMITS: u32 = 5;

/// How many events a page has if its filter doesn't say.
const PAGE: u32 = 50;

/// The beginning of an escaped ASCII character: JSON can hide a letter or a digit behind one.
const ESCAPE: &str = "\\u00";

/// What a search in payloads has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PayloadPage {
    /// The events, newest first.
    pub events: Vec<StoredEvent>,
    /// How many events were read.
    pub read: u64,
    /// Where the next search continues: the filter's `after`. `None` if all were read.
    pub next: Option<Position>,
    /// Whether the time limit ended the search.
    pub is_out_of_time: bool,
}

/// An event that may have the value.
struct Read {
    id: String,
    received_at: i64,
    payload: String,
}

impl OperatorQueries {
    /// Reads the newest [`PAYLOAD_READ_LIMIT`] events that a filter's index finds, and returns those
    /// whose payloads meet the condition and that the rest of the filter finds.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`] if even the first events take too long, [`StoreError::Query`] and the
    /// errors of connecting.
    pub async fn search_payloads(
        &self,
        filter: &EventFilter,
        condition: &PayloadCondition,
    ) -> Result<PayloadPage, StoreError> {
        let limit = filter.limit.unwrap_or(PAGE) as usize;
        let deadline = Instant::now() + self.limit() * LIMITS;
        let mut search = self.store().search(filter).await?.in_steps(FIRST_STEP);
        let (mut page, mut found) = (PayloadPage::default(), Vec::new());
        while page.read < u64::from(PAYLOAD_READ_LIMIT) {
            let step = self.search_step(&search, condition).await;
            let (read, next, met) = match step {
                Err(StoreError::TooSlow { .. }) if page.read > 0 => {
                    page.is_out_of_time = true;
                    break;
                }
                step => step?,
            };
            page.read += read;
            page.next = next;

            found.extend(met);
            if found.len() > limit {
                found.truncate(limit);
                page.next = found.last().cloned();
                break;
            }
            let Some(next) = &page.next else {
                break;
            };
            if Instant::now() >= deadline {
                page.is_out_of_time = true;
                break;
            }
            search.filter.after = Some(next.clone());
            search.candidates = Some(STEP);
        }

        let ids: Vec<&str> = found.iter().map(|(_, id)| id.as_str()).collect();
        page.events = self.events_by_id(&ids).await?;
        let error = filter.error.as_deref().map(ErrorPattern::new);
        if let Some(error) = error.filter(ErrorPattern::has_gaps) {
            let events = std::mem::take(&mut page.events);
            let receiver = filter.receiver.as_deref();
            page.events = self.store().with_error(events, &error, receiver).await?;
        }
        Ok(page)
    }

    /// Reads some events: how many there were, the last one if there may be more, and those that meet the
    /// condition.
    async fn search_step(
        &self,
        search: &Search,
        condition: &PayloadCondition,
    ) -> Result<(u64, Option<Position>, Vec<Position>), StoreError> {
        let select = Statement::<(BigInt, BigInt, Text)>::new("WITH candidate AS (");
        let step = search.candidates.unwrap_or(STEP);
        let select = self.store().candidate_positions(select, search, step);
        let select = select.sql(
            ") SELECT (SELECT count(*) FROM candidate), received_at, id FROM candidate \
             ORDER BY received_at, id LIMIT 1",
        );
        let ends: Vec<(i64, i64, String)> = load_limited!(self, SEARCH, select)?;
        let Some((count, received_at, id)) = ends.into_iter().next() else {
            return Ok((0, None, Vec::new()));
        };
        let count = count.unsigned_abs();
        let next = (count == u64::from(step)).then(|| (Timestamp::from_micros(received_at), id));

        let read = self.payloads(search, condition).await?;
        let condition = condition.clone();
        let compare = tokio::task::spawn_blocking(move || {
            let met = read.into_iter().filter(|it| condition.is_met(&it.payload));
            met.map(|it| (Timestamp::from_micros(it.received_at), it.id))
                .collect()
        });
        Ok((count, next, joined(compare.await)?))
    }

    /// The payloads that may meet the condition.
    async fn payloads(
        &self,
        search: &Search,
        condition: &PayloadCondition,
    ) -> Result<Vec<Read>, StoreError> {
        let contains = match self.store().backend() {
            Backend::Postgres => "strpos",
            Backend::Sqlite => "instr",
        };
        let select = Statement::<(Text, BigInt, Text)>::new(
            "SELECT event.id, event.received_at, event.payload",
        );
        let mut select = self.store().filtered_events(select, search);

        for needle in condition.needles() {
            select = select
                .sql(&format!(
                    " AND ({contains}(event.payload, ?) > 0 OR {contains}(event.payload, ?) > 0)"
                ))
                .bind(needle.to_owned())
                .bind(ESCAPE);
        }
        let select = select.sql(self.store().newest_first(search));
        let rows: Vec<(String, i64, String)> = load_limited!(self, SEARCH, select)?;
        let read = |(id, received_at, payload)| Read {
            id,
            received_at,
            payload,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
