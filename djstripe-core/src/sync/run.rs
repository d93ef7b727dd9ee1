//! The middle of a sync: which request comes next, and what follows from its answer.
//!
//! In: what tasks have fetched and what the writer has written. Out: further tasks, messages to the writer, progress. All of
//! it happens in one task, so nothing here needs a lock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::fetch::{self, Stepped, Trouble};
use super::job::{Active, Job, Jobs, Parts, State, Stop, Task, Work};
use super::layout::{ACCOUNT, scope};
use super::plan::List;
use super::progress::{ListName, Progress, Summary};
use super::walk::Walk;
use super::writer::{self, End, Message, Report, Run, Stored};
use super::{SyncError, SyncOptions};
use crate::account_scope::AccountScope;
use crate::app::Djstripe;
use crate::client::Client;
use crate::store::{StoreError, SyncClaim, SyncKey, TableName, Timestamp};

/// How long after its beginning a sync that didn't come to its end is gone on with. Later, what it had done is too old.
const RESUMED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Parents that are read from the database at a time.
pub(super) const PARENTS: i64 = 500;

/// What a task has done.
struct Finished {
    job: usize,
    result: Outcome,
}

enum Outcome {
    Page(Result<Stepped, Trouble>),
    Parent { parent: String, result: Result<Vec<(String, String)>, Trouble> },
    Parents(Result<Vec<String>, StoreError>),
}

/// A sync under way.
pub(super) struct Sync<'a> {
    pub(super) app: &'a Djstripe,
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
    app: &Djstripe,
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
        app,
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
    let begun = app.store().begin_sync(&scope, now, oldest).await?;
    sync.begun = begun;
    let writer = tokio::spawn(writer::write_all(app.clone(), options.lease, messages, reporter));
    let result = sync.go_on(&mut reports).await;
    let (owner, mut summary) = sync.end();
    // The writer ends once it has written what was sent.
    let joined = writer.await;
    if result.is_err() {
        // If that fails too, the leases run out by themselves.
        let _ = app.store().release_syncs(&owner).await;
    }
    if let Err(Ok(panic)) = joined.map_err(tokio::task::JoinError::try_into_panic) {
        std::panic::resume_unwind(panic);
    }
    result?;
    if summary.objects.values().all(|object| object.failed.is_empty()) {
        app.store().end_sync(&scope, begun).await?;
    }
    summary.took = started.elapsed();
    Ok(summary)
}

