//! Parts of a list, each gone through page by page. Does no IO.
//!
//! In: what a page held. Out: the parameters of the next request, and where a part can be cut in two so that more pages are
//! under way. Stripe lists newest first, so a part goes from its upper end down; what appeared above its first page
//! meanwhile is asked for at its end, upwards.

use serde_json::{Map, Value, json};

/// Objects on a full page.
pub(super) const PAGE: u32 = 100;

/// Pages that either half of a part is expected to have at least, so that a cut hardly costs a request.
const LEAST_PAGES: f64 = 4.0;

/// Times that one part may lose its cursor to a deletion.
const MOST_LOSSES: u32 = 20;

/// Where an object stands in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its id; empty where only its time is known.
    pub(crate) id: String,
    /// When it was created, in Unix seconds, where that is known.
    pub(crate) at: Option<i64>,
}

/// How far a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Older objects are left.
    Down,
    /// What appeared since its first page is to be asked for.
    Up,
    /// Nothing is left.
    Done,
}

impl Phase {
    /// The word for it in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::Done => "done",
        }
    }

    /// The phase that a word of the database names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        [Self::Down, Self::Up, Self::Done]
            .into_iter()
            .find(|phase| phase.as_str() == word)
    }
}

/// A part of a list: what was created from `from` on and before `to`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    /// Its number in the list.
    pub(crate) number: i64,
    /// First second; `None` for the beginning of time.
    pub(crate) from: Option<i64>,
    /// The second behind its last; `None` for lists that time can't narrow.
    pub(crate) to: Option<i64>,
    /// The last object seen going down. One without an id was deleted: its second is gone through once more.
    pub(crate) cursor: Option<Mark>,
    /// The newest object seen.
    pub(crate) newest: Option<Mark>,
    /// Pages so far.
    pub(crate) pages: i64,
    /// How far it is.
    pub(crate) phase: Phase,
    /// Objects a second, as its last page had them.
    density: Option<f64>,
    losses: u32,
}

/// What matters of a page here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) first: Option<Mark>,
    pub(super) last: Option<Mark>,
    pub(super) count: usize,
    pub(super) has_more: bool,
}

impl Range {
    /// A part that nothing of was seen yet.
    pub(super) fn new(number: i64, from: Option<i64>, to: Option<i64>) -> Self {
        let phase = Phase::Down;
        Self {
            number,
            from,
            to,
            cursor: None,
            newest: None,
            pages: 0,
            phase,
            density: None,
            losses: 0,
        }
    }

    /// A part as it was stored.
    pub(crate) fn stored(
        (number, from, to): (i64, Option<i64>, Option<i64>),
        cursor: Option<Mark>,
        newest: Option<Mark>,
        pages: i64,
        phase: Phase,
    ) -> Self {
        Self {
            cursor,
            newest,
            pages,
            phase,
            ..Self::new(number, from, to)
        }
    }

    /// Begins behind this object, which was seen elsewhere.
    pub(super) fn begin_after(&mut self, id: &str) {
        self.cursor = Some(Mark {
            id: id.to_owned(),
            at: None,
        });
    }

