use super::*;

/// The history of an object, and what its row holds: the observation written last of the latest time.
#[derive(Default)]
struct History {
    versions: Vec<Version>,
    row: Option<(i64, &'static str)>,
}

fn observed(at: i64, content: &'static str) -> Observed<'static> {
    Observed {
        at,
        event_id: None,
        content: content.trim_end_matches('!'),
        is_deleted: content.ends_with('!'),
        is_child: false,
    }
}

impl History {
    fn of(observations: &[(i64, &'static str)]) -> Self {
        let mut history = Self::default();
        for (at, content) in observations {
            history.add(*at, content);
        }
        history
    }

    /// As the upsert does: the latest observation becomes the row, others come late.
    fn add(&mut self, at: i64, content: &'static str) {
        let new = observed(at, content);
        let before = self.row.map(|(at, _)| Confirmed { at, event_id: None });
        let changes = if self.row.is_none_or(|(row, _)| at >= row) {
            self.row = Some((at, content));
            append(self.versions.last(), &new, before).unwrap()
        } else {
            let around = self.around(at, before);
            insert(&around, &new)
        };
        changes.into_iter().for_each(|change| self.make(change));
    }

    fn around(&self, at: i64, row: Option<Confirmed>) -> Neighbours {
        let versions = || self.versions.iter();
        Neighbours {
            of_moment: versions().rev().filter(|it| it.at == at).cloned().collect(),
            before: versions().rev().find(|it| it.at < at).cloned(),
            after: versions().find(|it| it.at > at).cloned(),
            row,
        }
    }

    fn at_place(&mut self, at: i64, number: i32) -> &mut Version {
        let mut versions = self.versions.iter_mut();
        versions
            .find(|it| (it.at, it.number) == (at, number))
            .unwrap()
    }

    fn make(&mut self, change: Change) {
        match change {
            Change::Insert(version) => self.versions.push(version),
            Change::Confirm { at, number, until } => self.at_place(at, number).confirmed = until,
            Change::Renumber { at, number, new } => self.at_place(at, number).number = new,
            Change::Rewrite {
                at,
                number,
                content,
            } => self.at_place(at, number).content = content,
            Change::Begin {
                at,
                number,
                earlier,
                new_number,
                event_id,
                until,
            } => {
                let version = self.at_place(at, number);
                version.at = earlier;
                version.number = new_number;
                version.event_id = event_id;
                version.confirmed = until;
            }
        }
        self.versions.sort_by_key(|it| (it.at, it.number));
        let places = self.versions.windows(2);
        assert!(
            places
                .into_iter()
                .all(|pair| (pair[0].at, pair[0].number) != (pair[1].at, pair[1].number))
        );
    }

    fn shown(&self) -> Vec<String> {
        let end = |version: &Version| if version.is_deleted { "!" } else { "" };
        let shown = self.versions.iter();
        shown
            .map(|it| format!("{}{}{}", it.at, it.content, end(it)))
            .collect()
    }
}

fn check(observations: &[(i64, &'static str)], expected: &[&str]) {
    let mut history = History::of(observations);
    assert_eq!(history.shown(), expected, "{observations:?}");

    // What comes once more changes nothing.
    for (at, content) in observations {
        let is_row = history.row == Some((*at, content));
        if is_row || history.row.is_some_and(|(row, _)| *at < row) {
            history.add(*at, content);
        }
    }
    assert_eq!(history.shown(), expected, "again: {observations:?}");
}

#[test]
fn in_the_order_of_time_each_change_is_a_version() {
    check(&[], &[]);
    check(
        &[(1, "a"), (2, "a"), (3, "b"), (4, "a")],
        &["1a", "3b", "4a"],
    );
    check(
        &[(1, "a"), (2, "a!"), (3, "a!"), (4, "a")],
        &["1a", "2a!", "4a"],
    );
}

#[test]
fn a_late_observation_is_put_into_its_place() {
    check(&[(1, "a"), (3, "c"), (2, "b")], &["1a", "2b", "3c"]);
    check(&[(3, "c"), (1, "a")], &["1a", "3c"]);
    check(&[(3, "c"), (2, "b"), (1, "a")], &["1a", "2b", "3c"]);
    // It says the same as what was there.
    check(&[(1, "a"), (3, "c"), (2, "a")], &["1a", "3c"]);
    check(&[(2, "a"), (2, "a"), (1, "a")], &["1a"]);
    // What follows began earlier.
    check(&[(1, "a"), (3, "c"), (2, "c")], &["1a", "2c"]);
}

#[test]
fn a_late_observation_splits_a_version_that_was_seen_again() {
    check(&[(1, "a"), (3, "a"), (2, "b")], &["1a", "2b", "3a"]);
    check(
        &[(1, "a"), (3, "a"), (5, "c"), (2, "b")],
        &["1a", "2b", "3a", "5c"],
    );
    check(
        &[(1, "a"), (3, "a"), (5, "c"), (4, "b")],
        &["1a", "4b", "5c"],
    );
    check(
        &[(1, "a"), (5, "c"), (3, "a"), (2, "b")],
        &["1a", "2b", "3a", "5c"],
    );
    check(
        &[(2, "c"), (1, "c"), (4, "d"), (3, "b")],
        &["1c", "3b", "4d"],
    );
}

#[test]
fn within_a_moment_the_one_written_last_is_the_last() {
    check(&[(1, "a"), (1, "b")], &["1a", "1b"]);
    check(&[(1, "a"), (1, "b"), (2, "c")], &["1a", "1b", "2c"]);
    check(&[(1, "a"), (2, "c"), (1, "b")], &["1b", "1a", "2c"]);
    check(&[(1, "a"), (3, "c"), (1, "a")], &["1a", "3c"]);
}

#[test]
fn within_a_moment_a_deletion_is_the_last() {
    check(&[(1, "a"), (3, "c"), (1, "a!")], &["1a", "1a!", "3c"]);
    check(&[(1, "a!"), (3, "c"), (1, "a")], &["1a", "1a!", "3c"]);
    check(
        &[(1, "a!"), (2, "a"), (3, "c"), (2, "a!")],
        &["1a!", "2a", "2a!", "3c"],
    );
    check(&[(1, "a"), (3, "a!"), (1, "a!")], &["1a", "1a!"]);
    // It was there again, by an observation that became no version.
    check(&[(1, "a"), (2, "a"), (1, "a!")], &["1a", "1a!", "2a"]);
    check(
        &[(1, "a"), (3, "a"), (4, "c"), (3, "a!")],
        &["1a", "3a!", "4c"],
    );
    check(
        &[(1, "a!"), (2, "a!"), (3, "c"), (2, "a")],
        &["1a!", "2a", "2a!", "3c"],
    );
}

#[test]
fn the_end_of_a_child_shows_what_it_was_at_last() {
    let mut history = History::of(&[(1, "a"), (5, "a!")]);
    let late = Observed {
        is_child: true,
        ..observed(3, "b")
    };
    let around = history.around(3, None);
    for change in insert(&around, &late) {
        history.make(change);
    }
    assert_eq!(history.shown(), ["1a", "3b", "5b!"]);
}

#[test]
fn a_version_keeps_the_event_that_brought_it() {
    let of_event = |at, content, event_id| Observed {
        event_id: Some(event_id),
        ..observed(at, content)
    };
    let first = append(None, &of_event(2, "a", "evt_2"), None).unwrap();
    let Change::Insert(version) = &first[0] else {
        panic!("{first:?}")
    };
    assert_eq!(version.event_id.as_deref(), Some("evt_2"));

    // An earlier event says the same, and the version was confirmed by its own event.
    let around = Neighbours {
        after: Some(version.clone()),
        ..Neighbours::default()
    };
    let changes = insert(&around, &of_event(1, "a", "evt_1"));
    let [
        Change::Begin {
            event_id, until, ..
        },
    ] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert_eq!(event_id.as_deref(), Some("evt_1"));
    assert_eq!(until.event_id.as_deref(), Some("evt_2"));
    assert_eq!(until.at, 2);
}
