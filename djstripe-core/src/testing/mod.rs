//! A fake Stripe for tests: it runs in the test's process, has a clock of its own, and fails on
//! demand.
//!
//! It speaks HTTP, with Stripe's headers and errors. Objects of every type in the catalogue can be
//! retrieved, listed page by page, expanded, created, updated and deleted, for the platform and for
//! connected accounts. Payments, invoices, subscriptions and the like take the steps that they take
//! at Stripe, and each write makes its events. Events can be signed and delivered, also shuffled and
//! duplicated.
//!
#![doc = include_str!("../../docs/testing.md")]
//!
//! # The client alone
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

mod action;
mod answer;
mod charged;
mod database;
mod deliver;
mod destinations;
mod expand;
mod fault;
mod filter;
mod fixture;
mod flows;
mod form;
mod hand_over;
mod key;
mod list;
mod random;
mod read;
mod route;
mod search;
mod serve;
mod state;
mod thin;
#[cfg(test)]
mod tests;
mod write;
mod writer;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use database::{TestDatabase, TestDatabaseError};
pub use deliver::{DeliveryPlan, DeliveryReport};
pub use fault::Fault;
pub use hand_over::DeliverToError;
pub use serve::LoggedRequest;

use crate::timestamp::unix_seconds;
use state::{Scope, State};

/// A handle to a running fake Stripe, which stops when its last handle is dropped.
///
/// A handle acts on one account in one mode: first on the platform in test mode, see
/// [`on`](Self::on) and [`live`](Self::live) for the others.
#[derive(Clone)]
pub struct FakeStripe {
    server: Arc<Server>,
    scope: Scope,
    /// The account that the handle's key belongs to; empty for the platform.
    own_account: String,
}

struct Server {
    base_url: String,
    state: SharedState,
    /// Dropping it stops the server and closes idle connections.
    _running: oneshot::Sender<()>,
}

/// The state that the handles share with the server.
#[derive(Clone)]
struct SharedState(Arc<Mutex<State>>);

impl SharedState {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A poisoned lock means that a test has panicked already, with a message of its own.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeStripe {
    /// Starts a fake Stripe on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts a fake Stripe on this address.
    ///
    /// # Errors
    /// If the address can't be opened.
    pub async fn listen(address: SocketAddr) -> io::Result<Self> {
        Self::with_listener(TcpListener::bind(address).await?)
    }

    /// Starts a fake Stripe on a socket.
    pub(crate) fn with_listener(listener: TcpListener) -> io::Result<Self> {
        let mut address = listener.local_addr()?;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let base_url = format!("http://{address}");

        let state = SharedState(Arc::new(Mutex::new(State::default())));
        let service = serve::router(state.clone());
        let (running, dropped) = oneshot::channel::<()>();
        let stopped = async move {
            // Nothing is ever sent: an error says that the last handle was dropped.
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
            own_account: String::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.server.state.lock()
    }

    /// `http://127.0.0.1:PORT`, the base URL for a client.
    pub fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// An API key of the handle's mode. Any other key with the prefix of a secret or restricted key
    /// is accepted too.
    pub fn api_key(&self) -> String {
        let mode = crate::webhook::mode_name(self.scope.livemode);
        match &*self.own_account {
            "" => format!("sk_{mode}_fake"),
            account => format!("sk_{mode}_{account}"),
        }
    }

    /// The signing secret of the account's events.
    pub fn webhook_secret(&self) -> String {
        match &*self.own_account {
            "" => "whsec_fake".to_owned(),
            account => format!("whsec_{account}"),
        }
    }

    /// A handle to the same fake that acts on another account with keys of its own, which is not
    /// connected to the platform.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let other = stripe.own_account("acct_2");
    /// other.insert(json!({ "object": "coupon", "id": "HALF" }));
    /// assert_eq!(stripe.get("coupon", "HALF"), None);
    /// assert_ne!(stripe.api_key(), other.api_key());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn own_account(&self, account: &str) -> Self {
        Self {
            server: Arc::clone(&self.server),
            scope: Scope {
                account: account.to_owned(),
                ..self.scope.clone()
            },
            own_account: account.to_owned(),
        }
    }

