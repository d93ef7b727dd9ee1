//! A condition on a payload: `data.object.metadata.order = 7`.
//!
//! In: a path and a value as an operator types them, and payloads. Out: whether a payload has that value
//! there. Numbers are compared digit by digit, so that large ones are exact. Does no IO.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value at a path of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadCondition {
    path: Vec<String>,
    value: Wanted,
}

/// The value that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// It was typed in quotes: a string.
    Text(String),
    /// It was typed without: a string, or a number, `true`, `false` or `null`.
    Word(String),
}

/// Why a text is not a [`PayloadCondition`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadConditionError {
    /// It has no equals sign.
    #[error("`=` is missing; write a path and a value, such as `data.object.metadata.order = 7`")]
    NoEqualsSign,
    /// It has no path.
    #[error("the path before `=` is missing; write one such as `data.object.customer`")]
    EmptyPath,
    /// Two dots of the path have nothing in between, or it begins or ends with one.
    #[error("part {place} of the path is empty; write a key between two dots")]
    EmptySegment {
        /// Which part, counted from 1.
        place: usize,
    },
    /// A quotation mark of the path has no counterpart.
    #[error("a quotation mark in the path is not closed; write a key with dots as `\"a.b\"`")]
    UnclosedQuote,
    /// It has no value.
    #[error("the value after `=` is missing; an empty string is `\"\"`")]
    NoValue,
    /// The value begins with a quotation mark and is not a string.
    #[error(
        "the value {value} is not a JSON string; close it, and write `\\\"` for a quotation mark in it"
    )]
    InvalidString {
        /// What was written.
        value: String,
    },
}

impl FromStr for PayloadCondition {
    type Err = PayloadConditionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut path = Vec::new();
        let mut rest = text.trim_start();
        if rest.starts_with('=') {
            return Err(PayloadConditionError::EmptyPath);
        }
        loop {
            let (segment, after) = segment(rest, path.len() + 1)?;
            path.push(segment);
            match after.strip_prefix('.') {
                Some(next) => rest = next.trim_start(),
                None => {
                    rest = after;
                    break;
                }
            }
        }

        let value = rest
            .strip_prefix('=')
            .ok_or(PayloadConditionError::NoEqualsSign)?
            .trim();
        let value = match value.chars().next() {
            None => return Err(PayloadConditionError::NoValue),
            Some('"') => Wanted::Text(serde_json::from_str(value).map_err(|_| {
                PayloadConditionError::InvalidString {
                    value: value.to_owned(),
                }
            })?),
            Some(_) => Wanted::Word(value.to_owned()),
        };
        Ok(Self { path, value })
    }
}

/// The next part of a path, and what follows it.
fn segment(text: &str, place: usize) -> Result<(String, &str), PayloadConditionError> {
    if text.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let Some(Ok(key)) = strings.next() else {
            return Err(PayloadConditionError::UnclosedQuote);
        };
        let after = text.get(strings.byte_offset()..).unwrap_or_default();
        return Ok((key, after.trim_start()));
    }

    let end = text.find(['.', '=']).unwrap_or(text.len());
    let (key, after) = text.split_at(end);
    match key.trim() {
        "" if place == 1 && after.is_empty() => Err(PayloadConditionError::NoEqualsSign),
        "" => Err(PayloadConditionError::EmptySegment { place }),
        key => Ok((key.to_owned(), after)),
    }
}

/// As it can be typed.
impl fmt::Display for PayloadCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        for (number, key) in self.path.iter().enumerate() {
            if number > 0 {
                formatter.write_str(".")?;
            }
            let is_plain = !key.is_empty() && key.trim() == key && !key.contains(['.', '=', '"']);
            if is_plain {
                formatter.write_str(key)?;
            } else {
                formatter.write_str(&quoted(key))?;
            }
        }
        match &self.value {
            Wanted::Text(text) => write!(formatter, " = {}", quoted(text)),
            Wanted::Word(word) => write!(formatter, " = {word}"),
        }
    }
}

