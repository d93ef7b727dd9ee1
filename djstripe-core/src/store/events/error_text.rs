//! Texts of errors, compared by what they have in common: two errors that differ only in ids and
//! numbers are one.
//!
//! In: an error as a receiver gave it. Out: the same with [`GAP`] in place of each id or number, which
//! is also the text that selects all errors of its kind. Does no IO.

use super::like::literal;

/// Stands for one id, number or control character.
const GAP: char = '…';

/// Characters of an error that are compared. A longer error is recognized by its start.
const COMPARED: usize = 200;

/// The error without its ids, numbers and control characters, at most [`COMPARED`] characters long.
pub(super) fn summary(error: &str) -> String {
    let general = generalized(error);
    let start: String = general.chars().take(COMPARED).collect();
    start.trim().to_owned()
}

/// The errors that contain a text, in which [`GAP`] stands for any id or number. Upper and lower case
/// are the same.
#[derive(Clone, Debug)]
pub(in crate::store) struct ErrorPattern {
    text: String,
}

impl ErrorPattern {
    pub(in crate::store) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    /// The pattern for `LIKE … ESCAPE '!'`. It finds every error that [`matches`](Self::matches), and
    /// no other unless the text [has gaps](Self::has_gaps).
    pub(in crate::store) fn like(&self) -> String {
        let parts: Vec<String> = self.text.split(GAP).map(literal).collect();
        format!("%{}%", parts.join("%"))
    }

    pub(in crate::store) fn has_gaps(&self) -> bool {
        self.text.contains(GAP)
    }

    /// Whether an error that [`like`](Self::like) has found is one of those meant.
    pub(in crate::store) fn matches(&self, error: &str) -> bool {
        !self.has_gaps()
            || generalized(error)
                .to_lowercase()
                .contains(&generalized(&self.text).to_lowercase())
    }
}

/// The text with [`GAP`] in place of each word that has a digit or is an address, and of each control
/// character. Gaps that only punctuation separates become one.
fn generalized(text: &str) -> String {
    let mut general = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|character| !is_of_word(character))
            .unwrap_or(rest.len());
        if end == 0 {
            let end = first.len_utf8();
            if first.is_control() || first == GAP {
                push_gap(&mut general);
            } else {
                general.push(first);
            }
            rest = &rest[end..];
            continue;
        }

        let word = rest[..end].trim_end_matches(['.', '-', '+']);
        if is_variable(word) {
            push_gap(&mut general);
            general.push_str(&rest[word.len()..end]);
        } else {
            general.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    general
}

/// Appends a gap, unless there is one already that only punctuation follows.
fn push_gap(text: &mut String) {
    let kept = text.trim_end_matches([':', '.', '-', '+', '/', ',']).len();
    if text[..kept].ends_with(GAP) {
        text.truncate(kept);
    } else {
        text.push(GAP);
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '@' | '+')
}

/// Whether a word is probably another one in the next error of its kind: a number, an id, an email
/// address. An id without a digit has letters of both cases after its prefix.
fn is_variable(word: &str) -> bool {
    let is_id = || {
        word.split_once('_').is_some_and(|(_, rest)| {
            rest.len() >= 8
                && rest.contains(|character: char| character.is_ascii_uppercase())
                && rest.contains(|character: char| character.is_ascii_lowercase())
        })
    };
    word.contains(|character: char| character.is_ascii_digit())
        || (word.len() > 1 && word.contains('@'))
        || is_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_numbers_become_gaps() {
        let check = |error: &str, expected: &str| assert_eq!(generalized(error), expected);
        check("event carries no invoice", "event carries no invoice");
        check("no such price: price_1NabcDEF", "no such price: …");
        check("in_1 of cus_2 is 12.50 over.", "… of … is … over.");
        check("no id: cus_aBcDeFgHiJ; gave_up", "no id: …; gave_up");
        check(
            "connecting to 127.0.0.1:5432 failed",
            "connecting to … failed",
        );
        check("3f2b8c1d-ab-cd: at 2026-01-31T12:00:00Z", "…: at …");
        check("mail to ann@example.com.", "mail to ….");
        check(
            "invoice.paid, or not - e.g. never",
            "invoice.paid, or not - e.g. never",
        );
        check("first\nsecond\u{1b}[31m", "first…second…[…");
        check("größe … über", "größe … über");
    }

    #[test]
    fn a_text_selects_its_errors() {
        let check = |text: &str, error: &str, expected: bool| {
            let pattern = ErrorPattern::new(text);
            assert_eq!(pattern.matches(error), expected, "{text} {error}");
        };
        check("no price … for …", "shop: No price p_1 for in_2", true);
        check("no price … for …", "no price at all for in_2", false);
        check("no price p_1 for …", "no price p_1 for in_2", true);
        check("a … b", "a b", false);
    }

    #[test]
    fn a_pattern_has_no_wildcards_but_gaps() {
        let like = |text: &str| ErrorPattern::new(text).like();
        assert_eq!(like("100 % of cus_1!"), "%100 !% of cus!_1!!%");
        assert_eq!(like("no … left"), "%no % left%");
    }

    #[test]
    fn the_summary_of_an_error_selects_it() {
        for error in [
            "no price price_1 for in_2",
            "line 1\n\tline 2, cus_1",
            &"long 1 ".repeat(1_000),
            &"é".repeat(500),
            "…",
        ] {
            let pattern = ErrorPattern::new(&summary(error));
            assert!(pattern.matches(error), "{error}: {pattern:?}");
        }
    }
}
