//! The client: keys, connections and rate budget, shared by all its clones.

use std::fmt;
use std::sync::{Arc, OnceLock};

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
    /// The id of the declared account that the keys belong to; empty if it is not declared.
    own_account: String,
    /// The account that Stripe names as the keys' own: of the test key, and of the live key.
    stripe_accounts: [OnceLock<String>; 2],
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
        Self::of_own_account("", keys, options)
    }

    /// Creates a client with the keys of a declared own account.
    pub(crate) fn of_own_account(
        own_account: &str,
        keys: ApiKeys,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
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
            own_account: own_account.to_owned(),
            stripe_accounts: Default::default(),
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

    /// The account that the client's keys belong to, as it stands in the mirror's rows: the id of a
    /// [declared](crate::Builder::account) account, or the empty string.
    pub fn own_account(&self) -> &str {
        &self.inner.own_account
    }

    /// The account that Stripe names as the own one of this mode's key, once it is known.
    pub(crate) fn stripe_account(&self, livemode: bool) -> Option<&str> {
        let known = &self.inner.stripe_accounts[usize::from(livemode)];
        known.get().map(String::as_str)
    }

    /// Records what Stripe named as the own account of this mode's key.
    pub(crate) fn set_stripe_account(&self, livemode: bool, account: String) {
        // The account of a key never changes.
        let _ = self.inner.stripe_accounts[usize::from(livemode)].set(account);
    }

    /// Whether an account is the one that this mode's key belongs to.
    pub(crate) fn is_own(&self, account: &str, livemode: bool) -> bool {
        account == self.own_account() || Some(account) == self.stripe_account(livemode)
    }

    /// Identifies the key of this mode without telling it.
    pub(crate) fn key_fingerprint(&self, livemode: bool) -> Option<String> {
        self.inner.keys.fingerprint(livemode)
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

    /// The requests per second that this mode's rate budget allows now.
    pub(crate) fn allowed_rate(&self, livemode: bool) -> f64 {
        self.budget(livemode).rate()
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
