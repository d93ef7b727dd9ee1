//! One list of one account and mode, from being claimed to its end. Does no IO.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fetch::Ask;
use super::parents::Walk;
use super::progress::ListName;
use super::range::Range;
use super::writer::{End, Run};
use crate::client::Meter;
use crate::store::SyncPhase;

/// How soon a list that somebody else has is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Refusals after which a list below parents is given up, if there was nothing else.
const ENOUGH_REFUSALS: u64 = 3;

/// The lists that are not at their ends, in the order in which they are to be begun.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: BTreeMap<usize, Job>,
    next: usize,
}

impl Jobs {
    /// Adds a list; returns its number.
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
            .filter(|(_, job)| matches!(job.state, State::Active(_)));
        active.map(|(number, _)| *number).collect()
    }

    /// The lists that need this one, be it through others, each with the type of what it needs.
    pub(super) fn in_need_of(&self, number: usize) -> Vec<(usize, &'static str)> {
        let mut found = Vec::new();
        let mut closed = BTreeMap::from([(number, self[number].name.object)]);
        // A list stands behind the one that it needs.
        for (other, job) in self.jobs.range(number + 1..) {
            if let Some(needed) = job.needs.and_then(|needed| closed.get(&needed).copied()) {
                closed.insert(*other, job.name.object);
                found.push((*other, needed));
            }
        }
        found
    }

    /// The first list that may be claimed now.
    pub(super) fn claimable(&self) -> Option<usize> {
        let is_open = |needed: usize| self.jobs.contains_key(&needed);
        let claimable = |job: &Job| job.is_claimable() && !job.needs.is_some_and(is_open);
        self.jobs
            .iter()
            .find(|(_, job)| claimable(job))
            .map(|(number, _)| *number)
    }
}

/// Of a list that is not at its end.
impl Index<usize> for Jobs {
    type Output = Job;

    fn index(&self, number: usize) -> &Job {
        &self.jobs[&number]
    }
}

impl IndexMut<usize> for Jobs {
    fn index_mut(&mut self, number: usize) -> &mut Job {
        self.jobs
            .get_mut(&number)
            .expect("nothing is told of a list behind its end")
    }
}

/// One list.
pub(super) struct Job {
    pub(super) name: ListName,
    pub(super) ask: Arc<Ask>,
    pub(super) meter: Arc<Meter>,
    /// Number of the list that must be through before.
    pub(super) needs: Option<usize>,
    pub(super) state: State,
    /// Tasks under way for it.
    pub(super) in_flight: usize,
    /// Objects stored so far.
    pub(super) objects: u64,
    /// The last refusal of a parent.
    refusal: Option<String>,
}

/// How far a list is.
pub(super) enum State {
    /// To be claimed, not before this moment.
    Waiting { since: Option<Instant> },
    /// Ours, and under way.
    Active(Active),
    /// Its last message is on its way to the writer.
    Ending,
}

/// A list that is under way.
pub(super) struct Active {
    pub(super) run: Arc<Run>,
    pub(super) work: Work,
    /// Why no more of it is to be begun.
    pub(super) stop: Option<Stop>,
}

/// Why a list stops before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    End(End),
    /// Somebody else has it.
    Lost,
}

/// What is left of a list.
pub(super) enum Work {
    Parts(Parts),
    Parents { walk: Walk, total: u64 },
}

/// The parts of a list that are left.
#[derive(Default)]
pub(super) struct Parts {
    ready: VecDeque<Range>,
    next_number: i64,
    pages: i64,
    /// What is probably left of each part.
    left: BTreeMap<i64, Option<u64>>,
}

/// What to do next for a list.
pub(super) enum Task {
    Page(Range),
    Parent(String),
    ReadParents(Option<String>),
}

impl Job {
    pub(super) fn new(
        name: ListName,
        ask: Arc<Ask>,
        meter: Arc<Meter>,
        needs: Option<usize>,
    ) -> Self {
        let state = State::Waiting { since: None };
        Self {
            name,
            ask,
            meter,
            needs,
            state,
            in_flight: 0,
            objects: 0,
            refusal: None,
        }
    }

    /// Leaves it to whoever has it for now.
    pub(super) fn wait(&mut self) {
        self.state = State::Waiting {
            since: Some(Instant::now()),
        };
    }