impl Sync<'_> {
    fn tell(&mut self, progress: Progress) {
        (self.observe)(&progress);
    }

    pub(super) fn skip(&mut self, list: ListName, reason: String) {
        self.summary.of(list.object).skipped.push((list.clone(), reason.clone()));
        self.tell(Progress::Skipped { list, reason });
    }

    /// Goes on until all lists are at their ends.
    async fn go_on(&mut self, reports: &mut mpsc::UnboundedReceiver<Report>) -> Result<(), SyncError> {
        loop {
            self.fill().await?;
            if self.jobs.is_empty() && self.accounts.is_empty() {
                return Ok(());
            }
            let most = self.options.concurrency.max(1);
            let may_begin = self.tasks.len() < most && self.jobs.active().len() < most;
            // What nobody may begin now may be long due.
            let due = self.jobs.iter().filter(|_| may_begin).filter_map(Job::due).min();
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

    /// Begins as much as may be under way at a time: what belongs to the list that has the least of it first, so that
    /// the rates of several types of object add up.
    async fn fill(&mut self) -> Result<(), SyncError> {
        let most = self.options.concurrency.max(1);
        loop {
            if self.tasks.len() >= most {
                return Ok(());
            }
            let mut ready = self.jobs.active();
            ready.sort_by_key(|job| self.jobs[*job].in_flight);
            if let Some((job, task)) = ready.into_iter().find_map(|job| Some((job, self.jobs[job].next()?))) {
                self.spawn(job, task);
                continue;
            }
            if self.jobs.active().len() >= most {
                return Ok(());
            }
            match self.jobs.claimable() {
                Some(job) => self.claim(job).await?,
                None => match self.accounts.pop_front() {
                    Some((account, livemode)) => self.lay_out_connected(&account, livemode),
                    None => return Ok(()),
                },
            }
        }
    }

    async fn claim(&mut self, number: usize) -> Result<(), SyncError> {
        let job = &self.jobs[number];
        let (name, ask) = (job.name.clone(), Arc::clone(&job.ask));
        let ListName { object, ref account, livemode } = name;
        let store = self.app.store();
        if !account.is_empty() && store.is_deauthorized(account, livemode).await? {
            self.close(number);
            self.skip(name, "the account is not connected any more".to_owned());
            return Ok(());
        }
        let key =
            SyncKey { account: account.clone(), livemode, object, since: ask.since, receivers: self.options.receivers };
        let lease_until = Timestamp::from(SystemTime::now() + self.options.lease);
        match store.claim_sync(&key, &self.owner, self.begun, lease_until, self.to).await? {
            SyncClaim::Ours { run_id, fence, to, through, ranges } => {
                let resumed = through.is_some() || !ranges.is_empty();
                let work = match ask.list.below.and_then(|below| below.descriptor.table) {
                    None => Work::Parts(Parts::new(ranges, ask.whole(to))),
                    Some(table) => {
                        let table = TableName::new(table);
                        let total = store.count_sync_parents(table, account, livemode, through.as_deref()).await?;
                        Work::Parents { walk: Walk::after(through), total }
                    }
                };
                let run = Arc::new(Run { job: number, key, run_id, fence });
                fetch::send(&self.sink, Message::Hold(Arc::clone(&run))).await;
                self.jobs[number].state = State::Active(Active { run, work, stop: None });
                self.tell(Progress::Begun { list: name, resumed });
                self.settle(number).await;
            }
            SyncClaim::Theirs => {
                let first = self.jobs[number].due().is_none();
                self.jobs[number].wait();
                if first {
                    self.tell(Progress::Waiting { list: name });
                }
            }
            SyncClaim::FinishedMeanwhile { skipped: Some(reason) } => {
                self.close(number);
                self.skip(name, reason);
            }
            SyncClaim::FinishedMeanwhile { skipped: None } => {
                self.summary.of(object).by_another += 1;
                self.ended(number, true).await?;
            }
        }
        Ok(())
    }

    fn spawn(&mut self, number: usize, task: Task) {
        let job = &mut self.jobs[number];
        let State::Active(Active { run, .. }) = &job.state else { return };
        job.in_flight += 1;
        let (ask, run, sink) = (Arc::clone(&job.ask), Arc::clone(run), self.sink.clone());
        self.tasks.spawn(async move {
            let result = match task {
                Task::Page(range) => Outcome::Page(ask.step(&run, range, &sink).await),
                Task::Parent(parent) => {
                    let result = ask.below(&run, &parent, &sink).await;
                    Outcome::Parent { parent, result }
                }
                Task::ReadParents(after) => {
                    let (SyncKey { account, livemode, .. }, store) = (&run.key, ask.app.store());
                    let below = ask.list.below.map(|below| below.descriptor);
                    let table = TableName::new(below.and_then(|below| below.table).unwrap_or_default());
                    Outcome::Parents(if below.is_some_and(|below| below.object == ACCOUNT) {
                        Ok(if after.is_none() { vec![account.clone()] } else { Vec::new() })
                    } else {
                        store.sync_parents(table, account, *livemode, after.as_deref(), PARENTS).await
                    })
                }
            };
            Finished { job: number, result }
        });
    }

    async fn finished(&mut self, Finished { job: number, result }: Finished) -> Result<(), SyncError> {
        self.jobs[number].in_flight -= 1;
        match result {
            Outcome::Page(Ok(stepped)) => self.stepped(number, stepped).await,
            Outcome::Page(Err(trouble)) => {
                let stop = match trouble {
                    Trouble::Refused(reason) if self.jobs[number].objects == 0 => End::Skipped(reason),
                    Trouble::Gone if self.jobs[number].objects == 0 => {
                        End::Skipped("Stripe has no such list".to_owned())
                    }
                    Trouble::Gone => End::Failed("Stripe has no such list any more".to_owned()),
                    Trouble::Refused(reason) => End::Failed(reason),
                    Trouble::Failed(error) => End::Failed(crate::runner::describe(&error)),
                };
                self.jobs[number].stop(Stop::End(stop));
            }
            Outcome::Parent { parent, result } => self.walked(number, &parent, result).await,
            Outcome::Parents(parents) => {
                let parents = parents?;
                if let Some(Active { work: Work::Parents { walk, .. }, .. }) = self.jobs[number].active() {
                    walk.take_in(parents);
                }
            }
        }
        self.settle(number).await;
        Ok(())
    }

    async fn stepped(&mut self, number: usize, Stepped { range, count, refused }: Stepped) {
        self.jobs[number].objects += count as u64;
        self.refused(number, refused);
        let ready: usize = self.jobs.iter().map(Job::ready).sum();
        let waiting = self.jobs.claimable().is_some() || !self.accounts.is_empty();
        let busy = self.tasks.len() + ready + usize::from(waiting);
        // The part itself is one that is ready again.
        let free = self.options.concurrency.saturating_sub(busy + 1);
        let Some(Active { run, work: Work::Parts(parts), .. }) = self.jobs[number].active() else { return };
        let run = Arc::clone(run);
        let changed = parts.take_back(range, free);
        if !changed.is_empty() {
            fetch::send(&self.sink, Message::Ranges(run, changed)).await;
        }
    }

    async fn walked(&mut self, number: usize, parent: &str, result: Result<Vec<(String, String)>, Trouble>) {
        let is_gone = matches!(result, Err(Trouble::Gone));
        let mut refusal = None;
        match result {
            Ok(refused) => self.refused(number, refused),
            Err(Trouble::Gone) => tracing::debug!(parent, "the parent is gone at Stripe"),
            Err(Trouble::Refused(reason)) => {
                self.refused(number, vec![(parent.to_owned(), reason.clone())]);
                refusal = Some(reason);
            }
            Err(Trouble::Failed(error)) => {
                self.jobs[number].stop(Stop::End(End::Failed(crate::runner::describe(&error))));
                return;
            }
        }
        let Some(Active { run, work: Work::Parents { walk, .. }, .. }) = self.jobs[number].active() else { return };
        let run = Arc::clone(run);
        let through = walk.finish(parent);
        if is_gone {
            // It says nothing about the others.
            walk.ended -= 1;
        }
        if let Some(reason) = refusal {
            self.jobs[number].refuse(&reason);
        }
        if let Some(through) = through {
            fetch::send(&self.sink, Message::Through(run, through)).await;
        }
    }

    fn refused(&mut self, number: usize, refused: Vec<(String, String)>) {
        let list = self.jobs[number].name.clone();
        self.summary.of(list.object).refused += refused.len() as u64;
        for (what, reason) in refused {
            self.tell(Progress::Refused { list: list.clone(), what, reason });
        }
    }

    /// Sends the last message of a list, if it is at its end.
    async fn settle(&mut self, number: usize) {
        let Some(stop) = self.jobs[number].stops() else { return };
        let Some(Active { run, .. }) = self.jobs[number].active() else { return };
        let run = Arc::clone(run);
        match stop {
            Stop::End(end) => {
                self.jobs[number].state = State::Ending;
                fetch::send(&self.sink, Message::End(run, end)).await;
            }
            Stop::Lost => self.jobs[number].wait(),
        }
    }

    async fn reported(&mut self, report: Report) -> Result<(), SyncError> {
        match report {
            Report::Broken(error) => return Err(error.into()),
            Report::Stored(stored) => self.stored(stored),
            Report::Lost { job } => match &self.jobs[job].state {
                State::Ending => self.jobs[job].wait(),
                _ => {
                    self.jobs[job].stop(Stop::Lost);
                    self.settle(job).await;
                }
            },
            Report::Ended { job, end } => {
                let list = self.jobs[job].name.clone();
                match end {
                    End::Done => self.ended(job, false).await?,
                    End::Skipped(reason) => {
                        self.close(job);
                        self.skip(list, reason);
                    }
                    End::Failed(error) => {
                        let in_need = self.jobs.in_need_of(job);
                        self.fail(job, error);
                        for (job, needed) in in_need {
                            self.fail(job, format!("`{needed}` failed, whose objects it is asked for below"));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn stored(&mut self, stored: Stored) {
        let list = self.jobs[stored.job].name.clone();
        let summary = self.summary.of(list.object);
        summary.pages += stored.pages;
        summary.checks += stored.checks;
        summary.wasted += stored.wasted;
        for (object, counts) in &stored.counts {
            self.summary.of(object).counts.add(counts);
        }
        if stored.events > 0 {
            self.summary.events += stored.events;
            self.summary.runs.insert(stored.run_id);
        }
        for (id, reason) in stored.unstorable {
            self.tell(Progress::Unstorable { list: list.clone(), id, reason });
        }
        let job = &self.jobs[stored.job];
        let progress = Progress::Stored { list, objects: job.objects, part: job.part() };
        self.tell(progress);
    }

    async fn ended(&mut self, number: usize, by_another: bool) -> Result<(), SyncError> {
        let (list, objects) = (self.jobs[number].name.clone(), self.jobs[number].objects);
        self.close(number);
        let ListName { object, livemode, .. } = list;
        let is_platform = list.account.is_empty();
        self.tell(Progress::Done { list, objects, by_another });
        if object == "account" && is_platform && self.options.accounts == AccountScope::All {
            self.lay_out_all(livemode).await?;
        }
        Ok(())
    }

    /// Ends what is still under way; nothing more is sent to the writer then.
    fn end(self) -> (String, Summary) {
        let Self { owner, mut summary, jobs, .. } = self;
        for job in jobs.iter() {
            summary.of(job.name.object).add(job.meter.read());
        }
        (owner, summary)
    }

    /// Forgets a list that could not be gone through.
    fn fail(&mut self, number: usize, error: String) {
        let list = self.jobs[number].name.clone();
        self.close(number);
        self.summary.of(list.object).failed.push((list.clone(), error.clone()));
        self.tell(Progress::Failed { list, error });
    }

    /// Forgets a list that is at its end.
    fn close(&mut self, number: usize) {
        if let Some(job) = self.jobs.remove(number) {
            self.summary.of(job.name.object).add(job.meter.read());
        }
    }
}