    /// The parameters of its next request.
    pub(super) fn params(&self) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("limit".to_owned(), PAGE.into());
        let mut to = self.to;
        match (self.phase, &self.cursor, &self.newest) {
            (Phase::Down, Some(Mark { id, at: Some(at) }), _) if id.is_empty() => {
                to = Some(at.saturating_add(1))
            }
            (Phase::Down, Some(Mark { id, .. }), _) if !id.is_empty() => {
                params.insert("starting_after".to_owned(), id.as_str().into());
            }
            (Phase::Up, _, Some(newest)) => {
                params.insert("ending_before".to_owned(), newest.id.as_str().into());
            }
            _ => {}
        }
        let bounds = [("gte", self.from), ("lt", to)].into_iter();
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
        let (end, before) = match self.phase {
            Phase::Up => (&seen.first, &self.newest),
            Phase::Down | Phase::Done => (&seen.last, &self.cursor),
        };
        let is_before = |end: &Mark| before.as_ref().is_some_and(|before| before.id == end.id);
        seen.has_more && end.as_ref().is_none_or(is_before)
    }

    /// Goes on by a page.
    pub(super) fn advance(&mut self, seen: &Seen) {
        match self.phase {
            Phase::Down => {
                self.pages += 1;
                self.density = density(seen);
                if self.newest.is_none() {
                    self.newest.clone_from(&seen.first);
                }
                if seen.last.is_some() {
                    self.cursor.clone_from(&seen.last);
                }
                if !seen.has_more {
                    // One page is a picture of one moment: nothing can be missing in it.
                    let single = self.pages == 1 || self.newest.is_none();
                    self.phase = if single { Phase::Done } else { Phase::Up };
                }
            }
            Phase::Up => {
                if seen.first.is_some() {
                    self.pages += 1;
                    self.newest.clone_from(&seen.first);
                }
                if !seen.has_more {
                    self.phase = Phase::Done;
                }
            }
            Phase::Done => {}
        }
    }

    /// Goes on although the object that the next request names was deleted. False if that has happened too often.
    pub(super) fn lose(&mut self) -> bool {
        self.losses += 1;
        match self.phase {
            Phase::Down => {
                let at = self
                    .cursor
                    .as_ref()
                    .and_then(|cursor| cursor.at)
                    .filter(|_| self.to.is_some());
                self.cursor = at.map(|at| Mark {
                    id: String::new(),
                    at: Some(at),
                });
            }
            Phase::Up => {
                // From the second of what was the newest on, it is a part that nothing of was seen yet.
                let newest = self.newest.take().and_then(|newest| newest.at);
                if self.to.is_some() && newest.is_some() {
                    self.from = newest;
                }
                self.cursor = None;
                self.pages = 0;
                self.phase = Phase::Down;
            }
            Phase::Done => {}
        }
        self.losses <= MOST_LOSSES
    }

    /// Cuts off the older part of what is left, for somebody else to go through; `None` if either part may turn out too
    /// small. `pages` is how many the list has had: where the beginning of time is open, about half as many are kept, so
    /// that long lists are cut into few parts and the last cut doesn't go far beyond the list.
    pub(super) fn cut(&mut self, number: i64, pages: i64) -> Option<Self> {
        let (Phase::Down, Some(to), Some(density)) = (self.phase, self.to, self.density) else {
            return None;
        };
        let at = self.cursor.as_ref()?.at?.min(to);
        let seconds_for = |pages: f64| pages * f64::from(PAGE) / density;
        let cut = match self.from {
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
        if cut >= at || self.from.is_some_and(|from| cut <= from) || self.from.is_none() && cut <= 0
        {
            return None;
        }
        let older = Self {
            density: self.density,
            ..Self::new(number, self.from, Some(cut))
        };
        self.from = Some(cut);
        Some(older)
    }

    /// How many objects are probably left; `None` if nobody can tell.
    pub(super) fn expected(&self) -> Option<u64> {
        match self.phase {
            Phase::Done | Phase::Up => Some(0),
            Phase::Down => {
                let at = self.cursor.as_ref().map_or(self.to, |cursor| cursor.at)?;
                Some(((at - self.from?).max(0) as f64 * self.density?) as u64)
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

    fn mark(id: &str, at: i64) -> Option<Mark> {
        Some(Mark {
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
        assert_eq!(range.phase, Phase::Up);
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
        assert_eq!(range.phase, Phase::Done);
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
        range.newest = mark("b", 7);
        range.phase = Phase::Up;
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
            assert_eq!(range.phase, Phase::Done);
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
                older.as_ref().and_then(|older| older.to),
                expected,
                "{from:?} {pages}"
            );
            if let Some(older) = older {
                assert_eq!((older.from, range.from), (from, expected));
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
