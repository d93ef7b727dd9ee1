//! API keys: for test or live mode, unrestricted or restricted.
//!
//! Invariant: no error and no `Debug` output of this module contains a key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

use super::error::ClientError;
use crate::webhook::mode_name;
use crate::webhook::signing_secret::is_quote;

/// The secret keys of an application: at most one for each mode. The mode of an object decides
/// which key is used.
///
/// ```
/// use djstripe_core::client::ApiKeys;
///
/// let keys = ApiKeys::new(["sk_test_1", "rk_live_2"])?;
/// assert_eq!(format!("{keys:?}"), r#"ApiKeys { test: Some("sk_test_…"), live: Some("rk_live_…") }"#);
/// assert!(ApiKeys::new(["pk_test_1"]).is_err());
/// # Ok::<(), djstripe_core::client::KeyError>(())
/// ```
///
/// Source: [API keys](https://docs.stripe.com/keys).
#[derive(Clone, Default)]
pub struct ApiKeys {
    test: Option<SecretString>,
    live: Option<SecretString>,
}

/// Why a key is not usable. Doesn't contain the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is publishable, which means that it is for browsers.
    #[error("a publishable key (`pk_…`) can't read the API; use a secret key, `sk_…` or `rk_…`")]
    Publishable,
    /// The key is the signing secret of an endpoint.
    #[error(
        "this is a webhook's signing secret (`whsec_…`), not an API key: it belongs into \
         `webhook_secret` (STRIPE_WEBHOOK_SECRET), and a key, `sk_…` or `rk_…`, into `secret_key`"
    )]
    SigningSecret,
    /// The key is the id of an endpoint.
    #[error("this is the id of a webhook endpoint (`we_…`), not an API key; use `sk_…` or `rk_…`")]
    EndpointId,
    /// The key is in quotation marks, as if they were part of it.
    #[error("the key has a quotation mark; give it without quotation marks")]
    Quoted,
    /// The key doesn't start with one of the known prefixes.
    #[error(
        "not a secret key; expected one that starts with `sk_test_`, `sk_live_`, `rk_test_` or `rk_live_`"
    )]
    Unknown,
    /// The key contains another character than letters, digits and underscores: white space, a
    /// quotation mark, or text after the key.
    #[error(
        "character {position} of the key is no letter, digit or underscore; remove what is not part of the key"
    )]
    Character {
        /// The position of the first such character, from 1.
        position: usize,
    },
    /// There are two different keys for one mode.
    #[error("two different keys for {} mode; give only one", mode_name(*.livemode))]
    Twice {
        /// The mode.
        livemode: bool,
    },
}

impl ApiKeys {
    /// Creates a set of keys. The prefix of a key tells its mode. White space around a key is
    /// trimmed.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn new(keys: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, KeyError> {
        let mut all = Self::default();
        for key in keys {
            all.add(SecretString::from(key.into()))?;
        }
        Ok(all)
    }

    /// Adds a key. Adding the same key again has no effect.
    pub(crate) fn add(&mut self, key: SecretString) -> Result<(), KeyError> {
        let text = key.expose_secret().trim();
        let livemode = livemode_of(text)?;
        let key = SecretString::from(text);

        let slot = if livemode {
            &mut self.live
        } else {
            &mut self.test
        };
        match slot {
            Some(other) if other.expose_secret() != key.expose_secret() => {
                Err(KeyError::Twice { livemode })
            }
            _ => {
                *slot = Some(key);
                Ok(())
            }
        }
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.test.is_none() && self.live.is_none()
    }

    /// Whether there is a key of live mode.
    pub(super) fn has_live(&self) -> bool {
        self.live.is_some()
    }

    /// Whether the key of this mode is restricted, `rk_…`: it may read only some types of object.
    #[cfg(feature = "cli")]
    pub(super) fn is_restricted(&self, livemode: bool) -> bool {
        self.pick(Some(livemode))
            .is_ok_and(|(key, _)| key.expose_secret().starts_with("rk_"))
    }

    /// The key for objects of this mode, and its mode. Without `livemode`, there has to be exactly
    /// one key.
    pub(super) fn pick(
        &self,
        livemode: Option<bool>,
    ) -> Result<(&SecretString, bool), ClientError> {
        let found = match livemode {
            Some(true) => self.live.as_ref().map(|key| (key, true)),
            Some(false) => self.test.as_ref().map(|key| (key, false)),
            None if self.test.is_some() && self.live.is_some() => {
                return Err(ClientError::WhichMode);
            }
            None => self
                .test
                .as_ref()
                .map(|key| (key, false))
                .or(self.live.as_ref().map(|key| (key, true))),
        };
        found.ok_or(ClientError::NoKey { livemode })
    }

    /// The start of the SHA-256 of this mode's key: it identifies the key without telling it.
    pub(super) fn fingerprint(&self, livemode: bool) -> Option<String> {
        let (key, _) = self.pick(Some(livemode)).ok()?;
        let digest = digest(&SHA256, key.expose_secret().as_bytes());
        Some(URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]))
    }

    /// Replaces the keys in a text.
    pub(super) fn redact(&self, text: &str) -> String {
        let keys = [&self.test, &self.live].into_iter().flatten();
        keys.fold(text.to_owned(), |text, key| {
            text.replace(key.expose_secret(), "[key]")
        })
    }
}

