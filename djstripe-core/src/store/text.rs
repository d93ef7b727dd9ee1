//! Strings that both databases can hold.

use std::borrow::Cow;

/// `text` with U+FFFD in place of each U+0000, which PostgreSQL's `text` can't hold and a sender
/// can put anywhere.
pub(crate) fn without_nul<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        text
    }
}
