//! A Stripe for tests: in this process, with a state, a clock of its own and faults on demand.
//!
//! It answers over real HTTP with the headers and the errors of the real one: objects of every type of the catalogue are
//! retrieved, listed page by page, expanded, created, changed and deleted, for the platform and for connected accounts;
//! events are signed and delivered, shuffled and duplicated if wanted.
//!
//! ```
//! use djstripe_core::client::{ApiKeys, Client, ClientOptions, Request};
//! use djstripe_core::testing::FakeStripe;
//! use serde_json::json;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stripe = FakeStripe::start().await?;
//! stripe.insert(json!({ "object": "customer", "id": "cus_1", "email": "ann@example.com" }));
//!
//! let mut options = ClientOptions::default();
//! options.base = stripe.base_url().to_owned();
//! let client = Client::new(ApiKeys::new([stripe.api_key()])?, options)?;
//! let answer = client.send(&Request::retrieve("customer", "cus_1")?).await?;
//! assert!(answer.json().contains("ann@example.com"));
//! # Ok(())
//! # }
//! ```

mod answer;
mod deliver;
mod expand;
mod fault;
mod filter;
mod form;
mod key;
mod list;
mod random;
mod read;
mod route;
mod search;
mod serve;
mod state;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use deliver::{Delivered, DeliveryPlan};
pub use fault::Fault;
pub use serve::LoggedRequest;

use crate::timestamp::unix_seconds;
use random::Random;
use state::{Scope, State};

/// A handle of a running fake Stripe. It stops when the last handle is dropped.
#[derive(Clone)]
pub struct FakeStripe {
    server: Arc<Server>,
    scope: Scope,
}

struct Server {
    base_url: String,
    state: Shared,
    /// Stops the server when it is dropped, connections that are kept open included.
    _running: oneshot::Sender<()>,
}

/// The state, shared by the handles and the server.
#[derive(Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked has its own message.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeStripe {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts one on this address.
    ///
    /// # Errors
    /// If the address can't be opened.
    pub async fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let state = Shared(Arc::new(Mutex::new(State::default())));
        let service = serve::router(state.clone());
        let (running, dropped) = oneshot::channel::<()>();
        let stopped = async move {
            // An error is what is waited for: the other end is gone.
            let _ = dropped.await;
        };
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, service)
                .with_graceful_shutdown(stopped)
                .await
            {
                tracing::error!(%error, "the fake Stripe has stopped");
            }
        });
        Ok(Self {
            server: Arc::new(Server {
                base_url,
                state,
                _running: running,
            }),
            scope: Scope::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.server.state.lock()
    }

    /// Where it is, `http://127.0.0.1:PORT`: the client's base.
    pub fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// A key that it accepts, of the handle's mode. Others with the prefix of a secret key are accepted too.
    pub fn api_key(&self) -> &'static str {
        if self.scope.livemode {
            "sk_live_fake"
        } else {
            "sk_test_fake"
        }
    }

    /// The secret that events are signed with.
    pub fn webhook_secret(&self) -> &'static str {
        "whsec_fake"
    }

    /// The same Stripe, acting on a connected account, which is made if need be.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let shop = stripe.on("acct_1");
    /// let customer = shop.insert(json!({ "object": "customer", "id": "cus_1" }));
    /// assert_eq!(stripe.get("customer", "cus_1"), None);
    /// assert_eq!(shop.emit("customer.created", &customer)["account"], "acct_1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn on(&self, account: &str) -> Self {
        let scope = Scope {
            account: account.to_owned(),
            ..self.scope.clone()
        };
        self.state().connect(account);
        Self {
            server: Arc::clone(&self.server),
            scope,
        }
    }

    /// The same Stripe, acting in live mode.
    #[must_use]
    pub fn live(&self) -> Self {
        Self {
            server: Arc::clone(&self.server),
            scope: Scope {
                livemode: true,
                ..self.scope.clone()
            },
        }
    }

    /// Takes a connected account's consent back: keys of the platform don't reach it any more.
    pub fn disconnect(&self, account: &str) {
        self.state().disconnect(account);
    }

    /// The present by its own clock, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.state().now()
    }

    /// Turns its clock forwards.
    pub fn advance(&self, by: Duration) {
        self.state().clock_offset += i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
    }

    /// Adds an object, or replaces the one with its id. It needs `object`; an id, `created`, `livemode` and `metadata` are
    /// made up where they are missing.
    pub fn insert(&self, object: Value) -> Value {
        self.state().insert(&self.scope, object)
    }

    /// Changes top-level fields of an object. `None` if there is none.
    pub fn update(&self, object: &str, id: &str, fields: Value) -> Option<Value> {
        self.state().update(&self.scope, object, id, fields)
    }

    /// Deletes an object. A customer that is asked for afterwards is answered as the real one does: `deleted: true`.
    pub fn remove(&self, object: &str, id: &str) -> Option<Value> {
        self.state().remove(&self.scope, object, id, true)
    }

    /// Deletes an object without a trace.
    pub fn purge(&self, object: &str, id: &str) -> Option<Value> {
        self.state().remove(&self.scope, object, id, false)
    }

    /// An object.
    pub fn get(&self, object: &str, id: &str) -> Option<Value> {
        self.state().get(&self.scope, object, id).cloned()
    }

    /// All objects of a type, newest first.
    pub fn objects(&self, object: &str) -> Vec<Value> {
        self.state().all(&self.scope, object)
    }

    /// Lets the next request that fits fail.
    pub fn fail_next(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Takes back what was to fail.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Lets a part of all requests fail, now in this way, now in that.
    pub fn fault_rate(&self, fraction: f64, seed: u64) {
        self.state().chance = (fraction > 0.0).then(|| (fraction, Random::new(seed)));
    }

    /// Refuses more than this many requests in a second.
    pub fn limit_rate(&self, per_second: u32) {
        self.state().limit = Some((per_second, Default::default()));
    }

    /// The requests so far, oldest first.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use djstripe_core::testing::{FakeStripe, Fault, http_client};
    ///
    /// let stripe = FakeStripe::start().await?;
    /// stripe.fail_next(Fault::status(503).on("/v1/customers"));
    /// let url = format!("{}/v1/customers?limit=3", stripe.base_url());
    /// http_client().get(url).bearer_auth(stripe.api_key()).send().await?;
    /// let request = &stripe.requests()[0];
    /// assert_eq!((request.path.as_str(), request.query.as_str(), request.status), ("/v1/customers", "limit=3", 503));
    /// # Ok(())
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state().requests.clone()
    }

    /// How many of the requests so far fit.
    pub fn count_requests(&self, fits: impl Fn(&LoggedRequest) -> bool) -> usize {
        self.state()
            .requests
            .iter()
            .filter(|request| fits(request))
            .count()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.state().requests.clear();
    }
}

impl fmt::Debug for FakeStripe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FakeStripe")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// An HTTP client for tests that send requests of their own.
///
/// # Panics
/// If the system gives no random numbers.
pub fn http_client() -> reqwest::Client {
    crate::client::http()
        .ok()
        .and_then(|builder| builder.build().ok())
        .expect("an HTTP client")
}

/// The present by the machine's clock, in Unix seconds.
fn machine_time() -> i64 {
    unix_seconds(std::time::SystemTime::now())
}
