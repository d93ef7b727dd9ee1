//! Parts of a list, each gone through page by page. Does no IO.
//!
//! In: what a page held. Out: the parameters of the next request, and where a part can be cut in two so that more pages are
//! under way. Stripe lists newest first, so a part goes from its upper end down; what appeared above its first page
//! meanwhile is asked for at its end, upwards.

use serde_json::{Map, Value, json};

use crate::store::{SyncPhase, SyncPosition, SyncRange};

/// Objects on a full page.
pub(super) const PAGE: u32 = 100;

/// Pages that either half of a part is expected to have at least, so that a cut hardly costs a request.
const LEAST_PAGES: f64 = 4.0;

/// Times that one part may lose its cursor to a deletion.
const MOST_LOSSES: u32 = 20;

/// A part of a list that is under way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    /// What the database keeps of it.
    pub(super) row: SyncRange,
    /// Objects a second on its last page.
    density: Option<f64>,
    /// How often its cursor was deleted at Stripe.
    losses: u32,
}

/// What matters of a page here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) first: Option<SyncPosition>,
    pub(super) last: Option<SyncPosition>,
    pub(super) count: usize,
    pub(super) has_more: bool,
}

impl From<SyncRange> for Range {
    fn from(row: SyncRange) -> Self {
        Self {
            row,
            density: None,
            losses: 0,
        }
    }
}

impl Range {
    /// A part that nothing of was seen yet.
    pub(super) fn new(number: i64, from: Option<i64>, to: Option<i64>) -> Self {
        SyncRange {
            number,
            from,
            to,
            cursor: None,
            newest: None,
            pages: 0,
            phase: SyncPhase::Down,
        }
        .into()
    }

    /// Begins behind this object, which was seen elsewhere.
    pub(super) fn begin_after(&mut self, id: &str) {
        self.row.cursor = Some(SyncPosition {
            id: id.to_owned(),
            at: None,
        });
    }

