//! A whole server: the webhook endpoints and the application's routes on one socket, and the workers
//! beside them.

use std::io;
#[cfg(feature = "cli")]
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use super::connections::{self, Limits};
use super::descriptors::default_max_connections;
use super::parts::{Parts, ServeError};
use super::router::exact_router_at;
use super::strays::with_strays;
use crate::app::{Djstripe, Interrupt, ProcessRole};
use crate::endpoint::WEBHOOK_PATH;

/// Serves webhooks and the application's own routes, and runs the receivers: everything that the
/// command `serve` does. It ends when `shutdown` does, or at Ctrl-C or SIGTERM.
///
/// - Deliveries to [`WEBHOOK_PATH`], and to the endpoints of the database below it, are stored and
///   acknowledged. All other requests are `routes`'. [`probes`](super::probes) may be among those.
/// - A [worker](Djstripe::work) runs the receivers, and events are
///   [reconciled](crate::Builder::reconcile_every) if the builder says so.
/// - Handlers can take the sender's address: axum's `ConnectInfo<SocketAddr>`.
/// - A POST that none of them takes has a line in the log. A slash at the end of an endpoint's path
///   makes no difference, unless the application has a route with it.
/// - Once it is to end, [`/readyz`](super::READY_PATH) answers 503, and connections are still accepted
///   for the builder's [`drain`](crate::Builder::drain). Then requests and events under way are
///   finished, for as long as its [`grace`](crate::Builder::grace) allows. From the call on, the first
///   of the signals SIGINT, SIGTERM and SIGHUP doesn't kill the process any more. A second one ends it
///   at once, also while it stops for another reason.
/// - It ends with an error, in the same way, if a task ends that has to run, such as the worker.
/// - A client that connects and sends no complete head of a request within 30 s is cut off. So is one
///   that is idle for 75 s between two requests; load balancers keep connections for 60 s. It speaks
///   HTTP/1.1. The number of connections and the memory of bodies have limits:
///   [`max_connections`](crate::Builder::max_connections) and
///   [`body_memory`](crate::Builder::body_memory). The page [`serving`](crate::serving) has them all.
///
/// ```no_run
/// use axum::routing::get;
/// use djstripe_core::{Djstripe, http};
///
/// # async fn main_job() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Djstripe::builder().webhook_secret("whsec_…").database_url("sqlite:shop.db").build().await?;
/// let routes = axum::Router::new()
///     .route("/", get(async || "my shop"))
///     .merge(http::probes(app.clone()));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:4242").await?;
/// http::serve(app, routes, listener, std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ServeError`]. An error of a single connection doesn't end the server.
pub async fn serve(
    app: Djstripe,
    routes: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let interrupt = Interrupt::install()?;
    let ended = async {
        tokio::select! {
            () = shutdown => Ok(()),
            interrupted = interrupt.wait() => interrupted,
        }
    };
    serve_until(app, routes, listener, ended).await
}

/// As [`serve`], without regard to signals.
pub(crate) async fn serve_until(
    app: Djstripe,
    routes: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = io::Result<()>>,
) -> Result<(), ServeError> {
    let webhooks = exact_router_at(WEBHOOK_PATH, app.clone());
    let routes = with_strays(&app, &webhooks, routes);
    // The application's routes may have a fallback, which a merge would have to replace.
    let router = webhooks.fallback_service(routes);
    run(app, router, listener, shutdown).await
}

/// As [`serve`], with the [`probes`] in front of the application's routes.
#[cfg(feature = "cli")]
pub(crate) async fn serve_with_probes(
    app: Djstripe,
    routes: Router,
    listener: TcpListener,
) -> Result<(), ServeError> {
    let interrupt = Interrupt::install()?;
    let webhooks = exact_router_at(WEBHOOK_PATH, app.clone());
    let routes = with_strays(&app, &webhooks, routes);
    let probes = super::probes(app.clone()).fallback_service(routes);
    let router = webhooks.fallback_service(probes);
    run(app, router, listener, interrupt.wait()).await
}

/// Runs the receivers without a server, as the command `work` does. It ends as [`serve`] does, without
/// a drain.
#[cfg(feature = "cli")]
pub(crate) async fn work(app: Djstripe) -> Result<(), ServeError> {
    let interrupt = Interrupt::install()?;
    let parts = Parts::start(&app, ProcessRole::Work)?;
    tracing::info!("working");
    parts.run_until(interrupt.wait(), Duration::ZERO).await
}

/// Answers requests and processes events until `shutdown` ends, or a task fails that has to run.
async fn run(
    app: Djstripe,
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = io::Result<()>>,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let mut parts = Parts::start(&app, ProcessRole::Serve)?;

    let connections = app.server().max_connections;
    let connections = connections.unwrap_or_else(default_max_connections);
    let limits = Limits::new(app.grace(), connections);
    let vitals = app.vitals().clone();
    parts.add(|stopped| async move {
        let served = connections::serve(listener, router, limits, stopped.clone());
        vitals.until("connections", &stopped, served).await;
    });
    tracing::info!("listening on http://{address}{WEBHOOK_PATH}");
    parts.run_until(shutdown, app.server().drain).await
}
