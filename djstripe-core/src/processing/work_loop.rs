//! The loop of a worker: it takes events over from the inbox, claims others when it is notified or
//! when polling is due, and stops in an orderly way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::lanes::RunningEvents;
use super::leases::release;
use super::stage::{Processing, ProcessingMode};
use super::task::Task;
use crate::error::describe;
use crate::timestamp::Timestamp;

/// How often a worker polls for events that nothing notifies it of: expired leases, and events that
/// other processes stored on a database that notifies nobody.
const POLL: Duration = Duration::from_millis(500);

/// The same while the database notifies this process of new events.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Events that one worker holds at a time. Most of the time they wait for Stripe, without a
/// database connection.
const CONCURRENCY: usize = 512;

/// Free capacity that is worth a claim while other events run: each claim is a commit.
const WORTH_A_CLAIM: usize = CONCURRENCY / 4;

/// Wait before the connection that listens for notifications is opened again. It doubles with each
/// failure, up to the longest one.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);
const RECONNECT_AFTER_AT_MOST: Duration = Duration::from_secs(60);

/// The state of one worker.
struct Worker {
    id: String,
    capacity: Arc<Semaphore>,
    running: RunningEvents,
    /// Events that the inbox hands over; none in inline mode, where the delivery's own task
    /// processes its event.
    handed_over: Option<UnboundedReceiver<Task>>,
}

impl Processing {
    /// Processes stored events until `shutdown` turns true. Then it finishes the events that run,
    /// for as long as the grace period lasts, and releases the others.
    pub(crate) async fn work(&self, mut shutdown: watch::Receiver<bool>) {
        let mut worker = self.start_worker();
        let _background = self.start_background_tasks(&worker);
        let effects = tokio::spawn({
            let (processing, shutdown) = (self.clone(), shutdown.clone());
            async move {
                let links = processing.retry_links(shutdown.clone());
                tokio::join!(processing.run_effects(shutdown), links)
            }
        });

        let mut claim_is_due = true;
        let mut last_claim = Instant::now();
        let mut last_poll = last_claim;
        while !*shutdown.borrow() {
            // LISTEN may have begun or ended in the meantime.
            let next_poll = last_poll + self.poll_interval();
            let free = worker.capacity.available_permits();
            let is_worth_a_claim = free >= WORTH_A_CLAIM
                || worker.running.is_empty()
                || free > 0 && last_claim.elapsed() >= POLL;
            if claim_is_due && is_worth_a_claim {
                last_claim = Instant::now();
                claim_is_due = self.claim_into(&mut worker).await;
            }

            let mut tasks = Vec::new();
            tokio::select! {
                () = self.0.wake.events_notified(), if !claim_is_due => claim_is_due = true,
                () = receive_tasks(&mut worker.handed_over, &mut tasks) => {
                    tasks.into_iter().for_each(|task| worker.running.add(task));
                }
                Some(()) = worker.running.finished() => {}
                () = self.poll_is_due(next_poll) => {
                    claim_is_due = true;
                    last_poll = Instant::now();
                }
                // The sender was dropped: nobody can ask for the shutdown any more.
                changed = shutdown.changed() => if changed.is_err() {
                    break;
                },
            }
        }

        self.stop_worker(worker).await;
        // An effect that runs ends within its time limit. One that is cut off here runs again.
        if tokio::time::timeout(self.0.grace, effects).await.is_err() {
            tracing::warn!("effects are still running after the grace period; they will run again");
        }
    }

    fn start_worker(&self) -> Worker {
        // Each call has leases of its own, apart from those of events processed inline.
        let id = format!("{} {}", self.0.worker_id, uuid::Uuid::new_v4());
        let capacity = Arc::new(Semaphore::new(CONCURRENCY));
        let takes_over = self.0.mode == ProcessingMode::Background;
        Worker {
            handed_over: takes_over.then(|| self.0.handover.register(&id, &capacity)),
            running: RunningEvents::new(self.clone()),
            capacity,
            id,
        }
    }

    /// Starts the tasks that listen for notifications and extend leases. They end when the returned
    /// value is dropped.
    fn start_background_tasks(&self, worker: &Worker) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        if self.0.store.queue().has_notifications() {
            let processing = self.clone();
            tasks.spawn(async move { processing.listen().await });
        }

