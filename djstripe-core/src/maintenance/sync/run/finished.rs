//! What follows from a finished task.
//!
//! In: a page or a parent that was fetched, parents that were read, or why that failed. Out: cursors and ends of lists
//! for the writer, and progress.

use std::sync::Arc;

use super::Sync;
use super::start::{Finished, Outcome};
use crate::maintenance::sync::SyncError;
use crate::maintenance::sync::fetch::{self, Stepped, Trouble};
use crate::maintenance::sync::job::{Active, Job, State, Stop, Work};
use crate::maintenance::sync::progress::Progress;
use crate::maintenance::sync::writer::{End, Message};

impl Sync<'_> {
    pub(super) async fn finished(
        &mut self,
        Finished {
            job: number,
            result,
        }: Finished,
    ) -> Result<(), SyncError> {
        self.jobs[number].in_flight -= 1;
        match result {
            Outcome::Page(Ok(stepped)) => self.stepped(number, stepped).await,
            Outcome::Page(Err(trouble)) => {
                let stop = match trouble {
                    Trouble::Refused(reason) if self.jobs[number].objects == 0 => {
                        End::Skipped(reason)
                    }
                    Trouble::Gone if self.jobs[number].objects == 0 => {
                        End::Skipped("Stripe has no such list".to_owned())
                    }
                    Trouble::Gone => End::Failed("Stripe has no such list any more".to_owned()),
                    Trouble::Refused(reason) => End::Failed(reason),
                    Trouble::Failed(error) => End::Failed(crate::error::describe(&error)),
                };
                self.jobs[number].stop(Stop::End(stop));
            }
            Outcome::Parent { parent, result } => self.walked(number, &parent, result).await,
            Outcome::Parents(parents) => {
                let parents = parents?;
                if let Some(Active {
                    work: Work::Parents { walk, .. },
                    ..
                }) = self.jobs[number].active()
                {
                    walk.take_in(parents);
                }
            }
        }
        self.settle(number).await;
        Ok(())
    }

    async fn stepped(
        &mut self,
        number: usize,
        Stepped {
            range,
            count,
            refused,
        }: Stepped,
    ) {
        self.jobs[number].objects += count as u64;
        self.refused(number, refused);
        let ready: usize = self.jobs.iter().map(Job::ready).sum();
        let waiting = self.jobs.claimable().is_some() || !self.accounts.is_empty();
        let busy = self.tasks.len() + ready + usize::from(waiting);
        // The part itself is one that is ready again.
        let free = self.options.concurrency.saturating_sub(busy + 1);
        let Some(Active {
            run,
            work: Work::Parts(parts),
            ..
        }) = self.jobs[number].active()
        else {
            return;
        };
        let run = Arc::clone(run);
        let changed = parts.take_back(range, free);
        if !changed.is_empty() {
            fetch::send(&self.sink, Message::Ranges(run, changed)).await;
        }
    }

    async fn walked(
        &mut self,
        number: usize,
        parent: &str,
        result: Result<Vec<(String, String)>, Trouble>,
    ) {
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
                self.jobs[number].stop(Stop::End(End::Failed(crate::error::describe(&error))));
                return;
            }
        }
        let Some(Active {
            run,
            work: Work::Parents { walk, .. },
            ..
        }) = self.jobs[number].active()
        else {
            return;
        };
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
            self.tell(Progress::Refused {
                list: list.clone(),
                what,
                reason,
            });
        }
    }

    /// Sends the last message of a list, if it is at its end.
    pub(super) async fn settle(&mut self, number: usize) {
        let Some(stop) = self.jobs[number].stops() else {
            return;
        };
        let Some(Active { run, .. }) = self.jobs[number].active() else {
            return;
        };
        let run = Arc::clone(run);
        match stop {
            Stop::End(end) => {
                self.jobs[number].state = State::Ending;
                fetch::send(&self.sink, Message::End(run, end)).await;
            }
            Stop::Lost => self.jobs[number].wait(),
        }
    }
}
