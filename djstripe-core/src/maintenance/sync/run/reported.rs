//! What follows from a report of the writer.
//!
//! In: what was stored, which list is at its end, and which one another process took over. Out: the summary's counts,
//! progress, and further lists to lay out.

use super::Sync;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::sync::SyncError;
use crate::maintenance::sync::job::{State, Stop};
use crate::maintenance::sync::progress::{ListName, Progress};
use crate::maintenance::sync::writer::{End, Report, Stored};

impl Sync<'_> {
    pub(super) async fn reported(&mut self, report: Report) -> Result<(), SyncError> {
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
                            self.fail(
                                job,
                                format!("`{needed}` failed, whose objects it is asked for below"),
                            );
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
            self.tell(Progress::Unstorable {
                list: list.clone(),
                id,
                reason,
            });
        }
        let job = &self.jobs[stored.job];
        let progress = Progress::Stored {
            list,
            objects: job.objects,
            part: job.part(),
        };
        self.tell(progress);
    }

    pub(super) async fn ended(&mut self, number: usize, by_another: bool) -> Result<(), SyncError> {
        let (list, objects) = (self.jobs[number].name.clone(), self.jobs[number].objects);
        self.close(number);
        let ListName {
            object, livemode, ..
        } = list;
        let is_platform = list.account.is_empty();
        self.tell(Progress::Done {
            list,
            objects,
            by_another,
        });
        if object == "account" && is_platform && self.options.accounts == AccountScope::All {
            self.lay_out_all(livemode).await?;
        }
        Ok(())
    }
}
