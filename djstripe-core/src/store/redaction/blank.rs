//! Blanks what is personal in JSON, and copies everything else as it is written: numbers, escapes and
//! spaces stay.
//!
//! In: JSON. Out: the same with `null` in place of each personal value, whatever it was.

use std::borrow::Cow;

use serde_json::Value;

use super::known::KnownValues;
use super::personal::{Content, content};

/// What is nested deeper than this is blanked as a whole.
const MAX_DEPTH: usize = 100;

/// JSON without personal values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blanked {
    pub(crate) json: String,
    /// How many values were blanked or changed.
    pub(crate) fields: u64,
}

/// Whether an object inside is the customer's, and then whether its free text stays.
pub(crate) type PartOf<'b> = dyn Fn(&Value) -> Option<bool> + 'b;

/// How to blank.
#[derive(Default)]
pub(crate) struct Blanking<'b> {
    /// Whether all of the JSON is the customer's; otherwise `part` finds out.
    pub(crate) whole: bool,
    /// Whether free text stays.
    pub(crate) keeps_metadata: bool,
    /// Whether an object inside is the customer's, and then whether its free text stays.
    pub(crate) part: Option<&'b PartOf<'b>>,
    /// Values to replace wherever they stand in a string: of the customer's objects, or, without
    /// `part`, in all of the JSON.
    pub(crate) known: Option<&'b KnownValues>,
    /// Takes the values that are blanked.
    pub(crate) found: Option<&'b mut KnownValues>,
}

impl Blanking<'_> {
    /// Blanks JSON; `None` if it is none.
    pub(crate) fn blank(mut self, json: &str) -> Option<Blanked> {
        let keeps = self.whole.then_some(self.keeps_metadata);
        let mut reader = Reader {
            json,
            at: 0,
            out: String::with_capacity(json.len()),
            fields: 0,
            blanking: &mut self,
        };
        reader.space();
        reader.value("", keeps, 0)?;
        reader.space();
        if reader.at != json.len() {
            return None;
        }
        Some(Blanked {
            json: reader.out,
            fields: reader.fields,
        })
    }
}

/// JSON that is all the customer's, without what is personal; `None` if it has nothing personal.
pub(super) fn without_personal(
    json: &str,
    keeps_metadata: bool,
    known: &KnownValues,
) -> Option<Blanked> {
    let blanking = Blanking {
        whole: true,
        keeps_metadata,
        known: Some(known),
        ..Blanking::default()
    };
    blanking.blank(json).filter(|it| it.fields > 0)
}

struct Reader<'j, 'r, 'b> {
    json: &'j str,
    at: usize,
    out: String,
    fields: u64,
    blanking: &'r mut Blanking<'b>,
}

impl<'j> Reader<'j, '_, '_> {
    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Copies up to this place.
    fn copy_to(&mut self, end: usize) {
        self.out.push_str(&self.json[self.at..end]);
        self.at = end;
    }

    fn space(&mut self) {
        let rest = &self.json[self.at..];
        let end = self.json.len() - rest.trim_start_matches([' ', '\n', '\r', '\t']).len();
        self.copy_to(end);
    }

    /// Copies one character, if it is this one.
    fn token(&mut self, token: u8) -> Option<()> {
        (self.peek()? == token).then(|| self.copy_to(self.at + 1))
    }

