//! Responses in Stripe's format, errors included.
//!
//! What comes in: the parts that vary, such as an object or the id that was not found. What goes
//! out: an [`Answer`] with the status, the body and the wording of Stripe's own response.

use serde_json::{Value, json};

/// A response before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// The name of a type as Stripe's messages write it: `line item`.
fn words(object: &str) -> String {
    object.replace(['.', '_'], " ")
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
            let page = code.replace('_', "-");
            error["code"] = code.into();
            error["doc_url"] = format!("https://stripe.com/docs/error-codes/{page}").into();
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

    /// An error of type `invalid_request_error`, the type of nearly all that Stripe returns.
    fn invalid_request(
        status: u16,
        code: Option<&str>,
        message: &str,
        param: Option<&str>,
    ) -> Self {
        Self::error(status, "invalid_request_error", code, message, param)
    }

    pub(super) fn invalid(message: &str, param: Option<&str>) -> Self {
        Self::invalid_request(400, None, message, param)
    }

    /// A parameter of API v2 is refused. Its errors have a code in place of a type.
    pub(super) fn invalid_fields(message: &str) -> Self {
        Self {
            status: 400,
            body: json!({ "error": { "code": "invalid_fields", "message": message } }),
            headers: Vec::new(),
        }
    }

    /// No object has this id. `param` is the parameter that named the object: `id` for a path.
    pub(super) fn missing(objects: &[&str], id: &str, param: &str) -> Self {
        let status = if param == "id" { 404 } else { 400 };

        let noun = match objects {
            // Stripe words this one differently and sends no code with it.
            ["subscription_item"] if status == 404 => {
                let message = format!("Invalid subscription_item id: {id}");
                return Self::invalid_request(404, None, &message, Some("subscription_item"));
            }
            ["payment_method"] => "PaymentMethod".to_owned(),
            [object] => object.replace('.', "_"),
            [_, _] => "external account".to_owned(),
            _ => "source".to_owned(),
        };

        let message = format!("No such {noun}: '{id}'");
        Self::invalid_request(status, Some("resource_missing"), &message, Some(param))
    }

    /// The list inside an object has no such item. Stripe words this one differently and sends no
    /// code with it.
    pub(super) fn not_in_list(parent: &str, parent_id: &str, object: &str, id: &str) -> Self {
        let (mut parent, object) = (words(parent), words(object));
        if let Some(first) = parent.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let message = format!("{parent} {parent_id} does not have a {object} with ID {id}");
        Self::invalid(&message, None)
    }

    pub(super) fn no_discount(customer: &str) -> Self {
        let message = format!("No active discount for customer: {customer}");
        Self::invalid_request(404, Some("resource_missing"), &message, None)
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let message = format!("Missing required param: {name}.");
        Self::invalid_request(400, Some("parameter_missing"), &message, Some(name))
    }

    pub(super) fn not_an_integer(value: &str, param: &str) -> Self {
        let message = format!("Invalid integer: {value}");
        let code = "parameter_invalid_integer";
        Self::invalid_request(400, Some(code), &message, Some(param))
    }

    /// A parameter has more levels of brackets than are read.
    pub(super) fn too_deep(param: &str) -> Self {
        let message = format!("Invalid request: {param} is nested too deep.");
        Self::invalid_request(400, None, &message, Some(param))
    }

    /// `limit` is not between 1 and `maximum`.
    pub(super) fn limit_out_of_range(limit: i64, maximum: i64) -> Self {
        let message = if limit < 1 {
            "This value must be greater than or equal to 1.".to_owned()
        } else {
            format!(
                "This value must be less than or equal to {maximum} (it currently is '{limit}')."
            )
        };
        let code = "parameter_invalid_integer";
        Self::invalid_request(400, Some(code), &message, Some("limit"))
    }

    pub(super) fn already_exists(object: &str) -> Self {
        let message = format!("{object} already exists.");
        Self::invalid_request(400, Some("resource_already_exists"), &message, Some("id"))
    }

    /// The issuer declined a card. `field` is the parameter that has the intent.
    pub(super) fn declined(field: &str, intent: &Value) -> Self {
        let message = "Your card was declined.";
        let code = Some("card_declined");
        let mut answer = Self::error(402, "card_error", code, message, None);
        answer.body["error"]["decline_code"] = "generic_decline".into();
        answer.body["error"][field] = intent.clone();
        answer
    }

    /// The customer of an invoice has to authenticate its payment.
    pub(super) fn requires_action(intent: &Value) -> Self {
        let message = "This payment requires additional user action before it can be completed \
                       successfully.";
        let code = Some("invoice_payment_intent_requires_action");
        let mut answer = Self::error(402, "card_error", code, message, None);
        answer.body["error"]["payment_intent"] = intent.clone();
        answer
    }

    /// An object has a status in which this can't be done.
    pub(super) fn wrong_status(object: &str, status: &str, verb: &str) -> Self {
        let (noun, verb) = (words(object), words(verb));
        let message = format!("You cannot {verb} this {noun} because it has a status of {status}.");
        let code = format!("{}_unexpected_state", object.replace('.', "_"));
        Self::invalid_request(400, Some(&code), &message, None)
    }

    pub(super) fn not_deletable() -> Self {
        Self::invalid("This can't be deleted.", None)
    }

    pub(super) fn unknown_path(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::invalid_request(404, None, &message, None)
    }

    /// The key is malformed, or absent if not `given`. The message never repeats the key.
    pub(super) fn bad_key(given: bool) -> Self {
        let message = if given {
            "Invalid API Key provided"
        } else {
            "You did not provide an API key."
        };
        Self::invalid_request(401, None, message, None)
    }

    pub(super) fn bad_account(account: &str) -> Self {
        let message = format!(
            "The provided key does not have access to account '{account}' (or that account does \
             not exist). Application access may have been revoked."
        );
        Self::invalid_request(403, Some("account_invalid"), &message, None)
    }

    pub(super) fn rate_limited(reason: &str) -> Self {
        let message = "Request rate limit exceeded.";
        Self::invalid_request(429, Some("rate_limit"), message, None)
            .header("stripe-rate-limited-reason", reason)
    }

    /// An idempotency key was used again with other parameters.
    pub(super) fn idempotency_error() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters \
                       they were first used with.";
        Self::error(400, "idempotency_error", None, message, None)
            .header("stripe-should-retry", "false")
    }

    /// An error of API v2. Those that can be told from others have a code instead of a type.
    pub(super) fn v2_error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            body: json!({ "error": { "code": code, "message": message } }),
            headers: Vec::new(),
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.set_header(name, value);
        self
    }

    /// Sets a header, replacing an earlier one of that name.
    pub(super) fn set_header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
    }
}
