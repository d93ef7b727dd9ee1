//! The middle of a sync: which request comes next, and what follows from its answer.
//!
//! In: what tasks have fetched and what the writer has written. Out: further tasks, messages to the writer, progress. All of
//! it happens in one task, so nothing here needs a lock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use djstripe_models::descriptor;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::fetch::{self, Ask, Stepped, Trouble};
use super::job::{Active, Job, Parts, State, Stop, Task, Work};
use super::plan::{self, List};
use super::progress::{ListName, Progress, Summary};
use super::walk::Walk;
use super::writer::{self, End, Message, Report, Run, Stored};
use super::{Accounts, SyncError, SyncOptions, modes};
use crate::app::Djstripe;
use crate::client::{Client, Meter};
use crate::store::{StoreError, SyncClaim, SyncKey, TableName, Timestamp};

/// How long after its beginning a sync that didn't come to its end is gone on with. Later, what it had done is too old.
const RESUMED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Parents that are read from the database at a time.
const PARENTS: i64 = 500;

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

struct Sync<'a> {
    app: &'a Djstripe,
    client: &'a Client,
    options: &'a SyncOptions,
    /// Lists, whatever account they are asked of.
    lists: Vec<List>,
    owner: String,
    /// When this sync was begun, be it by a process that is gone: lists that were finished since then are through.
    begun: Timestamp,
    /// Where lists end that are begun now: the second behind this one. What is created later is told by events.
    to: i64,
    jobs: Vec<Job>,
    /// The platform's own account in each mode, which is no connected one.
    own_accounts: Vec<(bool, Option<String>)>,
    tasks: JoinSet<Finished>,
    sink: mpsc::Sender<Message>,
    observe: &'a mut (dyn FnMut(&Progress) + Send),
    summary: Summary,
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
        jobs: Vec::new(),
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
    let (owner, mut summary) = (sync.owner.clone(), sync.end());
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

/// What a sync is known by: one of the same scope is the same sync.
fn scope(client: &Client, options: &SyncOptions) -> Result<String, SyncError> {
    let mut objects = options.objects.clone();
    objects.sort_unstable();
    let accounts = match &options.accounts {
        Accounts::Platform => String::new(),
        Accounts::All => "all".to_owned(),
        Accounts::Named(accounts) => accounts.join(","),
    };
    let since = options.since.map_or(0, |since| since.micros() / 1_000_000);
    let modes = modes(client, options)?;
    let (objects, receivers) = (objects.join(","), options.receivers);
    Ok(format!("objects {objects} accounts {accounts} since {since} live {modes:?} receivers {receivers}"))
}

