use std::io::ErrorKind;
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
    connections: 100,
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
        let answer = async move |after: Duration, ConnectInfo(peer): ConnectInfo<SocketAddr>| {
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
    let read = read.expect("the connection is closed");
    // What was sent after the end resets the connection.
    if let Err(error) = read {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let check = async |limits: Limits, sent: &[&str]| {
        let server = Server::start(limits).await;
        let mut client = server.connect().await;
        for part in sent {
            // It fails once the connection is closed.
            let _ = client.write_all(part.as_bytes()).await;
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

#[tokio::test]
async fn at_the_limit_connections_without_a_request_make_room() {
    let limits = Limits {
        connections: 2,
        ..LIMITS
    };
    let server = Server::start(limits).await;
    let mut idle = server.ask("/now").await;
    let mut silent = server.connect().await;
    let mut next = server.ask("/now").await;
    until_closed(&mut idle).await;

    // The silent one has a moment to send its request.
    let mut last = server.ask("/later").await;
    assert_eq!(until_closed(&mut silent).await, "");
    let answer = until_closed(&mut next).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop.send_replace(true);
    let answer = until_closed(&mut last).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn at_the_limit_requests_under_way_are_finished() {
    let limits = Limits {
        connections: 1,
        ..LIMITS
    };
    let server = Server::start(limits).await;
    let mut under_way = server.ask("/later").await;
    let mut next = server.ask("/now").await;
    let answer = until_closed(&mut under_way).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop.send_replace(true);
    let answer = until_closed(&mut next).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = Server::start(LIMITS).await;
    let mut client = server.connect().await;
    let head = format!("GET /now HTTP/1.1\r\nlong: {}", "x".repeat(LONGEST_HEAD));
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
}
