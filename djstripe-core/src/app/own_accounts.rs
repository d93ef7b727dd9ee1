//! Whose the keys are: each key must belong to the account that it is given for.
//!
//! In: the clients, and what the database has recorded of keys. Out: a refusal, before anything of
//! one account can be written among the rows of another.

use std::time::Duration;

use crate::client::{Client, Clients, Method, Request};
use crate::error::describe;
use crate::store::{RecordedKey, Store, StoreError};
use crate::webhook::mode_name;
use crate::webhook::object_head::RawHead;

/// How long the start waits for Stripe to name the account of a key that is not recorded yet.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a secret key can't be used with this database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnAccountError {
    /// It is declared for another account than the one that it belongs to.
    #[error(
        "the key of {} mode that is declared for {declared} belongs to {actual}; declare it with \
         `.account(\"{actual}\", |account| account.webhook_secret(\"whsec_…\").secret_key(\"sk_…\"))`",
        mode_name(*.livemode)
    )]
    Declared {
        /// The account that it is declared for.
        declared: String,
        /// The account that it belongs to.
        actual: String,
        /// The mode of the key.
        livemode: bool,
    },
    /// It belongs to a second account, and is not declared for it.
    #[error(
        "the key of {} mode belongs to {actual}, and this database mirrors {existing} without a \
         declaration; declare the second account with \
         `.account(\"{actual}\", |account| account.webhook_secret(\"whsec_…\").secret_key(\"sk_…\"))`",
        mode_name(*.livemode)
    )]
    Undeclared {
        /// The account that the database mirrors without a declaration.
        existing: String,
        /// The account that the key belongs to.
        actual: String,
        /// The mode of the key.
        livemode: bool,
    },
    /// Its account is or was declared, and the key is given outside of the declaration.
    #[error(
        "the key of {} mode belongs to {account}, whose rows stand under its declaration; give the \
         key in `.account(\"{account}\", |account| account.secret_key(\"sk_…\"))` only",
        mode_name(*.livemode)
    )]
    OutsideOfDeclaration {
        /// The account.
        account: String,
        /// The mode of the key.
        livemode: bool,
    },
    /// Its account is declared now, and the database has mirrored it without a declaration.
    #[error(
        "this database mirrors {account} without a declaration, and its rows would be mirrored a \
         second time; give the account's secret and key to the builder itself, or use a new database"
    )]
    MirroredUndeclared {
        /// The account.
        account: String,
    },
}

/// Checks whose keys these are, and records the answers: a key is asked for once in a database's life.
///
/// A key that may not read its account, and one that Stripe doesn't answer for in time, pass.
pub(super) async fn check(store: &Store, clients: &Clients) -> Result<(), CheckError> {
    let mut recorded = store.recorded_keys().await?;
    for client in clients.iter() {
        for livemode in [false, true] {
            let Some(fingerprint) = client.key_fingerprint(livemode) else {
                continue;
            };
            let known = recorded.iter().find(|key| {
                key.fingerprint == fingerprint && key.own_account == client.own_account()
            });
            let stripe_account = match known {
                Some(key) => Some(key.stripe_account.clone()),
                None => ask(client, livemode).await,
            };
            let Some(stripe_account) = stripe_account else {
                continue;
            };

            client.set_stripe_account(livemode, stripe_account.clone());
            let key = key(client, livemode, fingerprint, stripe_account);
            compare(&key, clients, &recorded)?;
            store.record_key(&key).await?;
            recorded.push(key);
        }
    }
    Ok(())
}

/// Compares the accounts of the keys, as far as they are known, without asking or recording.
#[cfg(feature = "cli")]
pub(crate) async fn compare_all(store: &Store, clients: &Clients) -> Result<(), CheckError> {
    let recorded = store.recorded_keys().await?;
    for client in clients.iter() {
        for livemode in [false, true] {
            if let (Some(fingerprint), Some(stripe_account)) = (
                client.key_fingerprint(livemode),
                client.stripe_account(livemode),
            ) {
                let key = key(client, livemode, fingerprint, stripe_account.to_owned());
                compare(&key, clients, &recorded)?;
            }
        }
    }
    Ok(())
}

fn key(
    client: &Client,
    livemode: bool,
    fingerprint: String,
    stripe_account: String,
) -> RecordedKey {
    RecordedKey {
        fingerprint,
        own_account: client.own_account().to_owned(),
        livemode,
        stripe_account,
    }
}

/// Why the keys could not be checked, or may not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    OwnAccount(#[from] OwnAccountError),
}

/// The account that Stripe names as the key's own.
async fn ask(client: &Client, livemode: bool) -> Option<String> {
    let request = Request::new(Method::Get, "/v1/account").livemode(livemode);
    let mode = mode_name(livemode);
    let answer = match tokio::time::timeout(PATIENCE, client.send(&request)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            let error = describe(&error);
            tracing::warn!(
                mode,
                error,
                "Stripe did not say whose key it is; not checked that it is the right account's"
            );
            return None;
        }
        Err(_) => {
            tracing::warn!(
                mode,
                "Stripe did not say in time whose key it is; the next start asks again"
            );
            return None;
        }
    };
    RawHead::parse_id(answer.json()).ok()
}

/// Compares a key's account with the declarations, and with the accounts of earlier keys.
fn compare(
    key: &RecordedKey,
    clients: &Clients,
    recorded: &[RecordedKey],
) -> Result<(), OwnAccountError> {
    let (livemode, actual) = (key.livemode, key.stripe_account.clone());
    let mut undeclared = recorded
        .iter()
        .filter(|other| other.own_account.is_empty() && other.livemode == livemode);

    if !key.own_account.is_empty() {
        if actual != key.own_account {
            let declared = key.own_account.clone();
            return Err(OwnAccountError::Declared {
                declared,
                actual,
                livemode,
            });
        }
        return match undeclared.find(|other| other.stripe_account == actual) {
            Some(_) => Err(OwnAccountError::MirroredUndeclared { account: actual }),
            None => Ok(()),
        };
    }

    let was_declared = recorded.iter().any(|other| other.own_account == actual);
    if clients.is_declared(&actual) || was_declared {
        return Err(OwnAccountError::OutsideOfDeclaration {
            account: actual,
            livemode,
        });
    }
    match undeclared.find(|other| other.stripe_account != actual) {
        Some(other) => Err(OwnAccountError::Undeclared {
            existing: other.stripe_account.clone(),
            actual,
            livemode,
        }),
        None => Ok(()),
    }
}
