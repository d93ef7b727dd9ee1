//! Whose the secret keys are, as Stripe has said it once.

use diesel::sql_types::{Bool, Text};

use super::backend::run::load;
use super::backend::statement::Statement;
use super::backend::store::Store;
use super::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read whose the keys are";
const RECORD: &str = "record whose a key is";

const SELECT: &str = "SELECT fingerprint, own_account, livemode, stripe_account FROM djstripe_key \
     ORDER BY recorded_at, fingerprint";
const INSERT: &str = "INSERT INTO djstripe_key (fingerprint, own_account, livemode, stripe_account, recorded_at) \
     VALUES (?, ?, ?, ?, ?) \
     ON CONFLICT (fingerprint) DO UPDATE SET own_account = excluded.own_account, \
         stripe_account = excluded.stripe_account";

/// A secret key that was used with this database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedKey {
    /// Identifies the key without telling it.
    pub(crate) fingerprint: String,
    /// The declared account that it was given for; empty for the one that is not declared.
    pub(crate) own_account: String,
    pub(crate) livemode: bool,
    /// The account that it belongs to.
    pub(crate) stripe_account: String,
}

impl Store {
    /// The keys whose account is known, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn recorded_keys(&self) -> Result<Vec<RecordedKey>, StoreError> {
        let select = Statement::<(Text, Text, Bool, Text)>::new(SELECT);
        let rows: Vec<(String, String, bool, String)> = load!(self, READ, select)?;
        let key = |(fingerprint, own_account, livemode, stripe_account)| RecordedKey {
            fingerprint,
            own_account,
            livemode,
            stripe_account,
        };
        Ok(rows.into_iter().map(key).collect())
    }

    /// Records whose a key is.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn record_key(&self, key: &RecordedKey) -> Result<(), StoreError> {
        let insert = Statement::<()>::new(INSERT)
            .bind(key.fingerprint.clone())
            .bind(key.own_account.clone())
            .bind(key.livemode)
            .bind(key.stripe_account.clone())
            .bind(Timestamp::now().micros());
        self.execute(RECORD, insert).await.map(drop)
    }
}
