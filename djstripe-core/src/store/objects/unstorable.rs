//! Objects that no table can hold.

/// Deepest nesting that is stored. Most readers of the mirror accept little more.
pub(super) const MAX_DEPTH: usize = 100;

/// Why an object can't be mirrored. Nothing was written for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at `{path}`")]
pub struct Unstorable {
    /// What is wrong.
    pub reason: UnstorableReason,
    /// The place: keys and positions from the outside in, joined by dots; empty for the object
    /// itself.
    pub path: String,
}

/// What a table can't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnstorableReason {
    /// The string is not JSON.
    #[error("invalid JSON")]
    NotJson,
    /// The JSON is not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A string contains U+0000.
    #[error("string with U+0000")]
    Nul,
    /// A string contains half of a surrogate pair.
    #[error("string with a lone surrogate")]
    LoneSurrogate,
    /// A number exceeds the range of 64-bit floats, or has hundreds of digits.
    #[error("number out of range")]
    Number,
    /// Arrays and objects are nested too deeply.
    #[error("more than {MAX_DEPTH} levels of nesting")]
    TooDeep,
    /// The object has no id.
    #[error("no id")]
    NoId,
    /// A part of the key is too long for an index.
    #[error("too long for a key")]
    TooLong,
}