    /// A value in the field `holder`. `keeps` is set if it is the customer's.
    fn value(&mut self, holder: &str, keeps: Option<bool>, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' if depth > MAX_DEPTH && keeps.is_some() => self.replace(),
            b'{' | b'[' if depth > MAX_DEPTH => self.copy(),
            b'{' => self.object(holder, keeps, depth),
            b'[' => {
                self.token(b'[')?;
                self.space();
                while self.peek()? != b']' {
                    self.value(holder, keeps, depth + 1)?;
                    self.space();
                    if self.peek()? == b',' {
                        self.token(b',')?;
                        self.space();
                    }
                }
                self.token(b']')
            }
            b'"' => self.string(keeps),
            _ => self.copy(),
        }
    }

    /// Copies a value as it is.
    fn copy(&mut self) -> Option<()> {
        let end = skip(self.json, self.at)?;
        self.copy_to(end);
        Some(())
    }

    fn object(&mut self, holder: &str, keeps: Option<bool>, depth: usize) -> Option<()> {
        let end = skip(self.json, self.at)?;
        let whole = &self.json[self.at..end];
        let keeps = keeps.or_else(|| self.is_part(whole));

        self.token(b'{')?;
        self.space();
        while self.peek()? != b'}' {
            let name = self.name()?;
            self.space();
            self.token(b':')?;
            self.space();
            match keeps {
                Some(keeps) => match content(&name, holder, || text_of(whole, "object")) {
                    Content::Personal => self.replace_field(false)?,
                    Content::FreeText if !keeps => self.replace_field(true)?,
                    Content::FreeText => self.copy()?,
                    Content::Other => self.value(&name, Some(keeps), depth + 1)?,
                },
                None => self.value(&name, None, depth + 1)?,
            }
            self.space();
            if self.peek()? == b',' {
                self.token(b',')?;
                self.space();
            }
        }
        self.token(b'}')
    }

    /// Whether an object is the customer's although what it stands in is not.
    fn is_part(&self, object: &str) -> Option<bool> {
        let part = self.blanking.part?;
        if !object.contains("\"object\"") {
            return None;
        }
        part(&serde_json::from_str(object).ok()?)
    }

    /// The name of a field, which is copied.
    fn name(&mut self) -> Option<Cow<'j, str>> {
        let end = skip(self.json, self.at).filter(|_| self.peek() == Some(b'"'))?;
        let raw = &self.json[self.at..end];
        self.copy_to(end);
        Some(decoded(raw))
    }

    /// A string that is in no personal field.
    fn string(&mut self, keeps: Option<bool>) -> Option<()> {
        let end = skip(self.json, self.at)?;
        let is_searched = keeps.is_some() || self.blanking.part.is_none();
        let known = self.blanking.known.filter(|_| is_searched);
        let redacted = known.and_then(|known| known.redacted(&decoded(&self.json[self.at..end])));
        match redacted {
            Some(redacted) => {
                self.out.push_str(&Value::from(redacted).to_string());
                self.at = end;
                self.fields += 1;
            }
            None => self.copy_to(end),
        }
        Some(())
    }

    /// Blanks a field, unless it is `null` already, and collects what stood in it.
    fn replace_field(&mut self, is_free_text: bool) -> Option<()> {
        let end = skip(self.json, self.at)?;
        let raw = &self.json[self.at..end];
        if let Some(found) = &mut self.blanking.found
            && let Ok(value) = serde_json::from_str(raw)
        {
            collect(&value, is_free_text, found);
        }
        self.replace()
    }

    /// Writes `null` in place of a value.
    fn replace(&mut self) -> Option<()> {
        let end = skip(self.json, self.at)?;
        if &self.json[self.at..end] == "null" {
            self.copy_to(end);
            return Some(());
        }
        self.out.push_str("null");
        self.at = end;
        self.fields += 1;
        Some(())
    }
}

