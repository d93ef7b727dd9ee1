//! The type of any error, and helpers that turn errors and panics into messages.

use std::any::Any;

/// An error of any type, such as the error that a receiver returned.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The message of a panic, or `no message` if its payload is not a string.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// The error and its causes in one line: `receiver failed: connection refused`.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
