//! The canonical form of a JSON object, which both databases store: the string that PostgreSQL's
//! jsonb returns. Keys are sorted by length, then by bytes, a repeated key keeps its last value,
//! escapes are resolved, and numbers are written without exponents and insignificant zeros.
//!
//! Invariant: equal objects have equal strings, so both backends compare bytes to see whether
//! content changed, and which of two contents wins a tie. Content that jsonb can't hold is refused
//! here, before any statement runs.
//!
//! Source: [jsonb](https://www.postgresql.org/docs/current/datatype-json.html).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::number::write_number;
use super::unstorable::{MAX_DEPTH, Unstorable, UnstorableReason};

/// The canonical form of a JSON object.
pub(crate) fn canonical(json: &str) -> Result<String, Unstorable> {
    let mut reader = Reader {
        json,
        position: 0,
        out: String::with_capacity(json.len()),
    };

    reader.skip_whitespace();
    if reader.peek() != Some(b'{') && !json.trim().is_empty() {
        reader.value(0)?;
        return Err(refuse(UnstorableReason::NotAnObject));
    }

    reader.value(0)?;
    reader.skip_whitespace();
    if reader.position != json.len() {
        return Err(refuse(UnstorableReason::NotJson));
    }
    Ok(reader.out)
}

struct Reader<'a> {
    json: &'a str,
    position: usize,
    out: String,
}

fn refuse(reason: UnstorableReason) -> Unstorable {
    Unstorable {
        reason,
        path: String::new(),
    }
}

