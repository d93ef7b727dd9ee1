//! The lists of a sync as jobs, each from its claim to its end. Does no IO.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fetch::ListClient;
use super::message::{ListRun, RunEnd};
use super::parents::{ParentQueue, ParentStep};
use super::progress::ListName;
use super::range::Range;
use super::task::FetchTask;
use crate::client::Meter;
use crate::maintenance::refusal::Refusal;
use crate::store::SyncPhase;

/// How soon a list that another process has claimed is tried again.
const CLAIM_RETRY: Duration = Duration::from_millis(500);

/// Refused parents after which a list counts as refused, if Stripe has given nothing else.
const MAX_REFUSALS: u64 = 3;

/// The lists that have not ended, in the order in which they are to be started.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: BTreeMap<usize, Job>,
    next: usize,
}

impl Jobs {
    /// Adds a list. Returns its number.
    pub(super) fn add(&mut self, job: Job) -> usize {
        self.jobs.insert(self.next, job);
        self.next += 1;
        self.next - 1
    }

    pub(super) fn remove(&mut self, number: usize) -> Option<Job> {
        self.jobs.remove(&number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// The lists that are under way.
    pub(super) fn active(&self) -> Vec<usize> {
        let active = self
            .jobs
            .iter()
            .filter(|(_, job)| matches!(job.state, JobState::Active(_)));
        active.map(|(number, _)| *number).collect()
    }

    /// The lists that depend on this one, directly or not.
    pub(super) fn dependents(&self, number: usize) -> Vec<Dependent> {
        let mut dependents = Vec::new();
        let mut objects = BTreeMap::from([(number, self[number].name.object)]);
        // A list always stands after the list that it depends on.
        for (other, job) in self.jobs.range(number + 1..) {
            let mut needs = job.needs.iter();
            if let Some(needs) = needs.find_map(|needed| objects.get(needed).copied()) {
                objects.insert(*other, job.name.object);
                dependents.push(Dependent {
                    number: *other,
                    needs,
                });
            }
        }
        dependents
    }

    /// The first list that can be claimed now.
    pub(super) fn claimable(&self) -> Option<usize> {
        let is_open = |needed: &usize| self.jobs.contains_key(needed);
        let is_claimable = |job: &Job| job.is_claimable() && !job.needs.iter().any(is_open);
        self.jobs
            .iter()
            .find(|(_, job)| is_claimable(job))
            .map(|(number, _)| *number)
    }
}

/// A list that depends on another one.
pub(super) struct Dependent {
    pub(super) number: usize,
    /// The type of the list that it depends on directly.
    pub(super) needs: &'static str,
}

/// A list that has not ended.
impl Index<usize> for Jobs {
    type Output = Job;

    fn index(&self, number: usize) -> &Job {
        &self.jobs[&number]
    }
}

impl IndexMut<usize> for Jobs {
    fn index_mut(&mut self, number: usize) -> &mut Job {
        let job = self.jobs.get_mut(&number);
        job.expect("no report and no task concerns a list after its end")
    }
}

/// One list.
pub(super) struct Job {
    pub(super) name: ListName,
    pub(super) list_client: Arc<ListClient>,
    pub(super) meter: Arc<Meter>,
    /// Numbers of the lists that must end before this one can be claimed.
    pub(super) needs: Vec<usize>,
    pub(super) state: JobState,
    /// Tasks of this list under way.
    pub(super) in_flight: usize,
    /// Objects sent to the writer so far.
    pub(super) objects: u64,
    /// The last refusal of a parent's list.
    refusal: Option<Refusal>,
}

/// The state of a list.
pub(super) enum JobState {
    /// Not claimed. With a time, another process had the list then.
    Waiting { since: Option<Instant> },
    /// Claimed, and under way.
    Active(ActiveList),
    /// Its last message is on the way to the writer.
    Ending,
}

/// A list that is under way.
pub(super) struct ActiveList {
    pub(super) run: Arc<ListRun>,
    pub(super) work: Work,
    /// Why no more tasks of it are started.
    pub(super) stop: Option<Stop>,
}

/// Why a list stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    End(RunEnd),
    /// Another process has taken it over.
    Lost,
}

/// The rest of a list.
pub(super) enum Work {
    Ranges(Ranges),
    Parents { queue: ParentQueue, total: u64 },
}

/// The ranges of a list that are left.
#[derive(Default)]
pub(super) struct Ranges {
    ready: VecDeque<Range>,
    next_number: i64,
    pages: i64,
    /// About how many objects are left in each range.
    remaining: BTreeMap<i64, Option<u64>>,
}

impl Job {
    pub(super) fn new(
        name: ListName,
        list_client: Arc<ListClient>,
        meter: Arc<Meter>,
        needs: Vec<usize>,
    ) -> Self {
        Self {
            name,
            list_client,
            meter,
            needs,
            state: JobState::Waiting { since: None },
            in_flight: 0,
            objects: 0,
            refusal: None,
        }
    }

    /// Waits until the claim can be retried: another process has the list.
    pub(super) fn wait(&mut self) {
        self.state = JobState::Waiting {
            since: Some(Instant::now()),
        };
    }

