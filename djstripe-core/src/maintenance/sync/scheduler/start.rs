//! Starts tasks, and claims lists for them.
//!
//! In: lists that are free or under way, and how many requests may be under way. Out: leases on
//! lists, and tasks that end as [`FinishedTask`](crate::maintenance::sync::task::FinishedTask).

use std::sync::Arc;
use std::time::SystemTime;

use super::Scheduler;
use crate::maintenance::list_part::ListPart;
use crate::maintenance::sync::error::SyncError;
use crate::maintenance::sync::fetch;
use crate::maintenance::sync::job::{ActiveList, JobState, Ranges, Work};
use crate::maintenance::sync::message::{ListRun, Message};
use crate::maintenance::sync::parents::ParentQueue;
use crate::maintenance::sync::progress::Progress;
use crate::maintenance::sync::task::{FetchTask, TaskContext};
use crate::store::{SyncClaim, SyncKey, SyncRange};
use crate::timestamp::Timestamp;

impl Scheduler<'_> {
    /// Starts as many tasks as may be under way. The list with the fewest tasks comes first, so
    /// that the rates of several types of object add up.
    pub(super) async fn fill(&mut self) -> Result<(), SyncError> {
        let concurrency = self.options.concurrency.max(1);
        while self.tasks.len() < concurrency {
            let mut active = self.jobs.active();
            active.sort_by_key(|job| self.jobs[*job].in_flight);
            let next = active
                .iter()
                .find_map(|job| Some((*job, self.jobs[*job].next()?)));
            if let Some((job, task)) = next {
                self.spawn(job, task);
                continue;
            }

            if active.len() >= concurrency {
                return Ok(());
            }
            if let Some(job) = self.jobs.claimable() {
                self.claim(job).await?;
            } else if let Some(scope) = self.accounts.pop_front() {
                self.add_connected(&scope).await?;
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The words that tell a list from the others of its type.
    fn part(&self, part: ListPart) -> String {
        match &self.options.test_clock {
            Some(clock) if part == ListPart::OfTestClock => format!("{} {clock}", part.as_str()),
            _ => part.as_str().to_owned(),
        }
    }

    /// Claims a list, and closes it if there is nothing to do.
    async fn claim(&mut self, number: usize) -> Result<(), SyncError> {
        let name = self.jobs[number].name.clone();
        let since = self.jobs[number].list_client.since;
        let store = &self.context.store;
        let own_account = self.client.own_account();
        let is_connected = name.account != own_account;
        let (account, livemode) = (&*name.account, name.livemode);
        if is_connected
            && store
                .is_deauthorized(own_account, account, livemode)
                .await?
        {
            self.close(number);
            self.skip(name, "the account is no longer connected".to_owned());
            return Ok(());
        }

        let key = SyncKey {
            account: name.account.clone(),
            livemode: name.livemode,
            object: name.object,
            since,
            receivers: self.options.receivers,
            part: self.part(name.part),
        };
        let lease_until = Timestamp::from(SystemTime::now() + self.options.lease);
        let claim = store
            .claim_sync(&key, &self.owner, self.started_at, lease_until, self.to)
            .await?;

        match claim {
            SyncClaim::Ours {
                run_id,
                fence,
                to,
                through,
                ranges,
            } => {
                let run = ListRun {
                    job: number,
                    key,
                    own_account: self.client.own_account().to_owned(),
                    run_id,
                    fence,
                };
                let rest = Rest {
                    to,
                    checkpoint: through,
                    ranges,
                };
                self.activate(run, rest).await?;
            }
            SyncClaim::Theirs => {
                let is_first = self.jobs[number].retry_at().is_none();
                self.jobs[number].wait();
                if is_first {
                    self.observe(Progress::Waiting { list: name });
                }
            }
            SyncClaim::FinishedMeanwhile {
                skipped: Some(reason),
            } => {
                self.close(number);
                self.skip(name, reason);
            }
            SyncClaim::FinishedMeanwhile { skipped: None } => {
                self.summary.of(name.object).by_another += 1;
                self.done(number, true).await?;
            }
        }
        Ok(())
    }

    /// Starts or resumes a list that this process has claimed.
    async fn activate(&mut self, run: ListRun, rest: Rest) -> Result<(), SyncError> {
        let number = run.job;
        let list_client = &self.jobs[number].list_client;
        let is_resumed = rest.checkpoint.is_some() || !rest.ranges.is_empty();
        let work = match list_client.reading.ids() {
            None => {
                let stored = rest.ranges.into_iter().map(Into::into).collect();
                Work::Ranges(Ranges::new(stored, list_client.whole_range(rest.to)))
            }
            Some(ids) => {
                let after = rest.checkpoint.as_deref();
                let total = ids.count(&self.context.store, &run, after).await?;
                Work::Parents {
                    queue: ParentQueue::after(rest.checkpoint),
                    total,
                }
            }
        };

        let run = Arc::new(run);
        fetch::send(&self.sink, Message::Claimed(Arc::clone(&run))).await;
        self.jobs[number].state = JobState::Active(ActiveList {
            run,
            work,
            stop: None,
        });
        let list = self.jobs[number].name.clone();
        self.observe(Progress::Started {
            list,
            resumed: is_resumed,
        });
        // A resumed list may have nothing left.
        self.end_if_done(number).await;
        Ok(())
    }

    fn spawn(&mut self, number: usize, task: FetchTask) {
        let job = &mut self.jobs[number];
        let JobState::Active(ActiveList { run, .. }) = &job.state else {
            return;
        };

        job.in_flight += 1;
        let context = TaskContext {
            store: self.context.store.clone(),
            list_client: Arc::clone(&job.list_client),
            run: Arc::clone(run),
            sink: self.sink.clone(),
        };
        self.tasks.spawn(task.run(context));
    }
}

/// The rest of a list after a claim.
struct Rest {
    /// The second at which the list ends, if it has not started.
    to: i64,
    /// The parent up to which the list is stored.
    checkpoint: Option<String>,
    /// The ranges that an interrupted run has left.
    ranges: Vec<SyncRange>,
}
