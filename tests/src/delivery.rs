//! Deliveries, signed as Stripe signs them.

use std::time::SystemTime;

use axum::http::HeaderMap;
use djstripe_core::Delivery;
use djstripe_core::signature::sign;

/// A delivery of this body, signed with this secret at the present time.
///
/// # Panics
/// If the signature is no header value, which can't happen.
pub fn signed(body: impl Into<Vec<u8>>, secret: &str) -> Delivery {
    signed_at(body, secret, SystemTime::now())
}

/// A delivery of this body, signed with this secret at this time.
///
/// # Panics
/// As [`signed`].
pub fn signed_at(body: impl Into<Vec<u8>>, secret: &str, at: SystemTime) -> Delivery {
    let body = body.into();
    let signature = sign(&body, secret, at);

    let mut headers = HeaderMap::new();
    let value = signature.parse().expect("a signature is a header value");
    headers.insert("stripe-signature", value);
    Delivery::new(headers, body)
}

/// The JSON of an event about an object that has only an id.
pub fn event_json(id: &str, name: &str, object: &str) -> String {
    format!(r#"{{"id":"{id}","type":"{name}","data":{{"object":{{"id":"{object}"}}}}}}"#)
}
