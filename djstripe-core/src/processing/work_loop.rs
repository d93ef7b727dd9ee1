//! Which events are begun when: what the inbox hands over, claims, wake-ups, and an orderly end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::lanes::Desk;
use super::task::Task;
use crate::app::{Djstripe, Mode};
use crate::error::describe;
use crate::timestamp::Timestamp;

/// How often the workers look for events that nobody woke them for: leases that ran out, and events of other processes
/// where the database doesn't tell of them.
const POLL: Duration = Duration::from_millis(500);

/// The same where the database tells of new events.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Events that one process has at a time. Most of the time they wait for Stripe, without a connection.
const CONCURRENCY: usize = 512;

/// Free places that are worth a claim while there is other work: a claim is a commit.
const WORTH_A_CLAIM: usize = CONCURRENCY / 4;

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
        // Each call has leases of its own, also beside events that are processed inline.
        let worker = format!("{} {}", self.worker_id(), uuid::Uuid::new_v4());
        let places = Arc::new(Semaphore::new(CONCURRENCY));
        let mut desk = Desk::new(self.clone());
        // They end with this function, whatever way that goes.
        let mut beside = JoinSet::new();
        if self.store().tells_of_events() {
            let app = self.clone();
            beside.spawn(async move { app.listen().await });
        }
        let (app, leases) = (self.clone(), desk.leases());
        beside.spawn(async move { leases.keep(&app).await });
        let effects = tokio::spawn({
            let (app, stopped) = (self.clone(), shutdown.clone());
            async move { app.carry_out(stopped).await }
        });
        // Inline, whoever delivers an event processes it.
        let mut handed =
            (self.mode() == Mode::Background).then(|| self.handover().open(&worker, &places));
        let mut look = true;
        let mut looked = Instant::now();
        let mut next_look = looked + POLL;
        while !*shutdown.borrow() {
            let free = places.available_permits();
            let is_worth =
                free >= WORTH_A_CLAIM || desk.is_empty() || free > 0 && looked.elapsed() >= POLL;
            if look && is_worth {
                looked = Instant::now();
                look = self
                    .claim_into(&mut desk, &worker, &places, &mut handed)
                    .await;
            }
            let mut tasks = Vec::new();
            tokio::select! {
                () = self.woken(), if !look => look = true,
                () = take_handed(&mut handed, &mut tasks) => tasks.into_iter().for_each(|task| desk.take(task)),
                Some(()) = desk.ended() => {}
                () = self.until_due(next_look) => {
                    look = true;
                    next_look = Instant::now() + if self.is_listening() { SLOW_POLL } else { POLL };
                }
                changed = shutdown.changed() => if changed.is_err() {
                    // Whoever could stop this is gone.
                    break;
                },
            }
        }
        self.handover().close(&worker);
        if let Some(handed) = &mut handed {
            handed.close();
            let left = std::iter::from_fn(|| handed.try_recv().ok());
            self.hand_back(left.map(|task| (task.event_id, task.fence)))
                .await;
        }
        desk.close(self.grace()).await;
        // Those begun end within their time limit; what is not done is begun again by others.
        if tokio::time::timeout(self.grace(), effects).await.is_err() {
            tracing::warn!("effects are still being carried out; others will begin them again");
        }
    }

    /// Claims events for all free places; returns whether there may be more.
    async fn claim_into(
        &self,
        desk: &mut Desk,
        worker: &str,
        places: &Arc<Semaphore>,
        handed: &mut Handed,
    ) -> bool {
        let free = places.available_permits();
        let Ok(mut taken) = Arc::clone(places).try_acquire_many_owned(free as u32) else {
            return true;
        };
        let claimed = self
            .store()
            .claim_also_of_own_objects(worker, free as u32, Timestamp::now(), self.lease())
            .await;
        let claims = claimed.unwrap_or_else(|error| {
            tracing::error!(error = describe(&error), "events could not be claimed");
            Vec::new()
        });
        // What was handed over meanwhile is older than what may have been claimed of the same objects.
        while let Some(Ok(task)) = handed.as_mut().map(UnboundedReceiver::try_recv) {
            desk.take(task);
        }
        let may_be_more = claims.len() == free;
        for claim in claims {
            desk.take(Task::read(claim, taken.split(1)));
        }
        may_be_more
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
            tracing::warn!(
                error = describe(&error),
                "not told of new events for now; asking for them"
            );
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }

    /// Waits until it is worth to look for events without being woken.
    async fn until_due(&self, next_look: Instant) {
        let due = self.next_due().map(|at| {
            let left = at.micros().saturating_sub(Timestamp::now().micros());
            Instant::now() + Duration::from_micros(u64::try_from(left).unwrap_or_default())
        });
        tokio::time::sleep_until(due.map_or(next_look, |due| due.min(next_look))).await;
        self.pass_due(Timestamp::now());
    }
}

/// What the inbox hands over, unless events are processed inline.
type Handed = Option<UnboundedReceiver<Task>>;

/// Waits for what the inbox hands over.
async fn take_handed(handed: &mut Handed, tasks: &mut Vec<Task>) {
    match handed {
        Some(handed) if !handed.is_closed() || !handed.is_empty() => {
            _ = handed.recv_many(tasks, CONCURRENCY).await
        }
        _ => std::future::pending().await,
    }
}
