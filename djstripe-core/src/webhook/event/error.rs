//! Why bytes are not an event.

/// Why verified bytes are not an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is not UTF-8.
    #[error("body is not UTF-8")]
    NotUtf8(#[from] std::str::Utf8Error),
    /// The body is not JSON.
    #[error("body is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// The body is JSON, but not an object.
    #[error("body is not a JSON object")]
    NotAnObject,
    /// A message of a queue holds something else than one of Stripe's events.
    #[error("not an event of Stripe's: `object` is neither `event` nor `v2.core.event`")]
    OtherObject,
    /// A field that every event has is missing, empty or not a string.
    #[error("not an event: `{field}` is missing, empty or not a string")]
    MissingField {
        /// `id` or `type`.
        field: &'static str,
    },
}
