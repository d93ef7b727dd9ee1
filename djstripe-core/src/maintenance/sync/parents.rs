//! The parents of a list that is asked for below each of them. Does no IO.
//!
//! Several are under way at a time and end in any order; what is stored is the last one before which all are through.

use std::collections::VecDeque;

/// Parents between the oldest that isn't through and the newest that is begun, at most.
const WINDOW: usize = 1_024;

/// A walk over parents in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The parent up to which everything is stored.
    through: Option<String>,
    /// Read from the database and not begun.
    waiting: VecDeque<String>,
    /// Begun, oldest first, and whether they are through.
    window: VecDeque<(String, bool)>,
    /// The last one read from the database.
    read: Option<String>,
    exhausted: bool,
    reading: bool,
    /// Parents that are through, and those whose lists Stripe refused to give.
    pub(super) ended: u64,
    pub(super) refused: u64,
}

impl Walk {
    /// A walk that goes on behind this parent.
    pub(super) fn after(through: Option<String>) -> Self {
        Self {
            read: through.clone(),
            through,
            ..Self::default()
        }
    }

    /// The parent after which more are to be read, if it is time for that.
    pub(super) fn wants_more(&mut self) -> Option<Option<String>> {
        let wants = !self.exhausted && !self.reading && self.waiting.is_empty();
        wants.then(|| {
            self.reading = true;
            self.read.clone()
        })
    }

    /// Takes in the next parents; none means that there are no more.
    pub(super) fn take_in(&mut self, parents: Vec<String>) {
        self.reading = false;
        self.exhausted = parents.is_empty();
        self.read = parents.last().cloned().or(self.read.take());
        self.waiting.extend(parents);
    }

    /// The next parent to begin.
    pub(super) fn next(&mut self) -> Option<String> {
        if self.window.len() >= WINDOW {
            return None;
        }
        let parent = self.waiting.pop_front()?;
        self.window.push_back((parent.clone(), false));
        Some(parent)
    }

    /// Notes that a parent is through; returns the last one before which all are, if that has changed.
    pub(super) fn finish(&mut self, parent: &str) -> Option<String> {
        self.ended += 1;
        if let Some((_, through)) = self.window.iter_mut().find(|(id, _)| id == parent) {
            *through = true;
        }
        let mut moved = None;
        while let Some((id, true)) = self.window.front() {
            moved = Some(id.clone());
            self.window.pop_front();
        }
        if moved.is_some() {
            self.through.clone_from(&moved);
        }
        moved
    }

    /// How many parents could be begun at once.
    pub(super) fn ready(&self) -> usize {
        self.waiting.len()
    }

    /// Whether Stripe has given nothing below any parent.
    pub(super) fn is_all_refused(&self) -> bool {
        self.refused > 0 && self.refused >= self.ended
    }

    /// Whether all parents are through.
    pub(super) fn is_done(&self) -> bool {
        self.exhausted && self.waiting.is_empty() && self.window.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn the_stored_parent_is_the_last_before_which_all_are_through() {
        let mut walk = Walk::after(Some("a".to_owned()));
        assert_eq!(walk.wants_more(), Some(Some("a".to_owned())));
        assert_eq!(walk.wants_more(), None);
        walk.take_in(ids(&["b", "c", "d"]));
        assert_eq!(
            [walk.next(), walk.next(), walk.next(), walk.next()].map(|id| id.unwrap_or_default()),
            ["b", "c", "d", ""]
        );
        assert_eq!(walk.finish("c"), None);
        assert_eq!(walk.finish("b"), Some("c".to_owned()));
        assert_eq!(walk.wants_more(), Some(Some("d".to_owned())));
        walk.take_in(Vec::new());
        assert!(!walk.is_done());
        assert_eq!(walk.finish("d"), Some("d".to_owned()));
        assert!(walk.is_done());
    }

    #[test]
    fn no_more_are_begun_than_the_window_holds() {
        let mut walk = Walk::default();
        walk.take_in(
            (0..2 * WINDOW)
                .map(|number| format!("{number:05}"))
                .collect(),
        );
        let begun: Vec<String> = std::iter::from_fn(|| walk.next()).collect();
        assert_eq!(begun.len(), WINDOW);
        assert_eq!(walk.finish(&begun[1]), None);
        assert_eq!(walk.next(), None);
        assert_eq!(walk.finish(&begun[0]), Some(begun[1].clone()));
        assert!(walk.next().is_some());
    }
}
