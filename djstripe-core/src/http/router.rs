//! The webhook endpoints as an axum router: it reads raw bytes within limits, and answers with a
//! status.
//!
//! Invariant: the body reaches [`Djstripe::receive_at`] byte for byte, because the signature is over
//! the bytes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use uuid::fmt::Hyphenated;

use super::body::{BodyError, BodyLimits, ReadBody};
use crate::app::Djstripe;
use crate::endpoint::WEBHOOK_PATH;
use crate::intake::{EndpointError, Receipt, WebhookError};
use crate::telemetry::repeats::LineLimit;
use crate::webhook::delivery::Delivery;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// `Retry-After` of an answer with 503, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// Longest time from the head of a delivery to the end of its body. A sender that takes longer is
/// answered with 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Lines about bodies over the limit.
static TOO_LARGE: LineLimit = LineLimit::per_minute(10);

/// Lines about bodies that found no memory.
static NO_MEMORY: LineLimit = LineLimit::per_minute(1);

/// A router with the webhook endpoints at [`WEBHOOK_PATH`], for an application that serves it by other
/// means than [`serve`](super::serve).
///
/// It stores events and runs no receiver: without [`Djstripe::work`] beside it, in this process or
/// another, events wait. Only in [inline mode](crate::ProcessingMode::Inline) the application needs no
/// worker of its own.
///
/// ```no_run
/// # async fn main_job() -> Result<(), Box<dyn std::error::Error>> {
/// use std::net::SocketAddr;
///
/// use djstripe_core::{Djstripe, http};
/// use tokio::net::TcpListener;
/// use tokio::sync::watch;
///
/// let app = Djstripe::builder().webhook_secret("whsec_…").database_url("sqlite:shop.db").build().await?;
/// let (stop, stopped) = watch::channel(false);
/// let worker = tokio::spawn({
///     let app = app.clone();
///     async move { app.work(stopped).await }
/// });
///
/// let listener = TcpListener::bind("127.0.0.1:4242").await?;
/// let service = http::router(app).into_make_service_with_connect_info::<SocketAddr>();
/// axum::serve(listener, service)
///     .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
///     .await?;
///
/// stop.send_replace(true);
/// worker.await?;
/// # Ok(())
/// # }
/// ```
pub fn router(app: Djstripe) -> axum::Router {
    router_at(WEBHOOK_PATH, app)
}

/// As [`router`], at another path: `path` for the endpoint of the builder's secrets, and `path/{uuid}`
/// for those of the database. A slash at the end makes no difference.
///
/// ```no_run
/// # async fn main_job(app: djstripe_core::Djstripe) -> Result<(), Box<dyn std::error::Error>> {
/// use djstripe_core::http;
///
/// let routes = axum::Router::new().merge(http::router_at("/webhooks/stripe", app.clone()));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:4242").await?;
/// http::serve(app, routes, listener, std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// As [`axum::Router::route`] if `path` does not start with `/`.
pub fn router_at(path: &str, app: Djstripe) -> axum::Router {
    let with_slash = format!("{}/", path.trim_end_matches('/'));
    let router = exact_router_at(path, app.clone());
    // A `/` alone is both.
    let other = match path.strip_suffix('/') {
        Some("") => return router,
        Some(without) => without,
        None => &with_slash,
    };
    let at_endpoint = format!("{with_slash}{{endpoint}}/");
    let others = axum::Router::new()
        .route(other, post(webhook))
        .route(&at_endpoint, post(webhook_of_endpoint));
    router.merge(others.with_state(app))
}

/// As [`router_at`], but a slash at the end is another path.
pub(super) fn exact_router_at(path: &str, app: Djstripe) -> axum::Router {
    app.start_inline_worker();
    let at_endpoint = format!("{}/{{endpoint}}", path.trim_end_matches('/'));
    axum::Router::new()
        .route(path, post(webhook))
        .route(&at_endpoint, post(webhook_of_endpoint))
        .with_state(app)
}

