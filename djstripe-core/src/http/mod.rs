//! The webhook endpoints as an axum router: it reads raw bytes up to the limit, and answers with a
//! status.
//!
//! Invariant: the body reaches [`Djstripe::receive_at`] byte for byte, because the signature is over the bytes.

mod probes;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use uuid::fmt::Hyphenated;

use crate::app::Djstripe;
use crate::intake::{EndpointError, WebhookError};
use crate::webhook::delivery::Delivery;

pub use crate::endpoint::WEBHOOK_PATH;
pub use probes::{HEALTH_PATH, READY_PATH, probes};

/// `Retry-After` of an answer with 503, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// A router with the webhook endpoints, to serve alone or to merge into the application's router.
/// It stores events; [`Djstripe::work`] runs their receivers. Only in
/// [inline mode](crate::ProcessingMode::Inline) the application needs no worker of its own.
///
/// ```no_run
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use djstripe_core::{Djstripe, http};
///
/// let app = Djstripe::builder().webhook_secret("whsec_…").database_url("sqlite:shop.db").build().await?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:4242").await?;
/// axum::serve(listener, http::router(app).into_make_service_with_connect_info::<std::net::SocketAddr>()).await?;
/// # Ok(())
/// # }
/// ```
pub fn router(app: Djstripe) -> axum::Router {
    app.start_inline_worker();
    let at_endpoint = format!("{WEBHOOK_PATH}/{{endpoint}}");
    axum::Router::new()
        .route(WEBHOOK_PATH, post(webhook))
        .route(&at_endpoint, post(webhook))
        .with_state(app)
}

async fn webhook(
    State(app): State<Djstripe>,
    endpoint: Option<Path<String>>,
    request: Request,
) -> Response {
    // Only the hyphenated form of the id, as paths show it, is an address.
    let endpoint = match endpoint
        .map(|Path(id)| id.parse::<Hyphenated>())
        .transpose()
    {
        Ok(endpoint) => endpoint.map(Hyphenated::into_uuid),
        Err(_) => return refusal(&EndpointError::Unknown.into()),
    };

    let (parts, body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| *peer);
    let Some(body) = read(body, app.body_limit()).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };

    let delivery = Delivery {
        headers: parts.headers,
        body,
        peer,
    };
    let received = match endpoint {
        Some(endpoint) => app.receive_at(endpoint, delivery).await,
        None => app.receive(delivery).await,
    };
    match received {
        Ok(_) => StatusCode::OK.into_response(),
        Err(error) => refusal(&error),
    }
}

/// Reads the body, up to one byte more than the limit, so that the intake sees that it is too long.
/// `None` if the sender aborts the request.
async fn read(body: Body, limit: usize) -> Option<Bytes> {
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

fn refusal(error: &WebhookError) -> Response {
    let mut response = (error.status(), error.public_message()).into_response();
    if error.status() == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}
