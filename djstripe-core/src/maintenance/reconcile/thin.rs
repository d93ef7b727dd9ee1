//! Compares the thin events of one scope.
//!
//! In: Stripe's list of thin events, which goes from new to old. Out: the missing ones, stored from
//! old to new. The list has no place to resume at, so all of the time is read again after an
//! interruption.

use super::comparison::Comparison;
use super::error::ReconcileError;
use super::report::ScopeReport;
use crate::client::thin_list::{ThinFilter, thin_as_delivered};
use crate::client::url_list::UrlPage;
use crate::error::describe;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// The missing events of this much time are held in memory, so that older ones are stored first.
const SLICE: i64 = 24 * 60 * 60;

/// Events that are stored at a time.
const BATCH: usize = 100;

impl Comparison<'_> {
    /// Compares the thin events since `report.from` that receivers need.
    pub(super) async fn compare_thin(
        &self,
        now: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        if self.wanted.thin.is_empty() {
            return Ok(());
        }
        for (from, before) in slices(report.from.seconds(), now.seconds()) {
            let filter = ThinFilter {
                names: self.wanted.thin.listed(),
                from: Some(from),
                before,
                ..ThinFilter::default()
            };
            self.compare_slice(&filter, report).await?;
        }
        Ok(())
    }

    async fn compare_slice(
        &self,
        filter: &ThinFilter<'_>,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let mut missing = Vec::new();
        let mut listed_at = Timestamp::now();
        for mut list in filter.lists() {
            loop {
                let page = list.next(&self.client).await;
                let page = page.map_err(|source| ReconcileError::ThinEvents { source })?;
                let Some(page) = page else { break };
                report.requests += 1;
                listed_at = listed_at.min(page.started_at);
                let wanted = self.wanted_of(&page, report);
                missing.extend(self.missing(wanted).await?);
                self.note(None).await?;
            }
        }

        // Each list is from new to old.
        missing.reverse();
        missing.sort_by_key(Event::created);
        for batch in missing.chunks(BATCH) {
            self.store_missing(batch.to_vec(), listed_at, report)
                .await?;
            self.note(None).await?;
        }
        Ok(())
    }

    /// The events of a page that are compared.
    fn wanted_of(&self, page: &UrlPage, report: &mut ScopeReport) -> Vec<Event> {
        let mut events = Vec::with_capacity(page.items.len());
        for item in &page.items {
            match thin_as_delivered(item.get(), &self.scope.account, &self.client) {
                Ok(event) => events.push(event),
                Err(error) => tracing::error!(
                    error = describe(&error),
                    "Stripe's list of thin events holds something else"
                ),
            }
        }
        report.listed += events.len() as u64;
        events.retain(|event| self.wanted.has_thin(event, self.registry));
        events
    }
}

/// The time from `from` on, in slices up to, not including, their second bound. The last one has none.
fn slices(from: i64, now: i64) -> impl Iterator<Item = (i64, Option<i64>)> {
    let starts = std::iter::successors(Some(from), |start| Some(start.saturating_add(SLICE)));
    let starts = starts.take_while(move |start| *start == from || *start < now);
    starts.map(move |start| {
        let end = start.saturating_add(SLICE);
        (start, Some(end).filter(|end| *end < now))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_into_days_and_the_last_one_is_open() {
        let check = |from: i64, now: i64, expected: &[(i64, Option<i64>)]| {
            assert_eq!(slices(from, now).collect::<Vec<_>>(), expected);
        };
        check(0, 0, &[(0, None)]);
        check(5, 0, &[(5, None)]);
        check(0, SLICE, &[(0, None)]);
        check(0, SLICE + 1, &[(0, Some(SLICE)), (SLICE, None)]);
        check(7, 2 * SLICE + 7, &[(7, Some(SLICE + 7)), (SLICE + 7, None)]);
    }
}