        let (leases, store, lease) = (worker.running.leases(), self.0.store.clone(), self.0.lease);
        tasks.spawn(async move { match leases.extend_forever(&store, lease).await {} });
        tasks
    }

    /// Claims events for the free capacity. Returns whether there may be more.
    async fn claim_into(&self, worker: &mut Worker) -> bool {
        let free = worker.capacity.available_permits();
        let Ok(mut permits) = Arc::clone(&worker.capacity).try_acquire_many_owned(free as u32)
        else {
            return true;
        };
        let claimed = self
            .0
            .store
            .queue()
            .claim_including_own_objects(&worker.id, free as u32, Timestamp::now(), self.0.lease)
            .await;
        let claims = claimed.unwrap_or_else(|error| {
            tracing::error!(error = describe(&error), "events could not be claimed");
            Vec::new()
        });

        // Events that were handed over in the meantime are older than the claimed events of the
        // same objects, so they enter the lanes first.
        while let Some(Ok(task)) = worker.handed_over.as_mut().map(UnboundedReceiver::try_recv) {
            worker.running.add(task);
        }
        let may_be_more = claims.len() == free;
        for claim in claims {
            worker.running.add(Task::claimed(claim, permits.split(1)));
        }
        may_be_more
    }

    /// Releases what has not started, and finishes what has, within the grace period.
    async fn stop_worker(&self, mut worker: Worker) {
        self.0.handover.unregister(&worker.id);
        if let Some(handed_over) = &mut worker.handed_over {
            handed_over.close();
            let unstarted = std::iter::from_fn(|| handed_over.try_recv().ok());
            let leases = unstarted.map(|task| task.lease()).collect();
            release(&self.0.store, leases).await;
        }
        worker.running.close(self.0.grace).await;
    }

    /// Wakes the workers whenever the database notifies this process of new events. Never returns.
    async fn listen(&self) {
        let failures = AtomicU32::new(0);
        loop {
            let notified = || {
                self.0.wake.set_listening(true);
                if failures.swap(0, Ordering::Relaxed) > 0 {
                    tracing::info!("LISTEN works again: the database notifies of new events");
                }
                self.0.wake.notify_workers();
            };
            let Err(error) = self.0.store.queue().listen(notified).await;

            self.0.wake.set_listening(false);
            self.0.wake.notify_workers();
            let failed_before = failures.fetch_add(1, Ordering::Relaxed);
            let error = describe(&error);
            if failed_before == 0 {
                tracing::warn!(
                    error,
                    "LISTEN doesn't work: polling every 0.5 s until it does, for events of other \
                     processes"
                );
            } else {
                tracing::debug!(error, "LISTEN still doesn't work");
            }
            let wait = RECONNECT_AFTER.saturating_mul(1 << failed_before.min(16));
            tokio::time::sleep(wait.min(RECONNECT_AFTER_AT_MOST)).await;
        }
    }

    /// How often to ask for events that nothing notifies of.
    fn poll_interval(&self) -> Duration {
        if self.0.wake.is_listening() {
            SLOW_POLL
        } else {
            POLL
        }
    }

    /// Waits until the next poll or the earliest retry, whichever comes first.
    async fn poll_is_due(&self, next_poll: Instant) {
        let retry = self.0.wake.next_retry().map(|at| {
            let left = at.micros().saturating_sub(Timestamp::now().micros());
            Instant::now() + Duration::from_micros(u64::try_from(left).unwrap_or_default())
        });
        tokio::time::sleep_until(retry.map_or(next_poll, |retry| retry.min(next_poll))).await;
        self.0.wake.clear_due(Timestamp::now());
    }
}

/// Waits for events that the inbox hands over.
async fn receive_tasks(handed_over: &mut Option<UnboundedReceiver<Task>>, tasks: &mut Vec<Task>) {
    match handed_over {
        Some(receiver) if !receiver.is_closed() || !receiver.is_empty() => {
            receiver.recv_many(tasks, CONCURRENCY).await;
        }
        _ => std::future::pending().await,
    }
}
