//! Probes for a supervisor: is the process alive, and can it store deliveries?

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::app::Djstripe;
use crate::error::describe;

/// Liveness: `GET /healthz` is answered with 200 while the process runs.
pub const HEALTH_PATH: &str = "/healthz";

/// Readiness: `GET /readyz` is answered with 200 while the database answers and no migration is
/// pending.
pub const READY_PATH: &str = "/readyz";

/// Time limit of the database's answer.
const LIMIT: Duration = Duration::from_secs(3);

/// A router with [`HEALTH_PATH`] and [`READY_PATH`], which `serve` merges with [`router`](super::router).
/// Neither needs a signature, and neither returns more than a status and a few words.
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
            tracing::warn!(pending = pending.len(), "not ready: migrations are pending");
            (StatusCode::SERVICE_UNAVAILABLE, "migrations are pending")
        }
        Ok(Err(error)) => {
            tracing::warn!(error = describe(&error), "not ready: the database failed");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
        Err(_) => {
            tracing::warn!("not ready: the database did not answer in time");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
    }
}
