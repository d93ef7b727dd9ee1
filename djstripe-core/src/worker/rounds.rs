//! Which events are begun when: claims, wake-ups, and an orderly end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::by_object;
use crate::app::Djstripe;
use crate::runner::describe;
use crate::store::{Claim, Timestamp};

/// How often the workers look for events that nobody woke them for: leases that ran out, and events of other processes
/// where the database doesn't tell of them.
const POLL: Duration = Duration::from_millis(500);

/// The same where the database tells of new events.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Events that one process works on at a time. Most of the time they wait for Stripe, without a connection.
const CONCURRENCY: usize = 128;

/// Free places that are worth a claim while there is other work: a claim is a commit.
const WORTH_A_CLAIM: usize = CONCURRENCY / 2;

/// Wait before the connection that listens is made again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

impl Djstripe {
    /// Processes stored events until `shutdown` turns true. Then it finishes those it has begun, for as long as the
    /// builder's [`grace`](crate::Builder::grace) allows, and hands the others back.
    ///
    /// Any number of processes may do this on one database.
    ///
    /// ```no_run
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.work(stopped).await });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn work(&self, mut shutdown: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONCURRENCY));
        let mut running = JoinSet::new();
        let mut leases: HashMap<String, i64> = HashMap::new();
        // Ends with this function, whatever way that goes.
        let mut listener = JoinSet::new();
        if self.store().tells_of_events() {
            let app = self.clone();
            listener.spawn(async move { app.listen().await });
        }
        let effects = tokio::spawn({
            let (app, stopped) = (self.clone(), shutdown.clone());
            async move { app.carry_out(stopped).await }
        });
        while !*shutdown.borrow() {
            let free = places.available_permits();
            let worth = free >= WORTH_A_CLAIM || running.is_empty();
            let claims = if worth { self.claim_or_log(free as u32).await } else { Vec::new() };
            let idle = claims.is_empty();
            for tasks in by_object(claims) {
                // Claimed no more than there were places, and nobody else takes any.
                let Ok(taken) = Arc::clone(&places).try_acquire_many_owned(tasks.len() as u32) else { continue };
                leases.extend(tasks.iter().map(|task| (task.claim.event_id.clone(), task.claim.fence)));
                let (app, stopping) = (self.clone(), shutdown.clone());
                running.spawn(async move {
                    app.process_in_order(&tasks, &stopping).await;
                    drop(taken);
                    tasks.into_iter().map(|task| task.claim.event_id).collect::<Vec<String>>()
                });
            }
            if idle {
                tokio::select! {
                    () = self.woken(), if worth => {}
                    Some(done) = running.join_next() => forget(&mut leases, done),
                    () = self.until_due() => {}
                    _ = shutdown.changed() => {}
                }
            }
            while let Some(done) = running.try_join_next() {
                forget(&mut leases, done);
            }
        }
        drop(listener);
        self.finish(running, leases).await;
        // Those begun end within their time limit; what is not done is begun again by others.
        if tokio::time::timeout(self.grace(), effects).await.is_err() {
            tracing::warn!("effects are still being carried out; others will begin them again");
        }
    }

    /// Waits for what has begun; after the grace it is broken off, and handed back for others to begin anew.
    async fn finish(&self, mut running: JoinSet<Vec<String>>, mut leases: HashMap<String, i64>) {
        let all = async {
            while let Some(done) = running.join_next().await {
                forget(&mut leases, done);
            }
        };
        if tokio::time::timeout(self.grace(), all).await.is_ok() {
            return;
        }
        tracing::warn!(events = leases.len(), "still at work after the grace; handing back");
        running.shutdown().await;
        self.hand_back(leases.into_iter()).await;
    }

    /// Wakes the workers whenever the database tells of new events; never ends.
    async fn listen(&self) {
        loop {
            let told = || {
                self.set_listening(true);
                self.wake_workers();
            };
            let Err(error) = self.store().listen(told).await;
            self.set_listening(false);
            tracing::warn!(error = describe(&error), "not told of new events for now; asking for them");
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }

    /// Waits until it is worth to look for events without being woken.
    async fn until_due(&self) {
        let poll = if self.is_listening() { SLOW_POLL } else { POLL };
        let wait = self.next_due().map_or(poll, |at| {
            let left = at.micros().saturating_sub(Timestamp::now().micros());
            Duration::from_micros(u64::try_from(left).unwrap_or_default()).min(poll)
        });
        tokio::time::sleep(wait).await;
        self.pass_due(Timestamp::now());
    }

    async fn claim_or_log(&self, limit: u32) -> Vec<Claim> {
        self.claim(limit).await.unwrap_or_else(|error| {
            tracing::error!(error = describe(&error), "events could not be claimed");
            Vec::new()
        })
    }
}

/// What is through needs no handing back. A task that panicked keeps its leases, which run out.
fn forget(leases: &mut HashMap<String, i64>, done: Result<Vec<String>, tokio::task::JoinError>) {
    for id in done.unwrap_or_default() {
        leases.remove(&id);
    }
}