async fn webhook(State(app): State<Djstripe>, request: Request) -> Response {
    match read(&app, request).await {
        Ok((delivery, _memory)) => answer(app.receive(delivery).await),
        Err(response) => *response,
    }
}

async fn webhook_of_endpoint(
    State(app): State<Djstripe>,
    Path(parameters): Path<HashMap<String, String>>,
    request: Request,
) -> Response {
    // Only the hyphenated form of the id, as paths show it, is an address.
    let endpoint = parameters
        .get("endpoint")
        .map(|id| id.parse::<Hyphenated>());
    let Some(Ok(endpoint)) = endpoint else {
        return refusal(&EndpointError::Unknown.into());
    };
    match read(&app, request).await {
        Ok((delivery, _memory)) => answer(app.receive_at(endpoint.into_uuid(), delivery).await),
        Err(response) => *response,
    }
}

/// The delivery that a request carries, with its share of memory, or the answer to a sender who does
/// not finish it or finds no room.
async fn read(
    app: &Djstripe,
    request: Request,
) -> Result<(Delivery, Option<OwnedSemaphorePermit>), Box<Response>> {
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let mut delivery = Delivery {
        headers: parts.headers,
        body: Bytes::new(),
        peer: peer.map(|ConnectInfo(peer)| *peer),
    };
    let limits = BodyLimits {
        size: app.body_limit(),
        time: BODY_TIMEOUT,
        memory: Arc::clone(&app.server().free_body_memory),
    };

    match limits.read(body).await {
        Ok(ReadBody { bytes, memory }) => {
            if bytes.len() > limits.size {
                log_too_large(app, &delivery);
            }
            delivery.body = bytes;
            Ok((delivery, memory))
        }
        Err(error) => Err(Box::new(unread(app, &delivery, &error))),
    }
}

/// The intake refuses the delivery; it knows nothing of what was not read.
fn log_too_large(app: &Djstripe, delivery: &Delivery) {
    let Some(suppressed) = TOO_LARGE.written(Instant::now()) else {
        return;
    };
    let limit = app.body_limit();
    let size = delivery.headers.get(header::CONTENT_LENGTH);
    let size = size.and_then(|size| size.to_str().ok()).map(str::to_owned);
    tracing::warn!(
        size = size.unwrap_or_else(|| format!("more than {limit}")),
        limit,
        remote_address = app.server().sender(delivery),
        suppressed,
        "the body of a delivery is too large"
    );
}

/// The answer to a delivery whose body was not read.
fn unread(app: &Djstripe, delivery: &Delivery, error: &BodyError) -> Response {
    let remote_address = app.server().sender(delivery);
    match error {
        BodyError::Aborted(error) => {
            tracing::warn!(%error, remote_address, "the sender aborted the delivery");
            StatusCode::BAD_REQUEST.into_response()
        }
        BodyError::TooSlow => {
            tracing::warn!(remote_address, "a delivery did not end in time");
            StatusCode::REQUEST_TIMEOUT.into_response()
        }
        BodyError::NoMemory => {
            app.count_refused("overloaded");
            if let Some(suppressed) = NO_MEMORY.written(Instant::now()) {
                tracing::warn!(
                    limit = app.server().body_memory,
                    remote_address,
                    suppressed,
                    "no memory is left for the bodies of deliveries; they are answered with 503"
                );
            }
            let headers = [(header::RETRY_AFTER, RETRY_AFTER)];
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (status, headers, "not ready; deliver again later").into_response()
        }
    }
}

fn answer(received: Result<Receipt, WebhookError>) -> Response {
    match received {
        // The response that Stripe waits for:
        // https://docs.stripe.com/issuing/controls/real-time-authorizations
        Ok(Receipt::Replied(reply)) => {
            let version = HeaderValue::from_static(reply.api_version());
            let headers = [
                (HeaderName::from_static("stripe-version"), version),
                (header::CONTENT_TYPE, JSON),
            ];
            (headers, reply.body()).into_response()
        }
        Ok(_) => StatusCode::OK.into_response(),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &WebhookError) -> Response {
    let mut response = (error.status(), error.public_message()).into_response();
    if error.status() == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}
