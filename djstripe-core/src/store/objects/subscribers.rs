//! Customers whose metadata names a user but that aren't linked to one, and users that have a
//! customer.

use diesel::sql_types::{BigInt, Bool, Text};

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const LOOK_UP: &str = "look customers up";

/// The value of a key in a customer's metadata.
const OF_METADATA: &str = "stripe_data -> 'metadata' ->> CAST(? AS text)";

/// A customer whose metadata names a user, but that isn't linked to any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnlinkedCustomer {
    /// The connected account that it belongs to; empty for the platform's own.
    pub(crate) account: String,
    /// Its id.
    pub(crate) id: String,
    /// The user that its metadata names.
    pub(crate) value: String,
}

impl Store {
    /// Customers of one mode that aren't linked and have a value for `key` in their metadata, in
    /// the order of account and id, after the account and id in `after`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn unlinked_customers(
        &self,
        livemode: bool,
        key: &str,
        after: Option<(&str, &str)>,
        limit: u32,
    ) -> Result<Vec<UnlinkedCustomer>, StoreError> {
        let (account, id) = after.unwrap_or_default();
        let sql = format!(
            "SELECT account, id, {OF_METADATA} FROM stripe_customer \
             WHERE livemode = ? AND (account, id) > (?, ?) AND subscriber IS NULL AND deleted_at IS NULL \
                 AND {OF_METADATA} <> '' \
             ORDER BY account, id LIMIT ?"
        );
        let select = Statement::<(Text, Text, Text)>::new(sql)
            .bind(key.to_owned())
            .bind(livemode)
            .bind(account.to_owned())
            .bind(id.to_owned())
            .bind(key.to_owned())
            .bind(i64::from(limit));

        let rows: Vec<(String, String, String)> = load!(self, LOOK_UP, select)?;
        Ok(rows
            .into_iter()
            .map(|(account, id, value)| UnlinkedCustomer { account, id, value })
            .collect())
    }

    /// Those of `users` that have a customer of this account and mode.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn users_with_customer(
        &self,
        account: &str,
        livemode: bool,
        users: &[&str],
    ) -> Result<Vec<String>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }

        let places = vec!["?"; users.len()].join(", ");
        let select = Statement::<(Text, Bool)>::new(format!(
            "SELECT DISTINCT subscriber, livemode FROM stripe_customer \
             WHERE account = ? AND livemode = ? AND deleted_at IS NULL AND subscriber IN ({places})"
        ))
        .bind(account.to_owned())
        .bind(livemode);
        let select = users
            .iter()
            .fold(select, |select, user| select.bind((*user).to_owned()));
        let rows: Vec<(String, bool)> = load!(self, LOOK_UP, select)?;
        Ok(rows.into_iter().map(|(user, _)| user).collect())
    }

    /// How many of the account's customers were deleted for each of `users`, according to the
    /// customers' metadata. Users without any are left out.
    pub(crate) async fn deleted_customers(
        &self,
        account: &str,
        livemode: bool,
        key: &str,
        users: &[&str],
    ) -> Result<Vec<(String, i64)>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }

        let places = vec!["?"; users.len()].join(", ");
        let select = Statement::<(Text, BigInt)>::new(format!(
            "SELECT owner, count(*) FROM ( \
                 SELECT {OF_METADATA} AS owner FROM stripe_customer \
                 WHERE account = ? AND livemode = ? AND deleted_at IS NOT NULL \
             ) AS deleted WHERE owner IN ({places}) GROUP BY owner"
        ))
        .bind(key.to_owned())
        .bind(account.to_owned())
        .bind(livemode);
        let select = users
            .iter()
            .fold(select, |select, user| select.bind((*user).to_owned()));
        load!(self, LOOK_UP, select)
    }
}
