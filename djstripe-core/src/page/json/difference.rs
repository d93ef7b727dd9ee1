//! What changed between two values, field by field. Does no IO.
//!
//! In: two values. Out: the fields that differ, with both of their values. Numbers that are written
//! differently and mean the same, such as `1` and `1.0`, don't differ.

use maud::{Markup, html};

use super::Json;
use crate::page::personal::is_personal;
use crate::page::shown::{shown, shown_up_to};

/// Changes that are shown.
const MOST_SHOWN: usize = 200;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::page) struct Change {
    /// The names of the fields, from the outermost on.
    pub(in crate::page) path: Vec<String>,
    /// `None` if it was not there.
    pub(in crate::page) before: Option<Json>,
    /// `None` if it is not there any more.
    pub(in crate::page) after: Option<Json>,
}

/// Which fields are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::page) enum Compared {
    /// All.
    All,
    /// Those that the value before has: it names only what changed, as `previous_attributes` does.
    OfBefore,
}

/// The fields that differ.
pub(in crate::page) fn changes(before: &Json, after: &Json, compared: Compared) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), before, after, compared, &mut found);
    found
}

fn compare(
    path: &mut Vec<String>,
    before: &Json,
    after: &Json,
    compared: Compared,
    found: &mut Vec<Change>,
) {
    match (before, after) {
        (Json::Map(old), Json::Map(new)) => {
            for (name, value) in old {
                path.push(name.clone());
                match after.get(name) {
                    Some(other) => compare(path, value, other, compared, found),
                    None => found.push(change(path, Some(value), None)),
                }
                path.pop();
            }
            for (name, value) in new {
                if compared == Compared::All && before.get(name).is_none() {
                    path.push(name.clone());
                    found.push(change(path, None, Some(value)));
                    path.pop();
                }
            }
        }
        // Items without a place of their own are compared as a whole.
        (Json::List(old), Json::List(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                path.push(index.to_string());
                compare(path, old, new, compared, found);
                path.pop();
            }
        }
        (Json::Number(old), Json::Number(new)) if is_same_number(old, new) => {}
        (old, new) if old == new => {}
        (old, new) => found.push(change(path, Some(old), Some(new))),
    }
}

fn change(path: &[String], before: Option<&Json>, after: Option<&Json>) -> Change {
    Change {
        path: path.to_vec(),
        before: before.cloned(),
        after: after.cloned(),
    }
}

/// Whether two numbers are equal. Those with more digits than a float has are compared as written.
fn is_same_number(one: &str, other: &str) -> bool {
    const EXACT_DIGITS: usize = 15;
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    if one == other {
        return true;
    }
    if digits(one) > EXACT_DIGITS || digits(other) > EXACT_DIGITS {
        return false;
    }
    matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one == other)
}

impl Change {
    /// Whether a field of the path is personal.
    pub(in crate::page) fn is_personal(&self) -> bool {
        self.path.iter().any(|name| is_personal(name))
    }

    fn word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(before), Some(after)) if before.kind() != after.kind() => "changed type",
            _ => "changed",
        }
    }
}

/// The changes as a table. `shows_personal` says whether the values of personal fields are shown.
pub(in crate::page) fn table(changes: &[Change], caption: &str, shows_personal: bool) -> Markup {
    let value = |change: &Change, value: &Option<Json>| match value {
        None => html! { span.soft { "absent" } },
        Some(Json::Null) => html! { "null" },
        Some(_) if change.is_personal() && !shows_personal => html! { em.soft { "hidden" } },
        Some(value) => {
            let value = if shows_personal {
                value.clone()
            } else {
                value.clone().without_personal()
            };
            html! { code title=(value.kind()) { (shown(&value.line())) } }
        }
    };
    html! {
        div.wide role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "Field" }
                    th scope="col" { "Change" }
                    th scope="col" { "Before" }
                    th scope="col" { "After" }
                } }
                tbody {
                    @for change in changes.iter().take(MOST_SHOWN) {
                        tr {
                            th scope="row" { code { (shown_up_to(&change.path.join("."), 120)) } }
                            td { (change.word()) }
                            td { (value(change, &change.before)) }
                            td { (value(change, &change.after)) }
                        }
                    }
                }
            }
        }
        @if changes.len() > MOST_SHOWN {
            p.soft { (changes.len() - MOST_SHOWN) " more changes are not shown." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, compared: Compared, expected: &[&str]) {
        let found = changes(&Json::read(before), &Json::read(after), compared);
        let line = |value: &Option<Json>| value.as_ref().map_or("-".to_owned(), Json::line);
        let found: Vec<String> = found
            .iter()
            .map(|it| {
                let (before, after) = (line(&it.before), line(&it.after));
                format!("{} {}: {before} > {after}", it.path.join("."), it.word())
            })
            .collect();
        assert_eq!(found, expected, "{before} {after}");
    }

    #[test]
    fn every_field_that_differs_is_found() {
        let all = |before, after, expected: &[&str]| check(before, after, Compared::All, expected);
        all(
            r#"{"a":1,"b":{"c":"x"}}"#,
            r#"{"a":1.0,"b":{"c":"x"}}"#,
            &[],
        );
        all(
            r#"{"a":1,"b":{"c":"x","d":[1,2]}}"#,
            r#"{"a":"1","b":{"d":[1,3],"e":null}}"#,
            &[
                r#"a changed type: 1 > "1""#,
                r#"b.c removed: "x" > -"#,
                "b.d.1 changed: 2 > 3",
                "b.e added: - > null",
            ],
        );
        all("[1]", "[1,2]", &[" changed: [1] > [1, 2]"]);
        all(
            "9007199254740993",
            "9007199254740992",
            &[" changed: 9007199254740993 > 9007199254740992"],
        );
    }

    #[test]
    fn previous_attributes_name_only_what_changed() {
        check(
            r#"{"status":"draft","metadata":{"order":"7"}}"#,
            r#"{"id":"in_1","status":"paid","metadata":{"order":"8","other":"x"}}"#,
            Compared::OfBefore,
            &[
                r#"status changed: "draft" > "paid""#,
                r#"metadata.order changed: "7" > "8""#,
            ],
        );
    }

    #[test]
    fn personal_values_are_shown_only_to_those_who_may_read_them() {
        let found = changes(
            &Json::read(r#"{"email":"a@b.c","data":1}"#),
            &Json::read(r#"{"email":"d@e.f","data":{"name":"Ann"}}"#),
            Compared::All,
        );
        let without = table(&found, "Changes", false).into_string();
        for text in ["a@b.c", "d@e.f", "Ann"] {
            assert!(!without.contains(text), "{without}");
        }
        assert!(without.contains("email"), "{without}");
        let with = table(&found, "Changes", true).into_string();
        assert!(with.contains("a@b.c") && with.contains("Ann"), "{with}");
    }
}
