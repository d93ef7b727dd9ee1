//! What djstripe itself knows of objects: whose a customer is, who is entitled to what, which accounts are connected.

use diesel::sql_types::{BigInt, Integer};

use super::TableName;
use crate::store::backend::connection::Db;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::{Backend, Store};
use crate::timestamp::Timestamp;

const LOOK_UP: &str = "look objects up";
const LINK: &str = "link a customer";
const PURGE: &str = "purge a customer";
const ENTITLE: &str = "write a customer's entitlements";
const AUTHORIZE: &str = "note an account's authorization";

impl Store {
    /// For each reference whether it has no row, not even a tombstone. One query, whatever the number of tables.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn missing_references(
        &self,
        account: &str,
        livemode: bool,
        references: &[(TableName, &str)],
    ) -> Result<Vec<bool>, StoreError> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Statement::<Integer>::new("");
        for (number, (table, id)) in references.iter().enumerate() {
            let union = if number == 0 { "" } else { " UNION ALL " };
            select = select
                .sql(&format!("{union}SELECT {number} FROM {table} WHERE account = ? AND livemode = ? AND id = ?"))
                .bind(account.to_owned())
                .bind(livemode)
                .bind((*id).to_owned());
        }
        let present: Vec<i32> = load!(self, LOOK_UP, select);
        let mut missing = vec![true; references.len()];
        for number in present {
            if let Some(missing) = usize::try_from(number)
                .ok()
                .and_then(|number| missing.get_mut(number))
            {
                *missing = false;
            }
        }
        Ok(missing)
    }

    /// When the row's content was current; `None` if there is no row.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn observed_at(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        id: &str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let select = Statement::<BigInt>::new(format!(
            "SELECT observed_at FROM {table} WHERE account = ? AND livemode = ? AND id = ?"
        ));
        let select = select
            .bind(account.to_owned())
            .bind(livemode)
            .bind(id.to_owned());
        let rows: Vec<i64> = load!(self, LOOK_UP, select);
        Ok(rows.first().copied().map(Timestamp::from_micros))
    }

    /// Whether the connected account has taken back its consent.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn is_deauthorized(&self, account: &str, livemode: bool) -> Result<bool, StoreError> {
        let select = Statement::<BigInt>::new(
            "SELECT deauthorized_at FROM djstripe_account WHERE account = ? AND livemode = ? AND deauthorized_at IS NOT NULL",
        );
        let select = select.bind(account.to_owned()).bind(livemode);
        let rows: Vec<i64> = load!(self, LOOK_UP, select);
        Ok(!rows.is_empty())
    }
}

