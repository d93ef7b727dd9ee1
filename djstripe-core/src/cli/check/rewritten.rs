//! What a body may have been before something on its way changed it.
//!
//! In: a body. Out: bodies that proxies and middleware are known to turn into it. Whether one of
//! them is the original, its signature tells.

/// A body that may be the original, and what was done to it.
pub(super) struct Original {
    pub(super) change: &'static str,
    pub(super) body: Vec<u8>,
}

/// The bodies that differ from this one and may be the original.
pub(super) fn originals(body: &[u8]) -> Vec<Original> {
    let Ok(text) = std::str::from_utf8(body) else {
        return Vec::new();
    };
    let trimmed = text.trim();

    let line_ends = "its line ends were changed";
    let end = "its end was trimmed or extended";
    let parsed = "it was parsed and written again";
    let mut candidates = vec![
        (line_ends, text.replace("\r\n", "\n")),
        (end, trimmed.to_owned()),
        (end, format!("{trimmed}\n")),
    ];
    if serde_json::from_str::<serde::de::IgnoredAny>(trimmed).is_ok() {
        candidates.push((parsed, rewrite(trimmed, Layout::Indented)));
        candidates.push((parsed, rewrite(trimmed, Layout::OneLine)));
    }

    candidates
        .into_iter()
        .filter(|(_, candidate)| candidate != text)
        .map(|(change, candidate)| Original {
            change,
            body: candidate.into_bytes(),
        })
        .collect()
}

/// How JSON is written.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// As Stripe writes it: two blanks for each level.
    Indented,
    /// Without blanks.
    OneLine,
}

/// The same JSON, which is valid, with other blanks. Strings and numbers stay as they are.
fn rewrite(json: &str, layout: Layout) -> String {
    let mut written = String::with_capacity(2 * json.len());
    let mut depth = 0;
    let mut in_string = false;
    let mut is_escaped = false;

    for character in json.chars() {
        if in_string {
            written.push(character);
            in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                open_line(&mut written, depth, layout);
                depth += 1;
                written.push(character);
            }
            '}' | ']' => {
                depth -= 1;
                if !written.ends_with(['{', '[']) {
                    new_line(&mut written, depth, layout);
                }
                written.push(character);
            }
            ':' if layout == Layout::Indented => written.push_str(": "),
            ',' => {
                written.push(character);
                new_line(&mut written, depth, layout);
            }
            _ => {
                open_line(&mut written, depth, layout);
                in_string = character == '"';
                written.push(character);
            }
        }
    }
    written
}

/// Starts a line if the value is the first of its object or array.
fn open_line(written: &mut String, depth: usize, layout: Layout) {
    if written.ends_with(['{', '[']) {
        new_line(written, depth, layout);
    }
}

fn new_line(written: &mut String, depth: usize, layout: Layout) {
    if layout == Layout::Indented {
        written.push('\n');
        written.extend(std::iter::repeat_n("  ", depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_stripe_writes_it() {
        let check = |json: &str| {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            let indented = serde_json::to_string_pretty(&value).unwrap();
            assert_eq!(rewrite(json, Layout::Indented), indented);
            assert_eq!(rewrite(&indented, Layout::OneLine), value.to_string());
        };

        check(r#"{"a":{"b":[1,2.5,{}],"c":[]},"d":null}"#);
        check(r#"{"text":"a \\\"{[:, \\\\","x":["{"]}"#);
        check("[]");
        check("7");
    }
}