    /// The parameters of its next request.
    pub(super) fn params(&self) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("limit".to_owned(), PAGE.into());
        let mut to = self.row.to;
        match (self.row.phase, &self.row.cursor, &self.row.newest) {
            (SyncPhase::Down, Some(SyncPosition { id, at: Some(at) }), _) if id.is_empty() => {
                to = Some(at.saturating_add(1))
            }
            (SyncPhase::Down, Some(SyncPosition { id, .. }), _) if !id.is_empty() => {
                params.insert("starting_after".to_owned(), id.as_str().into());
            }
            (SyncPhase::Up, _, Some(newest)) => {
                params.insert("ending_before".to_owned(), newest.id.as_str().into());
            }
            _ => {}
        }
        let bounds = [("gte", self.row.from), ("lt", to)].into_iter();
        let bounds: Map<String, Value> = bounds
            .filter_map(|(name, bound)| Some((name.to_owned(), bound?.into())))
            .collect();
        if !bounds.is_empty() {
            params.insert("created".to_owned(), json!(bounds));
        }
        params
    }

    /// Whether the list goes on behind this page, but not from anywhere else than before it.
    pub(super) fn is_stuck(&self, seen: &Seen) -> bool {
        let (end, before) = match self.row.phase {
            SyncPhase::Up => (&seen.first, &self.row.newest),
            SyncPhase::Down | SyncPhase::Done => (&seen.last, &self.row.cursor),
        };
        let is_before =
            |end: &SyncPosition| before.as_ref().is_some_and(|before| before.id == end.id);
        seen.has_more && end.as_ref().is_none_or(is_before)
    }

    /// Goes on by a page.
    pub(super) fn advance(&mut self, seen: &Seen) {
        match self.row.phase {
            SyncPhase::Down => {
                self.row.pages += 1;
                self.density = density(seen);
                if self.row.newest.is_none() {
                    self.row.newest.clone_from(&seen.first);
                }
                if seen.last.is_some() {
                    self.row.cursor.clone_from(&seen.last);
                }
                if !seen.has_more {
                    // One page is a picture of one moment: nothing can be missing in it.
                    let single = self.row.pages == 1 || self.row.newest.is_none();
                    self.row.phase = if single {
                        SyncPhase::Done
                    } else {
                        SyncPhase::Up
                    };
                }
            }
            SyncPhase::Up => {
                if seen.first.is_some() {
                    self.row.pages += 1;
                    self.row.newest.clone_from(&seen.first);
                }
                if !seen.has_more {
                    self.row.phase = SyncPhase::Done;
                }
            }
            SyncPhase::Done => {}
        }
    }

    /// Goes on although the object that the next request names was deleted. False if that has happened too often.
    pub(super) fn lose(&mut self) -> bool {
        self.losses += 1;
        match self.row.phase {
            SyncPhase::Down => {
                let at = self
                    .row
                    .cursor
                    .as_ref()
                    .and_then(|cursor| cursor.at)
                    .filter(|_| self.row.to.is_some());
                self.row.cursor = at.map(|at| SyncPosition {
                    id: String::new(),
                    at: Some(at),
                });
            }
            SyncPhase::Up => {
                // From the second of what was the newest on, it is a part that nothing of was seen yet.
                let newest = self.row.newest.take().and_then(|newest| newest.at);
                if self.row.to.is_some() && newest.is_some() {
                    self.row.from = newest;
                }
                self.row.cursor = None;
                self.row.pages = 0;
                self.row.phase = SyncPhase::Down;
            }
            SyncPhase::Done => {}
        }
        self.losses <= MOST_LOSSES
    }

    /// Cuts off the older part of what is left, for somebody else to go through; `None` if either part may turn out too
    /// small. `pages` is how many the list has had: where the beginning of time is open, about half as many are kept, so
    /// that long lists are cut into few parts and the last cut doesn't go far beyond the list.
    pub(super) fn cut(&mut self, number: i64, pages: i64) -> Option<Self> {
        let (SyncPhase::Down, Some(to), Some(density)) =
            (self.row.phase, self.row.to, self.density)
        else {
            return None;
        };
        let at = self.row.cursor.as_ref()?.at?.min(to);
        let seconds_for = |pages: f64| pages * f64::from(PAGE) / density;
        let cut = match self.row.from {
            Some(from) => {
                let left = (at - from) as f64;
                if left < 2.0 * seconds_for(LEAST_PAGES) {
                    return None;
                }
                from + (left / 2.0) as i64
            }
            None => at.checked_sub(
                seconds_for((pages as f64 / 2.0).max(LEAST_PAGES)).min(i64::MAX as f64 / 4.0)
                    as i64,
            )?,
        };
        if cut >= at
            || self.row.from.is_some_and(|from| cut <= from)
            || self.row.from.is_none() && cut <= 0
        {
            return None;
        }
        let older = Self {
            density: self.density,
            ..Self::new(number, self.row.from, Some(cut))
        };
        self.row.from = Some(cut);
        Some(older)
    }

    /// How many objects are probably left; `None` if nobody can tell.
    pub(super) fn expected(&self) -> Option<u64> {
        match self.row.phase {
            SyncPhase::Done | SyncPhase::Up => Some(0),
            SyncPhase::Down => {
                let at = self
                    .row
                    .cursor
                    .as_ref()
                    .map_or(self.row.to, |cursor| cursor.at)?;
                Some(((at - self.row.from?).max(0) as f64 * self.density?) as u64)
            }
        }
    }
}