    /// A handle to the same fake that acts on a connected account, which is connected if it is new.
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
            own_account: self.own_account.clone(),
        }
    }

    /// A handle to the same fake that acts in live mode.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let live = stripe.live();
    /// live.insert(json!({ "object": "customer", "id": "cus_1" }));
    /// assert_eq!(live.api_key(), "sk_live_fake");
    /// assert_eq!(stripe.get("customer", "cus_1"), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn live(&self) -> Self {
        Self {
            server: Arc::clone(&self.server),
            scope: Scope {
                livemode: true,
                ..self.scope.clone()
            },
            own_account: self.own_account.clone(),
        }
    }

    /// Disconnects an account: the platform's keys have no access to it from now on.
    pub fn disconnect(&self, account: &str) {
        self.state().disconnect(account);
    }

    /// The time of the fake's clock, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.state().now()
    }

    /// Moves the fake's clock forward.
    pub fn advance(&self, by: Duration) {
        self.state().clock_offset += i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
    }

    /// Inserts an object, or replaces the one with its type and id. Returns the object as stored.
    ///
    /// The field `object` is required. If `id`, `created`, `livemode` or `metadata` is missing, it
    /// gets a default.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// use djstripe_core::testing::FakeStripe;
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let customer = stripe.insert(json!({ "object": "customer", "name": "Ann" }));
    /// let id = customer["id"].as_str().unwrap_or_default();
    /// stripe.update("customer", id, json!({ "name": "Bob" }));
    /// assert_eq!(stripe.get("customer", id).unwrap_or_default()["name"], "Bob");
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert(&self, object: Value) -> Value {
        self.state().insert(&self.scope, object)
    }

    /// Replaces top-level fields of an object. `None` if it does not exist.
    pub fn update(&self, object: &str, id: &str, fields: Value) -> Option<Value> {
        self.state().update(&self.scope, object, id, fields)
    }

    /// Deletes an object. Like Stripe, the fake still returns a deleted customer, with
    /// `deleted: true`.
    pub fn remove(&self, object: &str, id: &str) -> Option<Value> {
        self.state().remove(&self.scope, object, id)
    }

    /// Deletes an object without a trace: a purged customer is a 404.
    pub fn purge(&self, object: &str, id: &str) -> Option<Value> {
        self.state().purge(&self.scope, object, id)
    }

    /// The object with this type and id.
    pub fn get(&self, object: &str, id: &str) -> Option<Value> {
        self.state().get(&self.scope, object, id).cloned()
    }

    /// All objects of a type, newest first.
    pub fn objects(&self, object: &str) -> Vec<Value> {
        self.state().all(&self.scope, object)
    }

    /// Injects a fault into the next request that matches it.
    pub fn fail_next(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Removes the injected faults.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Lets a fraction of all requests fail at random: with status 409, 429, 500 or 503, a broken
    /// connection or a delay. The same seed fails the same requests. A fraction of 0 ends it.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stripe = djstripe_core::testing::FakeStripe::start().await?;
    /// stripe.fault_rate(0.2, 7);
    /// stripe.limit_rate(25);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fault_rate(&self, fraction: f64, seed: u64) {
        self.state().set_fault_rate(fraction, seed);
    }

    /// Accepts at most this number of requests per second, and refuses others with status 429.
    pub fn limit_rate(&self, per_second: u32) {
        self.state().set_rate_limit(per_second);
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
    /// assert_eq!((&*request.path, &*request.query), ("/v1/customers", "limit=3"));
    /// assert_eq!(request.status, 503);
    /// # Ok(())
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state().requests.clone()
    }

    /// The number of requests so far that the predicate holds for.
    pub fn count_requests(&self, predicate: impl Fn(&LoggedRequest) -> bool) -> usize {
        self.state()
            .requests
            .iter()
            .filter(|request| predicate(request))
            .count()
    }

    /// Clears the log of requests.
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

/// An HTTP client for tests that send requests themselves, with the TLS settings of
/// [`Client`](crate::client::Client).
///
/// ```
/// let client = djstripe_core::testing::http_client();
/// # let _ = client;
/// ```
///
/// # Panics
/// If the system provides no random numbers.
pub fn http_client() -> reqwest::Client {
    crate::client::http()
        .ok()
        .and_then(|builder| builder.build().ok())
        .expect("an HTTP client")
}

/// The time of the machine's clock, in Unix seconds.
fn machine_time() -> i64 {
    unix_seconds(std::time::SystemTime::now())
}