/// Adds one more segment to the path of an error, which grows from the inside out.
fn within(segment: &str) -> impl FnOnce(Unstorable) -> Unstorable {
    move |error| {
        let separator = if error.path.is_empty() { "" } else { "." };
        Unstorable {
            path: format!("{segment}{separator}{}", error.path),
            ..error
        }
    }
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.position).copied()
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.position += 1;
        }
    }

    fn starts_with(&self, token: &str) -> bool {
        self.json
            .as_bytes()
            .get(self.position..)
            .is_some_and(|rest| rest.starts_with(token.as_bytes()))
    }

    fn expect(&mut self, token: &str) -> Result<(), Unstorable> {
        if !self.starts_with(token) {
            return Err(refuse(UnstorableReason::NotJson));
        }
        self.position += token.len();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), Unstorable> {
        if depth > MAX_DEPTH {
            return Err(refuse(UnstorableReason::TooDeep));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => {
                let string = self.string()?;
                write_string(&string, &mut self.out);
                Ok(())
            }
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(refuse(UnstorableReason::NotJson)),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Unstorable> {
        self.expect(word)?;
        self.out.push_str(word);
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<(), Unstorable> {
        self.expect("[")?;
        self.out.push('[');
        self.skip_whitespace();

        let mut index = 0_usize;
        while self.peek() != Some(b']') {
            if index > 0 {
                self.expect(",")?;
                self.skip_whitespace();
                self.out.push_str(", ");
            }
            self.value(depth + 1)
                .map_err(|error| within(&index.to_string())(error))?;
            self.skip_whitespace();
            index += 1;
        }
        self.position += 1;
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), Unstorable> {
        self.expect("{")?;
        self.out.push('{');
        self.skip_whitespace();

        let start = self.out.len();
        let mut members = Vec::new();
        while self.peek() != Some(b'}') {
            if !members.is_empty() {
                self.expect(",")?;
                self.skip_whitespace();
            }
            let key = self.string()?;
            self.skip_whitespace();
            self.expect(":")?;
            self.skip_whitespace();
            let value_start = self.out.len();
            self.value(depth + 1).map_err(within(&key))?;
            self.skip_whitespace();
            members.push((key, value_start - start..self.out.len() - start));
        }
        self.position += 1;

        let values = self.out.split_off(start);
        // The sort is stable, so the last of equal keys is the one that came last.
        members.sort_by(|(left, _), (right, _)| by_length(left, right));
        let mut members = members.into_iter().peekable();
        while let Some((key, value)) = members.next() {
            if members.peek().is_some_and(|(next, _)| *next == key) {
                continue;
            }
            if self.out.len() > start {
                self.out.push_str(", ");
            }
            write_string(&key, &mut self.out);
            self.out.push_str(": ");
            self.out.push_str(&values[value]);
        }
        self.out.push('}');
        Ok(())
    }

    /// A string, with its escapes resolved.
    fn string(&mut self) -> Result<Cow<'a, str>, Unstorable> {
        self.expect("\"")?;
        let start = self.position;
        let mut resolved: Option<String> = None;
        let mut plain = start;

        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = &self.json[plain..self.position];
                    self.position += 1;
                    return Ok(match resolved {
                        Some(mut text) => {
                            text.push_str(rest);
                            text.into()
                        }
                        None => rest.into(),
                    });
                }
                Some(b'\\') => {
                    let rest = &self.json[plain..self.position];
                    self.position += 1;
                    let character = self.escape()?;
                    let text = resolved.get_or_insert_with(String::new);
                    text.push_str(rest);
                    text.push(character);
                    plain = self.position;
                }
                Some(0x20..) => self.position += 1,
                _ => return Err(refuse(UnstorableReason::NotJson)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Unstorable> {
        let escape = self
            .peek()
            .ok_or_else(|| refuse(UnstorableReason::NotJson))?;
        self.position += 1;

        Ok(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(refuse(UnstorableReason::NotJson)),
        })
    }

    fn code_point(&mut self) -> Result<char, Unstorable> {
        let unit = self.code_unit()?;

        let code = match unit {
            0 => return Err(refuse(UnstorableReason::Nul)),
            0xd800..=0xdbff => {
                if !self.starts_with("\\u") {
                    return Err(refuse(UnstorableReason::LoneSurrogate));
                }
                self.position += 2;
                match self.code_unit()? {
                    low @ 0xdc00..=0xdfff => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(refuse(UnstorableReason::LoneSurrogate)),
                }
            }
            _ => unit,
        };
        char::from_u32(code).ok_or_else(|| refuse(UnstorableReason::LoneSurrogate))
    }

    fn code_unit(&mut self) -> Result<u32, Unstorable> {
        let digits = self.json.as_bytes().get(self.position..self.position + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.position += 4;
        unit.ok_or_else(|| refuse(UnstorableReason::NotJson))
    }

    fn number(&mut self) -> Result<(), Unstorable> {
        let start = self.position;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.position += 1;
        }
        write_number(&self.json[start..self.position], &mut self.out).map_err(refuse)
    }
}

/// The order of keys in jsonb.
fn by_length(left: &str, right: &str) -> Ordering {
    left.len()
        .cmp(&right.len())
        .then_with(|| left.as_bytes().cmp(right.as_bytes()))
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;

    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0c => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..index]);
        out.push_str(escape);
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        }
        plain = index + 1;
    }

    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_objects_get_equal_texts() {
        let check = |json: &str, expected: &str| {
            assert_eq!(canonical(json).as_deref(), Ok(expected), "{json}")
        };

        check("{}", "{}");
        check(" { \"bb\" : 1 , \"a\" : [ ] }\n", r#"{"a": [], "bb": 1}"#);
        check(r#"{"b":1,"aa":2,"a":3}"#, r#"{"a": 3, "b": 1, "aa": 2}"#);
        check(r#"{"a":1,"b":2,"a":3}"#, r#"{"a": 3, "b": 2}"#);
        check(
            r#"{"a":[true,false,null,"x"]}"#,
            r#"{"a": [true, false, null, "x"]}"#,
        );
        check(
            r#"{"a":"\u00e9\/\ud83d\ude00\u0001\n\"\\"}"#,
            r#"{"a": "é/😀\u0001\n\"\\"}"#,
        );
        check(r#"{"\u0061":1}"#, r#"{"a": 1}"#);
        check(
            r#"{"a":{"c":{},"b":{"d":[{}]}}}"#,
            r#"{"a": {"b": {"d": [{}]}, "c": {}}}"#,
        );
    }

    #[test]
    fn what_no_table_holds_is_refused_with_its_place() {
        use UnstorableReason::{LoneSurrogate, NotAnObject, NotJson, Nul, Number, TooDeep};
        let check = |json: &str, reason: UnstorableReason, path: &str| {
            let expected = Unstorable {
                reason,
                path: path.to_owned(),
            };
            assert_eq!(
                canonical(json),
                Err(expected),
                "{}",
                &json[..json.len().min(100)]
            );
        };

        check(r#"{"metadata":{"note":"a\u0000"}}"#, Nul, "metadata.note");
        check(
            r#"{"items":[1,{"x":"\ud800"}]}"#,
            LoneSurrogate,
            "items.1.x",
        );
        check(r#"{"a":"\ud800\u0041"}"#, LoneSurrogate, "a");
        check(r#"{"a":"\udc00"}"#, LoneSurrogate, "a");
        check(r#"{"a\u0000":1}"#, Nul, "");
        check(r#"{"a":1e400}"#, Number, "a");

        let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
        check(&nested, TooDeep, &format!("a{}", ".0".repeat(100)));

        for json in ["[]", "null", "1", r#""x""#] {
            check(json, NotAnObject, "");
        }

        let broken = [
            "",
            "{",
            "{]",
            "{}x",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{,}"#,
            r#"{"a":1 "b":2}"#,
            "[",
            "x",
        ];
        for json in broken {
            assert_eq!(
                canonical(json).map_err(|error| error.reason),
                Err(NotJson),
                "{json}"
            );
        }

        for value in [
            "01",
            "1.",
            "-",
            ".5",
            "1e",
            "+1",
            "tru",
            "\"\n\"",
            r#""\x""#,
            r#""\u12""#,
            "[1,]",
            "[,]",
            "é",
        ] {
            let json = format!(r#"{{"a":{value}}}"#);
            assert_eq!(
                canonical(&json).map_err(|error| error.reason),
                Err(NotJson),
                "{value}"
            );
        }
    }
}
