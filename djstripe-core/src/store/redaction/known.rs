//! The personal values of a customer, to find them in texts that have no fields: errors, headers.

use std::collections::BTreeSet;

/// What stands in the place of a personal value in a text.
const MARK: &str = "[redacted]";

/// Shorter values would be found where they mean something else.
const SHORTEST: usize = 3;

/// Strings that stood in personal fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownValues {
    /// In lower case, sorted by length, the longest first: a street is replaced before its number.
    values: BTreeSet<(std::cmp::Reverse<usize>, String)>,
}

impl KnownValues {
    /// Adds the value of a personal field.
    pub(in crate::store) fn add(&mut self, value: &str) {
        let value = value.trim().to_ascii_lowercase();
        if value.chars().count() >= SHORTEST {
            self.values.insert((std::cmp::Reverse(value.len()), value));
        }
    }

    /// Adds a value of free text, if it looks like an address, a name or a number of a person: a word
    /// like `active` is found anywhere.
    pub(in crate::store) fn add_free_text(&mut self, value: &str) {
        let digits = value.chars().filter(char::is_ascii_digit).count();
        if value.contains(['@', ' ']) || digits >= 6 {
            self.add(value);
        }
    }

    /// Those that are email addresses, which mean the person wherever they stand.
    pub(in crate::store) fn emails(&self) -> Self {
        let emails = self.values.iter().filter(|(_, value)| value.contains('@'));
        Self {
            values: emails.cloned().collect(),
        }
    }

    /// The text without these values; `None` if it has none of them.
    pub(in crate::store) fn redacted(&self, text: &str) -> Option<String> {
        let mut redacted: Option<String> = None;
        for (_, value) in &self.values {
            let current = redacted.as_deref().unwrap_or(text);
            if let Some(without) = without(current, value) {
                redacted = Some(without);
            }
        }
        redacted
    }
}

/// The text with a mark in place of each occurrence of a value in lower case, as a whole word.
fn without(text: &str, value: &str) -> Option<String> {
    // The positions stay: only ASCII letters change, each into one byte.
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(found) = lower[from..].find(value) {
        let (start, end) = (from + found, from + found + value.len());
        let before = lower[..start].chars().next_back();
        let after = lower[end..].chars().next();
        let continues = |other: Option<char>, own: Option<char>| {
            other.is_some_and(char::is_alphanumeric) && own.is_some_and(char::is_alphanumeric)
        };
        if continues(before, value.chars().next()) || continues(after, value.chars().next_back()) {
            from = start + value.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        out.push_str(&text[copied..start]);
        out.push_str(MARK);
        (copied, from) = (end, end);
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_replaced_as_whole_words_and_longer_ones_first() {
        let mut known = KnownValues::default();
        for value in ["Ann", "Ann Lee", "ann@example.com", "Größe 7", "5", " "] {
            known.add(value);
        }
        for value in ["active", "12", "Suite 9", "4915112345678"] {
            known.add_free_text(value);
        }
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(known.redacted(text).as_deref(), expected, "{text}");
        };
        check("mail to ANN@example.com: 5", Some("mail to [redacted]: 5"));
        check(
            "Ann Lee, Ann, annual",
            Some("[redacted], [redacted], annual"),
        );
        check("Größe 7!", Some("[redacted]!"));
        check(
            "suite 9 of 4915112345678 is active",
            Some("[redacted] of [redacted] is active"),
        );
        check("Hannover", None);
        check(
            "ann@example.community",
            Some("[redacted]@example.community"),
        );
        assert!(
            known
                .emails()
                .redacted("Ann ann@example.com")
                .unwrap()
                .starts_with("Ann ")
        );
    }
}
