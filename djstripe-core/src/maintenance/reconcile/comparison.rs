//! Compares the events of one scope.
//!
//! In: Stripe's list of events, from old to new. Out: stored events, a record of each gap, and how
//! far the comparison has come, noted with each page.

use std::time::Duration;

use futures_util::StreamExt;

use super::error::ReconcileError;
use super::options::{RETENTION, ReconcileOptions};
use super::report::ScopeReport;
use super::wanted::Wanted;
use crate::client::event_list::{EventList, Start, as_delivered};
use crate::client::{Client, ClientError, Direction, Page, Priority, Request};
use crate::error::describe;
use crate::maintenance::scope::Scope;
use crate::processing::wake::Wake;
use crate::receiver::registry::Registry;
use crate::store::{Finish, Reconciliation, Store, StoreError};
use crate::timestamp::Timestamp;

/// How long other periodic comparisons leave this scope to us after each page.
const LEASE: Duration = Duration::from_secs(180);

/// How long Stripe retries deliveries: three days.
///
/// Source: [Webhooks](https://docs.stripe.com/webhooks#automatic-retries).
const REDELIVERED: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How often a periodic comparison also requests events whose deliveries failed.
const FAILED_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Most names of events in one request.
const MAX_NAMES: usize = 20;

/// The comparison of one scope.
pub(super) struct Comparison<'a> {
    pub(super) store: &'a Store,
    pub(super) wake: &'a Wake,
    /// Bound to the scope.
    pub(super) client: Client,
    pub(super) scope: &'a Scope,
    pub(super) options: &'a ReconcileOptions,
    pub(super) registry: &'a Registry,
    pub(super) wanted: &'a Wanted,
    /// The interval of a periodic comparison.
    pub(super) interval: Option<Duration>,
    /// Whether a periodic comparison checks that it is due and that no other is under way.
    pub(super) checks_due: bool,
}

/// The newest event of a page before which no older event can appear in the list any more.
struct Checkpoint {
    id: String,
    created: Timestamp,
}

