//! Comparing the events of one account in one mode.

use std::time::Duration;

use futures_util::StreamExt;

use super::{RETENTION, ReconcileError, ReconcileOptions, Reconciler, ScopeReport};
use crate::client::event_list::{EventList, Start, as_delivered};
use crate::client::{Client, ClientError, Direction, Page, Priority, Request};
use crate::error::describe;
use crate::metrics;
use crate::store::{Ended, Gap, Insertion, NewEvent, Reconciliation, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// How long others that compare now and then leave this to us, from one page to the next.
const LEASE: Duration = Duration::from_secs(180);

/// How far back Stripe may still be trying to deliver: three days.
///
/// Source: [Webhooks](https://docs.stripe.com/webhooks#automatic-retries).
const REDELIVERED: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How often events whose deliveries failed are asked for beside the others, when comparing every few minutes.
const FAILED_EVERY: Duration = Duration::from_secs(60 * 60);

/// Names of events that Stripe takes in one request at most.
const MOST_NAMES: usize = 20;

/// One account in one mode.
pub(super) struct Scope<'a> {
    pub(super) reconciler: &'a Reconciler,
    /// Bound to the account and the mode.
    pub(super) client: Client,
    /// Empty for the platform's own events.
    pub(super) account: &'a str,
    pub(super) livemode: bool,
    pub(super) options: &'a ReconcileOptions,
    /// Names of the events to compare; `None` for all.
    pub(super) wanted: Option<&'a [String]>,
    /// How often it is compared, if that happens by itself.
    pub(super) interval: Option<Duration>,
    /// Whether it then waits until it is due, and for others that are at it.
    pub(super) waits: bool,
}

