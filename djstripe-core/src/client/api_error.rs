//! Errors that Stripe's API responds with.
//!
//! In: a response that is not a success. Out: an [`ApiError`].
//!
//! Invariant: a failure of another kind never looks like a deletion.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// An error response of Stripe's API.
///
/// Source: [Errors](https://docs.stripe.com/api/errors).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The status of the response.
    pub status: u16,
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The code: `resource_missing`, `rate_limit`, …
    pub code: Option<String>,
    /// The parameter that caused the error.
    pub param: Option<String>,
    /// The message for humans.
    pub message: String,
    /// Stripe's id of the request, for Stripe's support.
    pub request_id: Option<String>,
    /// The limit that was reached, for status 429: `global-rate`, `endpoint-concurrency`, …
    pub rate_limited: Option<String>,
    /// The delay before a retry that Stripe requests.
    pub retry_after: Option<Duration>,
    /// Whether a retry makes sense, according to Stripe.
    pub should_retry: Option<bool>,
    /// Whether the object in `starting_after` or `ending_before` no longer exists.
    pub(crate) is_cursor_lost: bool,
}

/// The kind of an [`ApiError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An internal error of Stripe.
    Api,
    /// The key is missing or invalid.
    Authentication,
    /// A card was declined.
    Card,
    /// The idempotency key was already used for another request.
    Idempotency,
    /// The request is invalid, or its object doesn't exist.
    InvalidRequest,
    /// The key lacks the permission.
    Permission,
    /// Too many requests.
    RateLimit,
    /// Any other kind.
    Other(String),
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: Fields,
}

#[derive(Default, Deserialize)]
struct Fields {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    param: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl ApiError {
    /// Reads a response that is not a success. Any body is accepted. `cursor` is the object that
    /// the request named in `starting_after` or `ending_before`.
    pub(crate) fn read(
        status: u16,
        header: impl Fn(&str) -> Option<String>,
        body: &[u8],
        cursor: Option<&str>,
    ) -> Self {
        let Body { error } = serde_json::from_slice(body).unwrap_or_default();

        let kind = match (status, error.kind.as_deref()) {
            (401, _) => ErrorKind::Authentication,
            (403, _) => ErrorKind::Permission,
            (429, _) => ErrorKind::RateLimit,
            (_, Some("card_error")) => ErrorKind::Card,
            (_, Some("idempotency_error")) => ErrorKind::Idempotency,
            (_, Some("invalid_request_error")) => ErrorKind::InvalidRequest,
            (_, Some("api_error")) | (500.., None) => ErrorKind::Api,
            (_, other) => ErrorKind::Other(other.unwrap_or_default().to_owned()),
        };

        let mut error = Self {
            status,
            kind,
            code: error.code,
            param: error.param,
            message: error.message.unwrap_or_else(|| "no message".to_owned()),
            request_id: header("request-id"),
            rate_limited: header("stripe-rate-limited-reason"),
            retry_after: header("retry-after")
                .and_then(|text| text.parse().ok())
                .map(Duration::from_secs),
            should_retry: header("stripe-should-retry").and_then(|text| text.parse().ok()),
            is_cursor_lost: false,
        };
        error.is_cursor_lost = cursor.is_some_and(|cursor| error.is_about_cursor(cursor));
        error
    }

    /// Whether the error says that the object a page starts after, or ends before, doesn't exist.
    /// The lists inside objects have messages of their own, without a code: `Invoice in_1 does not
    /// have a line item with ID il_1`.
    fn is_about_cursor(&self, cursor: &str) -> bool {
        let is_refused = matches!(self.status, 400 | 404);
        let is_other_mode = self.message.contains(OTHER_MODE);
        let is_param = matches!(
            self.param.as_deref(),
            Some("starting_after" | "ending_before")
        );
        is_refused && !is_other_mode && (is_param && self.is_gone() || names(&self.message, cursor))
    }

    /// Whether Stripe reports that the object doesn't exist, or no longer does.
    ///
    /// A closed list decides: any other failure, such as a wrong key, must never look like a
    /// deletion.
    pub fn is_gone(&self) -> bool {
        if self.status >= 500
            || [401, 403, 429].contains(&self.status)
            || self.message.contains(OTHER_MODE)
        {
            return false;
        }

        // API v2 has a code of its own, without a type.
        let is_v2 = self.status == 404 && self.code.as_deref() == Some("not_found");
        is_v2
            || self.code.as_deref() == Some("resource_missing")
            || self.message.starts_with("No such ")
            || self.message.starts_with("Invalid subscription_item id")
                && self.param.as_deref() == Some("subscription_item")
            || self
                .message
                .starts_with("A source must be attached to a customer")
                && self.param.as_deref() == Some("payment_method")
    }

