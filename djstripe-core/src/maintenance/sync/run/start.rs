//! What a sync begins next.
//!
//! In: the lists that are free or under way, and how much may be under way at a time. Out: leases on lists, and tasks
//! that tell what they have done as [`Finished`].

use std::sync::Arc;
use std::time::SystemTime;

use super::{PARENTS, Sync};
use crate::maintenance::sync::SyncError;
use crate::maintenance::sync::fetch::{self, Stepped, Trouble};
use crate::maintenance::sync::job::{Active, Parts, State, Task, Work};
use crate::maintenance::sync::layout::ACCOUNT;
use crate::maintenance::sync::parents::Walk;
use crate::maintenance::sync::progress::{ListName, Progress};
use crate::maintenance::sync::writer::{Message, Run};
use crate::store::{StoreError, SyncClaim, SyncKey, TableName};
use crate::timestamp::Timestamp;

/// What a task has done.
pub(super) struct Finished {
    pub(super) job: usize,
    pub(super) result: Outcome,
}

pub(super) enum Outcome {
    Page(Result<Stepped, Trouble>),
    Parent {
        parent: String,
        result: Result<Vec<(String, String)>, Trouble>,
    },
    Parents(Result<Vec<String>, StoreError>),
}

impl Sync<'_> {
    /// Begins as much as may be under way at a time: what belongs to the list that has the least of it first, so that
    /// the rates of several types of object add up.
    pub(super) async fn fill(&mut self) -> Result<(), SyncError> {
        let most = self.options.concurrency.max(1);
        loop {
            if self.tasks.len() >= most {
                return Ok(());
            }
            let mut ready = self.jobs.active();
            ready.sort_by_key(|job| self.jobs[*job].in_flight);
            if let Some((job, task)) = ready
                .into_iter()
                .find_map(|job| Some((job, self.jobs[job].next()?)))
            {
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
        let ListName {
            object,
            ref account,
            livemode,
        } = name;
        let store = &self.syncer.store;
        if !account.is_empty() && store.is_deauthorized(account, livemode).await? {
            self.close(number);
            self.skip(name, "the account is not connected any more".to_owned());
            return Ok(());
        }
        let key = SyncKey {
            account: account.clone(),
            livemode,
            object,
            since: ask.since,
            receivers: self.options.receivers,
        };
        let lease_until = Timestamp::from(SystemTime::now() + self.options.lease);
        match store
            .claim_sync(&key, &self.owner, self.begun, lease_until, self.to)
            .await?
        {
            SyncClaim::Ours {
                run_id,
                fence,
                to,
                through,
                ranges,
            } => {
                let resumed = through.is_some() || !ranges.is_empty();
                let work = match ask.list.below.and_then(|below| below.descriptor.table) {
                    None => Work::Parts(Parts::new(
                        ranges.into_iter().map(Into::into).collect(),
                        ask.whole(to),
                    )),
                    Some(table) => {
                        let table = TableName::new(table);
                        let total = store
                            .count_sync_parents(table, account, livemode, through.as_deref())
                            .await?;
                        Work::Parents {
                            walk: Walk::after(through),
                            total,
                        }
                    }
                };
                let run = Arc::new(Run {
                    job: number,
                    key,
                    run_id,
                    fence,
                });
                fetch::send(&self.sink, Message::Hold(Arc::clone(&run))).await;
                self.jobs[number].state = State::Active(Active {
                    run,
                    work,
                    stop: None,
                });
                self.tell(Progress::Begun {
                    list: name,
                    resumed,
                });
                self.settle(number).await;
            }
            SyncClaim::Theirs => {
                let first = self.jobs[number].due().is_none();
                self.jobs[number].wait();
                if first {
                    self.tell(Progress::Waiting { list: name });
                }
            }
            SyncClaim::FinishedMeanwhile {
                skipped: Some(reason),
            } => {
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
        let State::Active(Active { run, .. }) = &job.state else {
            return;
        };
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
                    let (
                        SyncKey {
                            account, livemode, ..
                        },
                        store,
                    ) = (&run.key, &ask.syncer.store);
                    let below = ask.list.below.map(|below| below.descriptor);
                    let table =
                        TableName::new(below.and_then(|below| below.table).unwrap_or_default());
                    Outcome::Parents(if below.is_some_and(|below| below.object == ACCOUNT) {
                        Ok(if after.is_none() {
                            vec![account.clone()]
                        } else {
                            Vec::new()
                        })
                    } else {
                        store
                            .sync_parents(table, account, *livemode, after.as_deref(), PARENTS)
                            .await
                    })
                }
            };
            Finished {
                job: number,
                result,
            }
        });
    }
}
