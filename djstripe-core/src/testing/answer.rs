//! Answers as Stripe words them.

use serde_json::{Value, json};

/// An answer before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body, headers: Vec::new() }
    }

    pub(super) fn error(status: u16, kind: &str, code: Option<&str>, message: &str, param: Option<&str>) -> Self {
        let mut error = json!({ "type": kind, "message": message });
        if let Some(code) = code {
            error["code"] = code.into();
            error["doc_url"] = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")).into();
        }
        if let Some(param) = param {
            error["param"] = param.into();
        }
        Self { status, body: json!({ "error": error }), headers: Vec::new() }
    }

    pub(super) fn invalid(message: &str, param: Option<&str>) -> Self {
        Self::error(400, "invalid_request_error", None, message, param)
    }

    /// `param` is what named the object: `id` in a path.
    pub(super) fn missing(object: &str, id: &str, param: &str) -> Self {
        let status = if param == "id" { 404 } else { 400 };
        let message = format!("No such {}: '{id}'", object.replace('.', "_"));
        Self::error(status, "invalid_request_error", Some("resource_missing"), &message, Some(param))
    }

    pub(super) fn unknown_path(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::error(404, "invalid_request_error", None, &message, None)
    }

    pub(super) fn bad_key() -> Self {
        Self::error(401, "invalid_request_error", None, "Invalid API Key provided", None)
    }

    pub(super) fn bad_account(account: &str) -> Self {
        let message = format!(
            "The provided key does not have access to account '{account}' (or that account does not exist). Application \
             access may have been revoked."
        );
        Self::error(403, "invalid_request_error", Some("account_invalid"), &message, None)
    }

    pub(super) fn rate_limited(reason: &str) -> Self {
        let message = "Request rate limit exceeded.";
        Self::error(429, "invalid_request_error", Some("rate_limit"), message, None)
            .header("stripe-rate-limited-reason", reason)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
