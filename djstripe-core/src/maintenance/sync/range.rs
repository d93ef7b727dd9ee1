//! Ranges of a list, each read page by page. Does no IO.
//!
//! In: the bounds of each page. Out: the parameters of the next request, and where a range can be
//! split in two so that more pages are under way. Stripe lists newest first, so a range is read
//! from its upper end down. Objects that have appeared above its first page meanwhile are requested
//! at the end, upwards.

use serde_json::{Map, Value, json};

use super::narrowing::Narrowing;
use crate::store::{SyncPhase, SyncPosition, SyncRange};

/// Objects on a full page.
pub(super) const PAGE_SIZE: u32 = 100;

/// Pages that each half of a split range is expected to have, so that a split hardly costs a
/// request.
const MIN_PAGES: f64 = 4.0;

/// Deleted cursors after which a range fails.
const MAX_LOST_CURSORS: u32 = 20;

/// A range of a list that is under way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    /// The part of it that the database stores.
    pub(super) row: SyncRange,
    /// Objects per second on its last page.
    density: Option<f64>,
    /// The cursor of the page before, for the case that its own is deleted at Stripe.
    before: Option<SyncPosition>,
    /// How often its cursor was deleted at Stripe.
    lost_cursors: u32,
    /// Whether it ends without a check for new objects, because Stripe refuses the request.
    is_unchecked: bool,
}

/// The first and the last object of a page, and what lies beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageBounds {
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
            before: None,
            lost_cursors: 0,
            is_unchecked: false,
        }
    }
}

impl Range {
    /// A range of which no page was read.
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

    /// Starts after this object, which another list has shown.
    pub(super) fn start_after(&mut self, id: &str) {
        self.row.cursor = Some(SyncPosition {
            id: id.to_owned(),
            at: None,
        });
    }

    /// The parameters of its next request.
    pub(super) fn params(&self) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("limit".to_owned(), PAGE_SIZE.into());

        let mut to = self.row.to;
        match (self.row.phase, &self.row.cursor, &self.row.newest) {
            // Only the time of the cursor is known: its whole second is read again.
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

        let created: Map<String, Value> = [("gte", self.row.from), ("lt", to)]
            .into_iter()
            .filter_map(|(name, bound)| Some((name.to_owned(), bound?.into())))
            .collect();
        if !created.is_empty() {
            params.insert("created".to_owned(), json!(created));
        }
        params
    }

    /// Whether the page after this one would be the same page again.
    pub(super) fn is_stuck(&self, page: &PageBounds) -> bool {
        let (end, before) = match self.row.phase {
            SyncPhase::Up => (&page.first, &self.row.newest),
            SyncPhase::Down | SyncPhase::Done => (&page.last, &self.row.cursor),
        };

        let is_before =
            |end: &SyncPosition| before.as_ref().is_some_and(|before| before.id == end.id);
        page.has_more && end.as_ref().is_none_or(is_before)
    }

    /// Advances past a page.
    pub(super) fn advance(&mut self, page: &PageBounds) {
        match self.row.phase {
            SyncPhase::Down => self.advance_down(page),
            SyncPhase::Up => {
                if page.first.is_some() {
                    self.row.pages += 1;
                    self.row.newest.clone_from(&page.first);
                }
                if !page.has_more {
                    self.row.phase = SyncPhase::Done;
                }
            }
            SyncPhase::Done => {}
        }
    }

    fn advance_down(&mut self, page: &PageBounds) {
        self.row.pages += 1;
        self.density = density(page);
        if self.row.newest.is_none() {
            self.row.newest.clone_from(&page.first);
        }
        if page.last.is_some() {
            self.before = self.row.cursor.take();
            self.row.cursor.clone_from(&page.last);
        }

        if !page.has_more {
            // A single page shows one moment: no object can be missing from it.
            let is_single = self.row.pages == 1 || self.row.newest.is_none();
            self.row.phase = if is_single || self.is_unchecked {
                SyncPhase::Done
            } else {
                SyncPhase::Up
            };
        }
    }

