//! The client: keys, connections and rate budget, shared by all its clones.

use std::fmt;
use std::net::IpAddr;
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
    /// [`ClientError::Base`] if the base is not a URL, [`ClientError::Unencrypted`] if a live key would
    /// be sent over `http://` to another machine, [`ClientError::Setup`] if TLS can't be set up.
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

        check_encryption(&base, &keys)?;

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

    /// How many requests of this mode Stripe has refused with status 429.
    #[cfg(feature = "page")]
    pub(crate) fn refusals(&self, livemode: bool) -> u64 {
        self.budget(livemode).refusals()
    }

    pub(super) fn budget(&self, livemode: bool) -> &Budget {
        if livemode {
            &self.inner.live
        } else {
            &self.inner.test
        }
    }
}

/// Refuses to send a live key in clear to another machine, and warns of a test key.
fn check_encryption(base: &reqwest::Url, keys: &ApiKeys) -> Result<(), ClientError> {
    if base.scheme() != "http" || is_this_machine(base) || keys.is_empty() {
        return Ok(());
    }
    // The address may contain a password.
    let base = base.origin().ascii_serialization();
    if keys.has_live() {
        return Err(ClientError::Unencrypted { base });
    }
    tracing::warn!(
        base,
        "the key of test mode is sent in clear to another machine: the address of Stripe's API is http://"
    );
    Ok(())
}

/// Whether an address leads to this machine.
pub(crate) fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_key_leaves_this_machine_only_encrypted() {
        let check = |key: &str, base: &str, expected: Option<&str>| {
            let options = ClientOptions {
                base: base.to_owned(),
                ..ClientOptions::default()
            };
            let made = Client::new(ApiKeys::new([key]).unwrap(), options);
            let refused = made.err().map(|error| match error {
                ClientError::Unencrypted { base } => base,
                other => panic!("{other:?}"),
            });
            assert_eq!(refused.as_deref(), expected, "{key} {base}");
        };

        let elsewhere = "http://stripe.example";
        check("sk_live_1", "https://api.stripe.com", None);
        check("sk_live_1", "http://127.0.0.1:4243", None);
        check("sk_live_1", "http://127.9.9.9", None);
        check("rk_live_1", "http://localhost:4243", None);
        check("sk_live_1", "http://[::1]:4243", None);
        check("sk_live_1", elsewhere, Some(elsewhere));
        check(
            "rk_live_1",
            "http://me:pw@stripe.example/v1",
            Some(elsewhere),
        );
        check("sk_live_1", "http://10.0.0.1", Some("http://10.0.0.1"));
        check(
            "sk_live_1",
            "http://localhost.example.com",
            Some("http://localhost.example.com"),
        );
        check("sk_live_1", "http://0.0.0.0:1", Some("http://0.0.0.0:1"));
        check("sk_test_1", elsewhere, None);
    }
}
