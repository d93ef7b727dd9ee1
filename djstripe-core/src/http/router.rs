//! The webhook endpoints as an axum router: it reads raw bytes up to the limit, and answers with a
//! status.
//!
//! Invariant: the body reaches [`Djstripe::receive_at`] byte for byte, because the signature is over
//! the bytes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use uuid::fmt::Hyphenated;

use crate::app::Djstripe;
use crate::endpoint::WEBHOOK_PATH;
use crate::intake::{EndpointError, Receipt, WebhookError};
use crate::webhook::delivery::Delivery;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// `Retry-After` of an answer with 503, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// Longest time from the head of a delivery to the end of its body. A sender that takes longer is
/// answered with 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

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
/// for those of the database.
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
    app.start_inline_worker();
    let at_endpoint = format!("{}/{{endpoint}}", path.trim_end_matches('/'));
    axum::Router::new()
        .route(path, post(webhook))
        .route(&at_endpoint, post(webhook_of_endpoint))
        .with_state(app)
}

async fn webhook(State(app): State<Djstripe>, request: Request) -> Response {
    match read(request, app.body_limit()).await {
        Ok(delivery) => answer(app.receive(delivery).await),
        Err(status) => status.into_response(),
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
    match read(request, app.body_limit()).await {
        Ok(delivery) => answer(app.receive_at(endpoint.into_uuid(), delivery).await),
        Err(status) => status.into_response(),
    }
}

/// The delivery that a request carries, or the status that answers a sender who does not finish it.
async fn read(request: Request, limit: usize) -> Result<Delivery, StatusCode> {
    let (parts, body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| *peer);

    match tokio::time::timeout(BODY_TIMEOUT, read_body(body, limit)).await {
        Ok(Some(body)) => Ok(Delivery {
            headers: parts.headers,
            body,
            peer,
        }),
        Ok(None) => Err(StatusCode::BAD_REQUEST),
        Err(_) => {
            tracing::warn!("a delivery did not end in time");
            Err(StatusCode::REQUEST_TIMEOUT)
        }
    }
}

/// Reads the body, up to one byte more than the limit, so that the intake sees that it is too long.
/// `None` if the sender aborts the request.
async fn read_body(body: Body, limit: usize) -> Option<Bytes> {
    let mut chunks = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while bytes.len() <= limit {
        match chunks.next().await {
            Some(Ok(chunk)) => {
                bytes.extend_from_slice(&chunk[..chunk.len().min(limit + 1 - bytes.len())])
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "the sender aborted the delivery");
                return None;
            }
            None => break,
        }
    }
    Some(bytes.freeze())
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
