//! The loop of a worker: it takes events over from the inbox, claims others when it is notified or
//! when polling is due, and stops in an orderly way.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
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
use crate::telemetry::repeats::Repeats;
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

/// Longest wait before the next claim while claims fail. It is short, as the first claim that
/// succeeds ends the waits of the process's other tasks, which are longer.
const LONGEST_CLAIM_WAIT: Duration = Duration::from_secs(5);

/// Wait before the connection that listens for notifications is opened again. It doubles while that
/// fails.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// The longest such wait.
const LONGEST_RECONNECT_WAIT: Duration = Duration::from_secs(30);

/// The end of the grace period, in which the leases of unfinished events are released.
const LONGEST_RELEASE: Duration = Duration::from_secs(1);

/// A grace period that no clock can add.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The state of one worker.
struct Worker {
    id: String,
    capacity: Arc<Semaphore>,
    running: RunningEvents,
    /// Events that the inbox hands over; none in inline mode, where the delivery's own task
    /// processes its event.
    handed_over: Option<UnboundedReceiver<Task>>,
    claims: Repeats,
}

impl Processing {
    /// Processes stored events until `shutdown` turns true. Then it finishes the events that run,
    /// for as long as the grace period lasts, and releases the others.
    pub(crate) async fn work(&self, shutdown: watch::Receiver<bool>) {
        let work = self.work_until_shutdown(shutdown.clone());
        self.vitals().until("worker", &shutdown, work).await;
    }