impl Db<'_> {
    /// Purges a deleted customer: it is nobody's any more and has no default source, but its row stays.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn purge_customer(
        &mut self,
        account: &str,
        livemode: bool,
        id: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let without_source = match self.backend() {
            Backend::Postgres => {
                "CASE WHEN stripe_data -> 'default_source' IS NULL THEN stripe_data \
                 ELSE jsonb_set(stripe_data, '{default_source}', 'null') END"
            }
            Backend::Sqlite => {
                "CASE WHEN json_type(stripe_data, '$.default_source') IS NULL THEN stripe_data \
                 ELSE json_set(stripe_data, '$.default_source', NULL) END"
            }
        };
        // An account of newer content stands against the purge, as it does against the tombstone.
        let update = Statement::<()>::new(format!(
            "UPDATE stripe_customer SET subscriber = NULL, date_purged = coalesce(date_purged, ?), \
                 stripe_data = {without_source} \
             WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NOT NULL"
        ));
        let update = update
            .bind(at.micros())
            .bind(account.to_owned())
            .bind(livemode)
            .bind(id.to_owned());
        self.run(update)
            .await
            .map(drop)
            .map_err(StoreError::query(PURGE))
    }

    /// Sets whose a customer is, and, if a pair is given, puts that into its metadata. A customer without a row, or one
    /// that was purged, stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn link_customer(
        &mut self,
        account: &str,
        livemode: bool,
        id: &str,
        subscriber: &str,
        pair: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        let update = Statement::<()>::new("UPDATE stripe_customer SET subscriber = ?")
            .bind(subscriber.to_owned());
        let update = match (pair, self.backend()) {
            (None, _) => update,
            (Some((key, value)), Backend::Postgres) => update
                .sql(
                    ", stripe_data = jsonb_set(stripe_data, '{metadata}', \
                     CASE jsonb_typeof(stripe_data -> 'metadata') WHEN 'object' THEN stripe_data -> 'metadata' \
                     ELSE '{}' END || jsonb_build_object(?::text, ?::text))",
                )
                .bind(key.to_owned())
                .bind(value.to_owned()),
            (Some((key, value)), Backend::Sqlite) => update
                .sql(", stripe_data = json_patch(stripe_data, json_object('metadata', json_object(?, ?)))")
                .bind(key.to_owned())
                .bind(value.to_owned()),
        };
        let update = update
            .sql(" WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NULL")
            .bind(account.to_owned())
            .bind(livemode)
            .bind(id.to_owned());
        self.run(update)
            .await
            .map(drop)
            .map_err(StoreError::query(LINK))
    }

    /// Makes `ids` the active entitlements of a customer; the others it had become tombstones.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn set_entitlements(
        &mut self,
        account: &str,
        livemode: bool,
        customer: &str,
        ids: &[String],
        observed_at: Timestamp,
    ) -> Result<(), StoreError> {
        const TABLE: &str = "stripe_entitlements_active_entitlement";
        for id in ids {
            let update = Statement::<()>::new(format!(
                "UPDATE {TABLE} SET customer = ? WHERE account = ? AND livemode = ? AND id = ? \
                 AND (customer IS NULL OR customer <> ?)"
            ));
            let update = update
                .bind(customer.to_owned())
                .bind(account.to_owned())
                .bind(livemode);
            let update = update.bind(id.clone()).bind(customer.to_owned());
            self.run(update).await.map_err(StoreError::query(ENTITLE))?;
        }
        let mut update = Statement::<()>::new(format!(
            "UPDATE {TABLE} SET deleted_at = ?, observed_at = ?, djstripe_updated = ? \
             WHERE account = ? AND livemode = ? AND customer = ? AND deleted_at IS NULL AND observed_at <= ?"
        ))
        .bind(observed_at.micros())
        .bind(observed_at.micros())
        .bind(Timestamp::now().micros())
        .bind(account.to_owned())
        .bind(livemode)
        .bind(customer.to_owned())
        .bind(observed_at.micros());
        if !ids.is_empty() {
            let places = vec!["?"; ids.len()].join(", ");
            update = ids.iter().fold(
                update.sql(&format!(" AND id NOT IN ({places})")),
                |update, id| update.bind(id.clone()),
            );
        }
        self.run(update)
            .await
            .map(drop)
            .map_err(StoreError::query(ENTITLE))
    }

    /// Notes that a connected account has given its consent, or taken it back. The later word counts.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn set_authorization(
        &mut self,
        account: &str,
        livemode: bool,
        authorized: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let deauthorized_at = if authorized {
            "NULL"
        } else {
            "excluded.changed_at"
        };
        let insert = Statement::<()>::new(format!(
            "INSERT INTO djstripe_account (account, livemode, changed_at, deauthorized_at) VALUES (?, ?, ?, {}) \
             ON CONFLICT (account, livemode) DO UPDATE SET changed_at = excluded.changed_at, \
                 deauthorized_at = {deauthorized_at} \
             WHERE excluded.changed_at >= djstripe_account.changed_at",
            if authorized { "NULL" } else { "?" }
        ));
        let insert = insert
            .bind(account.to_owned())
            .bind(livemode)
            .bind(at.micros());
        let insert = if authorized {
            insert
        } else {
            insert.bind(at.micros())
        };
        self.run(insert)
            .await
            .map(drop)
            .map_err(StoreError::query(AUTHORIZE))
    }
}