impl Comparison<'_> {
    /// Compares; `None` if the comparison isn't due.
    pub(super) async fn run(&self) -> Option<ScopeReport> {
        let now = Timestamp::now();
        let account = Some(&self.scope.account).filter(|_| !self.scope.is_own());
        let mut report = ScopeReport {
            account: account.cloned(),
            livemode: self.scope.livemode,
            from: now,
            requests: 0,
            listed: 0,
            missing: 0,
            young: 0,
            lost: None,
            error: None,
        };

        let known = match self.begin(now).await {
            Ok(Some(known)) => known,
            Ok(None) => return None,
            Err(error) => {
                report.error = Some(error.into());
                return Some(report);
            }
        };
        report.error = self.compare(&known, now, &mut report).await.err();
        Some(report)
    }

    /// Records the start; `None` if the comparison isn't due.
    async fn begin(&self, now: Timestamp) -> Result<Option<Reconciliation>, StoreError> {
        let store = self.store;
        let first = match (self.options.since, store.first_event().await?) {
            (Some(since), _) => since,
            (None, Some(first)) => first,
            // An application that has just begun to receive doesn't expect a month of old events
            // from a periodic comparison. An operator's request is for all of them.
            (None, None) if self.interval.is_some() => now - self.options.overlap,
            // Not as far back as possible, or the next attempt would find some of it lost.
            (None, None) => now - RETENTION.saturating_sub(self.options.overlap),
        };

        let due = self
            .interval
            .filter(|_| self.checks_due)
            .map(|interval| (now, now - interval));
        store
            .begin_reconciliation(self.key(), first, now + LEASE, due)
            .await
    }

    async fn compare(
        &self,
        known: &Reconciliation,
        now: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let from = self.options.since.unwrap_or(known.complete_until);
        let oldest = now - RETENTION;
        report.from = from.max(oldest);
        if from < oldest {
            self.note_lost(from, oldest, report).await?;
        }

        // A comparison that starts after the end of the last one leaves out events between them, so
        // it doesn't move that end.
        let moves_end = from <= known.complete_until;
        let mut finish = Finish::default();
        let compared = self
            .compare_lists(known, now, moves_end, &mut finish, report)
            .await;
        self.end(finish).await?;
        compared
    }

    /// Compares the events of both lists, and notes in `finish` what is complete.
    async fn compare_lists(
        &self,
        known: &Reconciliation,
        now: Timestamp,
        moves_end: bool,
        finish: &mut Finish,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let mut failed = Ok(());
        if !self.wanted.snapshot.is_empty() {
            self.compare_since(known, moves_end, report).await?;
            if self.is_failed_due(known, now) {
                failed = self.compare_failed(known.began, report).await;
                finish.failed_at = failed.is_ok().then_some(now);
            }
        }

        self.compare_thin(now, report).await?;
        finish.complete_until = moves_end.then(|| now - self.lateness());
        failed?;
        finish.finished_at = Some(now);
        Ok(())
    }

    /// Whether events whose deliveries failed are requested now.
    fn is_failed_due(&self, known: &Reconciliation, now: Timestamp) -> bool {
        let is_long_ago = |at| at <= now - FAILED_INTERVAL;
        self.interval.is_none() || known.failed_at.is_none_or(is_long_ago)
    }

    async fn end(&self, finish: Finish) -> Result<(), StoreError> {
        self.store.end_reconciliation(self.key(), finish).await
    }

    async fn note_lost(
        &self,
        from: Timestamp,
        until: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), StoreError> {
        report.lost = Some((from, until));
        tracing::warn!(
            account = self.scope.account,
            livemode = self.scope.livemode,
            %from,
            %until,
            "Stripe keeps events for 30 days: events of this time are lost; `sync` brings the \
             objects up to date"
        );
        self.store.note_lost(self.key(), from, until).await
    }

    /// Compares the events from old to new, and notes with each page how far it has come. Where thin
    /// events follow, that is how far this list is read: not all events until then are compared.
    async fn compare_since(
        &self,
        known: &Reconciliation,
        moves_end: bool,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let resumed_after = known.after.clone().filter(|_| self.options.since.is_none());
        let mut events = self.event_list(resumed_after, report.from).await?;
        let complete_until = |created: Timestamp| match self.wanted.thin.is_empty() {
            true => created,
            false => created.min(known.complete_until),
        };
        let mut compare_pages = async || {
            while let Some(page) = events.next().await? {
                let checkpoint = self.compare_page(&page, report).await?;
                let checkpoint = checkpoint.as_ref().filter(|_| moves_end);
                let until = checkpoint.map(|event| (&*event.id, complete_until(event.created)));
                self.note(until).await?;
            }
            Ok(())
        };
        let compared = compare_pages().await;

        report.requests += events.requests;
        compared
    }

    /// Keeps the lease, and notes the last event that was compared.
    pub(super) async fn note(&self, until: Option<(&str, Timestamp)>) -> Result<(), StoreError> {
        let leased_until = Timestamp::now() + LEASE;
        self.store
            .note_reconciled(self.key(), until, leased_until)
            .await
    }

    /// The events after this one; the events since that time, if Stripe has deleted it.
    async fn event_list(
        &self,
        resumed_after: Option<String>,
        from: Timestamp,
    ) -> Result<EventList<'_>, ClientError> {
        let list = self.request()?;
        let since = Start::Since(from.seconds());
        let Some(id) = resumed_after else {
            return EventList::begin(&self.client, list, &since).await;
        };

        match EventList::begin(&self.client, list.clone(), &Start::After(id)).await {
            Err(error) if error.is_gone() => {
                tracing::info!(
                    account = self.scope.account,
                    livemode = self.scope.livemode,
                    error = describe(&error),
                    "the event to resume after is gone; starting from its time"
                );
                EventList::begin(&self.client, list, &since).await
            }
            events => events,
        }
    }

    /// Compares older events that Stripe could not deliver. An event that appears in the list later
    /// than expected is most likely one of them.
    async fn compare_failed(
        &self,
        began: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let from = (report.from - REDELIVERED).max(began).seconds();
        let to = report.from.seconds();
        if from >= to {
            return Ok(());
        }

        let created = serde_json::json!({ "gte": from, "lt": to });
        let request = self
            .request()?
            .param("delivery_success", false)
            .param("created", created);
        let mut pages = std::pin::pin!(self.client.pages(request, Direction::Forwards));
        while let Some(page) = pages.next().await.transpose()? {
            report.requests += 1;
            self.compare_page(&page, report).await?;
        }
        Ok(())
    }

    fn request(&self) -> Result<Request, ClientError> {
        let list = Request::list("event")?.priority(Priority::Backfill);
        Ok(match self.wanted.snapshot.listed() {
            Some(names) if names.len() <= MAX_NAMES => list.param("types", names),
            _ => list,
        })
    }

    /// Stores the missing events of a page.
    async fn compare_page(
        &self,
        page: &Page,
        report: &mut ScopeReport,
    ) -> Result<Option<Checkpoint>, ReconcileError> {
        let mut events = Vec::with_capacity(page.items.len());
        for item in page.items.iter().rev() {
            match as_delivered(item.get(), &self.scope.account, self.client.own_account()) {
                Ok(event) => events.push(event),
                Err(error) => tracing::error!(
                    error = describe(&error),
                    "Stripe's list of events holds something else"
                ),
            }
        }
        report.listed += events.len() as u64;

        let settled = (page.started_at - self.lateness()).seconds();
        let newest = events.iter().rev().find(|event| event.created() < settled);
        let checkpoint = newest.map(|event| Checkpoint {
            id: event.id().to_owned(),
            created: Timestamp::from_seconds(event.created()),
        });

        events.retain(|event| self.wanted.has_snapshot(event));
        self.store_missing(events, page.started_at, report).await?;
        Ok(checkpoint)
    }

    /// The age at which an event is settled: no older event appears in the list any more, and no
    /// event is left to its delivery.
    fn lateness(&self) -> Duration {
        self.options.overlap.max(self.options.min_age)
    }

    /// The scope, as the store names it.
    fn key(&self) -> (&str, bool) {
        (&self.scope.account, self.scope.livemode)
    }
}
