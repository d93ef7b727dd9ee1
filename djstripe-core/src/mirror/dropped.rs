//! Fields that the mirror leaves out. Does no IO.
//!
//! In: patterns such as `*.client_secret`, and the JSON of objects. Out: the JSON without these
//! fields. The rest of the text stays as it is, numbers included.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use djstripe_models::descriptor;
use serde_json::value::RawValue;

use super::object_name;
use super::settings_error::SettingsError;

/// Stands for every type of object.
const EVERY: &str = "*";

/// What the mirror leaves out unless the settings say otherwise. With a client secret and the
/// publishable key, a browser can complete a payment.
const DEFAULT: &str = "*.client_secret";

/// Deeper values are left as they are. Stripe's objects have some ten levels.
const MAX_DEPTH: usize = 100;

/// The name of the field whose keys the account's owner chooses.
const METADATA: &str = "metadata";

/// The fields to leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DroppedFields(Vec<Pattern>);

/// A field of one type of object, or of every hash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// `None` for every hash, at any depth.
    object: Option<&'static str>,
    path: Vec<String>,
}

impl Default for DroppedFields {
    fn default() -> Self {
        Self(Pattern::parse(DEFAULT).into_iter().collect())
    }
}

impl DroppedFields {
    /// Fields that hold a secret of Stripe's, such as the one with which a browser completes a payment.
    #[cfg(feature = "page")]
    pub(crate) fn secrets() -> Self {
        let patterns = [DEFAULT, "*.secret"].into_iter();
        Self(patterns.flat_map(Pattern::parse).collect())
    }

    /// No field.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a pattern.
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), SettingsError> {
        let pattern = Pattern::parse(pattern)?;
        if !self.0.contains(&pattern) {
            self.0.push(pattern);
        }
        Ok(())
    }

    /// The JSON of an object without the fields, in the objects that it contains too.
    pub(crate) fn strip<'j>(&self, json: &'j str) -> Cow<'j, str> {
        let may_occur = |pattern: &Pattern| {
            let name = pattern.path.last().map_or("", String::as_str);
            // A name may be written with escapes.
            json.contains(name) || json.contains("\\u")
        };
        if !self.0.iter().any(may_occur) {
            return Cow::Borrowed(json);
        }

        let Ok(raw) = serde_json::from_str::<&RawValue>(json) else {
            return Cow::Borrowed(json);
        };
        let mut stripped = String::with_capacity(json.len());
        self.write_value(raw, &[], 0, &mut stripped);
        Cow::Owned(stripped)
    }

    /// As [`strip`](Self::strip); copies nothing if there is nothing to leave out.
    pub(crate) fn strip_owned(&self, json: String) -> String {
        match self.strip(&json) {
            Cow::Owned(stripped) => stripped,
            Cow::Borrowed(_) => json,
        }
    }

    /// As [`strip`](Self::strip), for a part of a page.
    pub(crate) fn strip_raw(&self, raw: Box<RawValue>) -> Box<RawValue> {
        let stripped = match self.strip(raw.get()) {
            Cow::Owned(stripped) => RawValue::from_string(stripped).ok(),
            Cow::Borrowed(_) => None,
        };
        stripped.unwrap_or(raw)
    }

    /// Writes a value. `within` are the rests of the paths that lead through it.
    fn write_value(&self, raw: &RawValue, within: &[&[String]], depth: usize, out: &mut String) {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{') if depth < MAX_DEPTH => {
                if let Ok(fields) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(text)
                {
                    return self.write_hash(&fields, within, depth, out);
                }
            }
            Some(b'[') if depth < MAX_DEPTH => {
                if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
                    out.push('[');
                    for (index, item) in items.into_iter().enumerate() {
                        if index > 0 {
                            out.push(',');
                        }
                        self.write_value(item, within, depth + 1, out);
                    }
                    out.push(']');
                    return;
                }
            }
            _ => {}
        }
        out.push_str(text);
    }

    fn write_hash(
        &self,
        fields: &BTreeMap<Cow<'_, str>, &RawValue>,
        within: &[&[String]],
        depth: usize,
        out: &mut String,
    ) {
        let object: Option<String> = fields
            .get("object")
            .and_then(|name| serde_json::from_str(name.get()).ok());
        let begins_here = |pattern: &&Pattern| match pattern.object {
            None => true,
            Some(name) => object.as_deref() == Some(name),
        };
        let mut paths: Vec<&[String]> = within.to_vec();
        paths.extend(
            self.0
                .iter()
                .filter(begins_here)
                .map(|pattern| &*pattern.path),
        );

        out.push('{');
        let mut is_first = true;
        for (name, value) in fields {
            let rests: Vec<&[String]> = paths
                .iter()
                .filter_map(|path| path.split_first())
                .filter(|(first, _)| *first == name)
                .map(|(_, rest)| rest)
                .collect();
            if rests.iter().any(|rest| rest.is_empty()) {
                continue;
            }

            if !is_first {
                out.push(',');
            }
            is_first = false;
            // Writing to a string can't fail, nor can a string fail to be JSON.
            let _ = write!(out, "{}:", serde_json::Value::from(&**name));
            if name == METADATA {
                out.push_str(value.get());
            } else {
                self.write_value(value, &rests, depth + 1, out);
            }
        }
        out.push('}');
    }
}

