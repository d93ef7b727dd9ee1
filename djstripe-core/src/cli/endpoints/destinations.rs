//! Requests to Stripe about event destinations, `/v2/core/event_destinations`.
//!
//! Source: [Event Destinations](https://docs.stripe.com/api/v2/core/event-destinations).

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::parts::{Created, gone_or, in_mode, malformed, metadata, unless_gone};
use crate::cli::exit::CommandError;
use crate::client::url_list::UrlList;
use crate::client::{Client, ClientError, Method, Request};
use crate::endpoint::{Endpoint, StripeEndpoint};
use crate::webhook::API_VERSION;

const OBJECT: &str = "v2.core.event_destination";
const PATH: &str = "/v2/core/event_destinations";

/// Stripe leaves these fields out unless a request names them.
const URL: &str = "webhook_endpoint.url";
const SECRET: &str = "webhook_endpoint.signing_secret";

/// The event that Stripe has sent to a destination.
#[derive(Debug, Deserialize)]
pub(super) struct Ping {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) name: String,
    pub(super) created: String,
}

pub(super) async fn create(
    client: &Client,
    endpoint: &Endpoint,
    events: &[String],
) -> Result<Created, CommandError> {
    #[derive(Deserialize)]
    struct WithSecret {
        #[serde(default)]
        webhook_endpoint: Option<Secret>,
    }
    #[derive(Deserialize)]
    struct Secret {
        #[serde(default)]
        signing_secret: Option<String>,
    }

    let is_thin = endpoint.kind.is_thin();
    let payload = if is_thin { "thin" } else { "snapshot" };
    let mut request = Request::create(OBJECT)?.params(json!({
        "name": format!("djstripe, {payload} events"),
        "type": "webhook_endpoint",
        "event_payload": payload,
        "enabled_events": events,
        "events_from": [endpoint.events_from()],
        "webhook_endpoint": { "url": endpoint.url },
        "metadata": metadata(endpoint),
        "include": [SECRET, URL],
    }));
    if !is_thin {
        request = request.param("snapshot_api_version", API_VERSION);
    }

    let answer = client.send(&in_mode(request, endpoint)).await?;
    // Without a secret it exists all the same: storing it fails, and then it is deleted again.
    let with_secret: WithSecret = serde_json::from_str(answer.json()).map_err(malformed)?;
    let secret = with_secret
        .webhook_endpoint
        .and_then(|it| it.signing_secret);
    Ok(Created {
        at_stripe: parse(answer.json())?,
        secret: SecretString::from(secret.unwrap_or_default()),
    })
}

pub(super) async fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<Option<StripeEndpoint>, CommandError> {
    let request = Request::retrieve(OBJECT, id)?.param("include", vec![URL]);
    let sent = client.send(&in_mode(request, endpoint)).await;
    unless_gone(sent)?
        .map(|answer| parse(answer.json()))
        .transpose()
}

pub(super) async fn list(
    client: &Client,
    livemode: Option<bool>,
) -> Result<Vec<StripeEndpoint>, CommandError> {
    let mut request = Request::list(OBJECT)?
        .param("limit", 100)
        .param("include", vec![URL]);
    if let Some(livemode) = livemode {
        request = request.livemode(livemode);
    }
    let mut list = UrlList::new(request);
    let mut found = Vec::new();
    while let Some(page) = list.next(client).await? {
        for item in &page.items {
            found.push(parse(item.get())?);
        }
    }
    Ok(found)
}

pub(super) async fn update(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    events: &[String],
) -> Result<StripeEndpoint, CommandError> {
    let mut request = Request::update(OBJECT, id)?.param("include", vec![URL]);
    if !events.is_empty() {
        request = request.param("enabled_events", events);
    }
    if let Some(url) = &endpoint.url {
        request = request.param("webhook_endpoint", json!({ "url": url }));
    }

    let answer = client.send(&in_mode(request, endpoint)).await?;
    let updated = parse(answer.json())?;
    if updated.is_enabled() == endpoint.enabled {
        return Ok(updated);
    }
    set_enabled(client, endpoint, id, endpoint.enabled).await?;
    let current = fetch(client, endpoint, id).await?;
    current.ok_or_else(|| format!("{id} was deleted at Stripe just now").into())
}

pub(super) async fn set_enabled(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    enabled: bool,
) -> Result<(), ClientError> {
    let verb = if enabled { "enable" } else { "disable" };
    let request = Request::new(Method::Post, &format!("{PATH}/{id}/{verb}"));
    client.send(&in_mode(request, endpoint)).await?;
    Ok(())
}

/// Asks Stripe to send an event to the destination.
pub(super) async fn ping(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<Ping, CommandError> {
    let request = Request::new(Method::Post, &format!("{PATH}/{id}/ping"));
    let answer = client.send(&in_mode(request, endpoint)).await;
    let answer = answer.map_err(|error| gone_or(error, id))?;
    serde_json::from_str(answer.json()).map_err(|_| "Stripe's answer is not an event".into())
}

pub(super) fn delete_request(id: &str) -> Request {
    Request::new(Method::Delete, &format!("{PATH}/{id}"))
}

fn parse(json: &str) -> Result<StripeEndpoint, CommandError> {
    StripeEndpoint::from_destination(json).map_err(malformed)
}