    /// When it may be claimed; `None` if not now and not by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { since: Some(since) } => Some(since + LOOK_AGAIN),
            _ => None,
        }
    }

    /// Whether it may be claimed now, but for the list that it needs.
    pub(super) fn is_claimable(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
            && self.due().is_none_or(|due| due <= Instant::now())
    }

    pub(super) fn active(&mut self) -> Option<&mut Active> {
        match &mut self.state {
            State::Active(active) => Some(active),
            _ => None,
        }
    }

    /// The next thing to do for it, if there is one now.
    pub(super) fn next(&mut self) -> Option<Task> {
        let active = self.active().filter(|active| active.stop.is_none())?;
        match &mut active.work {
            Work::Parts(parts) => parts.ready.pop_front().map(Task::Page),
            Work::Parents { walk, .. } => match walk.next() {
                Some(parent) => Some(Task::Parent(parent)),
                None => walk.wants_more().map(Task::ReadParents),
            },
        }
    }

    /// How many things could be begun for it at once.
    pub(super) fn ready(&self) -> usize {
        match &self.state {
            State::Active(Active {
                work: Work::Parts(parts),
                stop: None,
                ..
            }) => parts.ready.len(),
            State::Active(Active {
                work: Work::Parents { walk, .. },
                stop: None,
                ..
            }) => walk.ready(),
            _ => 0,
        }
    }

    /// How it ends, if it is at its end and nothing is under way any more.
    pub(super) fn stops(&mut self) -> Option<Stop> {
        if self.in_flight > 0 {
            return None;
        }
        let refusal = self.refusal.clone();
        let active = self.active()?;
        if active.stop.is_some() {
            return active.stop.clone();
        }
        let end = match &active.work {
            Work::Parts(parts) => parts.ready.is_empty().then_some(End::Done)?,
            Work::Parents { walk, .. } => match refusal {
                Some(reason) if walk.is_done() && walk.is_all_refused() => End::Skipped(reason),
                _ => walk.is_done().then_some(End::Done)?,
            },
        };
        Some(Stop::End(end))
    }

    /// Lets nothing more of it be begun. The first reason counts, unless the list is lost: then nobody would hear of it.
    pub(super) fn stop(&mut self, stop: Stop) {
        let Some(active) = self.active() else { return };
        if active.stop.is_none() || stop == Stop::Lost {
            active.stop = Some(stop);
        }
    }

    /// Notes that Stripe doesn't give what belongs to a parent. One after the other, and nothing else, means that it
    /// doesn't give the list.
    pub(super) fn refuse(&mut self, reason: &str) {
        let Some(Active {
            work: Work::Parents { walk, .. },
            ..
        }) = self.active()
        else {
            return;
        };
        walk.refused += 1;
        let is_enough = walk.refused >= ENOUGH_REFUSALS && walk.is_all_refused();
        self.refusal = Some(reason.to_owned());
        if is_enough {
            self.stop(Stop::End(End::Skipped(reason.to_owned())));
        }
    }

    /// Which part of it is through, where that can be told.
    pub(super) fn part(&self) -> Option<f64> {
        let active = match &self.state {
            State::Active(active) => active,
            State::Ending => return Some(1.0),
            State::Waiting { .. } => return None,
        };
        match &active.work {
            Work::Parts(parts) => {
                let left = parts
                    .left
                    .values()
                    .try_fold(0, |sum: u64, left| Some(sum + (*left)?))?;
                Some(self.objects as f64 / (self.objects + left).max(1) as f64)
            }
            Work::Parents { walk, total } => {
                Some((walk.ended as f64 / (*total).max(1) as f64).min(1.0))
            }
        }
    }
}

impl Parts {
    /// The parts that are left; without any the whole list.
    pub(super) fn new(stored: Vec<Range>, whole: Range) -> Self {
        let mut parts = Self::default();
        let next_number = stored
            .iter()
            .map(|range| range.row.number + 1)
            .max()
            .unwrap_or(1);
        parts.pages = stored.iter().map(|range| range.row.pages).sum();
        let ranges = if stored.is_empty() {
            vec![whole]
        } else {
            stored
        };
        ranges
            .into_iter()
            .filter(|range| range.row.phase != SyncPhase::Done)
            .for_each(|range| parts.put(range));
        parts.next_number = next_number;
        parts
    }

    /// Takes a part back after a page, and cuts it into up to `free` more. Returns all parts that the cut has changed.
    pub(super) fn take_back(&mut self, range: Range, free: usize) -> Vec<Range> {
        self.left.remove(&range.row.number);
        self.pages += 1;
        if range.row.phase == SyncPhase::Done {
            return Vec::new();
        }
        let mut range = range;
        let mut cut_off = Vec::new();
        for _ in 0..free {
            let Some(older) = range.cut(self.next_number, self.pages) else {
                break;
            };
            self.next_number += 1;
            cut_off.push(older);
        }
        let changed = if cut_off.is_empty() {
            Vec::new()
        } else {
            std::iter::once(range.clone())
                .chain(cut_off.iter().cloned())
                .collect()
        };
        self.put(range);
        cut_off.into_iter().for_each(|range| self.put(range));
        changed
    }

    fn put(&mut self, range: Range) {
        self.left.insert(range.row.number, range.expected());
        self.ready.push_back(range);
    }
}
