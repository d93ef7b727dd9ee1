//! The answer to a delivery that Stripe waits for.

use serde_json::{Value, json};

use crate::webhook::API_VERSION;

/// The answer to a delivery that Stripe waits for: a receiver returns it, and the response to the
/// delivery carries it.
///
/// Stripe asks with `issuing_authorization.request` whether to approve a purchase, and waits for two
/// seconds. A receiver that answers runs before the event is stored and before the mirror, on the
/// payload. If it fails, or takes longer than its `timeout` (1.5 s unless it says otherwise), the
/// response has no answer, and Stripe decides by the account's settings. The run is recorded like
/// any other, but never repeated; a second delivery of the event gets the same answer.
///
/// ```
/// # #[cfg(feature = "issuing")] mod shop {
/// use djstripe_core::models::IssuingAuthorization;
/// use djstripe_core::receiver::Reply;
/// use djstripe_core::{Snapshot, stripe_receiver};
///
/// #[stripe_receiver("issuing_authorization.request")]
/// async fn decide(asked: Snapshot<IssuingAuthorization>) -> Reply {
///     let amount = asked.pending_request.as_ref().and_then(|request| request.amount);
///     if amount.is_some_and(|amount| amount < 10_000) {
///         Reply::approve().metadata("decided_by", "shop")
///     } else {
///         Reply::decline()
///     }
/// }
/// # }
/// ```
///
/// Source: [Issuing real-time authorizations](https://docs.stripe.com/issuing/controls/real-time-authorizations).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply(Value);

impl Reply {
    /// Approves the purchase.
    pub fn approve() -> Self {
        Self(json!({ "approved": true }))
    }

    /// Declines the purchase.
    pub fn decline() -> Self {
        Self(json!({ "approved": false }))
    }

    /// Any other answer, as JSON.
    ///
    /// ```
    /// use djstripe_core::receiver::Reply;
    ///
    /// let reply = Reply::json(serde_json::json!({ "approved": true }));
    /// assert_eq!(reply.body(), r#"{"approved":true}"#);
    /// ```
    pub fn json(value: Value) -> Self {
        Self(value)
    }

    /// Approves this amount, in the smallest unit of the currency. Only if the request allows it:
    /// `pending_request.is_amount_controllable`.
    #[must_use]
    pub fn amount(self, amount: i64) -> Self {
        self.with("amount", amount.into())
    }

    /// Sets a value of the authorization's metadata.
    #[must_use]
    pub fn metadata(self, key: &str, value: impl Into<String>) -> Self {
        let mut metadata = self.0.get("metadata").cloned().unwrap_or_else(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert(key.to_owned(), Value::String(value.into()));
        }
        self.with("metadata", metadata)
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        if let Some(fields) = self.0.as_object_mut() {
            fields.insert(field.to_owned(), value);
        }
        self
    }

    /// The body of the response: JSON.
    pub fn body(&self) -> String {
        self.0.to_string()
    }

    /// The API version of the body, for the response's header `Stripe-Version`.
    pub fn api_version(&self) -> &'static str {
        API_VERSION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_written_as_stripe_reads_it() {
        let check = |reply: Reply, expected: &str| {
            let expected: Value = serde_json::from_str(expected).unwrap();
            assert_eq!(reply, Reply::json(expected));
        };

        check(Reply::approve(), r#"{"approved":true}"#);
        check(Reply::decline(), r#"{"approved":false}"#);
        check(
            Reply::approve().amount(50).metadata("by", "shop"),
            r#"{"amount":50,"approved":true,"metadata":{"by":"shop"}}"#,
        );
    }
}
