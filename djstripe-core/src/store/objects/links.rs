//! What djstripe itself records about objects: the subscriber of a customer, its entitlements, the
//! accounts that are connected.

use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::versions::snapshot::ended_entitlements;
use super::waiting::{LinkSource, about, bind_customer, bind_sources};
use crate::store::backend::connection::{Backend, Db, Scope};
use crate::store::backend::run::{load, on_connection};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;
use crate::timestamp::Timestamp;

const LOOK_UP: &str = "look objects up";
const LINK: &str = "link a customer";
const PURGE: &str = "purge a customer";
const ENTITLE: &str = "write a customer's entitlements";
const AUTHORIZE: &str = "record an account's authorization";

const SELECT_DEAUTHORIZED: &str = "SELECT deauthorized_at FROM djstripe_account \
     WHERE own_account = ? AND account = ? AND livemode = ? AND deauthorized_at IS NOT NULL";

/// What the content of a row is based on.
#[derive(Debug)]
pub(crate) struct RowBasis {
    /// When the object had this content.
    pub(crate) observed_at: Timestamp,
    /// The ids of the events of this second that it takes into account; none if it was fetched.
    pub(crate) events: Vec<String>,
}

impl Store {
    /// For each reference whether it has no row, not even a tombstone. Takes one query for any
    /// number of tables.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn missing_references(
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
            let sql = format!(
                "{union}SELECT {number} FROM {table} WHERE account = ? AND livemode = ? AND id = ?"
            );
            select = select
                .sql(&sql)
                .bind(account.to_owned())
                .bind(livemode)
                .bind((*id).to_owned());
        }

        let present: Vec<i32> = load!(self, LOOK_UP, select)?;
        let is_missing = |number: usize| {
            !present
                .iter()
                .any(|present| usize::try_from(*present) == Ok(number))
        };
        Ok((0..references.len()).map(is_missing).collect())
    }

    /// What the row's content is based on; `None` if there is no row.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn row_basis(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        id: &str,
    ) -> Result<Option<RowBasis>, StoreError> {
        let sql = format!(
            "SELECT observed_at, djstripe_events FROM {table} \
             WHERE account = ? AND livemode = ? AND id = ?"
        );
        let select = Statement::<(BigInt, Nullable<Text>)>::new(sql)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(id.to_owned());
        let rows: Vec<(i64, Option<String>)> = load!(self, LOOK_UP, select)?;
        Ok(rows
            .into_iter()
            .next()
            .map(|(observed_at, events)| RowBasis {
                observed_at: Timestamp::from_micros(observed_at),
                events: events
                    .iter()
                    .flat_map(|events| events.split(','))
                    .map(str::to_owned)
                    .collect(),
            }))
    }

    /// Whether the connected account has revoked its authorization of this own account.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn is_deauthorized(
        &self,
        own_account: &str,
        account: &str,
        livemode: bool,
    ) -> Result<bool, StoreError> {
        let select = Statement::<BigInt>::new(SELECT_DEAUTHORIZED)
            .bind(own_account.to_owned())
            .bind(account.to_owned())
            .bind(livemode);
        let rows: Vec<i64> = load!(self, LOOK_UP, select)?;
        Ok(!rows.is_empty())
    }
}

const WITHOUT_SOURCE_POSTGRES: &str = "CASE WHEN stripe_data -> 'default_source' IS NULL THEN stripe_data \
     ELSE jsonb_set(stripe_data, '{default_source}', 'null') END";
const WITHOUT_SOURCE_SQLITE: &str = "CASE WHEN json_type(stripe_data, '$.default_source') IS NULL THEN stripe_data \
     ELSE json_set(stripe_data, '$.default_source', NULL) END";

/// The row of a forgotten customer gets no metadata.
const SET_METADATA: &str = ", stripe_data = CASE WHEN EXISTS (SELECT 1 FROM djstripe_redaction AS forgotten \
         WHERE forgotten.id = stripe_customer.id AND forgotten.object = 'customer' \
             AND forgotten.account = stripe_customer.account AND forgotten.livemode = stripe_customer.livemode) \
     THEN stripe_data ELSE ";
