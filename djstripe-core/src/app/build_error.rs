//! Why an application does not start.

use super::own_accounts::{CheckError, OwnAccountError};
use crate::client::{ClientError, KeyError};
use crate::endpoint::{SecretStorageError, SettingError};
use crate::intake::EndpointError;
use crate::mirror::SettingsError;
use crate::receiver::arguments::ArgumentError;
use crate::receiver::registry::RegistryError;
use crate::receiver::{DuplicateEffect, Location};
use crate::store::StoreError;
use crate::webhook::signature::SecretError;

/// Why an application does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A secret can't be read from the environment, or from the file that it names.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The signing secrets can't be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The receivers can't be used together.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A receiver takes an argument that the application does not provide.
    #[error("receiver `{receiver}` at {location} can't run")]
    Receiver {
        /// The receiver's id.
        receiver: &'static str,
        /// Where its attribute is.
        location: Location,
        /// What is missing.
        source: Box<ArgumentError>,
    },
    /// Two effects can't be told apart.
    #[error(transparent)]
    DuplicateEffect(#[from] DuplicateEffect),
    /// An effect takes an argument that the application does not provide.
    #[error("effect `{effect}` at {location} can't run")]
    Effect {
        /// The effect's name.
        effect: &'static str,
        /// Where its attribute is.
        location: Location,
        /// What is missing.
        source: Box<ArgumentError>,
    },
    /// The database lacks migrations, and the builder may not run them.
    #[error(
        "the database lacks {} migrations, the first is `{}`; run the command `migrate`, or what \
         `migrate --print-sql` prints",
        pending.len(),
        pending.first().map_or("", String::as_str)
    )]
    Unmigrated {
        /// `set/name` of each missing migration.
        pending: Vec<String>,
    },
    /// The settings of the mirror can't be used.
    #[error(transparent)]
    Mirror(#[from] SettingsError),
    /// A secret key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An account is declared with something else than its id, which is not shown: it may be a key.
    #[error(
        "a Stripe account is declared without its id; write `acct_…` first, as in \
         `STRIPE_ACCOUNT_KEYS=acct_1=sk_…` or `--own-account acct_1`"
    )]
    AccountId,
    /// A secret key belongs to another account than the one that it is given for.
    #[error(transparent)]
    OwnAccount(#[from] OwnAccountError),
    /// The client can't be used.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key that encrypts the secrets of endpoints can't be used.
    #[error(transparent)]
    EncryptionKey(#[from] SecretStorageError),
    /// An endpoint of the database can't take deliveries.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

impl From<CheckError> for BuildError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => error.into(),
            CheckError::OwnAccount(error) => error.into(),
        }
    }
}
