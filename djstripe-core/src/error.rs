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

/// The error and its causes in one line: `receiver failed: connection refused`. A cause that the error
/// above it shows already, as some libraries' errors do, is not repeated.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.ends_with(&cause) {
            text
        } else {
            format!("{text}: {cause}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    #[test]
    fn each_cause_is_told_once() {
        let check = |texts: &[&'static str], expected: &str| {
            let chain = texts
                .iter()
                .rev()
                .fold(None, |source, text| Some(Box::new(Link { text, source })));
            assert_eq!(describe(&*chain.unwrap()), expected);
        };

        check(&["no luck"], "no luck");
        check(
            &["failed", "no luck", "it rains"],
            "failed: no luck: it rains",
        );
        check(
            &["failed: no luck", "no luck", "it rains"],
            "failed: no luck: it rains",
        );
        check(&["failed", "failed"], "failed");
    }
}
