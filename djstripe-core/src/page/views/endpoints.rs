//! The webhook endpoints of the database, and on demand how they differ from Stripe's.

use std::time::Duration;

use maud::{Markup, html};

use crate::client::{Client, Request};
use crate::endpoint::{Endpoint, StripeEndpoint, differences};
use crate::error::describe;
use crate::page::error::PageError;
use crate::page::layout::{View, code, number, table};
use crate::page::shown::{shown, shown_up_to};
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::page::words::{good_or_bad, state};
use crate::receiver::needed_events::Needed;

/// Endpoints that are shown: Stripe allows 16 in a mode of an account.
const MOST_SHOWN: u32 = 100;

/// How long Stripe is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let endpoints = visit.store().endpoints(MOST_SHOWN).await?;
    let compares = visit.params.get("compare") == Some("yes");
    let mut rows = Vec::with_capacity(endpoints.len());
    for endpoint in &endpoints {
        let drift = if compares {
            drift(visit, endpoint).await
        } else {
            html! { span.soft { "not compared" } }
        };
        rows.push(row(visit, endpoint, &drift));
    }
    let content = html! {
        @if rows.is_empty() {
            p { "The database has no endpoints. Deliveries to the default endpoint are verified with the program's own secret." }
        } @else {
            @if !compares {
                p { a href=(visit.to("endpoints", &[("compare", "yes")])) { "Compare with Stripe" }
                    span.soft { " (sends a request for each)" } }
            }
            (table("Endpoints, newest first", &["Endpoint", "State", "For", "Events", "Secrets", "Differs from Stripe's"], &rows))
        }
    };
    Ok(View::new("Endpoints", content))
}

fn row(visit: &Visit, endpoint: &Endpoint, drift: &Markup) -> Markup {
    let mode = match endpoint.livemode {
        Some(true) => "live",
        Some(false) => "test",
        None => "both modes",
    };
    let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
    html! {
        th scope="row" {
            code { (endpoint.id) }
            br; span.soft { (shown(&address)) }
            @if let Some(id) = &endpoint.stripe_id { br; (code(id)) }
        }
        td { (good_or_bad(endpoint.enabled, "enabled", "disabled")) br; span.soft { (endpoint.kind.as_str()) } }
        td { (mode) ", " (shown_up_to(&endpoint.accounts.to_string(), 100)) }
        td {
            (number(endpoint.events.len() as u64))
            @if let Some(version) = &endpoint.api_version { br; span.soft { (shown_up_to(version, 60)) } }
        }
        td {
            // Where a secret is stored says nothing of it, but is not needed here either.
            (endpoint.secrets.len())
            @for secret in &endpoint.secrets {
                @if let Some(end) = secret.expires_at { br; span.soft { "one until " (at(end, visit.now)) } }
            }
        }
        td.long { (drift) }
    }
}

/// How the endpoint differs from Stripe's.
async fn drift(visit: &Visit, endpoint: &Endpoint) -> Markup {
    let Some(id) = &endpoint.stripe_id else {
        return html! { span.soft { "created at Stripe by hand" } };
    };
    let client = match &endpoint.own_account {
        Some(account) => visit.app().client_of(account),
        None => visit.app().client(),
    };
    let Some(client) = client else {
        return html! { span.soft { "no secret key" } };
    };
    let fetched = tokio::time::timeout(PATIENCE, fetch(client, endpoint, id)).await;
    let at_stripe = match fetched {
        Err(_) => return html! { (state("▲", "Stripe did not answer in time", "warn")) },
        Ok(Err(error)) => {
            return html! { (state("▲", "not retrieved", "warn")) ": " (shown(&error)) };
        }
        Ok(Ok(None)) => return html! { (state("✕", "gone at Stripe", "bad")) },
        Ok(Ok(Some(at_stripe))) => at_stripe,
    };

    let needed = Needed::by(visit.app().registry(), true);
    let needed = if endpoint.kind.is_thin() {
        needed.for_thin()
    } else {
        needed.for_snapshot()
    };
    let found = differences(endpoint, &at_stripe, &needed);
    html! {
        @if found.is_empty() { (state("●", "the same", "good")) }
        @for difference in &found { div { (state("▲", "", "warn")) (shown(&difference.to_string())) } }
    }
}

/// The endpoint at Stripe; `None` if it is gone. The error is in words.
async fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<Option<StripeEndpoint>, String> {
    let is_destination = endpoint.kind.is_destination();
    let request = if is_destination {
        Request::retrieve("v2.core.event_destination", id)
            .map(|request| request.param("include", vec!["webhook_endpoint.url"]))
    } else {
        Request::retrieve("webhook_endpoint", id)
    };
    let request = request.map_err(|error| describe(&error))?;
    let request = match endpoint.livemode {
        Some(livemode) => request.livemode(livemode),
        None => request,
    };

    let answer = match client.send(&request).await {
        Ok(answer) => answer,
        Err(error) if error.is_gone() => return Ok(None),
        Err(error) => return Err(describe(&error)),
    };
    let read = if is_destination {
        StripeEndpoint::from_destination(answer.json())
    } else {
        StripeEndpoint::from_webhook_endpoint(answer.json())
    };
    // The error of the parser may quote a secret.
    read.map(Some)
        .map_err(|_| "Stripe's answer is not an endpoint".to_owned())
}
