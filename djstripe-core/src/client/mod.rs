//! The Stripe client: requests as plain values, a rate budget, retries, typed errors, pages as a
//! stream.
//!
//! In: a [`Request`], a plain value. Out: an [`Answer`] or a [`ClientError`].
//!
//! Invariant: nothing here uses the database.

pub(crate) mod event_list;
mod budget;
mod error;
mod keys;
mod meter;
mod page;
mod request;
mod send;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use budget::{Priority, RateLimits};
pub use error::{ApiError, ClientError, ErrorKind};
pub use keys::{ApiKeys, KeyError};
pub(crate) use meter::{Meter, RequestCounts};
pub use page::{Direction, Page};
pub use request::{Method, Request, RequestError};
pub use send::Answer;

use budget::Budget;

/// The base URL of Stripe's API.
pub const DEFAULT_API_BASE: &str = "https://api.stripe.com";

/// Settings of a [`Client`]. The defaults suit a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The base URL of the API. Default: [`DEFAULT_API_BASE`].
    pub base: String,
    /// Timeout of one attempt, including the time to connect. Default: 30 s.
    pub timeout: Duration,
    /// Retries after the first attempt. Default: 4.
    pub retries: usize,
    /// Delay before the first retry. It doubles with each retry, with jitter. Default: 500 ms.
    pub min_delay: Duration,
    /// Longest delay before a retry, unless Stripe requests a longer one. Default: 8 s.
    pub max_delay: Duration,
    /// Rate limits of live keys. Default: 100 requests/s in total, 25/s for each type of object.
    pub live: RateLimits,
    /// Rate limits of test keys. Default: 25 requests/s.
    pub test: RateLimits,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            base: DEFAULT_API_BASE.to_owned(),
            timeout: Duration::from_secs(30),
            retries: 4,
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            live: RateLimits::LIVE,
            test: RateLimits::TEST,
        }
    }
}

/// A client of Stripe's API. Cheap to clone; all clones share one rate budget and one connection
/// pool.
///
/// ```no_run
/// use djstripe_core::client::{ApiKeys, Client, ClientOptions, Request};
///
/// # async fn main_job() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(ApiKeys::new(["sk_test_…"])?, ClientOptions::default())?;
/// let answer = client.send(&Request::retrieve("customer", "cus_1")?.expand("default_source")).await?;
/// println!("{}", answer.json());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    account: Option<String>,
    livemode: Option<bool>,
    meter: Option<Arc<Meter>>,
}

struct Inner {
    http: reqwest::Client,
    base: reqwest::Url,
    keys: ApiKeys,
    options: ClientOptions,
    live: Budget,
    test: Budget,
}

impl Client {
    /// Creates a client with these keys.
    ///
    /// # Errors
    /// [`ClientError::Base`] if the base is not a URL, [`ClientError::Setup`] if TLS can't be set
    /// up.
    pub fn new(keys: ApiKeys, options: ClientOptions) -> Result<Self, ClientError> {
        let base = reqwest::Url::parse(&options.base)
            .ok()
            .filter(|base| !base.cannot_be_a_base());
        let base = base.ok_or_else(|| ClientError::Base {
            base: options.base.clone(),
        })?;

        let http = http()?
            .user_agent(concat!("djstripe/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ClientError::Setup(error.into()))?;

        let (live, test) = (Budget::new(options.live), Budget::new(options.test));
        let inner = Arc::new(Inner {
            http,
            base,
            keys,
            options,
            live,
            test,
        });

        Ok(Self {
            inner,
            account: None,
            livemode: None,
            meter: None,
        })
    }

    /// The same client with a default account and mode, for requests that don't set their own.
    #[must_use]
    pub fn bound_to(&self, account: Option<&str>, livemode: bool) -> Self {
        let account = account
            .filter(|account| !account.is_empty())
            .map(str::to_owned);
        Self {
            inner: Arc::clone(&self.inner),
            account,
            livemode: Some(livemode),
            meter: self.meter.clone(),
        }
    }

    /// The same client, counting its requests in `meter`.
    #[must_use]
    pub(crate) fn metered(&self, meter: Arc<Meter>) -> Self {
        Self {
            meter: Some(meter),
            ..self.clone()
        }
    }

    /// Whether the client has a key for this mode.
    pub fn has_key(&self, livemode: bool) -> bool {
        self.inner.keys.pick(Some(livemode)).is_ok()
    }

    /// Whether the key of this mode is restricted: it may read only some types of object.
    #[cfg(feature = "cli")]
    pub(crate) fn is_restricted(&self, livemode: bool) -> bool {
        self.inner.keys.is_restricted(livemode)
    }

    /// The settings.
    pub fn options(&self) -> &ClientOptions {
        &self.inner.options
    }

    fn budget(&self, livemode: bool) -> &Budget {
        if livemode {
            &self.inner.live
        } else {
            &self.inner.test
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base", &self.inner.base.as_str())
            .field("keys", &self.inner.keys)
            .finish()
    }
}

/// An HTTP client that doesn't need a process-wide cryptography provider.
pub(crate) fn http() -> Result<reqwest::ClientBuilder, ClientError> {
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls()?))
}

/// TLS with the root certificates of the web, `ring` for cryptography, and HTTP/2 where the server
/// supports it.
fn tls() -> Result<rustls::ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let versions =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| ClientError::Setup(error.into()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
