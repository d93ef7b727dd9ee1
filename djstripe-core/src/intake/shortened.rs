//! Text that a sender may have chosen, in lines and records.

/// Longest such text, in characters.
const LONGEST_TEXT: usize = 300;

/// The beginning of a text that a sender may have chosen.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
