//! Probes for a supervisor: is the process alive, and can it store deliveries?

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::app::Djstripe;
use crate::error::describe;
use crate::timestamp::{Timestamp, age};

/// Liveness: `GET /healthz` is answered with 200 while the process runs.
pub const HEALTH_PATH: &str = "/healthz";

/// Readiness: `GET /readyz` is answered with 200 while this process can store a delivery: the database
/// takes writes, it has all migrations and none that this program can't work with, and the SQLite file
/// is still there. It is answered with 503 too while the server is stopping, and once a task of this
/// process that has to run, such as its worker, has ended. The body says so if events wait and no
/// worker of any process takes them; the status doesn't depend on it.
///
/// It writes to one row, at most every 5 s and not while deliveries are stored.
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

async fn ready(State(app): State<Djstripe>) -> (StatusCode, String) {
    if let Some(reason) = app.vitals().not_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, reason);
    }
    let (status, mut body) = readiness(&app).await;
    if status == StatusCode::OK
        && let Some(line) = unattended(&app).await
    {
        body = format!("{}\n{line}\n", body.trim_end());
    }
    (status, body)
}

/// The status, and what to say.
async fn readiness(app: &Djstripe) -> (StatusCode, String) {
    let asked = tokio::time::timeout(LIMIT, app.store().readiness()).await;
    let Ok(asked) = asked else {
        tracing::warn!("not ready: the database did not answer in time");
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer in time".to_owned(),
        );
    };
    match asked {
        Ok(newer) if newer.is_empty() => (StatusCode::OK, "ready".to_owned()),
        Ok(newer) => {
            let newer = newer.join(", ");
            let line = format!("newer migrations, with which this program works: {newer}");
            (StatusCode::OK, format!("ready\n{line}\n"))
        }
        Err(unready) => {
            match unready.error() {
                Some(error) => tracing::warn!(error = describe(error), "not ready: {unready}"),
                None => tracing::warn!("not ready: {unready}"),
            }
            (StatusCode::SERVICE_UNAVAILABLE, unready.to_string())
        }
    }
}

/// What to say of events that no worker takes.
async fn unattended(app: &Djstripe) -> Option<String> {
    let now = Timestamp::now();
    match tokio::time::timeout(LIMIT, app.store().unattended_since(now)).await {
        Ok(Ok(None)) => None,
        Ok(Ok(Some(since))) => Some(format!(
            "events wait and no worker of any process takes them, for {} s",
            age(since, now).as_secs()
        )),
        Ok(Err(_)) | Err(_) => Some("whether workers take events could not be checked".to_owned()),
    }
}
