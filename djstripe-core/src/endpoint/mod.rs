#![doc = include_str!("../../docs/endpoints.md")]
//!
//! # In the code
//!
//! Rows of the database come in, what a delivery is checked by goes out.
//!
//! Invariant: an endpoint that has to verify signatures and has no secret accepts nothing.

mod difference;
mod rules;
mod secret;

use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use secrecy::ExposeSecret;
use uuid::Uuid;

#[cfg(feature = "cli")]
pub(crate) use difference::listed;
pub use difference::{AtStripe, Difference, differences};
pub use rules::{Accounts, Mismatch, OnMismatch, UnknownWord, ValidationMethod};
pub use secret::{ENCRYPTION_KEY_VARIABLE, EncryptionKey, SecretStorageError, StoredSecret};

use crate::client::ClientError;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;
use crate::webhook::signature::{DEFAULT_TOLERANCE, SigningSecrets};

/// Path of the endpoint whose secrets are settings of the program: `POST /stripe/webhook`. The endpoints of the database
/// are below it, `/stripe/webhook/{uuid}`.
pub const WEBHOOK_PATH: &str = "/stripe/webhook";

/// One webhook endpoint: an address that Stripe delivers to, and what is checked there.
///
/// ```
/// use djstripe_core::endpoint::{Endpoint, SecretStorageError};
///
/// let mut endpoint = Endpoint::new();
/// endpoint.add_secret("env:SHOP_WEBHOOK_SECRET".parse()?, None);
/// assert_eq!(endpoint.path(), format!("/stripe/webhook/{}", endpoint.id));
/// # Ok::<(), SecretStorageError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Its id, the last part of its path.
    pub id: Uuid,
    /// Its id at Stripe, `we_…`.
    pub stripe_id: Option<String>,
    /// The one at Stripe that it is taking the place of while its secret is rolled.
    pub replaced_stripe_id: Option<String>,
    /// The whole address that Stripe delivers to.
    pub url: Option<String>,
    /// Whether Stripe delivers events of connected accounts to it, not the platform's own.
    pub connect: bool,
    /// The events that Stripe delivers to it, as far as known here.
    pub events: Vec<String>,
    /// API version in which Stripe writes them, as far as known here.
    pub api_version: Option<String>,
    /// Mode of its events; `None` takes both.
    pub livemode: Option<bool>,
    /// Whose events it is for.
    pub accounts: Accounts,
    /// What becomes of events of another mode or account.
    pub on_mismatch: OnMismatch,
    /// How a delivery is checked.
    pub validation: ValidationMethod,
    /// How far a signature's time may lie from ours, either way; whole seconds.
    pub tolerance: Duration,
    /// Its secrets, newest first.
    pub secrets: Vec<EndpointSecret>,
    /// Whether it is open; one that isn't answers as if it weren't there.
    pub enabled: bool,
    /// How often the row was written; keeps two writers from undoing each other's work.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A secret of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSecret {
    /// Where it is kept.
    pub secret: StoredSecret,
    /// When it stops counting; `None` for the one in use.
    pub expires_at: Option<Timestamp>,
}

/// Why an endpoint can't take a delivery.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// No endpoint has this address, or it is switched off.
    #[error("no endpoint has this address")]
    Unknown,
    /// It verifies signatures, but no secret of it counts any more, or it never had one.
    #[error("endpoint {id} verifies signatures but has no valid secret")]
    NoSecret {
        /// The endpoint.
        id: Uuid,
    },
    /// One of its secrets can't be read.
    #[error("a secret of endpoint {id} can't be read")]
    Secret {
        /// The endpoint.
        id: Uuid,
        /// Why not.
        source: SecretStorageError,
    },
    /// It fetches events from Stripe, but there is no API key for it.
    #[error(
        "endpoint {id} fetches each event from Stripe, which needs an API key of its mode: set STRIPE_SECRET_KEY"
    )]
    NoKey {
        /// The endpoint.
        id: Uuid,
    },
    /// Stripe doesn't have the event.
    #[error("Stripe has no event {event}")]
    NotAtStripe {
        /// The event's id.
        event: String,
    },
    /// Stripe has another event under this id.
    #[error("event {event} is not what Stripe has under this id")]
    Forged {
        /// The event's id.
        event: String,
    },
    /// The event could not be fetched from Stripe.
    #[error("event {event} could not be fetched from Stripe")]
    Fetch {
        /// The event's id.
        event: String,
        /// Why not.
        source: ClientError,
    },
    /// The event is of another mode or account.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

impl EndpointError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Mismatch(_) | Self::NotAtStripe { .. } | Self::Forged { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::NoSecret { .. }
            | Self::Secret { .. }
            | Self::NoKey { .. }
            | Self::Fetch { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) fn public_message(&self) -> &'static str {
        match self {
            Self::Unknown => "no such endpoint",
            Self::Mismatch(_) => "event of another mode or account",
            Self::NotAtStripe { .. } | Self::Forged { .. } => "event not accepted",
            Self::NoSecret { .. }
            | Self::Secret { .. }
            | Self::NoKey { .. }
            | Self::Fetch { .. } => "not ready; deliver again later",
        }
    }

    /// Whether the operator can look the delivery up.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(
            self,
            Self::Mismatch(_) | Self::NotAtStripe { .. } | Self::Forged { .. }
        )
    }
}