    /// Whether the same request can succeed later: after too many requests, a lock timeout or an
    /// outage at Stripe.
    ///
    /// Source: [Low-level error handling](https://docs.stripe.com/error-low-level).
    pub fn is_transient(&self) -> bool {
        self.should_retry
            .unwrap_or(matches!(self.status, 409 | 429 | 500..))
    }
}

/// The object is in the other mode, so the key is wrong and the object is not gone.
const OTHER_MODE: &str = "a similar object exists";

/// Whether a message names an id, and not just a longer one that contains it.
fn names(message: &str, id: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    !id.is_empty()
        && message.match_indices(id).any(|(start, _)| {
            let before = message[..start].chars().next_back();
            let after = message[start + id.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stripe responded with {}", self.status)?;
        if let Some(code) = &self.code {
            write!(formatter, " {code}")?;
        }
        write!(formatter, ": {}", self.message)?;
        if let Some(id) = &self.request_id {
            write!(formatter, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> ApiError {
        ApiError::read(status, |_| None, body.as_bytes(), None)
    }

    #[test]
    fn only_a_closed_list_means_gone() {
        let check = |status: u16, code: &str, message: &str, param: &str, expected: bool| {
            let body = format!(
                r#"{{"error":{{"code":"{code}","message":"{message}","param":"{param}"}}}}"#
            );
            assert_eq!(error(status, &body).is_gone(), expected, "{status} {body}");
        };

        check(
            404,
            "resource_missing",
            "No such customer: 'cus_1'",
            "id",
            true,
        );
        check(400, "", "No such source: 'src_1'", "", true);
        check(404, "", "Unrecognized request URL", "", false);
        check(404, "not_found", "The destination wasn't found", "", true);
        check(400, "not_found", "The destination wasn't found", "", false);
        check(
            400,
            "",
            "Invalid subscription_item id: si_1",
            "subscription_item",
            true,
        );
        check(400, "", "Invalid subscription_item id: si_1", "id", false);
        check(
            400,
            "",
            "A source must be attached to a customer to be used",
            "payment_method",
            true,
        );
        check(
            400,
            "",
            "A source must be attached to a customer to be used",
            "source",
            false,
        );

        let similar = "No such price: 'p'; a similar object exists in test mode, but a live mode key was used";
        check(404, "resource_missing", similar, "price", false);
        check(401, "", "No such key", "", false);
        check(402, "card_declined", "Your card was declined", "", false);
        check(429, "rate_limit", "Too many requests", "", false);
        check(500, "resource_missing", "", "", false);
    }

    #[test]
    fn a_page_may_have_lost_what_it_begins_after() {
        let check = |status: u16, code: &str, message: &str, param: &str, expected: bool| {
            let body = format!(
                r#"{{"error":{{"code":"{code}","message":"{message}","param":"{param}"}}}}"#
            );
            let of = |cursor| {
                let error = ApiError::read(status, |_| None, body.as_bytes(), cursor);
                error.is_cursor_lost
            };
            assert_eq!(of(Some("il_1")), expected, "{body}");
            assert!(!of(None), "{body}");
        };

        check(400, "resource_missing", "no", "starting_after", true);
        check(400, "resource_missing", "no", "ending_before", true);
        check(400, "resource_missing", "no", "customer", false);
        check(400, "parameter_unknown", "no", "starting_after", false);

        let of_invoice = "Invoice in_1 does not have a line item with ID il_1";
        check(400, "", of_invoice, "", true);
        check(404, "", of_invoice, "", true);
        check(
            400,
            "",
            "Invoice in_1 does not have a line item il_1",
            "",
            true,
        );
        check(400, "", "No such line item: 'il_1'", "id", true);
        check(
            400,
            "",
            "Invoice in_1 does not have a line item il_12",
            "",
            false,
        );
        check(
            404,
            "resource_missing",
            "No such invoice: 'in_1'",
            "id",
            false,
        );
        check(403, "", of_invoice, "", false);
        check(500, "", of_invoice, "", false);
        let similar = "No such line item: 'il_1'; a similar object exists in test mode";
        check(404, "resource_missing", similar, "starting_after", false);
    }

    #[test]
    fn each_answer_has_its_kind() {
        let check = |status: u16, body: &str, kind: ErrorKind, transient: bool| {
            let error = error(status, body);
            assert_eq!(
                (&error.kind, error.is_transient()),
                (&kind, transient),
                "{status} {body}"
            );
        };

        check(
            400,
            r#"{"error":{"type":"invalid_request_error"}}"#,
            ErrorKind::InvalidRequest,
            false,
        );
        check(
            400,
            r#"{"error":{"type":"idempotency_error"}}"#,
            ErrorKind::Idempotency,
            false,
        );
        check(401, "{}", ErrorKind::Authentication, false);
        check(
            402,
            r#"{"error":{"type":"card_error"}}"#,
            ErrorKind::Card,
            false,
        );
        check(403, "{}", ErrorKind::Permission, false);
        check(409, "{}", ErrorKind::Other(String::new()), true);
        check(
            429,
            r#"{"error":{"type":"invalid_request_error"}}"#,
            ErrorKind::RateLimit,
            true,
        );
        check(502, "<html>bad gateway</html>", ErrorKind::Api, true);
        check(
            400,
            r#"{"error":"odd"}"#,
            ErrorKind::Other(String::new()),
            false,
        );
    }

    #[test]
    fn headers_say_more() {
        let header = |name: &str| {
            let value = match name {
                "request-id" => "req_1",
                "retry-after" => "7",
                "stripe-should-retry" => "false",
                "stripe-rate-limited-reason" => "endpoint-rate",
                _ => return None,
            };
            Some(value.to_owned())
        };

        let error = ApiError::read(
            429,
            header,
            br#"{"error":{"code":"rate_limit","message":"slow down"}}"#,
            None,
        );

        assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(
            (error.is_transient(), error.rate_limited.as_deref()),
            (false, Some("endpoint-rate"))
        );
        assert_eq!(
            error.to_string(),
            "Stripe responded with 429 rate_limit: slow down (request req_1)"
        );
    }
}