fn livemode_of(key: &str) -> Result<bool, KeyError> {
    // Something else in quotation marks is told as what it is, and then without them.
    let bare = key.trim_matches(is_quote);
    let (kind, rest) = bare.split_once('_').ok_or(KeyError::Unknown)?;
    match kind {
        "pk" => return Err(KeyError::Publishable),
        "whsec" => return Err(KeyError::SigningSecret),
        "we" => return Err(KeyError::EndpointId),
        "sk" | "rk" if key.contains(is_quote) => return Err(KeyError::Quoted),
        "sk" | "rk" => {}
        _ => return Err(KeyError::Unknown),
    }
    let livemode = match rest.split_once('_') {
        Some(("test", secret)) if !secret.is_empty() => false,
        Some(("live", secret)) if !secret.is_empty() => true,
        _ => return Err(KeyError::Unknown),
    };
    let is_foreign = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
    match key.chars().position(is_foreign) {
        Some(index) => Err(KeyError::Character {
            position: index + 1,
        }),
        None => Ok(livemode),
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |key: &Option<SecretString>| {
            key.as_ref()
                .map(|key| format!("{}…", &key.expose_secret()[..8]))
        };
        formatter
            .debug_struct("ApiKeys")
            .field("test", &shown(&self.test))
            .field("live", &shown(&self.live))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_read_off_the_prefix() {
        let check = |key: &str, expected: Result<bool, KeyError>| {
            assert_eq!(livemode_of(key), expected, "{key}");
        };

        check("sk_test_1", Ok(false));
        check("rk_test_1", Ok(false));
        check("sk_live_1", Ok(true));
        check("rk_live_1", Ok(true));
        check("pk_live_1", Err(KeyError::Publishable));
        check("whsec_1", Err(KeyError::SigningSecret));
        check("\"whsec_1\"", Err(KeyError::SigningSecret));
        check("we_1", Err(KeyError::EndpointId));
        check("\"sk_test_1\"", Err(KeyError::Quoted));
        check("'rk_live_1'", Err(KeyError::Quoted));
        check("sk_test_1\"", Err(KeyError::Quoted));
        check("sk_test_", Err(KeyError::Unknown));
        check("sk_1", Err(KeyError::Unknown));
        check("", Err(KeyError::Unknown));

        let at = |position| Err(KeyError::Character { position });
        check("sk_test_1 not a key", at(10));
        check("sk_test_1\nsk_test_2", at(10));
        check("sk_live_ 1", at(9));
        check("sk_test_\u{e4}", at(9));
    }

    #[test]
    fn the_key_of_the_objects_mode_is_used() {
        let keys = |keys: &[&str]| ApiKeys::new(keys.iter().copied()).unwrap();

        let both = keys(&["sk_test_1", " rk_live_2\n"]);
        assert_eq!(
            both.pick(Some(true)).unwrap().0.expose_secret(),
            "rk_live_2"
        );
        assert_eq!(
            both.pick(Some(false)).unwrap().0.expose_secret(),
            "sk_test_1"
        );
        assert!(matches!(both.pick(None), Err(ClientError::WhichMode)));

        let one = keys(&["sk_test_1", "sk_test_1"]);
        assert!(!one.pick(None).unwrap().1);
        assert!(matches!(
            one.pick(Some(true)),
            Err(ClientError::NoKey {
                livemode: Some(true)
            })
        ));

        assert_eq!(
            ApiKeys::new(["sk_test_1", "sk_test_2"]).unwrap_err(),
            KeyError::Twice { livemode: false }
        );
    }
}