impl Endpoint {
    /// A new one with a path of its own, which verifies signatures but has no secret yet.
    #[expect(clippy::new_without_default, reason = "each has another id")]
    pub fn new() -> Self {
        let now = Timestamp::now();
        Self {
            id: Uuid::new_v4(),
            stripe_id: None,
            replaced_stripe_id: None,
            url: None,
            connect: false,
            events: Vec::new(),
            api_version: None,
            livemode: None,
            accounts: Accounts::default(),
            on_mismatch: OnMismatch::default(),
            validation: ValidationMethod::default(),
            tolerance: DEFAULT_TOLERANCE,
            secrets: Vec::new(),
            enabled: true,
            revision: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The path that its deliveries come to.
    pub fn path(&self) -> String {
        format!("{WEBHOOK_PATH}/{}", self.id)
    }

    /// Puts a secret before the others; those count until `others_until`, or for good.
    pub fn add_secret(&mut self, secret: StoredSecret, others_until: Option<Timestamp>) {
        self.secrets.insert(
            0,
            EndpointSecret {
                secret,
                expires_at: None,
            },
        );
        if let Some(until) = others_until {
            self.limit_old_secrets(until);
        }
    }

    /// Lets every secret but the newest count until then at most, and forgets those that no longer do.
    pub fn limit_old_secrets(&mut self, until: Timestamp) {
        let now = Timestamp::now();
        for old in self.secrets.iter_mut().skip(1) {
            old.expires_at = Some(old.expires_at.map_or(until, |end| end.min(until)));
        }
        self.secrets
            .retain(|kept| kept.expires_at.is_none_or(|end| end > now));
    }

    /// What of `event` doesn't fit this endpoint.
    pub fn mismatch(&self, event: &Event) -> Option<Mismatch> {
        Mismatch::find(event, self.livemode, &self.accounts)
    }

    /// The secrets that count at the time `now`. One that can't be read is passed over if another can.
    pub(crate) fn open_secrets(
        &self,
        key: Option<&EncryptionKey>,
        now: SystemTime,
    ) -> Result<SigningSecrets, EndpointError> {
        let now = Timestamp::from(now);
        let mut opened = Vec::new();
        let mut failed = EndpointError::NoSecret { id: self.id };
        for EndpointSecret { secret, expires_at } in &self.secrets {
            if expires_at.is_some_and(|end| end <= now) {
                continue;
            }
            match secret.open(self.id, key) {
                Ok(secret) => opened.push(secret),
                Err(source) => {
                    tracing::warn!(endpoint = %self.id, error = %source, "a secret of this endpoint can't be read");
                    failed = EndpointError::Secret {
                        id: self.id,
                        source,
                    };
                }
            }
        }
        SigningSecrets::new(opened.iter().map(|secret| secret.expose_secret())).map_err(|_| failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_stands_first_and_may_limit_the_others() {
        let secret = |name: &str| format!("env:{name}").parse::<StoredSecret>().unwrap();
        let now = Timestamp::now();
        let (past, soon, late) = (
            now,
            now + Duration::from_secs(60),
            now + Duration::from_secs(120),
        );
        let mut endpoint = Endpoint::new();
        let mut check =
            |name: &str, until: Option<Timestamp>, expected: &[(&str, Option<Timestamp>)]| {
                endpoint.add_secret(secret(name), until);
                let actual = endpoint
                    .secrets
                    .iter()
                    .map(|kept| (kept.secret.clone(), kept.expires_at));
                assert!(
                    actual.eq(expected.iter().map(|(name, end)| (secret(name), *end))),
                    "{:?}",
                    endpoint.secrets
                );
            };
        check("A", None, &[("A", None)]);
        check("B", None, &[("B", None), ("A", None)]);
        check(
            "C",
            Some(late),
            &[("C", None), ("B", Some(late)), ("A", Some(late))],
        );
        check(
            "D",
            None,
            &[
                ("D", None),
                ("C", None),
                ("B", Some(late)),
                ("A", Some(late)),
            ],
        );
        check(
            "E",
            Some(soon),
            &[
                ("E", None),
                ("D", Some(soon)),
                ("C", Some(soon)),
                ("B", Some(soon)),
                ("A", Some(soon)),
            ],
        );
        check("F", Some(past), &[("F", None)]);
    }

    #[test]
    fn only_secrets_that_can_be_read_and_still_count_are_opened() {
        let now = SystemTime::now();
        let past = Timestamp::from(now - Duration::from_secs(1));
        // Cargo sets this one for every test.
        let (good, bad) = ("env:CARGO_PKG_NAME", "env:NOBODY_SETS_THIS");
        let check = |secrets: &[(&str, Option<Timestamp>)], expected: Result<&str, &str>| {
            let mut endpoint = Endpoint {
                id: Uuid::nil(),
                ..Endpoint::new()
            };
            for (secret, expires_at) in secrets {
                endpoint.secrets.push(EndpointSecret {
                    secret: secret.parse().unwrap(),
                    expires_at: *expires_at,
                });
            }
            let opened = endpoint
                .open_secrets(None, now)
                .map(|secrets| format!("{secrets:?}"));
            let opened = opened.map_err(|error| error.to_string());
            assert_eq!(
                opened,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{secrets:?}"
            );
        };
        let none = "endpoint 00000000-0000-0000-0000-000000000000 verifies signatures but has no valid secret";
        let unreadable = "a secret of endpoint 00000000-0000-0000-0000-000000000000 can't be read";
        check(&[], Err(none));
        check(&[(good, Some(past))], Err(none));
        check(&[(bad, None)], Err(unreadable));
        check(
            &[(bad, None), (good, None)],
            Ok("SigningSecrets(1 redacted)"),
        );
        check(
            &[
                (good, None),
                (good, Some(Timestamp::now() + Duration::from_secs(60))),
            ],
            Ok("SigningSecrets(2 redacted)"),
        );
    }
}