impl PayloadCondition {
    /// Whether a payload meets it. What is not JSON does not.
    pub fn is_met(&self, payload: &str) -> bool {
        let mut deserializer = serde_json::Deserializer::from_str(payload);
        let at = At {
            path: &self.path,
            value: &self.value,
        };
        at.deserialize(&mut deserializer).unwrap_or(false)
    }

    /// Texts that a payload has if it meets the condition, unless it has an escaped character: parts of
    /// keys and values that JSON may only write as they are, or by their numbers. The rarest comes first.
    pub(super) fn needles(&self) -> Vec<&str> {
        let value = match &self.value {
            // There are several ways to write a number.
            Wanted::Word(word) if Decimal::parse(word).is_some() => None,
            Wanted::Word(text) | Wanted::Text(text) => Some(text),
        };
        let keys = self.path.iter().rev();
        let key = keys.filter(|key| key.parse::<usize>().is_err()).take(1);
        let needles = value.into_iter().chain(key).map(|text| plain(text));
        needles.filter(|needle| !needle.is_empty()).collect()
    }
}

/// The longest part without punctuation and without characters that many encoders escape.
fn plain(text: &str) -> &str {
    let parts =
        text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}

impl Wanted {
    fn is(&self, raw: &str) -> bool {
        let is_string = |text: &str| {
            let string: Option<Cow<'_, str>> = serde_json::from_str(raw).ok();
            raw.starts_with('"') && string.is_some_and(|string| string == text)
        };
        match self {
            Self::Text(text) => is_string(text),
            Self::Word(word) => match (Decimal::parse(word), Decimal::parse(raw)) {
                (Some(wanted), Some(found)) => wanted == found,
                _ => raw == word && matches!(raw, "true" | "false" | "null") || is_string(word),
            },
        }
    }
}

/// A number, `0.digits` times ten to the power of `exponent`, whatever its length.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// A number as JSON writes it.
    fn parse(text: &str) -> Option<Self> {
        let number: &RawValue = serde_json::from_str(text).ok()?;
        let unsigned = number.get().strip_prefix('-');
        let (is_negative, unsigned) = (unsigned.is_some(), unsigned.unwrap_or(number.get()));
        if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }

        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i64 = exponent.parse().ok()?;
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self {
                is_negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let whole = i64::try_from(whole.len()).ok()?;
        Some(Self {
            is_negative,
            digits: significant.trim_end_matches('0').to_owned(),
            exponent: whole.checked_sub(zeros)?.checked_add(exponent)?,
        })
    }
}

