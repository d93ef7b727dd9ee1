//! Text from outside, made fit to be shown: what nobody could see, or what would change how the rest
//! is seen, is visible, and what is too long is cut. maud escapes HTML.
//!
//! In: any text. Out: text whose characters appear in the order in which they are written here.

/// Characters of a value within a line.
const LONGEST: usize = 300;

/// Characters of a text of several lines.
const LONGEST_BLOCK: usize = 20_000;

/// A value within a line: an id, a name, an error.
pub(super) fn shown(text: &str) -> String {
    shown_up_to(text, LONGEST)
}

/// As [`shown`], with another longest length.
pub(super) fn shown_up_to(text: &str, longest: usize) -> String {
    visible(text, longest, |_| false)
}

/// A text whose line ends and tabs are kept.
pub(super) fn shown_block(text: &str) -> String {
    visible(text, LONGEST_BLOCK, |character| {
        matches!(character, '\n' | '\t')
    })
}

fn visible(text: &str, longest: usize, keeps: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len().min(longest) + 16);
    for (count, (place, character)) in text.char_indices().enumerate() {
        if count == longest && text[place..].chars().nth(1).is_some() {
            shown.push_str(&format!("… ({})", size(text.len())));
            return shown;
        }
        match character {
            character if keeps(character) => shown.push(character),
            '\n' => shown.push('↵'),
            '\t' => shown.push('⇥'),
            character if is_unseen(character) => {
                shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(character)));
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Whether a character is invisible or changes the direction of others: control characters, marks of
/// direction, separators, spaces without width, and tags. The joiners of scripts and emoji are not
/// among them.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A number of bytes: `17 B`, `4.2 KiB`, `1 MiB`.
pub(super) fn size(bytes: usize) -> String {
    let bytes = bytes as u64;
    let units = [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit);
    let Some((unit, name)) = unit else {
        return format!("{bytes} B");
    };
    let tenths = bytes.saturating_mul(10) / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        rest => format!("{}.{rest} {name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_could_see_is_visible() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected);
        check("évt_1 株式会社 👩\u{200d}💻", "évt_1 株式会社 👩\u{200d}💻");
        check("a\u{202e}gpj.exe", "a⟨U+202E⟩gpj.exe");
        check("a\0b\u{1b}[31m", "a⟨U+0000⟩b⟨U+001B⟩[31m");
        check("a\r\n\tb", "a⟨U+000D⟩↵⇥b");
        check(
            "evt\u{200b}_1\u{feff}\u{2066}",
            "evt⟨U+200B⟩_1⟨U+FEFF⟩⟨U+2066⟩",
        );
        check("<script>", "<script>");
        assert_eq!(shown_block("a\n\tb\r\u{2029}"), "a\n\tb⟨U+000D⟩⟨U+2029⟩");
    }

    #[test]
    fn what_is_too_long_is_cut_and_its_size_is_said() {
        let check = |text: String, longest: usize, expected: &str| {
            assert_eq!(shown_up_to(&text, longest), expected);
        };
        check("x".repeat(1 << 20), 3, "xxx… (1 MiB)");
        check("é".repeat(1_500), 2, "éé… (2.9 KiB)");
        check("abc".to_owned(), 3, "abc");
        check("abcd".to_owned(), 3, "abcd");
        check("abcde".to_owned(), 3, "abc… (5 B)");
    }

    #[test]
    fn sizes_have_one_digit_after_the_point() {
        let check = |bytes: usize, expected: &str| assert_eq!(size(bytes), expected);
        check(0, "0 B");
        check(1_023, "1023 B");
        check(1_024, "1 KiB");
        check(1_536, "1.5 KiB");
        check(3 << 30, "3 GiB");
    }
}
