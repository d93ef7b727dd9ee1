//! Acts on the outcome of a task.
//!
//! In: a fetched page, the fetched list of a parent, parents from the database, or an error. Out:
//! cursors and ends of lists for the writer, and progress.

use std::sync::Arc;

use super::Scheduler;
use crate::error::describe;
use crate::maintenance::sync::error::SyncError;
use crate::maintenance::sync::fetch::{self, FetchError, Notes, PageResult, RefusedPart};
use crate::maintenance::sync::job::{ActiveList, Job, JobState, Stop, Work};
use crate::maintenance::sync::message::{Message, RunEnd};
use crate::maintenance::sync::progress::Progress;
use crate::maintenance::sync::task::{FinishedTask, TaskOutcome};

impl Scheduler<'_> {
    pub(super) async fn finished(&mut self, task: FinishedTask) -> Result<(), SyncError> {
        let FinishedTask {
            job: number,
            outcome,
        } = task;
        self.jobs[number].in_flight -= 1;
        match outcome {
            TaskOutcome::Page(page) => match *page {
                Ok(page) => self.page_fetched(number, page).await,
                Err(error) => {
                    let end = end_after(error, self.jobs[number].objects);
                    self.jobs[number].stop(Stop::End(end));
                }
            },
            TaskOutcome::Parent { parent, result } => {
                self.parent_fetched(number, &parent, result).await;
            }
            TaskOutcome::ReadParents(parents) => {
                let parents = parents?;
                if let Some(ActiveList {
                    work: Work::Parents { queue, .. },
                    ..
                }) = self.jobs[number].active()
                {
                    queue.add(parents);
                }
            }
        }

        self.end_if_done(number).await;
        Ok(())
    }

    async fn page_fetched(&mut self, number: usize, page: PageResult) {
        let PageResult { range, notes, .. } = page;
        self.note(number, notes);

        // The range is split only if requests would be left over for its parts: other lists and
        // ranges come first, and the range itself is one that is ready again.
        let ready: usize = self.jobs.iter().map(Job::ready).sum();
        let is_list_waiting = self.jobs.claimable().is_some() || !self.accounts.is_empty();
        let busy = self.tasks.len() + ready + usize::from(is_list_waiting);
        let free = self.options.concurrency.saturating_sub(busy + 1);
        let Some(ActiveList {
            run,
            work: Work::Ranges(ranges),
            ..
        }) = self.jobs[number].active()
        else {
            return;
        };
        let run = Arc::clone(run);
        let changed = ranges.take_back(range, free);
        if !changed.is_empty() {
            fetch::send(&self.sink, Message::Ranges(run, changed)).await;
        }
    }

    async fn parent_fetched(
        &mut self,
        number: usize,
        parent: &str,
        result: Result<Notes, FetchError>,
    ) {
        let is_gone = matches!(result, Err(FetchError::Gone));
        let mut refusal = None;
        match result {
            Ok(notes) => self.note(number, notes),
            Err(FetchError::Gone) => {
                tracing::debug!(parent, "Stripe doesn't have the parent any more");
            }
            Err(FetchError::Refused(reason)) => {
                let refused = RefusedPart {
                    part: parent.to_owned(),
                    refusal: reason.clone(),
                };
                self.report_refused(number, vec![refused]);
                refusal = Some(reason);
            }
            Err(FetchError::Failed(error)) => {
                let end = RunEnd::Failed(describe(&error));
                self.jobs[number].stop(Stop::End(end));
                return;
            }
        }

        let Some(ActiveList {
            run,
            work: Work::Parents { queue, .. },
            ..
        }) = self.jobs[number].active()
        else {
            return;
        };
        let run = Arc::clone(run);
        let checkpoint = queue.finish(parent);
        if is_gone {
            // A parent that is gone says nothing about whether Stripe gives the other lists.
            queue.finished -= 1;
        }
        if let Some(refusal) = refusal {
            self.jobs[number].refuse(&refusal);
        }
        if let Some(checkpoint) = checkpoint {
            fetch::send(&self.sink, Message::Checkpoint(run, checkpoint)).await;
        }
    }

    fn note(&mut self, number: usize, notes: Notes) {
        self.jobs[number].objects += notes.count as u64;
        self.report_refused(number, notes.refused);

        let list = self.jobs[number].name.clone();
        for narrowing in notes.widened {
            let summary = self.summary.of(list.object);
            summary.widened.push((list.clone(), narrowing));
            self.observe(Progress::Widened {
                list: list.clone(),
                narrowing,
            });
        }
    }

    fn report_refused(&mut self, number: usize, refused: Vec<RefusedPart>) {
        let list = self.jobs[number].name.clone();
        for RefusedPart { part, refusal } in refused {
            self.summary.of(list.object).refused += u64::from(!refusal.is_not_enabled);
            self.observe(Progress::Refused {
                list: list.clone(),
                part,
                reason: refusal.reason,
            });
        }
    }

    /// Sends the last message of a list, if no task is under way and nothing is left.
    pub(super) async fn end_if_done(&mut self, number: usize) {
        let Some(stop) = self.jobs[number].end() else {
            return;
        };
        let Some(ActiveList { run, .. }) = self.jobs[number].active() else {
            return;
        };

        let run = Arc::clone(run);
        match stop {
            Stop::End(end) => {
                self.jobs[number].state = JobState::Ending;
                fetch::send(&self.sink, Message::End(run, end)).await;
            }
            Stop::Lost => self.jobs[number].wait(),
        }
    }
}

/// How a list ends after this error, if it has given this many objects before.
fn end_after(error: FetchError, objects: u64) -> RunEnd {
    match error {
        FetchError::Refused(refusal) if objects == 0 => RunEnd::from(refusal),
        FetchError::Refused(refusal) => RunEnd::Refused(refusal.reason),
        FetchError::Gone => RunEnd::Refused("Stripe has no such list".to_owned()),
        FetchError::Failed(error) => RunEnd::Failed(describe(&error)),
    }
}
