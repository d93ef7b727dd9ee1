//! The middle of a sync: which request comes next, and what follows from its answer.
//!
//! In: what tasks have fetched and what the writer has written. Out: further tasks, messages to the writer, progress. All of
//! it happens in one task, so nothing here needs a lock.

mod finished;
mod reported;
mod start;

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::job::{Job, Jobs};
use super::layout::scope;
use super::progress::{ListName, Progress, Summary};
use super::writer::{self, Message, Report};
use super::{SyncError, SyncOptions, Syncer};
use crate::client::Client;
use crate::maintenance::lists::List;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use start::Finished;

/// How long after its beginning a sync that didn't come to its end is gone on with. Later, what it had done is too old.
const RESUMED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Parents that are read from the database at a time.
pub(super) const PARENTS: i64 = 500;

/// A sync under way.
pub(super) struct Sync<'a> {
    pub(super) syncer: &'a Syncer,
    pub(super) client: &'a Client,
    pub(super) options: &'a SyncOptions,
    /// Lists, whatever account they are asked of.
    pub(super) lists: Vec<List>,
    owner: String,
    /// When this sync was begun, be it by a process that is gone: lists that were finished since then are through.
    begun: Timestamp,
    /// Where lists end that are begun now: the second behind this one. What is created later is told by events.
    pub(super) to: i64,
    pub(super) jobs: Jobs,
    /// Connected accounts whose lists are not laid out yet: there may be many.
    pub(super) accounts: VecDeque<(String, bool)>,
    /// The platform's own account in each mode, which is no connected one.
    pub(super) own_accounts: Vec<(bool, Option<String>)>,
    tasks: JoinSet<Finished>,
    sink: mpsc::Sender<Message>,
    observe: &'a mut (dyn FnMut(&Progress) + Send),
    pub(super) summary: Summary,
}

/// Runs a sync.
pub(super) async fn run(
    syncer: &Syncer,
    client: &Client,
    options: &SyncOptions,
    lists: Vec<List>,
    observe: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Summary, SyncError> {
    let started = Instant::now();
    let now = Timestamp::now();
    let (sink, messages) = mpsc::channel(writer::BATCH);
    let (reporter, mut reports) = mpsc::unbounded_channel();
    let mut sync = Sync {
        syncer,
        client,
        options,
        lists,
        owner: uuid::Uuid::new_v4().to_string(),
        begun: now,
        to: now.micros() / 1_000_000 + 1,
        jobs: Jobs::default(),
        accounts: VecDeque::new(),
        own_accounts: Vec::new(),
        tasks: JoinSet::new(),
        sink,
        observe,
        summary: Summary::default(),
    };
    sync.begin().await?;
    let scope = scope(client, options)?;
    let oldest = Timestamp::from(SystemTime::now() - RESUMED_WITHIN);
    let begun = syncer.store.begin_sync(&scope, now, oldest).await?;
    sync.begun = begun;
    let writer = tokio::spawn(writer::write_all(
        syncer.clone(),
        options.lease,
        messages,
        reporter,
    ));
    let result = sync.go_on(&mut reports).await;
    let (owner, mut summary) = sync.end();
    // The writer ends once it has written what was sent.
    let joined = writer.await;
    if result.is_err() {
        // If that fails too, the leases run out by themselves.
        let _ = syncer.store.release_syncs(&owner).await;
    }
    if let Err(Ok(panic)) = joined.map_err(tokio::task::JoinError::try_into_panic) {
        std::panic::resume_unwind(panic);
    }
    result?;
    if summary
        .objects
        .values()
        .all(|object| object.failed.is_empty())
    {
        syncer.store.end_sync(&scope, begun).await?;
    }
    summary.took = started.elapsed();
    Ok(summary)
}

impl Sync<'_> {
    fn tell(&mut self, progress: Progress) {
        (self.observe)(&progress);
    }

    pub(super) fn skip(&mut self, list: ListName, reason: String) {
        self.summary
            .of(list.object)
            .skipped
            .push((list.clone(), reason.clone()));
        self.tell(Progress::Skipped { list, reason });
    }

    /// Goes on until all lists are at their ends.
    async fn go_on(
        &mut self,
        reports: &mut mpsc::UnboundedReceiver<Report>,
    ) -> Result<(), SyncError> {
        loop {
            self.fill().await?;
            if self.jobs.is_empty() && self.accounts.is_empty() {
                return Ok(());
            }
            let most = self.options.concurrency.max(1);
            let may_begin = self.tasks.len() < most && self.jobs.active().len() < most;
            // What nobody may begin now may be long due.
            let due = self
                .jobs
                .iter()
                .filter(|_| may_begin)
                .filter_map(Job::due)
                .min();
            let wait = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(finished) = self.tasks.join_next() => match finished.map_err(tokio::task::JoinError::try_into_panic) {
                    Ok(finished) => self.finished(finished).await?,
                    Err(Ok(panic)) => std::panic::resume_unwind(panic),
                    Err(Err(_)) => return Err(StoreError::ShuttingDown.into()),
                },
                report = reports.recv() => match report {
                    Some(report) => self.reported(report).await?,
                    None => return Err(StoreError::ShuttingDown.into()),
                },
                () = wait => {}
            }
        }
    }

    /// Ends what is still under way; nothing more is sent to the writer then.
    fn end(self) -> (String, Summary) {
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

    /// Forgets a list that could not be gone through.
    fn fail(&mut self, number: usize, error: String) {
        let list = self.jobs[number].name.clone();
        self.close(number);
        self.summary
            .of(list.object)
            .failed
            .push((list.clone(), error.clone()));
        self.tell(Progress::Failed { list, error });
    }

    /// Forgets a list that is at its end.
    fn close(&mut self, number: usize) {
        if let Some(job) = self.jobs.remove(number) {
            self.summary.of(job.name.object).add(job.meter.read());
        }
    }
}
