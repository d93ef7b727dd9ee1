//! Requests to Stripe about webhook endpoints.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use crate::cli::exit::CommandError;
use crate::client::{Client, ClientError, Request};
use crate::endpoint::{Endpoint, StripeEndpoint};
use crate::webhook::API_VERSION;

/// An endpoint that Stripe has just created, with its secret, which Stripe shows only once.
pub(super) struct Created {
    pub(super) at_stripe: StripeEndpoint,
    pub(super) secret: SecretString,
}

pub(super) async fn create(
    client: &Client,
    endpoint: &Endpoint,
    needed: &[String],
) -> Result<Created, CommandError> {
    #[derive(Deserialize)]
    struct WithSecret {
        #[serde(default)]
        secret: String,
    }

    let mut request = Request::create("webhook_endpoint")?.params(json!({
        "url": endpoint.url,
        "enabled_events": needed,
        "api_version": API_VERSION,
        "metadata": { StripeEndpoint::METADATA_KEY: endpoint.id.to_string() },
    }));
    if endpoint.connect {
        request = request.param("connect", true);
    }

    let answer = client.send(&in_mode(request, endpoint)).await?;
    let WithSecret { secret } = parse(answer.json())?;
    Ok(Created {
        at_stripe: parse(answer.json())?,
        secret: SecretString::from(secret),
    })
}

/// Retrieves the endpoint; `None` if Stripe no longer has it.
pub(super) async fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<Option<StripeEndpoint>, CommandError> {
    let request = Request::retrieve("webhook_endpoint", id)?;
    match client.send(&in_mode(request, endpoint)).await {
        Ok(answer) => parse(answer.json()).map(Some),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All endpoints of the account in one mode. Stripe allows fewer than one page holds.
pub(in crate::cli) async fn list(
    client: &Client,
    livemode: bool,
) -> Result<Vec<StripeEndpoint>, CommandError> {
    let request = Request::list("webhook_endpoint")?
        .livemode(livemode)
        .param("limit", 100);
    let page = client.page(&request).await?;
    page.items.iter().map(|item| parse(item.get())).collect()
}

/// Sets the events, the address and whether it is enabled.
pub(super) async fn update(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    needed: &[String],
) -> Result<StripeEndpoint, CommandError> {
    let mut request = Request::update("webhook_endpoint", id)?
        .params(json!({ "enabled_events": needed, "disabled": !endpoint.enabled }));
    if let Some(url) = &endpoint.url {
        request = request.param("url", url.as_str());
    }

    let answer = client.send(&in_mode(request, endpoint)).await?;
    parse(answer.json())
}

/// Deletes the endpoint; succeeds if Stripe no longer has it.
pub(super) async fn delete(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<(), ClientError> {
    let request = Request::delete("webhook_endpoint", id)?;
    match client.send(&in_mode(request, endpoint)).await {
        Err(error) if !error.is_gone() => Err(error),
        _ => Ok(()),
    }
}

fn in_mode(request: Request, endpoint: &Endpoint) -> Request {
    match endpoint.livemode {
        Some(livemode) => request.livemode(livemode),
        None => request,
    }
}

/// Parses an answer. The error doesn't quote it, because it may hold a secret.
fn parse<T: for<'a> Deserialize<'a>>(json: &str) -> Result<T, CommandError> {
    serde_json::from_str(json).map_err(|_| "Stripe's answer is not a webhook endpoint".into())
}
