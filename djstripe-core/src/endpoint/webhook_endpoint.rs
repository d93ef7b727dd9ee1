//! The endpoint, its secrets, and which of them can be used.

use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret;
use uuid::Uuid;

use super::encryption_key::EncryptionKey;
use super::kind::{EndpointKind, TakeOver};
use super::rules::{Accounts, Mismatch, OnMismatch, ValidationMethod};
use super::secret::StoredSecret;
use super::secret_error::SecretStorageError;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;
use crate::webhook::signature::{DEFAULT_TOLERANCE, SecretError, SigningSecrets};

/// Path of the endpoint whose secrets are given to the builder: `POST /stripe/webhook`. The endpoints
/// of the database are below it: `/stripe/webhook/{uuid}`.
pub const WEBHOOK_PATH: &str = "/stripe/webhook";

/// A webhook endpoint: a URL that Stripe delivers to, with the rules for its deliveries.
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
    /// The id, which is the last segment of the path.
    pub id: Uuid,
    /// What it is at Stripe.
    pub kind: EndpointKind,
    /// The id at Stripe, `we_…` or `ed_…`.
    pub stripe_id: Option<String>,
    /// The id at Stripe of the endpoint that this one replaces, while the secret is being rolled.
    pub replaced_stripe_id: Option<String>,
    /// The full URL that Stripe delivers to.
    pub url: Option<String>,
    /// Whether Stripe delivers events of connected accounts to it, instead of the platform's own.
    pub connect: bool,
    /// Whether Stripe delivers events of the accounts of an organization to it; with `connect`, of
    /// the accounts that are connected to these. For event destinations.
    pub organization: bool,
    /// The names of the events that Stripe delivers to it, as last recorded.
    pub events: Vec<String>,
    /// The API version of these events, as last recorded.
    pub api_version: Option<String>,
    /// The [declared](crate::Builder::account) own account that it belongs to; `None` for the one that
    /// is not declared.
    pub own_account: Option<String>,
    /// The mode of its events; `None` for both modes.
    pub livemode: Option<bool>,
    /// The accounts whose events it is for.
    pub accounts: Accounts,
    /// What happens to events of another mode or account.
    pub on_mismatch: OnMismatch,
    /// How deliveries are validated.
    pub validation: ValidationMethod,
    /// The largest difference, in either direction, between a signature's time and the local clock;
    /// whole seconds.
    pub tolerance: Duration,
    /// The signing secrets, newest first.
    pub secrets: Vec<EndpointSecret>,
    /// Whether it accepts deliveries. A disabled endpoint responds as if it didn't exist.
    pub enabled: bool,
    /// The endpoint that it takes over from.
    pub take_over: Option<TakeOver>,
    /// How many times the row was written. Optimistic locking: a write based on an older revision
    /// fails.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last updated.
    pub updated_at: Timestamp,
}

/// A signing secret of an endpoint, and how long it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSecret {
    /// The secret as it is stored.
    pub secret: StoredSecret,
    /// When it stops being valid; `None` for a secret without an end.
    pub expires_at: Option<Timestamp>,
}

impl EndpointSecret {
    /// Whether it has not expired at this time.
    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// Why an endpoint that verifies signatures has no secret to verify them with.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// It has no secret, or all of them have expired.
    #[error("endpoint {id} verifies signatures but has no valid secret")]
    Missing {
        /// The endpoint.
        id: Uuid,
    },
    /// None of its secrets can be read.
    #[error("a secret of endpoint {id} can't be read")]
    Unreadable {
        /// The endpoint.
        id: Uuid,
        /// Why the last one can't be read.
        source: SecretStorageError,
    },
    /// One of its secrets is something else than a signing secret.
    #[error("a secret of endpoint {id} can't be used")]
    Unusable {
        /// The endpoint.
        id: Uuid,
        /// What is wrong with it.
        source: SecretError,
    },
}

impl Endpoint {
    /// Creates an endpoint with a new id, and thus a path of its own. It verifies signatures, but
    /// has no secret yet.
    #[expect(clippy::new_without_default, reason = "each endpoint has a new id")]
    pub fn new() -> Self {
        let now = Timestamp::now();
        Self {
            id: Uuid::new_v4(),
            kind: EndpointKind::default(),
            stripe_id: None,
            replaced_stripe_id: None,
            url: None,
            connect: false,
            organization: false,
            events: Vec::new(),
            api_version: None,
            own_account: None,
            livemode: None,
            accounts: Accounts::default(),
            on_mismatch: OnMismatch::default(),
            validation: ValidationMethod::default(),
            tolerance: DEFAULT_TOLERANCE,
            secrets: Vec::new(),
            enabled: true,
            take_over: None,
            revision: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The path of its URL.
    pub fn path(&self) -> String {
        format!("{WEBHOOK_PATH}/{}", self.id)
    }

    /// The accounts whose events Stripe delivers, as an event destination names them.
    ///
    /// Source: [Create an event
    /// destination](https://docs.stripe.com/api/v2/core/event-destinations/create).
    pub const fn events_from(&self) -> &'static str {
        match (self.organization, self.connect) {
            (false, false) => "@self",
            (false, true) => "@accounts",
            (true, false) => "@organization_members",
            (true, true) => "@organization_members/@accounts",
        }
    }

    /// Adds the newest secret. The older ones stay valid until `others_until`, or without an end if
    /// it is `None`.
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

    /// Ends the validity of every secret but the newest at `until`, unless it ends earlier, and
    /// removes expired secrets.
    pub fn limit_old_secrets(&mut self, until: Timestamp) {
        let now = Timestamp::now();
        for old in self.secrets.iter_mut().skip(1) {
            old.expires_at = Some(old.expires_at.map_or(until, |end| end.min(until)));
        }
        self.secrets.retain(|kept| kept.is_valid_at(now));
    }

    /// Why `event` doesn't belong to this endpoint; `None` if it does.
    pub fn mismatch(&self, event: &Event) -> Option<Mismatch> {
        Mismatch::find(event, self.livemode, &self.accounts)
    }

    /// The secrets that signatures are verified with; `None` if none are verified.
    pub(crate) fn signing_secrets(
        &self,
        keys: &[EncryptionKey],
        now: SystemTime,
    ) -> Option<Result<SigningSecrets, SecretsError>> {
        match self.validation {
            ValidationMethod::VerifySignature => Some(self.open_secrets(keys, now)),
            ValidationMethod::RetrieveEvent | ValidationMethod::None => None,
        }
    }

    /// The secrets that are valid at the time `now`. An unreadable secret is skipped if another one
    /// is readable.
    pub(crate) fn open_secrets(
        &self,
        keys: &[EncryptionKey],
        now: SystemTime,
    ) -> Result<SigningSecrets, SecretsError> {
        let now = Timestamp::from(now);

        let mut opened = Vec::new();
        let mut failed = SecretsError::Missing { id: self.id };
        for valid in self.secrets.iter().filter(|it| it.is_valid_at(now)) {
            match valid.secret.open(self.id, keys) {
                Ok(secret) => opened.push(secret),
                Err(source) => {
                    tracing::warn!(endpoint = %self.id, error = %source, "skipped an unreadable secret of this endpoint");
                    failed = SecretsError::Unreadable {
                        id: self.id,
                        source,
                    };
                }
            }
        }

        let secrets = opened.iter().map(|secret| secret.expose_secret());
        SigningSecrets::new(secrets).map_err(|error| match error {
            SecretError::Missing => failed,
            source => SecretsError::Unusable {
                id: self.id,
                source,
            },
        })
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
        // Cargo sets the first variable for every test.
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
                .open_secrets(&[], now)
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
