//! The connections of a server: accepted until it stops, each with time limits.
//!
//! In: a socket and a router. Out: answered requests. A connection that is idle, or whose client sends
//! too slowly, is closed: after a while, or soon if there is no room for another one.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, Sleep};
use tower_service::Service;

use crate::app;
use crate::telemetry::repeats::LineLimit;
use crate::telemetry::vitals;

/// Lines about connections that the system refused, such as for want of file descriptors.
static REFUSED: LineLimit = LineLimit::per_minute(2);

/// Lines about the limit of connections.
static FULL: LineLimit = LineLimit::per_minute(1);

/// The most that hyper reads of a request before its head is complete.
const LONGEST_HEAD: usize = 64 * 1024;

/// Time in which connections without a request are closed, once there is no room for another one.
const ROOM_AFTER: Duration = Duration::from_secs(1);

/// Limits of connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From the connection to the end of the first request's head.
    pub(super) first_head: Duration,
    /// From an answer to the end of the next request's head. Longer than load balancers keep idle
    /// connections, so that none of them sends a request into a closing one.
    pub(super) next_head: Duration,
    /// From the stop to the end of the first request's head.
    pub(super) last_head: Duration,
    /// From the stop to the end of the last request.
    pub(super) grace: Duration,
    /// Most connections at a time.
    pub(super) connections: usize,
}

impl Limits {
    /// The limits of a server that has this time to finish its requests, and this number of
    /// connections.
    pub(crate) fn new(grace: Duration, connections: usize) -> Self {
        Self {
            first_head: Duration::from_secs(30),
            next_head: Duration::from_secs(75),
            last_head: Duration::from_secs(1).min(grace),
            grace,
            connections,
        }
    }
}

/// What a connection is told from outside.
struct Told {
    /// Turns true when the server stops.
    stopped: watch::Receiver<bool>,
    /// Changes whenever there is no room for another connection.
    crowded: watch::Receiver<()>,
}

/// Serves connections until `stopped` turns true, then finishes the requests under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let crowd = watch::Sender::new(());
    // Whether the system refused a connection, and when to make room for one.
    let (mut is_refused, mut make_room) = (false, Instant::now());
    loop {
        let is_full = is_refused || connections.len() >= limits.connections;
        tokio::select! {
            () = app::stopped(&mut stopped) => break,
            accepted = listener.accept(), if !is_full => match accepted {
                Ok((stream, peer)) => {
                    let told = Told {
                        stopped: stopped.clone(),
                        crowded: crowd.subscribe(),
                    };
                    connections.spawn(serve_one(stream, peer, router.clone(), limits, told));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    is_refused = true;
                    if let Some(suppressed) = REFUSED.written(Instant::now()) {
                        tracing::error!(%error, suppressed, "no connection could be accepted");
                    }
                }
            },
            () = tokio::time::sleep_until(make_room), if is_full => {
                if !is_refused && let Some(suppressed) = FULL.written(Instant::now()) {
                    let limit = limits.connections;
                    tracing::warn!(limit, suppressed, "the limit of connections is reached; closing idle ones");
                }
                is_refused = false;
                make_room = Instant::now() + ROOM_AFTER;
                crowd.send_replace(());
            }
            Some(ended) = connections.join_next() => log_panic(ended),
        }
    }

    // Further clients are refused at once, instead of waiting for the end.
    drop(listener);
    let finished = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    if tokio::time::timeout(limits.grace, finished).await.is_err() {
        let connections = connections.len();
        tracing::warn!(connections, "requests are cut off after the grace period");
    }
}

/// A handler's panic ends its connection, and nothing else.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        vitals::log_panic("request", panic.as_ref());
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    mut told: Told,
) {
    // An answer is one small write. If the option can't be set, it is only slower.
    let _ = stream.set_nodelay(true);
    let service = FromPeer {
        router,
        peer,
        has_asked: Arc::default(),
    };
    let has_asked = Arc::clone(&service.has_asked);
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.next_head)
        .max_buf_size(LONGEST_HEAD);

    let (io, service) = (TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
    let mut silence = pin!(tokio::time::sleep(limits.first_head));
    let (mut silence_is_over, mut is_stopping) = (false, false);
    loop {
        tokio::select! {
            served = connection.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%peer, error, "a connection failed");
                }
                return;
            }
            () = silence.as_mut(), if !silence_is_over => {
                if !has_asked.load(Ordering::Relaxed) {
                    tracing::debug!(%peer, "a client sent no request in time");
                    return;
                }
                silence_is_over = true;
            }
            () = app::stopped(&mut told.stopped), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
                hurry(silence.as_mut(), limits.last_head);
            }
            Ok(()) = told.crowded.changed(), if !is_stopping => {
                // What has sent no request yet may be about to.
                if has_asked.load(Ordering::Relaxed) {
                    connection.as_mut().graceful_shutdown();
                }
                hurry(silence.as_mut(), ROOM_AFTER);
            }
        }
    }
}

/// Shortens the time that is left.
fn hurry(silence: Pin<&mut Sleep>, left: Duration) {
    let limit = Instant::now() + left;
    if limit < silence.deadline() {
        silence.reset(limit);
    }
}

/// The router, for the requests of one client.
#[derive(Clone)]
struct FromPeer {
    router: Router,
    peer: SocketAddr,
    has_asked: Arc<AtomicBool>,
}

impl<B> Service<Request<B>> for FromPeer
where
    Router: Service<
            Request<B>,
            Response = Response,
            Error = Infallible,
            Future = RouteFuture<Infallible>,
        >,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.has_asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.router.call(request)
    }
}

#[cfg(test)]
mod tests;