/// Adds the strings in a personal value.
fn collect(value: &Value, is_free_text: bool, found: &mut KnownValues) {
    match value {
        Value::String(text) if is_free_text => found.add_free_text(text),
        Value::String(text) => found.add(text),
        Value::Array(items) => items.iter().for_each(|it| collect(it, is_free_text, found)),
        Value::Object(fields) => fields
            .values()
            .for_each(|it| collect(it, is_free_text, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The string that this JSON is. An escape that no string can have stays as it is written.
fn decoded(raw: &str) -> Cow<'_, str> {
    let inner = &raw[1..raw.len() - 1];
    if !inner.contains('\\') {
        return inner.into();
    }
    serde_json::from_str::<String>(raw).map_or(inner.into(), Cow::Owned)
}

/// The string in a field of an object itself, not of one inside it.
fn text_of<'j>(object: &'j str, wanted: &str) -> Option<Cow<'j, str>> {
    let mut at = 1;
    loop {
        at = after_space(object, at);
        let end = skip(object, at).filter(|_| object.as_bytes().get(at) == Some(&b'"'))?;
        let name = decoded(&object[at..end]);
        at = after_space(object, end);
        // The colon.
        at = after_space(object, at + 1);
        let end = skip(object, at)?;
        if name == wanted && object.as_bytes().get(at) == Some(&b'"') {
            return Some(decoded(&object[at..end]));
        }
        // The comma; at the brace, no name follows.
        at = after_space(object, end) + 1;
    }
}

fn after_space(json: &str, at: usize) -> usize {
    let rest = json.get(at..).unwrap_or_default();
    json.len() - rest.trim_start_matches([' ', '\n', '\r', '\t']).len()
}

/// The end of the value that begins here.
fn skip(json: &str, start: usize) -> Option<usize> {
    let bytes = json.as_bytes();
    let mut at = start;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = end_of_string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth > 0 => at += 1,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'+' | b'.' => {
                let is_scalar = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-+.".contains(byte);
                at += bytes[at..].iter().take_while(is_scalar).count();
            }
            _ => return None,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(keeps_metadata: bool) -> Blanking<'static> {
        Blanking {
            whole: true,
            keeps_metadata,
            ..Blanking::default()
        }
    }

    #[test]
    fn personal_values_become_null_and_the_rest_stays_as_it_is_written() {
        let check = |json: &str, expected: &str, fields: u64| {
            let blanked = whole(false).blank(json).unwrap();
            assert_eq!(
                (&*blanked.json, blanked.fields),
                (expected, fields),
                "{json}"
            );
        };
        check(
            r#"{"id":"cus_1","email":"a@b.c","balance":-1.50e2,"name" : "\u0041\"}","phone":null}"#,
            r#"{"id":"cus_1","email":null,"balance":-1.50e2,"name" : null,"phone":null}"#,
            2,
        );
        check(
            r#"{"shipping":{"address":{"city":"x"}},"tax_ids":{"data":[1,{"a":"]"}]},"n":[ ]}"#,
            r#"{"shipping":null,"tax_ids":null,"n":[ ]}"#,
            2,
        );
        check(
            r#"{"amount_details":{"shipping":{"amount":5,"to_postal_code":"1"}}}"#,
            r#"{"amount_details":{"shipping":{"amount":5,"to_postal_code":null}}}"#,
            1,
        );
        check(
            r#"{"value":"DE1","object":"tax_id","inner":{"value":1}}"#,
            r#"{"value":null,"object":"tax_id","inner":{"value":1}}"#,
            1,
        );
        check(
            r#"{"em\u0061il":"\ud800","metadata":{"a":"b"}}"#,
            r#"{"em\u0061il":null,"metadata":null}"#,
            2,
        );
        check("[]", "[]", 0);
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        let expected = format!("{}null{}", "[".repeat(101), "]".repeat(101));
        check(&deep, &expected, 1);
        let known = Blanking::default().blank(&deep).unwrap();
        assert_eq!((known.json, known.fields), (deep, 0));
    }

    #[test]
    fn free_text_stays_if_it_is_kept() {
        let json = r#"{"description":"Ann","metadata":{"email":"x"},"email":"y"}"#;
        let blanked = whole(true).blank(json).unwrap();
        assert_eq!(
            blanked.json,
            r#"{"description":"Ann","metadata":{"email":"x"},"email":null}"#
        );
    }

    #[test]
    fn of_what_is_not_the_customers_only_their_objects_are_blanked() {
        let json = r#"{"object":"event","name":"a","data":[{"object":"charge","name":"b"},{"object":"price","name":"c"}]}"#;
        let is_charge = |value: &Value| (value["object"] == "charge").then_some(false);
        let blanking = Blanking {
            part: Some(&is_charge),
            ..Blanking::default()
        };
        assert_eq!(
            blanking.blank(json).unwrap().json,
            json.replace("\"b\"", "null")
        );
    }

    #[test]
    fn values_are_collected_and_known_ones_replaced_in_other_fields() {
        let mut found = KnownValues::default();
        let blanking = Blanking {
            found: Some(&mut found),
            ..whole(false)
        };
        let json = r#"{"email":"ann@b.c","address":{"line1":"Main 1"},"metadata":{"k":"gold"}}"#;
        blanking.blank(json).unwrap();

        let blanking = Blanking {
            known: Some(&found),
            ..whole(false)
        };
        let json = r#"{"note":"to \"ann@b.c\"","other":["main 1","gold"]}"#;
        let expected = r#"{"note":"to \"[redacted]\"","other":["[redacted]","gold"]}"#;
        assert_eq!(blanking.blank(json).unwrap().json, expected);
        let blanking = Blanking {
            known: Some(&found),
            ..Blanking::default()
        };
        assert_eq!(blanking.blank(json).unwrap().json, expected);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for json in [
            "",
            "{",
            r#"{"a""#,
            r#"{"a":1"#,
            "[1",
            "{}x",
            r#""a"#,
            "]",
            r#"{"a":}"#,
        ] {
            assert_eq!(whole(false).blank(json), None, "{json}");
        }
    }
}