    /// When the claim is retried; `None` if the list doesn't wait for another process.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        match self.state {
            JobState::Waiting { since: Some(since) } => Some(since + CLAIM_RETRY),
            _ => None,
        }
    }

    /// Whether it can be claimed now, apart from the list that it depends on.
    fn is_claimable(&self) -> bool {
        matches!(self.state, JobState::Waiting { .. })
            && self.retry_at().is_none_or(|at| at <= Instant::now())
    }

    pub(super) fn active(&mut self) -> Option<&mut ActiveList> {
        match &mut self.state {
            JobState::Active(active) => Some(active),
            _ => None,
        }
    }

    /// The next task of this list, if there is one now.
    pub(super) fn next(&mut self) -> Option<FetchTask> {
        let active = self.active().filter(|active| active.stop.is_none())?;
        match &mut active.work {
            Work::Ranges(ranges) => ranges.ready.pop_front().map(FetchTask::Page),
            Work::Parents { queue, .. } => Some(match queue.next()? {
                ParentStep::Start(parent) => FetchTask::Parent(parent),
                ParentStep::Read { after } => FetchTask::ReadParents { after },
            }),
        }
    }

    /// How many tasks of this list could be started now.
    pub(super) fn ready(&self) -> usize {
        let JobState::Active(ActiveList {
            work, stop: None, ..
        }) = &self.state
        else {
            return 0;
        };
        match work {
            Work::Ranges(ranges) => ranges.ready.len(),
            Work::Parents { queue, .. } => queue.ready(),
        }
    }

    /// How the list ends, if no task is under way and nothing is left.
    pub(super) fn end(&mut self) -> Option<Stop> {
        if self.in_flight > 0 {
            return None;
        }
        let refusal = self.refusal.clone();
        let active = self.active()?;
        if active.stop.is_some() {
            return active.stop.clone();
        }

        let (is_done, is_all_refused) = match &active.work {
            Work::Ranges(ranges) => (ranges.ready.is_empty(), false),
            Work::Parents { queue, .. } => (queue.is_done(), queue.is_all_refused()),
        };
        let end = match refusal {
            Some(refusal) if is_all_refused => RunEnd::from(refusal),
            _ => RunEnd::Done,
        };
        is_done.then_some(Stop::End(end))
    }

    /// Starts no more tasks of this list. The first reason counts, but a lost list overrides it:
    /// its end could not be written.
    pub(super) fn stop(&mut self, stop: Stop) {
        let Some(active) = self.active() else { return };
        if active.stop.is_none() || stop == Stop::Lost {
            active.stop = Some(stop);
        }
    }

    /// Notes that Stripe refuses the list of a parent. Several refusals and nothing else mean that
    /// Stripe refuses the whole list.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        let Some(ActiveList {
            work: Work::Parents { queue, .. },
            ..
        }) = self.active()
        else {
            return;
        };

        queue.refused += 1;
        let is_refused = queue.refused >= MAX_REFUSALS && queue.is_all_refused();
        self.refusal = Some(refusal.clone());
        if is_refused {
            self.stop(Stop::End(RunEnd::from(refusal.clone())));
        }
    }

    /// The fraction of the list that is done, if it can be estimated.
    pub(super) fn fraction(&self) -> Option<f64> {
        let active = match &self.state {
            JobState::Active(active) => active,
            JobState::Ending => return Some(1.0),
            JobState::Waiting { .. } => return None,
        };

        match &active.work {
            Work::Ranges(ranges) => {
                let mut remaining = ranges.remaining.values();
                let remaining = remaining.try_fold(0, |sum: u64, range| Some(sum + (*range)?))?;
                Some(self.objects as f64 / (self.objects + remaining).max(1) as f64)
            }
            Work::Parents { queue, total } => {
                Some((queue.finished as f64 / (*total).max(1) as f64).min(1.0))
            }
        }
    }
}

impl Ranges {
    /// The ranges that the database has of an interrupted run; without any, the whole list.
    pub(super) fn new(stored: Vec<Range>, whole: Range) -> Self {
        let mut ranges = Self::default();
        let numbers = stored.iter().map(|range| range.row.number + 1);
        ranges.next_number = numbers.max().unwrap_or(1);
        ranges.pages = stored.iter().map(|range| range.row.pages).sum();

        let left = if stored.is_empty() {
            vec![whole]
        } else {
            stored
        };
        left.into_iter()
            .filter(|range| range.row.phase != SyncPhase::Done)
            .for_each(|range| ranges.add(range));
        ranges
    }

    /// Takes back a range after a page of it, and splits it into up to `free` more. Returns all
    /// ranges that the splits have changed.
    pub(super) fn take_back(&mut self, mut range: Range, free: usize) -> Vec<Range> {
        self.remaining.remove(&range.row.number);
        self.pages += 1;
        if range.row.phase == SyncPhase::Done {
            return Vec::new();
        }

        let mut older = Vec::new();
        for _ in 0..free {
            let Some(half) = range.split(self.next_number, self.pages) else {
                break;
            };
            self.next_number += 1;
            older.push(half);
        }

        let is_split = !older.is_empty();
        let all: Vec<Range> = std::iter::once(range).chain(older).collect();
        for range in &all {
            self.add(range.clone());
        }
        if is_split { all } else { Vec::new() }
    }

    fn add(&mut self, range: Range) {
        self.remaining.insert(range.row.number, range.remaining());
        self.ready.push_back(range);
    }
}
