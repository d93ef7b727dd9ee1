//! Log lines that strangers can cause: a few a minute, and a count of the others.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time in which [`Sparing`] lets its lines through once.
const WINDOW: Duration = Duration::from_secs(60);

/// Limits lines of one kind.
#[derive(Debug)]
pub(super) struct Sparing {
    lines: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window_began: Option<Instant>,
    left: u32,
    suppressed: u64,
}

impl Sparing {
    /// At most this many lines a minute.
    pub(super) const fn new(lines: u32) -> Self {
        Self {
            lines,
            state: Mutex::new(State {
                window_began: None,
                left: 0,
                suppressed: 0,
            }),
        }
    }

    /// Whether to log a line now: if so, how many were suppressed since the last one.
    pub(super) fn next(&self) -> Option<u64> {
        self.next_at(Instant::now())
    }

    fn next_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |began: Instant| now.saturating_duration_since(began) >= WINDOW;
        if state.window_began.is_none_or(is_over) {
            state.window_began = Some(now);
            state.left = self.lines;
        }

        if state.left == 0 {
            state.suppressed += 1;
            return None;
        }
        state.left -= 1;
        Some(std::mem::take(&mut state.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lines_a_minute_and_the_number_of_the_others() {
        let (sparing, start) = (Sparing::new(2), Instant::now());
        let at = |seconds| sparing.next_at(start + Duration::from_secs(seconds));
        assert_eq!(
            [at(0), at(1), at(2), at(59), at(60), at(61), at(62)],
            [Some(0), Some(0), None, None, Some(2), Some(0), None]
        );
        assert_eq!(at(200), Some(1));
    }
}
