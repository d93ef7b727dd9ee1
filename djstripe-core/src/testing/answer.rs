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
        Self {
            status: 200,
            body,
            headers: Vec::new(),
        }
    }

    pub(super) fn error(
        status: u16,
        kind: &str,
        code: Option<&str>,
        message: &str,
        param: Option<&str>,
    ) -> Self {
        let mut error = json!({ "type": kind, "message": message });
        if let Some(code) = code {
            error["code"] = code.into();
            error["doc_url"] = format!(
                "https://stripe.com/docs/error-codes/{}",
                code.replace('_', "-")
            )
            .into();
        }
        if let Some(param) = param {
            error["param"] = param.into();
        }
        Self {
            status,
            body: json!({ "error": error }),
            headers: Vec::new(),
        }
    }

    pub(super) fn invalid(message: &str, param: Option<&str>) -> Self {
        Self::error(400, "invalid_request_error", None, message, param)
    }

    /// `param` is what named the object: `id` in a path.
    pub(super) fn missing(objects: &[&str], id: &str, param: &str) -> Self {
        let status = if param == "id" { 404 } else { 400 };
        let noun = match objects {
            // The only one that is worded otherwise, and without a code.
            ["subscription_item"] if status == 404 => {
                let message = format!("Invalid subscription_item id: {id}");
                return Self::error(
                    404,
                    "invalid_request_error",
                    None,
                    &message,
                    Some("subscription_item"),
                );
            }
            ["payment_method"] => "PaymentMethod".to_owned(),
            [object] => object.replace('.', "_"),
            [_, _] => "external account".to_owned(),
            _ => "source".to_owned(),
        };
        let message = format!("No such {noun}: '{id}'");
        Self::error(
            status,
            "invalid_request_error",
            Some("resource_missing"),
            &message,
            Some(param),
        )
    }

    pub(super) fn no_discount(customer: &str) -> Self {
        let message = format!("No active discount for customer: {customer}");
        Self::error(
            404,
            "invalid_request_error",
            Some("resource_missing"),
            &message,
            None,
        )
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let message = format!("Missing required param: {name}.");
        Self::error(
            400,
            "invalid_request_error",
            Some("parameter_missing"),
            &message,
            Some(name),
        )
    }

    pub(super) fn not_an_integer(value: &str, param: &str) -> Self {
        let message = format!("Invalid integer: {value}");
        Self::error(
            400,
            "invalid_request_error",
            Some("parameter_invalid_integer"),
            &message,
            Some(param),
        )
    }

    /// For a `limit` that is not between 1 and `most`.
    pub(super) fn out_of_range(limit: i64, most: i64) -> Self {
        let message = if limit < 1 {
            "This value must be greater than or equal to 1.".to_owned()
        } else {
            format!("This value must be less than or equal to {most} (it currently is '{limit}').")
        };
        Self::error(
            400,
            "invalid_request_error",
            Some("parameter_invalid_integer"),
            &message,
            Some("limit"),
        )
    }

    pub(super) fn unknown_path(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::error(404, "invalid_request_error", None, &message, None)
    }

    /// For a key that isn't one, or for none; the key is not repeated.
    pub(super) fn bad_key(given: bool) -> Self {
        let message = if given {
            "Invalid API Key provided"
        } else {
            "You did not provide an API key."
        };
        Self::error(401, "invalid_request_error", None, message, None)
    }

    pub(super) fn bad_account(account: &str) -> Self {
        let message = format!(
            "The provided key does not have access to account '{account}' (or that account does not exist). Application \
             access may have been revoked."
        );
        Self::error(
            403,
            "invalid_request_error",
            Some("account_invalid"),
            &message,
            None,
        )
    }

    pub(super) fn rate_limited(reason: &str) -> Self {
        let message = "Request rate limit exceeded.";
        Self::error(
            429,
            "invalid_request_error",
            Some("rate_limit"),
            message,
            None,
        )
        .header("stripe-rate-limited-reason", reason)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a header, in place of one of that name.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
    }
}