const SET_METADATA_POSTGRES: &str = "jsonb_set(stripe_data, '{metadata}', \
     CASE jsonb_typeof(stripe_data -> 'metadata') WHEN 'object' THEN stripe_data -> 'metadata' \
     ELSE '{}' END || jsonb_build_object(?::text, ?::text)) END";
const SET_METADATA_SQLITE: &str =
    "json_patch(stripe_data, json_object('metadata', json_object(?, ?))) END";

const ENTITLEMENTS: TableName = TableName::new("stripe_entitlements_active_entitlement");
const SET_ENTITLED: &str = "UPDATE stripe_entitlements_active_entitlement SET customer = ? \
     WHERE account = ? AND livemode = ? AND id = ? AND (customer IS NULL OR customer <> ?)";
const END_ENTITLEMENTS: &str = "UPDATE stripe_entitlements_active_entitlement \
     SET deleted_at = ?, observed_at = ?, djstripe_updated = ? \
     WHERE account = ? AND livemode = ? AND customer = ? AND deleted_at IS NULL AND observed_at <= ?";

const AUTHORIZED: &str = "INSERT INTO djstripe_account (own_account, account, livemode, changed_at, deauthorized_at) \
     VALUES (?, ?, ?, ?, NULL) \
     ON CONFLICT (own_account, account, livemode) DO UPDATE SET changed_at = excluded.changed_at, deauthorized_at = NULL \
     WHERE excluded.changed_at >= djstripe_account.changed_at";
const DEAUTHORIZED: &str = "INSERT INTO djstripe_account (own_account, account, livemode, changed_at, deauthorized_at) \
     VALUES (?, ?, ?, ?, ?) \
     ON CONFLICT (own_account, account, livemode) DO UPDATE SET changed_at = excluded.changed_at, \
         deauthorized_at = excluded.changed_at \
     WHERE excluded.changed_at >= djstripe_account.changed_at";

const OF_USER: &str = "SELECT subscriber, deleted_at FROM stripe_customer \
     WHERE account = ? AND livemode = ? AND id = ?";

const CUSTOMER_JSON: &str = "SELECT CAST(stripe_data AS text) FROM stripe_customer \
     WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NULL";

/// A customer without a user, or of another user to whom one of these sources has linked it.
const IF_WEAKER: &str = " AND (subscriber IS NULL OR subscriber <> ? AND EXISTS ( \
     SELECT 1 FROM djstripe_link AS link WHERE link.account = stripe_customer.account \
         AND link.livemode = stripe_customer.livemode AND link.customer = stripe_customer.id \
         AND link.source IN (?, ?, ?, ?)))";
const IF_SAME: &str = " AND subscriber = ?";

const RECORD_SOURCE: &str = "INSERT INTO djstripe_link (account, livemode, customer, source) VALUES (?, ?, ?, ?) \
     ON CONFLICT (account, livemode, customer) DO UPDATE SET source = excluded.source";
const STRENGTHEN_SOURCE: &str =
    "UPDATE djstripe_link SET source = ? WHERE account = ? AND livemode = ? AND customer = ?";
const FORGET_SOURCE: &str =
    "DELETE FROM djstripe_link WHERE account = ? AND livemode = ? AND customer = ?";

/// How linking a customer to a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkEnd {
    /// The customer belongs to the user.
    Linked,
    /// It belongs to another user, and stays there.
    OtherUser,
    /// It has no row.
    NoRow,
    /// It is deleted, and is nobody's.
    Deleted,
}

/// A link of a customer to a user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) customer: &'a str,
    pub(crate) user: &'a str,
    /// A pair to add to the metadata of the customer's row.
    pub(crate) pair: Option<(&'a str, &'a str)>,
    /// What names the user; `None` for the application itself.
    pub(crate) source: Option<LinkSource>,
    /// The sources whose links it replaces, if it is not trusted.
    pub(crate) replaces: &'a [LinkSource],
}

