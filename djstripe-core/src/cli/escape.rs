//! Text from outside, made safe to print: no character of it controls a terminal, begins a line of its
//! own, or changes the order in which the others are shown.
//!
//! In: any text. Out: the same text where those characters are escaped as JSON escapes them. JSON stays
//! JSON with the same meaning.

use std::borrow::Cow;

/// Characters of a word and of a line above which the rest is cut off. Stripe's own ids, addresses
/// and messages are shorter.
const MAX_WORD: usize = 1_000;
const MAX_LINE: usize = 20_000;

/// Characters that are kept of a word that is too long.
const KEPT_OF_WORD: usize = 200;

/// Whether a terminal may act on the character: control characters, those that change the direction
/// of the text, and separators of lines and paragraphs.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

fn replace(text: &str, replacement: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }

    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            replacement(&mut escaped, character);
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

fn push_code(escaped: &mut String, character: char) {
    // All of them are in the basic plane, so that this is JSON's escape sequence as well.
    *escaped += &format!("\\u{:04x}", u32::from(character));
}

fn push_short(escaped: &mut String, character: char) {
    match character {
        '\n' => escaped.push_str("\\n"),
        '\r' => escaped.push_str("\\r"),
        '\t' => escaped.push_str("\\t"),
        _ => push_code(escaped, character),
    }
}

/// Escapes a text that is printed within a line, and cuts what is too long of it.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    match replace(text, push_short) {
        Cow::Borrowed(text) => cut(text),
        Cow::Owned(text) => Cow::Owned(cut(&text).into_owned()),
    }
}

/// Escapes a text of several lines, whose line ends and tabs are kept.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    replace(text, |escaped, character| match character {
        '\n' | '\t' => escaped.push(character),
        _ => push_short(escaped, character),
    })
}

/// Escapes what serde leaves in JSON, and puts it on one line. White space has no meaning there
/// outside of strings, and is escaped already within them.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    replace(text, |escaped, character| match character {
        '\n' | '\r' | '\t' => escaped.push(' '),
        _ => push_code(escaped, character),
    })
}

/// Cuts words and lines that are too long, and says so in their place.
fn cut(line: &str) -> Cow<'_, str> {
    if line.len() <= MAX_WORD {
        return Cow::Borrowed(line);
    }

    let words = line
        .split(' ')
        .map(|word| shorten(word, MAX_WORD, KEPT_OF_WORD));
    let cut = words.collect::<Vec<_>>().join(" ");
    Cow::Owned(shorten(&cut, MAX_LINE, MAX_LINE).into_owned())
}

fn shorten(text: &str, longest: usize, kept: usize) -> Cow<'_, str> {
    // Bytes are counted first, as most texts are short.
    if text.len() <= longest || text.chars().nth(longest).is_none() {
        return Cow::Borrowed(text);
    }
    let end = text
        .char_indices()
        .nth(kept)
        .map_or(text.len(), |(end, _)| end);
    let more = text[end..].chars().count();
    Cow::Owned(format!("{}…[{more} more characters]", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A color, the title of a window, a forged line, and "evil" written from right to left.
    const FORGED: &str =
        "a\u{1b}[31m\u{1b}]0;t\u{7}\r\nERROR\t\u{7f}\u{9b}2J\u{85}\u{2028}\u{202e}live\u{2069}";

    #[test]
    fn a_terminal_finds_nothing_to_act_on() {
        let check = |text: &str, expected: &str| assert_eq!(line(text), expected);

        check(
            "évt_1  customer.created 株式会社 😀 👩\u{200d}💻",
            "évt_1  customer.created 株式会社 😀 👩\u{200d}💻",
        );
        check("a\\u001b", "a\\u001b");
        check(
            FORGED,
            r"a\u001b[31m\u001b]0;t\u0007\r\nERROR\t\u007f\u009b2J\u0085\u2028\u202elive\u2069",
        );
        for code in (0..0x20)
            .chain(0x7f..0xa0)
            .chain([0x61c, 0x200e, 0x200f, 0x2066])
        {
            let character = char::from_u32(code).unwrap().to_string();
            assert!(
                line(&character).is_ascii() && line(&character).len() > 1,
                "{code:x}"
            );
        }
    }

    #[test]
    fn lines_keep_their_ends() {
        assert_eq!(
            lines("{\r\n\t\"a\": \u{1b}\n}"),
            "{\\r\n\t\"a\": \\u001b\n}"
        );
    }

    #[test]
    fn json_means_the_same_and_is_one_line() {
        let value = serde_json::json!({ "id": FORGED });
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let escaped = json(&pretty);

        assert!(!escaped.contains(is_unsafe), "{escaped}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }

    #[test]
    fn what_is_too_long_is_cut_with_a_mark() {
        let id = "é".repeat(500_000);
        let cut = line(&format!("now  {id}  after")).into_owned();
        let kept = "é".repeat(KEPT_OF_WORD);
        assert_eq!(cut, format!("now  {kept}…[499800 more characters]  after"));

        let words = "word ".repeat(5_000);
        let cut = line(&words).into_owned();
        assert!(
            cut.ends_with("…[5000 more characters]"),
            "{}",
            &cut[MAX_LINE..]
        );
        assert_eq!(line(&words[..MAX_LINE]), &words[..MAX_LINE]);

        // JSON and payloads are printed whole.
        assert_eq!(json(&id), id);
        assert_eq!(lines(&id), id);
    }
}
