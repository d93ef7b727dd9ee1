//! The client: keys, connections and rate budget, shared by all its clones.

use std::fmt;
use std::sync::Arc;

use super::budget::Budget;
use super::error::ClientError;
use super::http::http;
use super::keys::ApiKeys;
use super::meter::Meter;
use super::options::ClientOptions;

/// A client of Stripe's API. Cheap to clone; all clones share one rate budget and one connection
/// pool.
///
/// ```no_run
/// use djstripe_core::client::{ApiKeys, Client, ClientOptions, Request};
///
/// # async fn main_job() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(ApiKeys::new(["sk_test_1"])?, ClientOptions::default())?;
/// let answer = client.send(&Request::retrieve("customer", "cus_1")?.expand("default_source")).await?;
/// println!("{}", answer.json());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
    pub(super) account: Option<String>,
    pub(super) livemode: Option<bool>,
    pub(super) meter: Option<Arc<Meter>>,
}

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    pub(super) base: reqwest::Url,
    pub(super) keys: ApiKeys,
    pub(super) options: ClientOptions,
    pub(super) live: Budget,
    pub(super) test: Budget,
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

    pub(super) fn budget(&self, livemode: bool) -> &Budget {
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
