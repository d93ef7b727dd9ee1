//! Acts on a report of the writer.
//!
//! In: what was committed, which list has ended, and which list another process took over. Out: the
//! counts of the summary, progress, and further lists.

use super::Scheduler;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::ACCOUNT;
use crate::maintenance::sync::error::SyncError;
use crate::maintenance::sync::job::{Dependent, JobState, Stop};
use crate::maintenance::sync::message::{ListCommit, RunEnd, UnstorableObject, WriterReport};
use crate::maintenance::sync::progress::Progress;

impl Scheduler<'_> {
    pub(super) async fn reported(&mut self, report: WriterReport) -> Result<(), SyncError> {
        match report {
            WriterReport::Committed(commit) => self.committed(commit),
            WriterReport::Lost { job } => match &self.jobs[job].state {
                JobState::Ending => self.jobs[job].wait(),
                _ => {
                    self.jobs[job].stop(Stop::Lost);
                    self.end_if_done(job).await;
                }
            },
            WriterReport::Ended { job, end } => self.ended(job, end).await?,
        }
        Ok(())
    }

    fn committed(&mut self, commit: ListCommit) {
        let list = self.jobs[commit.job].name.clone();
        let summary = self.summary.of(list.object);
        summary.pages += commit.pages;
        summary.checks += commit.checks;
        summary.empty_ranges += commit.empty_ranges;
        for (object, counts) in &commit.counts {
            self.summary.of(object).counts.add(counts);
        }
        if commit.events > 0 {
            self.summary.events += commit.events;
            self.summary.runs.insert(commit.run_id);
        }

        for UnstorableObject { id, reason } in commit.unstorable {
            self.observe(Progress::Unstorable {
                list: list.clone(),
                id,
                reason,
            });
        }
        let job = &self.jobs[commit.job];
        let progress = Progress::Stored {
            list,
            objects: job.objects,
            fraction: job.fraction(),
        };
        self.observe(progress);
    }

    /// Acts on a list whose end is written.
    async fn ended(&mut self, number: usize, end: RunEnd) -> Result<(), SyncError> {
        match end {
            RunEnd::Done => self.done(number, false).await?,
            RunEnd::Skipped(reason) => {
                let list = self.jobs[number].name.clone();
                self.close(number);
                self.skip(list, reason);
            }
            // The lists below it are still read for the parents that the mirror has.
            RunEnd::Refused(reason) => self.fail(number, reason),
            RunEnd::Failed(error) => {
                let dependents = self.jobs.dependents(number);
                self.fail(number, error);

                for Dependent { number, needs } in dependents {
                    let error = format!("it is listed below `{needs}`, whose list failed");
                    self.fail(number, error);
                }
            }
        }
        Ok(())
    }

    /// Closes a list that is done, by this run or by another.
    pub(super) async fn done(&mut self, number: usize, by_another: bool) -> Result<(), SyncError> {
        let list = self.jobs[number].name.clone();
        let objects = self.jobs[number].objects;
        self.close(number);

        let shows_accounts = list.object == ACCOUNT
            && list.account == self.client.own_account()
            && self.options.accounts == AccountScope::All;
        let livemode = list.livemode;
        self.observe(Progress::Done {
            list,
            objects,
            by_another,
        });
        if shows_accounts {
            self.queue_connected(livemode).await?;
        }
        Ok(())
    }
}
