//! The parents of a list that Stripe has once for each parent. Does no IO.
//!
//! Several parents are under way at a time and finish in any order. The checkpoint that is stored
//! is the last parent up to which all are finished.

use std::collections::VecDeque;

/// Most parents between the oldest unfinished one and the newest one under way.
const WINDOW: usize = 1_024;

/// Parents in the order of their ids, read from the database batch by batch.
#[derive(Debug, Default)]
pub(super) struct ParentQueue {
    /// Read from the database, not under way.
    waiting: VecDeque<String>,
    /// Under way or finished, oldest first.
    window: VecDeque<WindowEntry>,
    /// The last one read from the database.
    last_read: Option<String>,
    is_exhausted: bool,
    is_reading: bool,
    /// Parents that are finished, without those that Stripe doesn't have any more.
    pub(super) finished: u64,
    /// Parents whose lists Stripe doesn't give.
    pub(super) refused: u64,
}

#[derive(Debug)]
struct WindowEntry {
    parent: String,
    is_finished: bool,
}

/// What to do next about the parents of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ParentStep {
    /// Read the list of this parent.
    Start(String),
    /// Read more parents from the database.
    Read {
        /// The parent to read after; `None` for the first ones.
        after: Option<String>,
    },
}

impl ParentQueue {
    /// The parents after this checkpoint.
    pub(super) fn after(checkpoint: Option<String>) -> Self {
        Self {
            last_read: checkpoint,
            ..Self::default()
        }
    }

    /// The next step, if there is one now.
    pub(super) fn next(&mut self) -> Option<ParentStep> {
        if self.window.len() < WINDOW
            && let Some(parent) = self.waiting.pop_front()
        {
            self.window.push_back(WindowEntry {
                parent: parent.clone(),
                is_finished: false,
            });
            return Some(ParentStep::Start(parent));
        }

        let is_read_due = !self.is_exhausted && !self.is_reading && self.waiting.is_empty();
        is_read_due.then(|| {
            self.is_reading = true;
            ParentStep::Read {
                after: self.last_read.clone(),
            }
        })
    }

    /// Adds parents from the database; none means that there are no more.
    pub(super) fn add(&mut self, parents: Vec<String>) {
        self.is_reading = false;
        self.is_exhausted = parents.is_empty();
        if let Some(last) = parents.last() {
            self.last_read = Some(last.clone());
        }
        self.waiting.extend(parents);
    }

    /// Marks a parent as finished. Returns the new checkpoint, if it has moved.
    pub(super) fn finish(&mut self, parent: &str) -> Option<String> {
        self.finished += 1;
        if let Some(entry) = self.window.iter_mut().find(|entry| entry.parent == parent) {
            entry.is_finished = true;
        }

        let mut checkpoint = None;
        while let Some(entry) = self.window.pop_front_if(|entry| entry.is_finished) {
            checkpoint = Some(entry.parent);
        }
        checkpoint
    }

    /// How many parents could be started now.
    pub(super) fn ready(&self) -> usize {
        self.waiting.len()
    }

    /// Whether Stripe has refused the lists of all parents so far.
    pub(super) fn is_all_refused(&self) -> bool {
        self.refused > 0 && self.refused >= self.finished
    }

    /// Whether all parents are finished.
    pub(super) fn is_done(&self) -> bool {
        self.is_exhausted && self.waiting.is_empty() && self.window.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn start(id: &str) -> Option<ParentStep> {
        Some(ParentStep::Start(id.to_owned()))
    }

    fn read_after(id: &str) -> Option<ParentStep> {
        let after = Some(id.to_owned());
        Some(ParentStep::Read { after })
    }

    #[test]
    fn the_checkpoint_is_the_last_parent_up_to_which_all_are_finished() {
        let mut queue = ParentQueue::after(Some("a".to_owned()));
        assert_eq!(queue.next(), read_after("a"));
        assert_eq!(queue.next(), None);

        queue.add(ids(&["b", "c", "d"]));
        assert_eq!(queue.next(), start("b"));
        assert_eq!(queue.next(), start("c"));
        assert_eq!(queue.next(), start("d"));
        assert_eq!(queue.next(), read_after("d"));

        assert_eq!(queue.finish("c"), None);
        assert_eq!(queue.finish("b"), Some("c".to_owned()));
        queue.add(Vec::new());
        assert!(!queue.is_done());
        assert_eq!(queue.finish("d"), Some("d".to_owned()));
        assert!(queue.is_done());
    }

    #[test]
    fn no_more_are_started_than_the_window_holds() {
        let mut queue = ParentQueue::default();
        let many = (0..2 * WINDOW).map(|number| format!("{number:05}"));
        queue.add(many.collect());

        let started: Vec<String> = std::iter::from_fn(|| match queue.next()? {
            ParentStep::Start(parent) => Some(parent),
            ParentStep::Read { .. } => panic!("parents are waiting"),
        })
        .collect();
        assert_eq!(started.len(), WINDOW);

        assert_eq!(queue.finish(&started[1]), None);
        assert_eq!(queue.next(), None);
        assert_eq!(queue.finish(&started[0]), Some(started[1].clone()));
        assert!(queue.next().is_some());
    }
}