impl Pattern {
    /// Parses `*` or a type of object, a dot, and a path.
    fn parse(pattern: &str) -> Result<Self, SettingsError> {
        let malformed = || SettingsError::Pattern {
            pattern: pattern.to_owned(),
        };
        let is_type = |name: &str| name == EVERY || descriptor(name).is_some();
        let dots = pattern.match_indices('.').map(|(index, _)| index);
        // Names of types have dots, too: the longest one counts.
        let splits = dots.map(|index| (&pattern[..index], &pattern[index + 1..]));
        let mut known = splits.filter(|(name, _)| is_type(name));
        let Some((object, path)) = known.next_back() else {
            return Err(match pattern.split_once('.') {
                Some((object, _)) if !object.is_empty() => object_name::unknown(object),
                _ => malformed(),
            });
        };

        if !is_path(path) {
            return Err(malformed());
        }
        Ok(Self {
            object: descriptor(object).map(|descriptor| descriptor.object),
            path: path.split('.').map(str::to_owned).collect(),
        })
    }
}

/// Whether this is a path of field names, such as `next_action.type`.
pub(super) fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        !name.is_empty() && name.bytes().all(fits)
    };
    path.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(patterns: &[&str]) -> DroppedFields {
        let mut dropped = DroppedFields::none();
        for pattern in patterns {
            dropped.add(pattern).unwrap();
        }
        dropped
    }

    #[test]
    fn fields_are_left_out_wherever_the_object_stands() {
        let check = |patterns: &[&str], json: &str, expected: &str| {
            assert_eq!(dropped(patterns).strip(json), expected, "{patterns:?}");
        };
        let intent = r#"{"amount":1.10,"client_secret":"s","id":"pi_1","object":"payment_intent"}"#;
        let without = r#"{"amount":1.10,"id":"pi_1","object":"payment_intent"}"#;

        check(&["*.client_secret"], intent, without);
        check(&["payment_intent.client_secret"], intent, without);
        check(&["setup_intent.client_secret"], intent, intent);
        check(&["*.client_secrets"], intent, intent);
        check(&[], intent, intent);

        let inside = format!(r#"{{"list":[{intent}],"object":"invoice"}}"#);
        let inside_without = format!(r#"{{"list":[{without}],"object":"invoice"}}"#);
        check(&["payment_intent.client_secret"], &inside, &inside_without);

        let nested =
            r#"{"confirmation_secret":{"client_secret":"s","type":"x"},"object":"invoice"}"#;
        let nested_without = r#"{"confirmation_secret":{"type":"x"},"object":"invoice"}"#;
        check(&["*.client_secret"], nested, nested_without);
        check(
            &["invoice.confirmation_secret.client_secret"],
            nested,
            nested_without,
        );
        check(&["invoice.client_secret"], nested, nested);

        let session = r#"{"a":[{"b":1,"c":2},{"b":3}],"object":"checkout.session"}"#;
        let session_without = r#"{"a":[{"c":2},{}],"object":"checkout.session"}"#;
        check(&["checkout.session.a.b"], session, session_without);
    }

    #[test]
    fn metadata_and_odd_json_stay() {
        let every = DroppedFields::default();
        for json in [
            r#"{"metadata":{"client_secret":"mine"},"object":"charge"}"#,
            r#"{"client_secret":"#,
            "7",
            r#""client_secret""#,
        ] {
            assert_eq!(every.strip(json), json);
        }
        let escaped = r#"{"client\u005fsecret":"s","object":"charge"}"#;
        assert_eq!(every.strip(escaped), r#"{"object":"charge"}"#);

        let deep = format!(
            "{}\"client_secret\"{}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        );
        assert_eq!(every.strip(&deep), deep);
    }

    #[test]
    fn a_pattern_is_a_type_and_a_path() {
        let check = |pattern: &str, expected: Result<(Option<&str>, usize), SettingsError>| {
            let parsed = Pattern::parse(pattern);
            let parsed = parsed.map(|pattern| (pattern.object, pattern.path.len()));
            assert_eq!(parsed, expected, "{pattern}");
        };
        let malformed = |pattern: &str| {
            Err(SettingsError::Pattern {
                pattern: pattern.to_owned(),
            })
        };
        let unknown = |object: &str| Err(object_name::unknown(object));

        check("*.client_secret", Ok((None, 1)));
        check(
            "payment_intent.next_action.type",
            Ok((Some("payment_intent"), 2)),
        );
        check("checkout.session.url", Ok((Some("checkout.session"), 1)));
        check("issuing.card.number", Ok((Some("issuing.card"), 1)));
        check("card.number", Ok((Some("card"), 1)));
        check("cart.number", unknown("cart"));
        check("client_secret", malformed("client_secret"));
        check(".client_secret", malformed(".client_secret"));
        check("*.", malformed("*."));
        check("charge.", malformed("charge."));
        check("charge.a..b", malformed("charge.a..b"));
        check("charge.*", malformed("charge.*"));
        check("", malformed(""));
    }
}
