//! Retries the links whose users weren't there: claims those that are due, and postpones those
//! whose users still aren't.

use std::time::Duration;

use tokio::sync::watch;

use super::stage::Processing;
use crate::error::describe;
use crate::mirror::links::Links;
use crate::store::{StoreError, WaitingLink};
use crate::telemetry::repeats::Repeats;
use crate::timestamp::Timestamp;

/// How often a worker looks for due links.
const POLL: Duration = Duration::from_secs(5);

/// Longest wait before the next look while looking fails.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Links that are claimed at a time.
const BATCH: u32 = 50;

/// How long a claim holds: longer than a batch takes.
const LEASE: Duration = Duration::from_secs(300);

/// The pause after the last step of the retry schedule.
const DAILY: Duration = Duration::from_secs(24 * 60 * 60);

impl Processing {
    /// Retries links until `shutdown` turns true, if the settings link customers at all.
    pub(super) async fn retry_links(&self, shutdown: watch::Receiver<bool>) {
        if Links::by(&self.0.services.settings).is_none() {
            return;
        }
        let retry = self.retry_links_until(shutdown.clone());
        self.vitals().until("links", &shutdown, retry).await;
    }

    async fn retry_links_until(&self, mut shutdown: watch::Receiver<bool>) {
        let mut repeats = Repeats::new("retrying waiting links", POLL, LONGEST_WAIT);
        while !*shutdown.borrow() {
            let retried = self.retry_due_links(Timestamp::now()).await;
            let wait = match retried {
                Ok(count) => {
                    if repeats.succeeded() {
                        self.0.wake.database_works();
                    }
                    if count > 0 {
                        continue;
                    }
                    POLL
                }
                Err(error) => repeats.failed(&describe(&error)),
            };
            tokio::select! {
                () = self.0.wake.retry_after(wait) => {}
                // The sender was dropped: nobody can ask for the shutdown any more.
                changed = shutdown.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    /// Retries links that are due at this time, and returns their number.
    pub(super) async fn retry_due_links(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Some(links) = Links::by(&self.0.services.settings) else {
            return Ok(0);
        };
        // A claim is a write, also where it finds nothing.
        let store = &self.0.store;
        if !store.is_link_due(now).await? {
            return Ok(0);
        }

        let claimed = store.claim_waiting(BATCH, now, now + LEASE).await?;
        for link in &claimed {
            let error = match links.retry(store, &link.scope, &link.customer).await {
                Ok(_) => None,
                Err(error) => {
                    let error = describe(&error);
                    tracing::warn!(
                        customer = link.customer,
                        error,
                        "a link could not be retried"
                    );
                    Some(error)
                }
            };
            // A link that has found its user is removed, so this changes nothing.
            store
                .postpone_link(link, now + self.pause_after(link), error.as_deref())
                .await?;
        }
        Ok(claimed.len())
    }

    /// The first step of the schedule was before the first attempt.
    fn pause_after(&self, link: &WaitingLink) -> Duration {
        let step = usize::try_from(link.attempts).unwrap_or(usize::MAX);
        self.0.retry_schedule.get(step).copied().unwrap_or(DAILY)
    }
}
