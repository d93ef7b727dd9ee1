//! What Stripe's refusal of a request means for a job. Does no IO.
//!
//! In: the error of a request for a list or an object. Out: whether Stripe will refuse it the next
//! time too, and whether the account may have objects that the job misses for it.

use crate::client::ClientError;

/// Parts of the messages with which Stripe refuses the API of a product that the account has not
/// enabled. The OpenAPI document doesn't have them, see `docs/assumptions.md`.
const NOT_ENABLED: [&str; 5] = [
    "not set up to use",
    "Only Stripe Connect platforms can work with other accounts",
    "signed up for Connect",
    "is not enabled for",
    "Unrecognized request URL",
];

/// An answer that stays the same however often the request is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Stripe's message.
    pub(crate) reason: String,
    /// Whether the account has not enabled the product, and so has no such objects.
    pub(crate) is_not_enabled: bool,
}

impl Refusal {
    /// The refusal in this error; `None` if the request may succeed the next time. A key can be
    /// renewed, and some transient errors differ from permanent ones only in the header that
    /// advises against a retry.
    pub(crate) fn of(error: &ClientError) -> Option<Self> {
        if let ClientError::Request(error) = error {
            return Some(Self {
                reason: error.to_string(),
                is_not_enabled: false,
            });
        }

        let api = error.api().filter(|api| {
            !error.has_lost_cursor()
                && api.status < 500
                && !matches!(api.status, 401 | 409 | 429)
                && !error.is_transient()
        })?;
        let is_in_message = |part: &&str| api.message.contains(*part);
        Some(Self {
            reason: api.message.clone(),
            is_not_enabled: matches!(api.status, 400 | 403 | 404)
                && NOT_ENABLED.iter().any(is_in_message),
        })
    }
}

/// Whether Stripe refuses the request for this parameter, or for a member of it such as
/// `created[gte]`.
pub(crate) fn is_about_parameter(error: &ClientError, parameter: &str) -> bool {
    let Some(api) = error.api().filter(|api| api.status == 400) else {
        return false;
    };
    if error.has_lost_cursor() || error.is_gone() {
        return false;
    }

    let is_named = |text: &str| {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .any(|word| word == parameter)
    };
    match &api.param {
        Some(param) => param.split('[').next() == Some(parameter),
        None => is_named(&api.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ApiError;

    fn error(status: u16, message: &str, param: &str, cursor: Option<&str>) -> ClientError {
        let param = match param {
            "" => String::new(),
            param => format!(r#","param":"{param}""#),
        };
        let body = format!(r#"{{"error":{{"message":"{message}"{param}}}}}"#);
        let header = |name: &str| {
            (name == "stripe-should-retry" && status < 500).then(|| "false".to_owned())
        };
        let api = ApiError::read(status, header, body.as_bytes(), cursor);
        ClientError::Api(Box::new(api))
    }

    #[test]
    fn what_an_account_has_not_enabled_is_no_omission_and_any_other_refusal_is() {
        let check = |status: u16, message: &str, expected: Option<bool>| {
            let refusal = Refusal::of(&error(status, message, "", Some("ch_1")));
            let is_not_enabled = refusal.map(|refusal| refusal.is_not_enabled);
            assert_eq!(is_not_enabled, expected, "{status} {message}");
        };

        let issuing = "Your account is not set up to use Issuing. Please visit the dashboard.";
        check(400, issuing, Some(true));
        let connect = "Only Stripe Connect platforms can work with other accounts.";
        check(403, connect, Some(true));
        check(404, "Unrecognized request URL (GET: /v1/x)", Some(true));

        let permission = "The provided key 'rk_test' does not have the required permissions";
        check(403, permission, Some(false));
        check(400, "Something else is wrong", Some(false));

        check(400, "No such charge: 'ch_1'", None);
        for status in [401, 409, 429, 500] {
            check(status, issuing, None);
        }
    }

    #[test]
    fn a_refused_parameter_is_told_from_a_wrong_value() {
        let check = |message: &str, param: &str, expected: bool| {
            let error = error(400, message, param, Some("ch_1"));
            assert_eq!(is_about_parameter(&error, "created"), expected, "{message}");
        };

        check("Received unknown parameter: created", "created", true);
        check("Received unknown parameter: created", "created[lt]", true);
        check("Received unknown parameter: created", "", true);
        check("Received unknown parameter: created_before", "", false);
        check("Received unknown parameter: limit", "limit", false);
        check("No such charge: 'ch_1'", "created", false);
    }
}
