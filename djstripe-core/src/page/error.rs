//! Why a request of the page gets no view.

use axum::http::StatusCode;

use super::access::Right;
use crate::error::describe;
use crate::processing::dry_run::DryRunError;
use crate::store::StoreError;

/// Why there is no view.
#[derive(Debug)]
pub(super) enum PageError {
    /// There is no such page or thing.
    NotFound(String),
    /// A field of the request can't be read; what to do.
    Invalid(String),
    /// The operator lacks a right.
    Lacks(Right),
    /// Nothing can be changed, for everybody; why.
    ReadOnly(&'static str),
    /// The request was sent by another site.
    OtherSite,
    /// The database failed.
    Store(StoreError),
    /// A dry run failed.
    DryRun(DryRunError),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DryRunError> for PageError {
    fn from(error: DryRunError) -> Self {
        Self::DryRun(error)
    }
}

impl PageError {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Lacks(_) | Self::ReadOnly(_) | Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Store(StoreError::TooSlow { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::DryRun(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "Not found",
            Self::Invalid(_) => "This request can't be read",
            Self::Lacks(_) | Self::ReadOnly(_) | Self::OtherSite => "Not allowed",
            Self::Store(StoreError::TooSlow { .. }) => "This takes too long",
            Self::Store(_) | Self::DryRun(_) => "The database failed",
        }
    }

    /// What happened, and what to do.
    pub(super) fn text(&self) -> String {
        match self {
            Self::NotFound(what) | Self::Invalid(what) => what.clone(),
            Self::Lacks(right) => format!(
                "You lack the right `{}`. Whoever runs this page grants it.",
                right.as_str()
            ),
            Self::ReadOnly(why) => format!("Nothing can be changed here: {why}."),
            Self::OtherSite => {
                "The request did not come from this page. Open the page, and use its own buttons; behind \
                 a proxy, let it pass the header Host on."
                    .to_owned()
            }
            Self::Store(error @ StoreError::TooSlow { .. }) => format!(
                "{error}. The statement was ended so that it doesn't slow the workers down. Narrow the \
                 filter, by time, name or object, and try again.",
            ),
            Self::Store(error) => describe(error),
            Self::DryRun(error) => describe(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_failure_says_what_to_do() {
        let check = |error: PageError, status: u16, part: &str| {
            assert_eq!(error.status().as_u16(), status, "{error:?}");
            assert!(error.text().contains(part), "{}", error.text());
        };
        let slow = StoreError::TooSlow {
            operation: "list events",
            limit: Duration::from_secs(2),
        };
        check(slow.into(), 503, "Narrow the filter");
        check(PageError::Lacks(Right::Replay), 403, "`replay`");
        check(
            PageError::ReadOnly("the database is read-only"),
            403,
            "read-only",
        );
        check(PageError::OtherSite, 403, "header Host");
    }
}