/// Objects a second on a page; `None` if they are all of one second.
fn density(seen: &Seen) -> Option<f64> {
    let span = seen.first.as_ref()?.at? - seen.last.as_ref()?.at?;
    (span > 0).then(|| seen.count as f64 / span as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(id: &str, at: i64) -> Option<SyncPosition> {
        Some(SyncPosition {
            id: id.to_owned(),
            at: Some(at),
        })
    }

    /// A full page of a list with one object each `every` seconds, from `top` down.
    fn page(top: i64, every: i64, has_more: bool) -> Seen {
        let last = top - every * 99;
        Seen {
            first: mark(&format!("o_{top}"), top),
            last: mark(&format!("o_{last}"), last),
            count: 100,
            has_more,
        }
    }

    fn params(range: &Range) -> Value {
        range.params().into()
    }

    #[test]
    fn a_part_goes_down_and_then_asks_what_is_new() {
        let mut range = Range::new(1, Some(10), Some(1_000));
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": { "gte": 10, "lt": 1_000 } })
        );
        range.advance(&page(999, 1, true));
        let bounds = json!({ "gte": 10, "lt": 1_000 });
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": bounds, "starting_after": "o_900" })
        );
        range.advance(&page(899, 1, false));
        assert_eq!(range.row.phase, SyncPhase::Up);
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": bounds, "ending_before": "o_999" })
        );
        range.advance(&Seen {
            first: mark("new", 999),
            last: mark("new", 999),
            count: 1,
            has_more: true,
        });
        assert_eq!(params(&range)["ending_before"], "new");
        range.advance(&Seen::default());
        assert_eq!(range.row.phase, SyncPhase::Done);
    }

    #[test]
    fn the_same_page_again_is_no_progress() {
        let one = |id: &str, has_more: bool| Seen {
            first: mark(id, 7),
            last: mark(id, 7),
            count: 1,
            has_more,
        };
        let check = |range: &Range, expected: &[(&Seen, bool)]| {
            let stuck: Vec<(&Seen, bool)> = expected
                .iter()
                .map(|(seen, _)| (*seen, range.is_stuck(seen)))
                .collect();
            assert_eq!(stuck, expected);
        };
        let mut range = Range::new(1, None, None);
        let nothing = Seen {
            has_more: true,
            ..Seen::default()
        };
        check(
            &range,
            &[
                (&one("a", true), false),
                (&nothing, true),
                (&Seen::default(), false),
            ],
        );
        range.begin_after("a");
        check(
            &range,
            &[
                (&one("a", true), true),
                (&one("a", false), false),
                (&one("b", true), false),
            ],
        );
        range.row.newest = mark("b", 7);
        range.row.phase = SyncPhase::Up;
        check(
            &range,
            &[
                (&one("a", true), false),
                (&one("b", true), true),
                (&nothing, true),
            ],
        );
    }

    #[test]
    fn one_page_and_an_empty_one_need_no_check() {
        let check = |seen: Seen| {
            let mut range = Range::new(1, None, None);
            range.advance(&seen);
            assert_eq!(range.row.phase, SyncPhase::Done);
        };
        check(page(999, 1, false));
        check(Seen::default());
    }

    #[test]
    fn a_deleted_cursor_costs_one_second_or_the_list() {
        let mut range = Range::new(1, None, Some(1_000));
        range.advance(&page(999, 1, true));
        assert!(range.lose());
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": { "lt": 901 } })
        );
        range.advance(&page(900, 1, false));
        assert!(range.lose());
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": { "gte": 999, "lt": 1_000 } })
        );
        let mut untimed = Range::new(1, None, None);
        untimed.advance(&page(999, 1, true));
        assert!(untimed.lose());
        assert_eq!(params(&untimed), json!({ "limit": 100 }));
        assert!(
            (0..MOST_LOSSES)
                .map(|_| untimed.lose())
                .any(|goes_on| !goes_on)
        );
    }

    #[test]
    fn parts_are_cut_where_both_have_enough() {
        let check = |from: Option<i64>, pages: i64, expected: Option<i64>| {
            let mut range = Range::new(1, from, Some(1_000_000));
            range.advance(&page(999_999, 10, true));
            let at = 999_009;
            let older = range.cut(2, pages);
            assert_eq!(
                older.as_ref().and_then(|older| older.row.to),
                expected,
                "{from:?} {pages}"
            );
            if let Some(older) = older {
                assert_eq!((older.row.from, range.row.from), (from, expected));
                assert!(expected.unwrap() < at);
            }
        };
        // An open end: a page is about 990 seconds.
        check(None, 1, Some(995_049));
        check(None, 20, Some(989_109));
        check(Some(0), 1, Some(499_504));
        check(Some(996_000), 1, None);
        check(Some(990_000), 1, Some(994_504));
    }

    #[test]
    fn nothing_is_cut_without_a_density() {
        let mut range = Range::new(1, Some(0), Some(1_000));
        assert_eq!(range.cut(2, 1), None);
        range.advance(&page(500, 0, true));
        assert_eq!(range.cut(2, 1), None);
        let mut untimed = Range::new(1, None, None);
        untimed.advance(&page(500, 1, true));
        assert_eq!(untimed.cut(2, 1), None);
    }
}