    /// Recovers from the deletion of the object that the next request names: the last page is read
    /// again. Returns `false` if that has happened too often.
    #[must_use]
    pub(super) fn recover_cursor(&mut self) -> bool {
        self.lost_cursors += 1;

        match self.row.phase {
            SyncPhase::Down => {
                let cursor = self.row.cursor.as_ref();
                let at = cursor
                    .and_then(|cursor| cursor.at)
                    .filter(|_| self.row.to.is_some());
                self.row.cursor = match at {
                    Some(at) => Some(SyncPosition {
                        id: String::new(),
                        at: Some(at),
                    }),
                    None => self.before.take(),
                };
            }
            SyncPhase::Up => {
                // From the second of the newest object on, the range is read again from the top.
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

        self.lost_cursors <= MAX_LOST_CURSORS
    }

    /// Goes on without a parameter that Stripe refuses, page by page. Returns `false` if the next
    /// request doesn't have the parameter.
    pub(super) fn widen(&mut self, refused: Narrowing) -> bool {
        let row = &mut self.row;
        match refused {
            Narrowing::Created => {
                let has_bounds = row.from.take().is_some() | row.to.take().is_some();
                if row
                    .cursor
                    .as_ref()
                    .is_some_and(|cursor| cursor.id.is_empty())
                {
                    row.cursor = None;
                }
                has_bounds
            }
            Narrowing::EndingBefore if row.phase == SyncPhase::Up => {
                // New objects may be above the first page, so the list is read again from its top.
                (row.newest, row.cursor) = (None, None);
                row.phase = SyncPhase::Down;
                self.is_unchecked = true;
                true
            }
            Narrowing::EndingBefore => false,
        }
    }

    /// Splits off the older half of the rest, as the range with this number; `None` if either half
    /// might be too small. `pages` is how many the list has had: a range without a lower bound
    /// keeps about half as many, so that long lists are split into few ranges and the last split
    /// is not far below the list's end.
    pub(super) fn split(&mut self, number: i64, pages: i64) -> Option<Self> {
        let (SyncPhase::Down, Some(to), Some(density)) =
            (self.row.phase, self.row.to, self.density)
        else {
            return None;
        };
        let at = self.row.cursor.as_ref()?.at?.min(to);
        let seconds_for = |pages: f64| pages * f64::from(PAGE_SIZE) / density;

        let middle = match self.row.from {
            Some(from) => {
                let left = (at - from) as f64;
                if left < 2.0 * seconds_for(MIN_PAGES) {
                    return None;
                }
                from + (left / 2.0) as i64
            }
            None => {
                let kept = seconds_for((pages as f64 / 2.0).max(MIN_PAGES));
                at.checked_sub(kept.min(i64::MAX as f64 / 4.0) as i64)?
            }
        };
        let is_below = self.row.from.map_or(middle <= 0, |from| middle <= from);
        if middle >= at || is_below {
            return None;
        }

        let older = Self {
            density: self.density,
            ..Self::new(number, self.row.from, Some(middle))
        };
        self.row.from = Some(middle);
        Some(older)
    }

    /// About how many objects are left; `None` if that can't be estimated.
    pub(super) fn remaining(&self) -> Option<u64> {
        match self.row.phase {
            SyncPhase::Done | SyncPhase::Up => Some(0),
            SyncPhase::Down => {
                let cursor = self.row.cursor.as_ref();
                let at = cursor.map_or(self.row.to, |cursor| cursor.at)?;
                Some(((at - self.row.from?).max(0) as f64 * self.density?) as u64)
            }
        }
    }
}

/// Objects per second on a page; `None` if they are all of one second.
fn density(page: &PageBounds) -> Option<f64> {
    let span = page.first.as_ref()?.at? - page.last.as_ref()?.at?;
    (span > 0).then(|| page.count as f64 / span as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(id: &str, at: i64) -> Option<SyncPosition> {
        Some(SyncPosition {
            id: id.to_owned(),
            at: Some(at),
        })
    }

    /// A full page of a list with one object each `every` seconds, from `top` down.
    fn page(top: i64, every: i64, has_more: bool) -> PageBounds {
        let last = top - every * 99;
        PageBounds {
            first: position(&format!("o_{top}"), top),
            last: position(&format!("o_{last}"), last),
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

        range.advance(&PageBounds {
            first: position("new", 999),
            last: position("new", 999),
            count: 1,
            has_more: true,
        });
        assert_eq!(params(&range)["ending_before"], "new");
        range.advance(&PageBounds::default());
        assert_eq!(range.row.phase, SyncPhase::Done);
    }

    #[test]
    fn the_same_page_again_is_no_progress() {
        let one = |id: &str, has_more: bool| PageBounds {
            first: position(id, 7),
            last: position(id, 7),
            count: 1,
            has_more,
        };
        let check = |range: &Range, expected: &[(&PageBounds, bool)]| {
            let stuck: Vec<(&PageBounds, bool)> = expected
                .iter()
                .map(|(seen, _)| (*seen, range.is_stuck(seen)))
                .collect();
            assert_eq!(stuck, expected);
        };

        let mut range = Range::new(1, None, None);
        let nothing = PageBounds {
            has_more: true,
            ..PageBounds::default()
        };
        check(
            &range,
            &[
                (&one("a", true), false),
                (&nothing, true),
                (&PageBounds::default(), false),
            ],
        );

        range.start_after("a");
        check(
            &range,
            &[
                (&one("a", true), true),
                (&one("a", false), false),
                (&one("b", true), false),
            ],
        );

        range.row.newest = position("b", 7);
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
        let check = |page: PageBounds| {
            let mut range = Range::new(1, None, None);
            range.advance(&page);
            assert_eq!(range.row.phase, SyncPhase::Done);
        };

        check(page(999, 1, false));
        check(PageBounds::default());
    }

    #[test]
    fn a_deleted_cursor_costs_one_second_or_one_page() {
        let mut range = Range::new(1, None, Some(1_000));
        range.advance(&page(999, 1, true));
        assert!(range.recover_cursor());
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": { "lt": 901 } })
        );

        range.advance(&page(900, 1, false));
        assert!(range.recover_cursor());
        assert_eq!(
            params(&range),
            json!({ "limit": 100, "created": { "gte": 999, "lt": 1_000 } })
        );

        let mut untimed = Range::new(1, None, None);
        untimed.advance(&page(999, 1, true));
        untimed.advance(&page(899, 1, true));
        assert!(untimed.recover_cursor());
        let again = json!({ "limit": 100, "starting_after": "o_900" });
        assert_eq!(params(&untimed), again);
        assert!(untimed.recover_cursor());
        assert_eq!(params(&untimed), json!({ "limit": 100 }));
        assert!(
            (0..MAX_LOST_CURSORS)
                .map(|_| untimed.recover_cursor())
                .any(|is_recovered| !is_recovered)
        );
    }

    #[test]
    fn a_refused_narrowing_leaves_plain_pages() {
        let mut range = Range::new(1, Some(10), Some(1_000));
        range.advance(&page(999, 1, true));
        assert!(!range.widen(Narrowing::EndingBefore));
        assert!(range.widen(Narrowing::Created));
        let plain = json!({ "limit": 100, "starting_after": "o_900" });
        assert_eq!(params(&range), plain);
        assert!(!range.widen(Narrowing::Created));

        range.advance(&page(899, 1, false));
        assert_eq!(range.row.phase, SyncPhase::Up);
        assert!(range.widen(Narrowing::EndingBefore));
        assert_eq!(params(&range), json!({ "limit": 100 }));
        range.advance(&page(999, 1, true));
        range.advance(&page(899, 1, false));
        assert_eq!(range.row.phase, SyncPhase::Done);
    }

    #[test]
    fn parts_are_cut_where_both_have_enough() {
        let check = |from: Option<i64>, pages: i64, expected: Option<i64>| {
            let mut range = Range::new(1, from, Some(1_000_000));
            range.advance(&page(999_999, 10, true));
            let at = 999_009;

            let older = range.split(2, pages);
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

        // Without a lower bound; a page spans about 990 seconds.
        check(None, 1, Some(995_049));
        check(None, 20, Some(989_109));
        check(Some(0), 1, Some(499_504));
        check(Some(996_000), 1, None);
        check(Some(990_000), 1, Some(994_504));
    }

    #[test]
    fn nothing_is_cut_without_a_density() {
        let mut range = Range::new(1, Some(0), Some(1_000));
        assert_eq!(range.split(2, 1), None);

        range.advance(&page(500, 0, true));
        assert_eq!(range.split(2, 1), None);

        let mut untimed = Range::new(1, None, None);
        untimed.advance(&page(500, 1, true));
        assert_eq!(untimed.split(2, 1), None);
    }
}