impl Sync<'_> {
    /// Asks whether the keys are good, and lays out the lists.
    async fn begin(&mut self) -> Result<(), SyncError> {
        for livemode in modes(self.client, self.options)? {
            let meter = Arc::new(Meter::default());
            let client = self.client.bound_to(None, livemode).metered(Arc::clone(&meter));
            let own = fetch::own_account(&client).await;
            self.summary.of("account").add(meter.read());
            let own = own.map_err(|source| match source.api() {
                Some(error) if error.status == 401 => SyncError::KeyRefused { livemode, source },
                _ => SyncError::Client(source),
            })?;
            self.own_accounts.push((livemode, own));
            match &self.options.accounts {
                Accounts::Platform => self.lay_out("", livemode, self.lists.clone()),
                Accounts::Named(accounts) => {
                    accounts.iter().for_each(|account| self.lay_out_connected(account, livemode));
                }
                Accounts::All => {
                    let is_account = |list: &List| list.descriptor.object == "account";
                    let wanted = self.lists.iter().filter(|list| !is_account(list));
                    let accounts = plan::lists(|descriptor| descriptor.object == "account");
                    let lists = accounts.into_iter().chain(wanted.copied()).collect();
                    self.lay_out("", livemode, lists);
                }
            }
        }
        Ok(())
    }

    /// Adds the lists of a connected account; those that may be connected to it in turn are not ours.
    fn lay_out_connected(&mut self, account: &str, livemode: bool) {
        let lists = self.lists.iter().filter(|list| list.descriptor.object != "account").copied().collect();
        self.lay_out(account, livemode, lists);
    }

    /// Adds the lists of an account.
    fn lay_out(&mut self, account: &str, livemode: bool, lists: Vec<List>) {
        let first = self.jobs.len();
        for list in lists {
            let parent = list.below.map(|below| below.descriptor.object);
            let needs = parent.and_then(|parent| self.jobs[first..].iter().position(|job| job.name.object == parent));
            self.add(account, livemode, list, needs.map(|place| first + place));
        }
    }

    fn add(&mut self, account: &str, livemode: bool, list: List, needs: Option<usize>) {
        let object = list.descriptor.object;
        let name = ListName { object, account: account.to_owned(), livemode };
        if self.app.services().settings.is_off(object) {
            self.skip(name, "the mirror's settings leave such objects out".to_owned());
            return;
        }
        let meter = Arc::new(Meter::default());
        let client = self.client.bound_to(Some(account), livemode).metered(Arc::clone(&meter));
        let since = self.options.since.map_or(0, |since| since.micros() / 1_000_000);
        let ask = Arc::new(Ask { app: self.app.clone(), client, list, since });
        self.jobs.push(Job::new(name, ask, meter, needs));
    }

    fn tell(&mut self, progress: Progress) {
        (self.observe)(&progress);
    }

    fn skip(&mut self, list: ListName, reason: String) {
        self.summary.of(list.object).skipped.push((list.clone(), reason.clone()));
        self.tell(Progress::Skipped { list, reason });
    }

    /// Goes on until all lists are at their ends.
    async fn go_on(&mut self, reports: &mut mpsc::UnboundedReceiver<Report>) -> Result<(), SyncError> {
        loop {
            self.fill().await?;
            if self.jobs.iter().all(|job| matches!(job.state, State::Ended)) {
                return Ok(());
            }
            let due = self.jobs.iter().filter_map(Job::due).min();
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
            let active = self.jobs.iter().filter(|job| matches!(job.state, State::Active(_))).count();
            if self.tasks.len() >= most {
                return Ok(());
            }
            let ready = (0..self.jobs.len()).filter(|job| matches!(self.jobs[*job].state, State::Active(_)));
            let mut ready: Vec<usize> = ready.collect();
            ready.sort_by_key(|job| self.jobs[*job].in_flight);
            if let Some((job, task)) = ready.into_iter().find_map(|job| Some((job, self.jobs[job].next()?))) {
                self.spawn(job, task);
                continue;
            }
            match self.claimable().filter(|_| active < most) {
                Some(job) => self.claim(job).await?,
                None => return Ok(()),
            }
        }
    }

    /// The first list that may be claimed now.
    fn claimable(&self) -> Option<usize> {
        let is_through = |job: usize| matches!(self.jobs[job].state, State::Ended);
        self.jobs.iter().position(|job| job.is_claimable() && job.needs.is_none_or(is_through))
    }

    async fn claim(&mut self, number: usize) -> Result<(), SyncError> {
        let job = &self.jobs[number];
        let (name, ask) = (job.name.clone(), Arc::clone(&job.ask));
        let ListName { object, ref account, livemode } = name;
        let store = self.app.store();
        if !account.is_empty() && store.is_deauthorized(account, livemode).await? {
            self.jobs[number].state = State::Ended;
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
                self.jobs[number].state = State::Ended;
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
                    let table = ask.list.below.and_then(|below| below.descriptor.table).unwrap_or_default();
                    let table = TableName::new(table);
                    Outcome::Parents(store.sync_parents(table, account, *livemode, after.as_deref(), PARENTS).await)
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
                    Trouble::Gone => End::Skipped("Stripe has no such list".to_owned()),
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
        let busy = self.tasks.len() + ready + usize::from(self.claimable().is_some());
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
                        self.jobs[job].state = State::Ended;
                        self.skip(list, reason);
                    }
                    End::Failed(error) => {
                        self.jobs[job].state = State::Ended;
                        self.summary.of(list.object).failed.push((list.clone(), error.clone()));
                        self.tell(Progress::Failed { list, error });
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
        let job = &mut self.jobs[number];
        job.state = State::Ended;
        let (list, objects) = (job.name.clone(), job.objects);
        let ListName { object, livemode, .. } = list;
        let is_platform = list.account.is_empty();
        self.tell(Progress::Done { list, objects, by_another });
        if object == "account" && is_platform && self.options.accounts == Accounts::All {
            self.lay_out_all(livemode).await?;
        }
        Ok(())
    }

    /// Adds the lists of all connected accounts, once these are known.
    async fn lay_out_all(&mut self, livemode: bool) -> Result<(), SyncError> {
        let Some(table) = descriptor("account").and_then(|descriptor| descriptor.table) else { return Ok(()) };
        let own = self.own_accounts.iter().find(|(mode, _)| *mode == livemode).and_then(|(_, own)| own.clone());
        let (mut after, store) = (None, self.app.store().clone());
        loop {
            let ids = store.sync_parents(TableName::new(table), "", livemode, after.as_deref(), PARENTS).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(last.clone());
            for id in ids.iter().filter(|id| own.as_ref() != Some(id)) {
                self.lay_out_connected(id, livemode);
            }
        }
    }

    /// The summary; ends what is still under way.
    fn end(self) -> Summary {
        let Self { mut summary, jobs, .. } = self;
        for job in &jobs {
            summary.of(job.name.object).add(job.meter.read());
        }
        summary
    }
}
