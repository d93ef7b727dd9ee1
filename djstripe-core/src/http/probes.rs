//! What a supervisor asks: does the process answer, and can it do its work?

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::app::Djstripe;
use crate::error::describe;

/// Answered as long as the process answers: `GET /healthz`.
pub const HEALTH_PATH: &str = "/healthz";

/// Answered with 200 while the database answers and has its tables: `GET /readyz`.
pub const READY_PATH: &str = "/readyz";

/// Longest wait for the database.
const LIMIT: Duration = Duration::from_secs(3);

/// A router with [`HEALTH_PATH`] and [`READY_PATH`], which `serve` has beside [`router`](super::router). Neither needs a
/// signature, and neither tells anything but its status and a word.
///
/// ```no_run
/// # fn merge(app: djstripe_core::Djstripe) -> axum::Router {
/// use djstripe_core::http::{probes, router};
///
/// router(app.clone()).merge(probes(app))
/// # }
/// ```
pub fn probes(app: Djstripe) -> axum::Router {
    axum::Router::new()
        .route(HEALTH_PATH, get(async || "alive"))
        .route(READY_PATH, get(ready))
        .with_state(app)
}

async fn ready(State(app): State<Djstripe>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(LIMIT, app.store().pending_migrations()).await {
        Ok(Ok(pending)) if pending.is_empty() => (StatusCode::OK, "ready"),
        Ok(Ok(pending)) => {
            tracing::warn!(
                pending = pending.len(),
                "not ready: the database lacks migrations"
            );
            (StatusCode::SERVICE_UNAVAILABLE, "migrations are pending")
        }
        Ok(Err(error)) => {
            tracing::warn!(
                error = describe(&error),
                "not ready: the database can't be asked"
            );
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
        Err(_) => {
            tracing::warn!("not ready: the database takes too long");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
    }
}