impl Scope<'_> {
    /// Compares; `None` if it isn't due.
    pub(super) async fn reconcile(&self) -> Option<ScopeReport> {
        let now = Timestamp::now();
        let mut report = ScopeReport {
            account: Some(self.account.to_owned()).filter(|account| !account.is_empty()),
            livemode: self.livemode,
            from: now,
            requests: 0,
            listed: 0,
            missing: 0,
            young: 0,
            lost: None,
            error: None,
        };
        match self.begin(now).await {
            Ok(Some(known)) => {
                if let Err(error) = self.compare(&known, now, &mut report).await {
                    let account = self.account;
                    tracing::error!(
                        account,
                        livemode = self.livemode,
                        error = describe(&error),
                        "not reconciled"
                    );
                    report.error = Some(error);
                }
            }
            Ok(None) => return None,
            Err(error) => report.error = Some(error.into()),
        }
        Some(report)
    }

    async fn begin(&self, now: Timestamp) -> Result<Option<Reconciliation>, StoreError> {
        let store = &self.reconciler.store;
        let first = match (self.options.since, store.first_event().await?) {
            (Some(since), _) => since,
            (None, Some(first)) => first,
            // Whoever begins to receive doesn't expect a month of events by itself; whoever asks does.
            (None, None) if self.interval.is_some() => earlier(now, self.options.overlap),
            // Not to the edge, or the next try would already find a part of it lost.
            (None, None) => earlier(now, RETENTION.saturating_sub(self.options.overlap)),
        };
        let due = self
            .interval
            .filter(|_| self.waits)
            .map(|interval| (now, earlier(now, interval)));
        store
            .begin_reconciliation((self.account, self.livemode), first, now + LEASE, due)
            .await
    }

    async fn compare(
        &self,
        known: &Reconciliation,
        now: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let asked_for = self.options.since.unwrap_or(known.complete_until);
        let oldest = earlier(now, RETENTION);
        report.from = asked_for.max(oldest);
        // A comparison that begins later than the last one ended leaves something out, so it doesn't move its end.
        let moves = asked_for <= known.complete_until;
        if asked_for < oldest {
            self.note_lost(asked_for, oldest, report).await?;
        }
        let behind = known
            .after
            .as_ref()
            .filter(|_| self.options.since.is_none())
            .cloned();
        let compared = self.compare_all(behind, moves, report).await;
        let mut ended = Ended::default();
        if compared.is_ok() {
            ended.complete_until = moves.then(|| earlier(now, self.lateness()));
            if self.interval.is_none()
                || known
                    .failed_at
                    .is_none_or(|at| at <= earlier(now, FAILED_EVERY))
            {
                let failed = self.compare_failed(known.began, report).await;
                ended.failed_at = failed.is_ok().then_some(now);
                ended.finished_at = ended.failed_at;
                self.end(ended).await?;
                return failed;
            }
            ended.finished_at = Some(now);
        }
        self.end(ended).await?;
        compared
    }

    async fn end(&self, ended: Ended) -> Result<(), StoreError> {
        self.reconciler
            .store
            .end_reconciliation((self.account, self.livemode), ended)
            .await
    }

    async fn note_lost(
        &self,
        from: Timestamp,
        until: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), StoreError> {
        report.lost = Some((from, until));
        tracing::warn!(
            account = self.account,
            livemode = self.livemode,
            %from,
            %until,
            "Stripe keeps events for 30 days: those of this time are lost; `sync` brings the objects up to date"
        );
        self.reconciler
            .store
            .note_lost((self.account, self.livemode), from, until)
            .await
    }

    /// Goes through the events from old to new; notes how far it came with each page.
    async fn compare_all(
        &self,
        behind: Option<String>,
        moves: bool,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let since = Start::Since(seconds(report.from));
        let list = self.list()?;
        let begun = match behind {
            None => EventList::begin(&self.client, list, &since).await,
            Some(id) => match EventList::begin(&self.client, list.clone(), &Start::After(id)).await
            {
                Err(error) if error.is_gone() => {
                    tracing::info!(account = self.account, livemode = self.livemode, %error, "going on by the time instead");
                    EventList::begin(&self.client, list, &since).await
                }
                begun => begun,
            },
        };
        let mut events = begun?;
        let mut listing = async || {
            while let Some(page) = events.next().await? {
                let through = self.take(&page, report).await?;
                let through = through.filter(|_| moves);
                let through = through.as_ref().map(|(id, at)| (&**id, *at));
                let scope = (self.account, self.livemode);
                self.reconciler
                    .store
                    .note_reconciled(scope, through, Timestamp::now() + LEASE)
                    .await?;
            }
            Ok(())
        };
        let listed = listing().await;
        report.requests += events.requests;
        listed
    }

    /// Asks for what Stripe could not deliver before the time that was gone through: an event that showed up later than
    /// anybody thought is most likely among these.
    async fn compare_failed(
        &self,
        began: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let (from, to) = (
            seconds(earlier(report.from, REDELIVERED).max(began)),
            seconds(report.from),
        );
        if from >= to {
            return Ok(());
        }
        let created = serde_json::json!({ "gte": from, "lt": to });
        let list = self
            .list()?
            .param("delivery_success", false)
            .param("created", created);
        let mut pages = std::pin::pin!(self.client.pages(list, Direction::Forwards));
        while let Some(page) = pages.next().await.transpose()? {
            report.requests += 1;
            self.take(&page, report).await?;
        }
        Ok(())
    }

    fn list(&self) -> Result<Request, ClientError> {
        let list = Request::list("event")?.priority(Priority::Backfill);
        Ok(match self.wanted {
            Some(names) if names.len() <= MOST_NAMES => list.param("types", names),
            _ => list,
        })
    }

    /// Stores what is missing of a page. Returns the newest event of it that nothing can come before any more.
    async fn take(
        &self,
        page: &Page,
        report: &mut ScopeReport,
    ) -> Result<Option<(String, Timestamp)>, ReconcileError> {
        let mut events = Vec::with_capacity(page.items.len());
        for item in page.items.iter().rev() {
            match as_delivered(item.get(), self.account) {
                Ok(event) => events.push(event),
                Err(error) => tracing::error!(
                    error = describe(&error),
                    "Stripe lists something that is no event"
                ),
            }
        }
        report.listed += events.len() as u64;
        let settled = seconds(earlier(page.started_at, self.lateness()));
        let through = events.iter().rev().find(|event| event.created() < settled);
        let through = through.map(|event| {
            (
                event.id().to_owned(),
                Timestamp::from_seconds(event.created()),
            )
        });
        events.retain(|event| self.wants(event));
        self.store_missing(events, page.started_at, report).await?;
        Ok(through)
    }

    async fn store_missing(
        &self,
        events: Vec<Event>,
        listed_at: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let store = &self.reconciler.store;
        let ids: Vec<&str> = events.iter().map(Event::id).collect();
        let missing = store.missing_events(&ids).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let old_enough = seconds(earlier(listed_at, self.options.min_age));
        let is_missing = |event: &Event| missing.iter().any(|id| id == event.id());
        let (events, young): (Vec<Event>, Vec<Event>) = events
            .into_iter()
            .filter(is_missing)
            .partition(|event| event.created() <= old_enough);
        report.young += young.len() as u64;
        let found_at = Timestamp::now();
        let gaps = events.iter().map(|event| Gap {
            event_id: event.id().to_owned(),
            account: self.account.to_owned(),
            livemode: event.livemode(),
            name: event.name().to_string(),
            created: event.created(),
            found_at,
            delivered_at: None,
        });
        // Before the events: what is stored isn't missing any more, so it could not be recorded later.
        store.record_gaps(&gaps.collect::<Vec<_>>()).await?;
        let new: Vec<NewEvent> = events
            .into_iter()
            .map(|event| NewEvent {
                event,
                received_at: found_at,
                remote_address: None,
            })
            .collect();
        let stored = store.insert_events(&new).await?;
        let stored = stored
            .into_iter()
            .filter(|insertion| *insertion == Insertion::New)
            .count() as u64;
        if stored > 0 {
            report.missing += stored;
            metrics::found_missing(stored);
            tracing::warn!(
                account = self.account,
                livemode = self.livemode,
                events = stored,
                "missing events stored"
            );
            self.reconciler.wake.notify_workers();
        }
        Ok(())
    }

    fn wants(&self, event: &Event) -> bool {
        self.wanted.as_ref().is_none_or(|names| {
            names
                .binary_search_by(|name| (**name).cmp(event.name().as_str()))
                .is_ok()
        })
    }

    /// How long ago an event must have happened for nothing older to show up, nor to be left for later.
    fn lateness(&self) -> Duration {
        self.options.overlap.max(self.options.min_age)
    }
}

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_micros(
        time.micros()
            .saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)),
    )
}

fn seconds(time: Timestamp) -> i64 {
    time.micros().div_euclid(1_000_000)
}