impl<'a> Link<'a> {
    /// A link that moves a customer of another user.
    pub(crate) fn new(customer: &'a str, user: &'a str) -> Self {
        Self {
            customer,
            user,
            pair: None,
            source: None,
            replaces: &[],
        }
    }

    /// Whether a customer of another user becomes this user's, whatever has linked it.
    fn moves(&self) -> bool {
        self.source.is_none_or(LinkSource::is_trusted)
    }
}

impl Store {
    /// Links a customer to a user, as [`Db::link_customer`] does.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn link_customer(
        &self,
        scope: &Scope,
        link: Link<'_>,
    ) -> Result<LinkEnd, StoreError> {
        let mut transaction = self.begin().await?;
        let mut db = transaction.db().await?;
        let end = db.link_customer(scope, link).await?;
        transaction.commit().await?;
        Ok(end)
    }
}

impl Db<'_> {
    /// Purges a deleted customer: removes its subscriber and its default source. Its row stays.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn purge_customer(
        &mut self,
        account: &str,
        livemode: bool,
        id: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let without_source = match self.backend() {
            Backend::Postgres => WITHOUT_SOURCE_POSTGRES,
            Backend::Sqlite => WITHOUT_SOURCE_SQLITE,
        };
        // Newer content wins over the purge, as it does over the tombstone.
        let update = Statement::<()>::new(format!(
            "UPDATE stripe_customer SET subscriber = NULL, date_purged = coalesce(date_purged, ?), \
                 stripe_data = {without_source} \
             WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NOT NULL"
        ))
        .bind(at.micros())
        .bind(account.to_owned())
        .bind(livemode)
        .bind(id.to_owned());
        self.execute(PURGE, update).await?;
        let scope = Scope {
            account: account.to_owned(),
            livemode,
        };
        self.execute(PURGE, about(FORGET_SOURCE, &scope, id))
            .await?;
        self.forget_waiting(&scope, id).await
    }

    /// Sets the subscriber of a customer, which then waits for no other user. A customer without a
    /// row, and one that was purged, is left unchanged.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn link_customer(
        &mut self,
        scope: &Scope,
        link: Link<'_>,
    ) -> Result<LinkEnd, StoreError> {
        if link.moves() {
            let update = self.set_user(scope, link);
            if self.execute(LINK, update).await? == 0 {
                return self.why_not_linked(scope, link.customer).await;
            }
            let forget = about(FORGET_SOURCE, scope, link.customer);
            self.execute(LINK, forget).await?;
            self.forget_waiting(scope, link.customer).await?;
            return Ok(LinkEnd::Linked);
        }

        let source = link.source.map_or("", LinkSource::as_str);
        let update = self
            .set_user(scope, link)
            .sql(IF_WEAKER)
            .bind(link.user.to_owned());
        let update = bind_sources(update, link.replaces);
        if self.execute(LINK, update).await? > 0 {
            let record = about(RECORD_SOURCE, scope, link.customer).bind(source);
            self.execute(LINK, record).await?;
        } else {
            let same = self
                .set_user(scope, link)
                .sql(IF_SAME)
                .bind(link.user.to_owned());
            if self.execute(LINK, same).await? == 0 {
                return self.why_not_linked(scope, link.customer).await;
            }
            // The link of a stronger source, or of the application, stays one.
            let record = Statement::<()>::new(STRENGTHEN_SOURCE).bind(source);
            let record =
                bind_customer(record, scope, link.customer).sql(" AND source IN (?, ?, ?, ?)");
            self.execute(LINK, bind_sources(record, link.replaces))
                .await?;
        }

        let mut done = link.replaces.to_vec();
        done.extend(link.source);
        self.forget_weaker(scope, link.customer, &done).await?;
        Ok(LinkEnd::Linked)
    }

    /// The statement that sets the user of a live customer.
    fn set_user(&self, scope: &Scope, link: Link<'_>) -> Statement<'static, ()> {
        let update = Statement::<()>::new("UPDATE stripe_customer SET subscriber = ?")
            .bind(link.user.to_owned());
        let set_metadata = match self.backend() {
            Backend::Postgres => SET_METADATA_POSTGRES,
            Backend::Sqlite => SET_METADATA_SQLITE,
        };
        let update = match link.pair {
            None => update,
            Some((key, value)) => update
                .sql(SET_METADATA)
                .sql(set_metadata)
                .bind(key.to_owned())
                .bind(value.to_owned()),
        };
        let update =
            update.sql(" WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NULL");
        bind_customer(update, scope, link.customer)
    }

    /// The content of a customer's row; `None` if it has none or is deleted.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn customer_json(
        &mut self,
        scope: &Scope,
        customer: &str,
    ) -> Result<Option<String>, StoreError> {
        let select = about::<Text>(CUSTOMER_JSON, scope, customer);
        let rows: Vec<String> = on_connection!(
            self, LOOK_UP,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        Ok(rows.into_iter().next())
    }

    async fn why_not_linked(
        &mut self,
        scope: &Scope,
        customer: &str,
    ) -> Result<LinkEnd, StoreError> {
        let select = about::<(Nullable<Text>, Nullable<BigInt>)>(OF_USER, scope, customer);
        let rows: Vec<(Option<String>, Option<i64>)> = on_connection!(
            self, LOOK_UP,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        Ok(match rows.into_iter().next() {
            None => LinkEnd::NoRow,
            Some((_, Some(_))) => LinkEnd::Deleted,
            Some((_, None)) => LinkEnd::OtherUser,
        })
    }

    /// Makes `ids` the active entitlements of a customer. Its other entitlements become tombstones.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn set_entitlements(
        &mut self,
        account: &str,
        livemode: bool,
        customer: &str,
        ids: &[String],
        observed_at: Timestamp,
        event_id: Option<&str>,
    ) -> Result<(), StoreError> {
        for id in ids {
            let update = Statement::<()>::new(SET_ENTITLED)
                .bind(customer.to_owned())
                .bind(account.to_owned())
                .bind(livemode)
                .bind(id.clone())
                .bind(customer.to_owned());
            self.execute(ENTITLE, update).await?;
        }

        let now = Timestamp::now().micros();
        let mut update = Statement::<()>::new(END_ENTITLEMENTS)
            .bind(observed_at.micros())
            .bind(observed_at.micros())
            .bind(now)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(customer.to_owned())
            .bind(observed_at.micros());
        if !ids.is_empty() {
            let places = vec!["?"; ids.len()].join(", ");
            let without_ids = update.sql(&format!(" AND id NOT IN ({places})"));
            update = ids
                .iter()
                .fold(without_ids, |update, id| update.bind(id.clone()));
        }
        self.execute(ENTITLE, update).await?;

        let Some(object) = self.kept_types().of(ENTITLEMENTS) else {
            return Ok(());
        };
        let of = (account, livemode, customer);
        let versions = ended_entitlements(ENTITLEMENTS, object, of, event_id, now);
        self.execute(ENTITLE, versions).await.map(drop)
    }

    /// Records that a connected account has given its authorization, or revoked it. The later
    /// record wins.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn set_authorization(
        &mut self,
        own_account: &str,
        account: &str,
        livemode: bool,
        authorized: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = Statement::<()>::new(if authorized { AUTHORIZED } else { DEAUTHORIZED })
            .bind(own_account.to_owned())
            .bind(account.to_owned())
            .bind(livemode)
            .bind(at.micros());
        let insert = if authorized {
            insert
        } else {
            insert.bind(at.micros())
        };
        self.execute(AUTHORIZE, insert).await.map(drop)
    }
}
