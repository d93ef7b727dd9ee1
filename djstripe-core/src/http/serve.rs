//! A whole server: the webhook endpoints and the application's routes on one socket, and the workers
//! beside them.

use std::io;

use axum::Router;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinError;

use super::connections::{self, Limits};
use super::router::router;
use crate::app::{Djstripe, Interrupt};
use crate::endpoint::WEBHOOK_PATH;
use crate::maintenance::reconcile::ReconcileError;

/// Why a server did not start, or ended without being told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The signals that end it can't be received, or the socket has no address.
    #[error("failed to prepare the server")]
    Prepare(#[from] io::Error),
    /// It can't [reconcile](crate::Builder::reconcile_every).
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// A part of it panicked. The others have ended in an orderly way.
    #[error("a part of the server panicked")]
    Panicked(#[from] JoinError),
}

/// Serves webhooks and the application's own routes, and runs the receivers: everything that the
/// command `serve` does. It ends when `shutdown` does, or at Ctrl-C or SIGTERM.
///
/// - Deliveries to [`WEBHOOK_PATH`], and to the endpoints of the database below it, are stored and
///   acknowledged. All other requests are `routes`'. [`probes`](super::probes) may be among those.
/// - A [worker](Djstripe::work) runs the receivers, and events are
///   [reconciled](crate::Builder::reconcile_every) if the builder says so.
/// - Handlers can take the sender's address: axum's `ConnectInfo<SocketAddr>`.
/// - Once it is to end, no connection is accepted any more. Requests and events under way are finished,
///   for as long as the builder's [`grace`](crate::Builder::grace) allows. From the call on, the
///   signals don't kill the process any more.
/// - A client that connects and sends no complete head of a request within 30 s is cut off. So is one
///   that is idle for 75 s between two requests; load balancers keep connections for 60 s. It speaks
///   HTTP/1.1.
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
    app.check_reconciling()?;
    let address = listener.local_addr()?;
    // The application's routes may have a fallback, which a merge would have to replace.
    let router = router(app.clone()).fallback_service(routes);
    let limits = Limits::new(app.grace());

    // They are detached rather than aborted if this future is dropped: then the sender is dropped too,
    // which ends each of them in an orderly way.
    let (stop, stopped) = watch::channel(false);
    let mut parts = FuturesUnordered::new();
    parts.push(tokio::spawn({
        let (app, stopped) = (app.clone(), stopped.clone());
        async move { app.work(stopped).await }
    }));
    parts.push(tokio::spawn({
        let stopped = stopped.clone();
        async move { app.reconcile_as_set(stopped).await }
    }));
    parts.push(tokio::spawn(connections::serve(
        listener, router, limits, stopped,
    )));
    tracing::info!("listening on http://{address}{WEBHOOK_PATH}");

    // Deliveries must not be acknowledged without a worker, nor the other way round.
    let mut outcome = tokio::select! {
        shutdown = shutdown => shutdown.map_err(ServeError::from),
        Some(part) = parts.next() => part.map_err(ServeError::from),
    };
    tracing::info!("stopping: finishing requests and events in progress");
    stop.send_replace(true);
    while let Some(part) = parts.next().await {
        outcome = outcome.and(part.map_err(ServeError::from));
    }
    outcome
}
