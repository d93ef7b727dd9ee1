//! The connections of a server: accepted until it stops, each with time limits.
//!
//! In: a socket and a router. Out: answered requests. A connection that is idle, or whose client sends
//! too slowly, is closed.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
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
use tokio::task::JoinSet;
use tower_service::Service;

use crate::app;

/// Wait after the system refused another connection, such as for want of file descriptors.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Time limits of connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the connection to the end of the first request's head.
    pub(super) first_head: Duration,
    /// From an answer to the end of the next request's head. Longer than load balancers keep idle
    /// connections, so that none of them sends a request into a closing one.
    pub(super) next_head: Duration,
    /// From the stop to the end of the first request's head.
    pub(super) last_head: Duration,
    /// From the stop to the end of the last request.
    pub(super) grace: Duration,
}

impl Limits {
    /// The limits of a server that has this time to finish its requests.
    pub(super) fn new(grace: Duration) -> Self {
        Self {
            first_head: Duration::from_secs(30),
            next_head: Duration::from_secs(75),
            last_head: Duration::from_secs(1),
            grace,
        }
    }
}

/// Serves connections until `stopped` turns true, then finishes the requests under way.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = app::stopped(&mut stopped) => break,
            (stream, peer) = accept(&listener) => {
                let stopped = stopped.clone();
                connections.spawn(serve_one(stream, peer, router.clone(), limits, stopped));
            }
            Some(_) = connections.join_next() => {}
        }
    }

    // Further clients are refused at once, instead of waiting for the end.
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.grace, finished).await.is_err() {
        let connections = connections.len();
        tracing::warn!(connections, "requests are cut off after the grace period");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
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
    mut stopped: watch::Receiver<bool>,
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
        .header_read_timeout(limits.next_head);

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
            () = app::stopped(&mut stopped), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
                let limit = tokio::time::Instant::now() + limits.last_head;
                if limit < silence.deadline() {
                    silence.as_mut().reset(limit);
                }
            }
        }
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
mod tests {
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_secs(60);
    const LIMITS: Limits = Limits {
        first_head: LONG,
        next_head: LONG,
        last_head: LONG,
        grace: LONG,
    };

    /// A server whose handlers answer with the sender's address, some time after they began.
    struct Server {
        address: SocketAddr,
        stop: watch::Sender<bool>,
        began: watch::Receiver<u32>,
        task: JoinHandle<()>,
    }

    impl Server {
        async fn start(limits: Limits) -> Self {
            let (count, began) = watch::channel(0);
            let answer =
                async move |after: Duration, ConnectInfo(peer): ConnectInfo<SocketAddr>| {
                    count.send_modify(|count| *count += 1);
                    tokio::time::sleep(after).await;
                    peer.to_string()
                };
            let (now, later) = (answer.clone(), answer);
            let router = Router::new()
                .route(
                    "/now",
                    get(async move |peer| now(Duration::ZERO, peer).await),
                )
                .route(
                    "/later",
                    get(async move |peer| later(SHORT * 3, peer).await),
                );

            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = watch::channel(false);
            Self {
                address,
                stop,
                began,
                task: tokio::spawn(serve(listener, router, limits, stopped)),
            }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        /// Connects and sends this, and waits until a handler has begun.
        async fn ask(&self, path: &str) -> TcpStream {
            let mut client = self.connect().await;
            let mut began = self.began.clone();
            began.mark_unchanged();
            let request = format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\n\r\n");
            client.write_all(request.as_bytes()).await.unwrap();
            began.changed().await.unwrap();
            client
        }
    }

    /// All that the client is sent until the server closes the connection.
    async fn until_closed(client: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        let read = client.read_to_end(&mut answer);
        let read = tokio::time::timeout(LONG / 2, read).await;
        read.expect("the connection is closed").unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn slow_clients_are_cut_off() {
        let check = async |limits: Limits, sent: &[&str]| {
            let server = Server::start(limits).await;
            let mut client = server.connect().await;
            for part in sent {
                client.write_all(part.as_bytes()).await.unwrap();
                tokio::time::sleep(SHORT / 3).await;
            }
            until_closed(&mut client).await
        };

        let first = Limits {
            first_head: SHORT,
            ..LIMITS
        };
        let next = Limits {
            next_head: SHORT,
            ..LIMITS
        };
        assert_eq!(check(first, &[]).await, "");
        let slowly = ["GET /now HTTP/1.1\r\n", "host: ", "shop", ".example\r\n"];
        assert_eq!(check(first, &slowly).await, "");

        let once = "GET /now HTTP/1.1\r\nhost: shop.example\r\n\r\n";
        assert!(check(next, &[once]).await.starts_with("HTTP/1.1 200"));
        let answers = check(next, &[once, "GET /now HTTP/1.1\r\n"]).await;
        assert_eq!(answers.matches("HTTP/1.1 200").count(), 1, "{answers}");
    }

    #[tokio::test]
    async fn a_slow_handler_is_waited_for() {
        let limits = Limits {
            first_head: SHORT,
            next_head: SHORT,
            ..LIMITS
        };
        let server = Server::start(limits).await;
        let mut client = server.ask("/later").await;
        let peer = client.local_addr().unwrap().to_string();
        let answer = until_closed(&mut client).await;
        assert!(answer.ends_with(&peer), "{answer}");
    }

    #[tokio::test]
    async fn a_stop_finishes_requests_and_closes_idle_connections() {
        let limits = Limits {
            last_head: SHORT,
            ..LIMITS
        };
        let server = Server::start(limits).await;
        let mut idle = server.ask("/now").await;
        let mut answer = [0; 15];
        idle.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        let mut silent = server.connect().await;
        let mut under_way = server.ask("/later").await;

        let stopped_at = Instant::now();
        server.stop.send_replace(true);
        until_closed(&mut idle).await;
        assert_eq!(until_closed(&mut silent).await, "");
        let answer = until_closed(&mut under_way).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        server.task.await.unwrap();
        assert!(stopped_at.elapsed() < LONG / 2);
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn the_grace_period_ends_what_takes_longer() {
        let limits = Limits {
            grace: SHORT,
            ..LIMITS
        };
        let server = Server::start(limits).await;
        let mut under_way = server.ask("/later").await;
        server.stop.send_replace(true);
        assert_eq!(until_closed(&mut under_way).await, "");
        server.task.await.unwrap();
    }
}
