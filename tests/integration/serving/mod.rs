//! A server in production: its limits against strangers, tasks that fail, a log that can't be
//! written to, and how it stops. Over real sockets.

mod failing;
mod limits;
mod program;
mod stopping;
mod strays;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use axum::Router;
use djstripe_core::signature::sign;
use djstripe_core::testing::http_client;
use djstripe_core::{Builder, Djstripe, http};
use djstripe_tests::TestDatabase;
use djstripe_tests::delivery::event_json;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_serving";

/// Starts a server in this process. It stops with the runtime of the test.
async fn serve(builder: Builder, routes: impl FnOnce(Djstripe) -> Router) -> String {
    let builder = builder.webhook_secret(SECRET).receivers([]);
    let app = builder.build().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let routes = routes(app.clone());
    tokio::spawn(http::serve(app, routes, listener, std::future::pending()));
    base
}

fn builder(database: &TestDatabase) -> Builder {
    Djstripe::builder().database_url(database.url())
}

/// Sends a signed event, on a connection of its own.
async fn deliver(base: &str, path: &str, id: &str) -> u16 {
    let body = event_json(id, "customer.created", "cus_1");
    let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
    let request = http_client().post(format!("{base}{path}"));
    let request = request.header("stripe-signature", signature).body(body);
    request.send().await.unwrap().status().as_u16()
}

async fn get(base: &str, path: &str) -> Option<(u16, String)> {
    let request = http_client().get(format!("{base}{path}"));
    let answer = request.send().await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}

/// A client that sends what it likes.
struct Client(TcpStream);

impl Client {
    fn connect(base: &str) -> Self {
        let address = base.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write_all(bytes).unwrap();
        self
    }

    /// The head of an unsigned delivery.
    fn post(&mut self, headers: &str) -> &mut Self {
        let head = format!("POST /stripe/webhook HTTP/1.1\r\nhost: shop\r\n{headers}\r\n\r\n");
        self.send(head.as_bytes())
    }

    /// What the server sends until it has sent this.
    async fn read_until(self, expected: &'static str) -> String {
        let mut stream = self.0;
        let read = tokio::task::spawn_blocking(move || {
            let (mut seen, mut byte) = (Vec::new(), [0]);
            while !seen.ends_with(expected.as_bytes()) && stream.read(&mut byte).unwrap() > 0 {
                seen.push(byte[0]);
            }
            String::from_utf8(seen).unwrap()
        });
        read.await.unwrap()
    }
}