/// The rest of the path, from a value down.
#[derive(Clone, Copy)]
struct At<'c> {
    path: &'c [String],
    value: &'c Wanted,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        if self.path.is_empty() {
            let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?;
            return Ok(self.value.is(raw.get()));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Some((key, rest)) = self.path.split_first() else {
            return Ok(false);
        };
        let below = At { path: rest, ..self };
        let mut is_met = false;
        // Of a key that is written twice, JSON's readers take the last.
        while let Some(is_key) = map.next_key_seed(IsKey(key))? {
            if is_key {
                is_met = map.next_value_seed(below)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(is_met)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let Some((key, rest)) = self.path.split_first() else {
            return Ok(false);
        };
        let wanted: Option<usize> = key.parse().ok();
        let below = At { path: rest, ..self };
        let (mut place, mut is_met) = (0, false);
        loop {
            if wanted == Some(place) {
                match list.next_element_seed(below)? {
                    Some(is) => is_met = is,
                    None => return Ok(is_met),
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(is_met);
            }
            place += 1;
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// Whether a key of an object is this one.
struct IsKey<'c>(&'c str);

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = r#"{"id": "evt_1", "data": {"object": {"id": "in_1", "paid": true, "tax": null,
        "amount": 9007199254740993, "rate": 7.50, "metadata": {"order": "7", "a.b": "x\u0041", "é=": ""},
        "lines": {"data": [{"id": "il_1"}, {"id": "il_2", "deep": [[1, 2]]}]}}}, "twice": 1, "twice": 2}"#;

    #[test]
    fn a_value_is_found_at_its_path() {
        let check = |text: &str, expected: bool| {
            let condition: PayloadCondition = text.parse().unwrap();
            assert_eq!(condition.is_met(PAYLOAD), expected, "{text}");
            let again: PayloadCondition = condition.to_string().parse().unwrap();
            assert_eq!(again, condition, "{condition}");
            if expected {
                let has_escape = PAYLOAD.contains(r"\u");
                let mut needles = condition.needles().into_iter();
                assert!(has_escape || needles.all(|needle| PAYLOAD.contains(needle)));
            }
        };

        check("data.object.metadata.order = 7", true);
        check("data.object.metadata.order=\"7\"", true);
        check("data.object.metadata.order = 7.0", false);
        check("data . object . id = in_1", true);
        check("data.object.id = in_", false);
        check("data.object.paid = true", true);
        check("data.object.paid = \"true\"", false);
        check("data.object.tax = null", true);
        check("data.object.none = null", false);
        check("data.object.lines.data.1.id = il_2", true);
        check("data.object.lines.data.2.id = il_2", false);
        check("data.object.lines.data.1.deep.0.1 = 2", true);
        check("data.object.id.more = 1", false);
        check(r#"data.object.metadata."a.b" = xA"#, true);
        check(r#"data.object.metadata."é=" = """#, true);
        check("data.object.metadata = 7", false);
        check("twice = 2", true);
        check("twice = 1", false);
    }

    #[test]
    fn numbers_are_exact() {
        let check = |number: &str, value: &str, expected: bool| {
            let condition: PayloadCondition = format!("n = {value}").parse().unwrap();
            let payload = format!("{{\"n\": {number}}}");
            assert_eq!(condition.is_met(&payload), expected, "{number} {value}");
        };
        check("9007199254740993", "9007199254740993", true);
        check("9007199254740993", "9007199254740992", false);
        check("7", "7.0", true);
        check("70e-1", "7", true);
        check("0.07E2", "7", true);
        check("-7", "7", false);
        check("-0", "0", true);
        check("0.00", "0e9", true);
        check("1e400", "1e400", true);
        check("1e400", "1e401", false);
        check("100", "1e2", true);
        check("7", "\"7\"", false);
        check("7", "07", false);
        check("\"07\"", "07", true);
    }

    #[test]
    fn what_is_no_condition_says_what_to_write() {
        use PayloadConditionError as Wrong;

        let check = |text: &str, expected: Wrong| {
            assert_eq!(text.parse::<PayloadCondition>(), Err(expected), "{text}");
        };
        check("", Wrong::NoEqualsSign);
        check("data.object", Wrong::NoEqualsSign);
        check("= 7", Wrong::EmptyPath);
        check("data..object = 7", Wrong::EmptySegment { place: 2 });
        check("data. = 7", Wrong::EmptySegment { place: 2 });
        check(".data = 7", Wrong::EmptySegment { place: 1 });
        check("data.\"object = 7", Wrong::UnclosedQuote);
        check("data =  ", Wrong::NoValue);
        let value = "\"7".to_owned();
        check("data = \"7", Wrong::InvalidString { value });
    }

    #[test]
    fn needles_are_texts_that_json_does_not_escape() {
        let check = |text: &str, expected: &[&str]| {
            let condition: PayloadCondition = text.parse().unwrap();
            assert_eq!(condition.needles(), expected, "{text}");
        };
        check("data.object.metadata.order = 7", &["order"]);
        check("data.object.lines.data.0 = 7", &["data"]);
        check("data.object.id = in_1", &["in_1", "id"]);
        check("metadata.order = 07", &["07", "order"]);
        check("metadata.my-order = \"größe 12/345\"", &["345", "order"]);
        check("\"é\" = \"\"", &[]);
    }
}
