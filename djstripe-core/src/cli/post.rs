//! Posting a signed event to a webhook endpoint, as Stripe does.

use std::time::SystemTime;

use crate::webhook::signature::sign;

/// The answer of a server.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Posts `body` with the `Stripe-Signature` header of this secret and time.
pub(super) async fn post_signed(
    client: &reqwest::Client,
    url: &str,
    body: String,
    secret: &str,
    now: SystemTime,
) -> Result<Answer, reqwest::Error> {
    let signature = sign(body.as_bytes(), secret, now);
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("stripe-signature", signature)
        .body(body);

    let response = request.send().await?;
    Ok(Answer {
        status: response.status().as_u16(),
        body: response.text().await?,
    })
}
