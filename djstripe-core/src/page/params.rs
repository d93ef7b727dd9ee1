//! The fields of a form, in an address or a body. Does no IO.
//!
//! In: `a=1&b=x%20y`. Out: names and values, in their order. What is not UTF-8 has replacement
//! characters, and U+0000 is left out.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Most fields that are read.
const MOST_FIELDS: usize = 2_000;

/// What the name of a field ends with whose value is [encoded](encoded) once more.
pub(super) const ENCODED_FIELD: &str = "~";

const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'.')
    .remove(b'~');

/// Fields of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn read(text: &str) -> Self {
        let fields = text.split('&').filter(|field| !field.is_empty());
        let fields = fields.take(MOST_FIELDS).map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (decoded(name), decoded(value))
        });
        let mut params = Self(fields.collect());
        params.take_encoded();
        params
    }

    /// Takes values that forms carry [encoded](ENCODED_FIELD) as those of fields that are empty.
    fn take_encoded(&mut self) {
        let carried: Vec<(String, String)> = self
            .0
            .iter()
            .filter_map(|(name, value)| Some((name.strip_suffix(ENCODED_FIELD)?, decoded(value))))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.0.retain(|(name, _)| !name.ends_with(ENCODED_FIELD));
        for (name, value) in carried {
            if self.get(&name).is_none() {
                *self = self.with(&name, &value);
            }
        }
    }

    pub(super) fn new<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fields = fields.into_iter();
        Self(
            fields
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The value of a field that is not empty, without white space around it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of a field that are not empty.
    pub(super) fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        let fields = self.0.iter().filter(move |(field, _)| field == name);
        let values = fields.map(|(_, value)| value.trim());
        values.filter(|value| !value.is_empty())
    }

    /// The fields with these names, without those that are empty.
    pub(super) fn only(&self, names: &[&str]) -> Self {
        let fields = self
            .0
            .iter()
            .filter(|(name, value)| names.contains(&name.as_str()) && !value.trim().is_empty());
        Self(fields.cloned().collect())
    }

    /// The same fields, with this value in place of those that the field has.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut params = self.without(name);
        params.0.push((name.to_owned(), value.to_owned()));
        params
    }

    pub(super) fn without(&self, name: &str) -> Self {
        let fields = self.0.iter().filter(|(field, _)| field != name);
        Self(fields.cloned().collect())
    }

    /// As [`all`](Self::all), of a field whose values are [encoded](encoded) once more: forms carry texts
    /// from outside in this way.
    pub(super) fn all_encoded(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(field, _)| field == name);
        let values = values.filter(|(_, value)| !value.is_empty());
        values.map(|(_, value)| decoded(value)).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `?a=1&b=x%20y`, or nothing without a field.
    pub(super) fn query(&self) -> String {
        let mut query = String::new();
        for (index, (name, value)) in self.0.iter().enumerate() {
            let (name, value) = (encoded(name), encoded(value));
            let separator = if index == 0 { '?' } else { '&' };
            // Writing to a string can't fail.
            let _ = write!(query, "{separator}{name}={value}");
        }
        query
    }
}

/// A text with nothing but letters, digits and a few signs.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &ENCODED).to_string()
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    let text = percent_decode(text.as_bytes()).decode_utf8_lossy();
    // Databases hold no U+0000.
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_written() {
        let params = Params::read("id=evt_1&name=a+b%26c&id=evt_2&empty=&flag&x=%ff");
        assert_eq!(params.get("id"), Some("evt_1"));
        assert_eq!(params.all("id").collect::<Vec<_>>(), ["evt_1", "evt_2"]);
        assert_eq!(params.get("name"), Some("a b&c"));
        assert_eq!(params.get("empty"), None);
        assert_eq!(params.get("flag"), None);
        assert_eq!(params.get("x"), Some("\u{fffd}"));

        let named = params.only(&["name", "empty"]);
        assert_eq!(named.query(), "?name=a%20b%26c");
        assert_eq!(named.with("name", "<\"é>").query(), "?name=%3C%22%C3%A9%3E");
        assert_eq!(named.without("name").query(), "");
        assert_eq!(Params::read(&named.query()[1..]), named);

        let carried = Params::read("object=&object~=a%25E2%2580%25AEb&name=x&name~=y");
        assert_eq!(carried.query(), "?name=x&object=a%E2%80%AEb");

        let twice = Params::new([("id", &*encoded("a b+\u{202e}"))]);
        assert_eq!(twice.all_encoded("id"), ["a b+\u{202e}"]);
        assert!(encoded("<\u{202e}>").is_ascii());
    }
}
