//! Decides which request of a sync comes next, and acts on the responses.
//!
//! In: pages that tasks have fetched, and reports of the writer. Out: further tasks, messages to
//! the writer, and progress. All of it happens in one task, so nothing here needs a lock.

mod plan;
mod apart;
mod start;
mod finished;
mod reported;

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::context::SyncContext;
use super::error::SyncError;
use super::job::{Job, Jobs};
use super::message::{Message, WriterReport};
use super::options::{Plan, SyncOptions};
use super::progress::{ListName, Progress, Summary};
use super::task::FinishedTask;
use super::{scope, writer};
use crate::client::Client;
use crate::maintenance::scope::Scope;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// How long after its start an interrupted sync is resumed. Later, its results are too old.
const RESUMED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A sync under way.
struct Scheduler<'a> {
    context: &'a SyncContext,
    client: &'a Client,
    options: &'a SyncOptions,
    /// What to read, for any account.
    plan: Plan,
    owner: String,
    /// When this sync was started, possibly by a process that is gone. Lists that were finished
    /// since then are done.
    started_at: Timestamp,
    /// The second at which lists end that are started now. Objects created later arrive as events.
    to: i64,
    jobs: Jobs,
    /// Connected accounts whose lists are not jobs yet: there can be many accounts.
    accounts: VecDeque<Scope>,
    /// The platform's own account in each mode. It is not a connected account.
    own_accounts: Vec<(bool, Option<String>)>,
    tasks: JoinSet<FinishedTask>,
    sink: mpsc::Sender<Message>,
    observe: &'a mut (dyn FnMut(&Progress) + Send),
    summary: Summary,
}

/// Runs a sync.
pub(super) async fn run(
    context: &SyncContext,
    client: &Client,
    options: &SyncOptions,
    plan: Plan,
    observe: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Summary, SyncError> {
    let started = Instant::now();
    let now = Timestamp::now();
    let modes = scope::modes(client, options)?;
    let (sink, messages) = mpsc::channel(writer::BATCH);
    let (reporter, mut reports) = mpsc::unbounded_channel();
    let mut scheduler = Scheduler {
        context,
        client,
        options,
        plan,
        owner: uuid::Uuid::new_v4().to_string(),
        started_at: now,
        to: now.seconds() + 1,
        jobs: Jobs::default(),
        accounts: VecDeque::new(),
        own_accounts: Vec::new(),
        tasks: JoinSet::new(),
        sink,
        observe,
        summary: Summary::default(),
    };
    scheduler.add_platform(&modes).await?;

    let store = &context.store;
    let fingerprint = scope::fingerprint(client, &modes, options);
    let oldest = Timestamp::from(SystemTime::now() - RESUMED_WITHIN);
    let started_at = store.begin_sync(&fingerprint, now, oldest).await?;
    scheduler.started_at = started_at;

    let write_all = writer::write_all(context.clone(), options.lease, messages, reporter);
    let writer = tokio::spawn(write_all);
    let scheduled = scheduler.run_all(&modes, &mut reports).await;
    let (owner, mut summary) = scheduler.finish();
    // No sender is left, so the writer ends once it has written what was sent.
    let written = writer.await;
    if scheduled.is_err() || !matches!(written, Ok(Ok(()))) {
        // If that fails too, the leases expire.
        let _ = store.release_syncs(&owner).await;
    }
    let written = joined(written).and_then(|written| written);
    scheduled?;
    written?;

    let mut objects = summary.objects.values();
    if objects.all(|object| object.failed.is_empty()) {
        store.end_sync(&fingerprint, started_at).await?;
    }
    summary.took = started.elapsed();
    Ok(summary)
}

/// The result of a task. Its panic resumes here; it is cancelled only if the runtime shuts down.
fn joined<T>(task: Result<T, JoinError>) -> Result<T, StoreError> {
    task.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => StoreError::ShuttingDown,
    })
}

impl Scheduler<'_> {
    /// Reads all lists, and then what they name and don't show.
    async fn run_all(
        &mut self,
        modes: &[bool],
        reports: &mut mpsc::UnboundedReceiver<WriterReport>,
    ) -> Result<(), SyncError> {
        self.run_until_done(reports).await?;
        if self.options.follow {
            self.add_named(modes).await?;
            self.run_until_done(reports).await?;
        }
        if self.options.stale.is_none() {
            self.count_named(modes).await?;
        }
        Ok(())
    }

    /// Runs until all lists have ended, or until the writer has: its own result says why.
    async fn run_until_done(
        &mut self,
        reports: &mut mpsc::UnboundedReceiver<WriterReport>,
    ) -> Result<(), SyncError> {
        loop {
            self.fill().await?;
            if self.jobs.is_empty() && self.accounts.is_empty() {
                return Ok(());
            }

            let retry_at = self.claim_retry_at();
            let claim_retry = async {
                match retry_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(task) = self.tasks.join_next() => self.finished(joined(task)?).await?,
                report = reports.recv() => match report {
                    Some(report) => self.reported(report).await?,
                    None => return Ok(()),
                },
                () = claim_retry => {}
            }
        }
    }

    /// When the claim of a list that another process has is retried next.
    fn claim_retry_at(&self) -> Option<Instant> {
        // While nothing may be started, a retry that is due would make a busy loop.
        let concurrency = self.options.concurrency.max(1);
        if self.tasks.len() >= concurrency || self.jobs.active().len() >= concurrency {
            return None;
        }
        self.jobs.iter().filter_map(Job::retry_at).min()
    }

    /// Ends the tasks under way and drops the sender to the writer.
    fn finish(self) -> (String, Summary) {
        let Self {
            owner,
            mut summary,
            jobs,
            ..
        } = self;
        for job in jobs.iter() {
            summary.of(job.name.object).add(job.meter.read());
        }
        (owner, summary)
    }

    fn observe(&mut self, progress: Progress) {
        (self.observe)(&progress);
    }

    /// Records a list that Stripe doesn't give.
    fn skip(&mut self, list: ListName, reason: String) {
        let summary = self.summary.of(list.object);
        summary.skipped.push((list.clone(), reason.clone()));
        self.observe(Progress::Skipped { list, reason });
    }

    /// Closes a list that failed.
    fn fail(&mut self, number: usize, error: String) {
        let list = self.jobs[number].name.clone();
        self.close(number);
        let summary = self.summary.of(list.object);
        summary.failed.push((list.clone(), error.clone()));
        self.observe(Progress::Failed { list, error });
    }

    /// Removes a list that has ended.
    fn close(&mut self, number: usize) {
        if let Some(job) = self.jobs.remove(number) {
            self.summary.of(job.name.object).add(job.meter.read());
        }
    }
}
