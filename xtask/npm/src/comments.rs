//! What a field's name and its comment say about a number or a string, where the type doesn't.
//! Stripe's types have no word for a time or an integer.

/// Words that only stand with a time in seconds.
const UNIX_TIME: [&str; 7] = [
    "unix epoch",
    "unix timestamp",
    "unix time",
    "timestamp",
    "time at which",
    "epoch seconds",
    "seconds since",
];

/// Words that only stand with an integer.
const INTEGER: [&str; 7] = [
    "integer",
    "smallest currency unit",
    "in cents",
    "(in cents",
    "number of",
    "count of",
    "two-digit number",
];

/// Words that only stand with a time as text.
const DATE_TIME: [&str; 4] = ["rfc 3339", "rfc3339", "time at which", "timestamp"];

/// The schema's type and format of a number, whose field is written as `V2Amount.value`.
pub(crate) fn number(field: &str, comment: &str) -> (&'static str, Option<&'static str>) {
    if field.ends_with("_at") || has(comment, &UNIX_TIME) {
        ("integer", Some("unix-time"))
    } else if is_counted(field) || has(comment, &INTEGER) {
        ("integer", None)
    } else {
        ("number", None)
    }
}

/// The schema's format of a string of API v2, which writes times as text.
pub(crate) fn text(field: &str, comment: &str) -> Option<&'static str> {
    let is_time = matches!(field, "created" | "updated") || field.ends_with("_at");
    (is_time || has(comment, &DATE_TIME)).then_some("date-time")
}

/// Amounts are in the smallest unit of their currency.
fn is_counted(field: &str) -> bool {
    let last = field.rsplit(['_', '.']).next();
    matches!(last, Some("amount" | "count" | "sequence")) || field.ends_with("Amount.value")
}

fn has(comment: &str, words: &[&str]) -> bool {
    let comment = comment.to_lowercase().replace(['\n', '*'], " ");
    let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
    words.iter().any(|word| comment.contains(word))
}