    async fn work_until_shutdown(&self, mut shutdown: watch::Receiver<bool>) {
        let mut worker = self.start_worker();
        let _background = self.start_background_tasks(&worker);
        // A task each: the panic of one must not drop what the other has begun.
        let effects = tokio::spawn({
            let (processing, shutdown) = (self.clone(), shutdown.clone());
            async move { processing.run_effects(shutdown).await }
        });
        let links = tokio::spawn({
            let (processing, shutdown) = (self.clone(), shutdown.clone());
            async move { processing.retry_links(shutdown).await }
        });

        let mut claim_is_due = true;
        let mut last_claim = Instant::now();
        let mut last_poll = last_claim;
        let mut wait_after_failure = None;
        while !*shutdown.borrow() {
            let free = worker.capacity.available_permits();
            let is_worth_a_claim = free >= WORTH_A_CLAIM
                || worker.running.is_empty()
                || free > 0 && last_claim.elapsed() >= POLL;
            if claim_is_due && is_worth_a_claim {
                last_claim = Instant::now();
                match self.claim_into(&mut worker).await {
                    Ok(may_be_more) => {
                        claim_is_due = may_be_more;
                        wait_after_failure = None;
                    }
                    Err(wait) => {
                        claim_is_due = false;
                        last_poll = Instant::now();
                        wait_after_failure = Some(wait);
                    }
                }
            }

            // LISTEN may have begun or ended in the meantime.
            let interval = wait_after_failure.unwrap_or_else(|| self.poll_interval());
            let next_poll = last_poll + interval;
            let mut tasks = Vec::new();
            tokio::select! {
                () = self.0.wake.events_notified(), if !claim_is_due => claim_is_due = true,
                () = receive_tasks(&mut worker.handed_over, &mut tasks) => {
                    tasks.into_iter().for_each(|task| worker.running.add(task));
                }
                Some(()) = worker.running.finished() => {}
                () = self.0.wake.recovered(), if worker.claims.is_failing() => claim_is_due = true,
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

        // One deadline for all: a supervisor kills the process soon after it.
        let now = Instant::now();
        let deadline = now.checked_add(self.0.grace).unwrap_or(now + FOREVER);
        let stop = self.stop_worker(worker, deadline);
        if tokio::time::timeout_at(deadline, stop).await.is_err() {
            tracing::warn!("leases could not be released in the grace period; they will expire");
        }
        // An effect that runs ends within its time limit. One that is cut off here runs again.
        let effects = async { tokio::join!(effects, links) };
        if tokio::time::timeout_at(deadline, effects).await.is_err() {
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
            claims: Repeats::new("claiming events", POLL, LONGEST_CLAIM_WAIT),
        }
    }

    /// Starts the tasks that listen for notifications and extend leases. They end when the returned
    /// value is dropped.
    fn start_background_tasks(&self, worker: &Worker) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        if self.0.store.queue().has_notifications() {
            let processing = self.clone();
            tasks.spawn(async move {
                let listen = processing.listen();
                match processing.vitals().guard("listen", listen).await {}
            });
        }

        let (leases, processing) = (worker.running.leases(), self.clone());
        tasks.spawn(async move {
            let extend = leases.extend_forever(&processing.0.store, processing.0.lease);
            match processing.vitals().guard("leases", extend).await {}
        });
        tasks
    }

    /// Claims events for the free capacity. Returns whether there may be more, or how long to wait if
    /// that failed.
    async fn claim_into(&self, worker: &mut Worker) -> Result<bool, Duration> {
        let free = worker.capacity.available_permits();
        let Ok(mut permits) = Arc::clone(&worker.capacity).try_acquire_many_owned(free as u32)
        else {
            return Ok(true);
        };
        let claimed = self
            .0
            .store
            .queue()
            .claim_including_own_objects(&worker.id, free as u32, Timestamp::now(), self.0.lease)
            .await;
        let claims = match claimed {
            Ok(claims) => {
                if worker.claims.succeeded() {
                    self.0.wake.database_works();
                }
                claims
            }
            Err(error) => return Err(worker.claims.failed(&describe(&error))),
        };

        let may_be_more = claims.len() == free;
        if claims.is_empty() {
            return Ok(may_be_more);
        }
        let claimed = claims
            .into_iter()
            .map(|claim| Task::claimed(claim, permits.split(1)));
        // Of one object, some events may have been claimed and others handed over in the meantime.
        self.0.handover.settled().await;
        let handed_over = worker.handed_over.as_mut();
        let handed_over = handed_over.map(|tasks| std::iter::from_fn(|| tasks.try_recv().ok()));
        let mut tasks: Vec<Task> = claimed.chain(handed_over.into_iter().flatten()).collect();
        tasks.sort_unstable_by(|left, right| left.place().cmp(&right.place()));
        tasks.into_iter().for_each(|task| worker.running.add(task));
        Ok(may_be_more)
    }

    /// Releases what has not started, and finishes what has, some time before the deadline.
    async fn stop_worker(&self, mut worker: Worker, deadline: Instant) {
        self.0.handover.unregister(&worker.id);
        if let Some(handed_over) = &mut worker.handed_over {
            handed_over.close();
            let unstarted = std::iter::from_fn(|| handed_over.try_recv().ok());
            let leases = unstarted.map(|task| task.lease()).collect();
            release(&self.0.store, leases).await;
        }
        let time_to_release = (self.0.grace / 8).min(LONGEST_RELEASE);
        worker.running.close(deadline - time_to_release).await;
    }

    /// Wakes the workers whenever the database notifies this process of new events. Never returns.
    async fn listen(&self) -> Infallible {
        let job = "LISTEN, without which workers poll every 0.5 s for events of other processes,";
        let repeats = Repeats::new(job, RECONNECT_AFTER, LONGEST_RECONNECT_WAIT);
        let repeats = Mutex::new(repeats);
        let lock = || repeats.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let notified = || {
                if lock().succeeded() {
                    self.0.wake.database_works();
                }
                self.0.wake.set_listening(true);
                self.0.wake.notify_workers();
            };
            let Err(error) = self.0.store.queue().listen(notified).await;

            self.0.wake.set_listening(false);
            self.0.wake.notify_workers();
            let wait = lock().failed(&describe(&error));
            self.0.wake.retry_after(wait).await;
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
