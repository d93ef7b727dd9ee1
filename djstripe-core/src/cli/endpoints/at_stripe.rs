//! Requests to Stripe about endpoints: webhook endpoints of API v1, event destinations of API v2.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::destinations;
use super::parts::{Created, in_mode, malformed, metadata, unless_gone};
use crate::cli::exit::CommandError;
use crate::client::{Client, ClientError, Request};
use crate::endpoint::{Endpoint, StripeEndpoint};
use crate::webhook::API_VERSION;

/// The object of API v1.
const OBJECT: &str = "webhook_endpoint";

/// How many endpoints Stripe allows in one mode of an account, of both APIs together.
///
/// Source: [Webhooks](https://docs.stripe.com/webhooks#register-webhook).
pub(super) const LIMIT: usize = 16;

/// The endpoints of one account and mode.
pub(in crate::cli) struct Listed {
    pub(in crate::cli) endpoints: Vec<StripeEndpoint>,
    /// Why there are no event destinations among them.
    pub(in crate::cli) without_destinations: Option<CommandError>,
}

pub(super) async fn create(
    client: &Client,
    endpoint: &Endpoint,
    events: &[String],
) -> Result<Created, CommandError> {
    #[derive(Deserialize)]
    struct WithSecret {
        #[serde(default)]
        secret: String,
    }

    if endpoint.kind.is_destination() {
        return destinations::create(client, endpoint, events).await;
    }
    let mut request = Request::create(OBJECT)?.params(json!({
        "url": endpoint.url,
        "enabled_events": events,
        "api_version": API_VERSION,
        "metadata": metadata(endpoint),
    }));
    if endpoint.connect {
        request = request.param("connect", true);
    }

    let answer = client.send(&in_mode(request, endpoint)).await?;
    let secret: WithSecret = serde_json::from_str(answer.json()).map_err(malformed)?;
    Ok(Created {
        at_stripe: parse(answer.json())?,
        secret: SecretString::from(secret.secret),
    })
}

/// Retrieves the endpoint; `None` if Stripe no longer has it.
pub(super) async fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<Option<StripeEndpoint>, CommandError> {
    if endpoint.kind.is_destination() {
        return destinations::fetch(client, endpoint, id).await;
    }
    let request = Request::retrieve(OBJECT, id)?;
    let sent = client.send(&in_mode(request, endpoint)).await;
    unless_gone(sent)?
        .map(|answer| parse(answer.json()))
        .transpose()
}

/// All endpoints of the account in one mode; `None` is the mode of its only key. A key may be allowed
/// to list webhook endpoints alone.
pub(in crate::cli) async fn list(
    client: &Client,
    livemode: Option<bool>,
) -> Result<Listed, CommandError> {
    // Stripe allows fewer than one page holds.
    let mut request = Request::list(OBJECT)?.param("limit", 100);
    if let Some(livemode) = livemode {
        request = request.livemode(livemode);
    }
    let page = client.page(&request).await?;
    let endpoints: Result<Vec<_>, _> = page.items.iter().map(|item| parse(item.get())).collect();
    let mut endpoints = endpoints?;

    let without_destinations = match destinations::list(client, livemode).await {
        Ok(destinations) => {
            for destination in destinations {
                // One that both APIs list is a destination: its kind says more.
                endpoints.retain(|other| other.id != destination.id);
                endpoints.push(destination);
            }
            None
        }
        Err(error) => Some(error),
    };
    Ok(Listed {
        endpoints,
        without_destinations,
    })
}

/// How many more endpoints Stripe allows.
///
/// # Errors
/// There are fewer than `wanted`.
pub(super) async fn room_for(
    client: &Client,
    endpoint: &Endpoint,
    wanted: usize,
) -> Result<usize, CommandError> {
    let listed = list(client, endpoint.livemode).await?;
    if let Some(error) = listed.without_destinations {
        return Err(error);
    }
    let left = LIMIT.saturating_sub(listed.endpoints.len());
    if left >= wanted {
        return Ok(left);
    }
    let message = format!(
        "Stripe allows {LIMIT} event destinations, webhook endpoints included, and {} of them exist: \
         there is no room for {wanted} more. Delete some first, see `endpoints doctor`",
        listed.endpoints.len()
    );
    Err(message.into())
}

/// Sets the events, the address and whether it is enabled. The events stay if there are none.
pub(super) async fn update(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    events: &[String],
) -> Result<StripeEndpoint, CommandError> {
    if endpoint.kind.is_destination() {
        return destinations::update(client, endpoint, id, events).await;
    }
    let mut request = Request::update(OBJECT, id)?.params(json!({ "disabled": !endpoint.enabled }));
    if !events.is_empty() {
        request = request.param("enabled_events", events);
    }
    if let Some(url) = &endpoint.url {
        request = request.param("url", url.as_str());
    }

    let answer = client.send(&in_mode(request, endpoint)).await?;
    parse(answer.json())
}

/// Makes Stripe deliver to it, or not.
pub(super) async fn set_enabled(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    enabled: bool,
) -> Result<(), ClientError> {
    if endpoint.kind.is_destination() {
        return destinations::set_enabled(client, endpoint, id, enabled).await;
    }
    let request = Request::update(OBJECT, id)?.param("disabled", !enabled);
    client.send(&in_mode(request, endpoint)).await?;
    Ok(())
}

/// Deletes the endpoint; succeeds if Stripe no longer has it.
pub(super) async fn delete(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<(), ClientError> {
    let request = if endpoint.kind.is_destination() {
        destinations::delete_request(id)
    } else {
        Request::delete(OBJECT, id)?
    };
    unless_gone(client.send(&in_mode(request, endpoint)).await).map(drop)
}

fn parse(json: &str) -> Result<StripeEndpoint, CommandError> {
    StripeEndpoint::from_webhook_endpoint(json).map_err(malformed)
}
