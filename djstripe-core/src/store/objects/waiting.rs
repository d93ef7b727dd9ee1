//! Links between customers and users that are waiting for their users.
//!
//! In: what named the user of a customer. Out: rows that are due, each claimed by one worker.
//!
//! Invariant: a transaction that changes a customer's row does so before it changes the customer's
//! waiting links.

use std::str::FromStr;

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use crate::store::backend::connection::{Db, Scope};
use crate::store::backend::run::{load, on_backend, on_connection};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const WAIT: &str = "keep a link that waits for its user";
const FORGET: &str = "remove links that wait for a user";
const CLAIM: &str = "claim links that wait for a user";
const POSTPONE: &str = "postpone a link that waits for its user";
const LIST: &str = "list links that wait for a user";

/// A claim with the same value keeps its schedule.
const INSERT: &str = "INSERT INTO djstripe_waiting_link \
         (account, livemode, customer, source, value, next_attempt_at, created_at) \
     SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS ( \
         SELECT 1 FROM stripe_customer WHERE account = ? AND livemode = ? AND id = ? \
             AND (deleted_at IS NOT NULL OR subscriber IS NOT NULL AND NOT EXISTS ( \
                 SELECT 1 FROM djstripe_link AS link WHERE link.account = stripe_customer.account \
                     AND link.livemode = stripe_customer.livemode AND link.customer = stripe_customer.id \
                     AND link.source IN (?, ?, ?, ?)) AND NOT ?)) \
         AND NOT EXISTS (SELECT 1 FROM djstripe_redaction WHERE id = ? AND object = 'customer' AND account = ? AND livemode = ?) \
     ON CONFLICT (account, livemode, customer, source) DO UPDATE SET value = excluded.value, \
         attempts = 0, next_attempt_at = excluded.next_attempt_at, last_error = NULL, \
         created_at = excluded.created_at \
     WHERE djstripe_waiting_link.value <> excluded.value";

const DELETE: &str =
    "DELETE FROM djstripe_waiting_link WHERE account = ? AND livemode = ? AND customer = ?";

const OUTDATED: &str =
    " AND (source = 'metadata' AND value <> ? OR source = 'email' AND value <> ?)";

const SELECT_OF_CUSTOMER: &str = "SELECT source, value FROM djstripe_waiting_link \
     WHERE account = ? AND livemode = ? AND customer = ?";

const CLAIM_DUE: &str = "UPDATE djstripe_waiting_link SET attempts = attempts + 1, next_attempt_at = ? \
     WHERE (account, livemode, customer, source) IN ( \
         SELECT account, livemode, customer, source FROM djstripe_waiting_link \
         WHERE next_attempt_at <= ? AND NOT EXISTS (SELECT 1 FROM djstripe_pause) \
         ORDER BY next_attempt_at LIMIT ?";
const RETURNING: &str = ") RETURNING account, livemode, customer, source, attempts";

const UPDATE: &str = "UPDATE djstripe_waiting_link SET next_attempt_at = ?, last_error = ? \
     WHERE account = ? AND livemode = ? AND customer = ? AND source = ? AND attempts = ?";

const SELECT_OF_USER: &str = "SELECT DISTINCT account, livemode, customer FROM djstripe_waiting_link \
     WHERE value = ? AND source <> 'email' OR value = ? AND source = 'email' \
     ORDER BY account, livemode, customer LIMIT ?";

const COUNT: &str = "SELECT count(*), min(created_at) FROM djstripe_waiting_link";

/// What named the user of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkSource {
    /// `client_reference_id` of a checkout session.
    ClientReferenceId,
    /// The metadata of a checkout session.
    SessionMetadata,
    /// The customer's metadata.
    Metadata,
    /// The customer's email address, in lower case.
    Email,
}

impl LinkSource {
    pub(crate) const ALL: [Self; 4] = [
        Self::ClientReferenceId,
        Self::SessionMetadata,
        Self::Metadata,
        Self::Email,
    ];

    pub(in crate::store) fn as_str(self) -> &'static str {
        match self {
            Self::ClientReferenceId => "client_reference_id",
            Self::SessionMetadata => "session_metadata",
            Self::Metadata => "metadata",
            Self::Email => "email",
        }
    }

    /// Whether only the holder of the secret key can have written it. Such a claim moves a customer
    /// from one user to another; the others, which a payer can choose, don't.
    pub(crate) const fn is_trusted(self) -> bool {
        matches!(self, Self::SessionMetadata | Self::Metadata)
    }
}

impl FromStr for LinkSource {
    type Err = StoreError;

    fn from_str(word: &str) -> Result<Self, StoreError> {
        StoreError::known_word("source", word, Self::ALL, Self::as_str)
    }
}

/// What names the user of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkClaim {
    pub(crate) source: LinkSource,
    pub(crate) value: String,
}

/// A claimed row.
#[derive(Clone, Debug)]
pub(crate) struct WaitingLink {
    pub(crate) scope: Scope,
    pub(crate) customer: String,
    source: String,
    /// How often it was claimed, including this time.
    pub(crate) attempts: i32,
}

/// The links that wait for their users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingLinks {
    /// Their number.
    pub count: i64,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
}

/// Binds sources to the four places of a list; places without one get the empty string.
pub(in crate::store) fn bind_sources<Row>(
    statement: Statement<'static, Row>,
    sources: &[LinkSource],
) -> Statement<'static, Row> {
    let words = LinkSource::ALL.iter().enumerate();
    words.fold(statement, |statement, (place, _)| {
        statement.bind(sources.get(place).map_or("", |source| source.as_str()))
    })
}

/// A statement whose first three places are the key of a customer.
pub(in crate::store) fn about<Row>(
    sql: &'static str,
    scope: &Scope,
    customer: &str,
) -> Statement<'static, Row> {
    bind_customer(Statement::new(sql), scope, customer)
}

/// Binds the key of a customer to the next three places.
pub(in crate::store) fn bind_customer<Row>(
    statement: Statement<'static, Row>,
    scope: &Scope,
    customer: &str,
) -> Statement<'static, Row> {
    statement
        .bind(scope.account.clone())
        .bind(scope.livemode)
        .bind(customer.to_owned())
}

impl Db<'_> {
    /// Keeps a claim whose user isn't there, due at `due_at`. A deleted customer waits for nobody, and
    /// one that has a user only if the claim replaces its link: it is trusted, or the link was made by
    /// one of these `weaker` sources.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn wait_for_user(
        &mut self,
        scope: &Scope,
        customer: &str,
        claim: &LinkClaim,
        weaker: &[LinkSource],
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = about::<()>(INSERT, scope, customer)
            .bind(claim.source.as_str())
            .bind(claim.value.clone())
            .bind(due_at.micros())
            .bind(now.micros())
            .bind(scope.account.clone())
            .bind(scope.livemode)
            .bind(customer.to_owned());
        let insert = bind_sources(insert, weaker)
            .bind(claim.source.is_trusted())
            .bind(customer.to_owned())
            .bind(scope.account.clone())
            .bind(scope.livemode);
        self.execute(WAIT, insert).await.map(drop)
    }

    /// Removes what a customer waits for.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn forget_waiting(
        &mut self,
        scope: &Scope,
        customer: &str,
    ) -> Result<(), StoreError> {
        let delete = about::<()>(DELETE, scope, customer);
        self.execute(FORGET, delete).await.map(drop)
    }

    /// Removes what a customer waits for of these sources.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn forget_weaker(
        &mut self,
        scope: &Scope,
        customer: &str,
        weaker: &[LinkSource],
    ) -> Result<(), StoreError> {
        let delete = about::<()>(DELETE, scope, customer).sql(" AND source IN (?, ?, ?, ?)");
        let delete = bind_sources(delete, weaker);
        self.execute(FORGET, delete).await.map(drop)
    }

    /// Removes what one source named.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn forget_claim(
        &mut self,
        scope: &Scope,
        customer: &str,
        source: LinkSource,
    ) -> Result<(), StoreError> {
        let delete = about::<()>(DELETE, scope, customer)
            .sql(" AND source = ?")
            .bind(source.as_str());
        self.execute(FORGET, delete).await.map(drop)
    }

    /// Removes what the customer itself named earlier and no longer names.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn forget_outdated(
        &mut self,
        scope: &Scope,
        customer: &str,
        claims: &[LinkClaim],
    ) -> Result<(), StoreError> {
        let value = |source| {
            let claim = claims.iter().find(|claim| claim.source == source);
            claim.map(|claim| claim.value.clone()).unwrap_or_default()
        };
        let delete = about::<()>(DELETE, scope, customer)
            .sql(OUTDATED)
            .bind(value(LinkSource::Metadata))
            .bind(value(LinkSource::Email));
        self.execute(FORGET, delete).await.map(drop)
    }

    /// What a customer waits for.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn waiting_claims(
        &mut self,
        scope: &Scope,
        customer: &str,
    ) -> Result<Vec<LinkClaim>, StoreError> {
        let select = about::<(Text, Text)>(SELECT_OF_CUSTOMER, scope, customer);
        let rows: Vec<(String, String)> = on_connection!(
            self, LIST,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        rows.into_iter()
            .map(|(source, value)| {
                let source = source.parse()?;
                Ok(LinkClaim { source, value })
            })
            .collect()
    }
}

impl Store {
    /// Claims up to `limit` due links. The caller has each until `until`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn claim_waiting(
        &self,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<WaitingLink>, StoreError> {
        let claim = Statement::<ByName>::new(CLAIM_DUE)
            .bind(until.micros())
            .bind(now.micros())
            .bind(i64::from(limit));
        let rows: Vec<WaitingRow> = on_backend!(
            self, CLAIM,
            postgres(connection) => {
                let claim = claim.sql(" FOR UPDATE SKIP LOCKED").sql(RETURNING);
                diesel_async::RunQueryDsl::load(claim, connection)
            },
            sqlite.write => move |raw| claim.sql(RETURNING).load_on(raw),
        )?;
        Ok(rows.into_iter().map(WaitingLink::from).collect())
    }

    /// Whether there are due links, without a write.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn is_link_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        const IS_DUE: &str =
            "SELECT 1 FROM djstripe_waiting_link WHERE next_attempt_at <= ? LIMIT 1";
        let select = Statement::<Integer>::new(IS_DUE).bind(now.micros());
        let rows: Vec<i32> = load!(self, LIST, select)?;
        Ok(!rows.is_empty())
    }

    /// Makes a claimed link due at another time. Changes nothing if it was claimed again or removed
    /// since.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn postpone_link(
        &self,
        link: &WaitingLink,
        at: Timestamp,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let update = Statement::<()>::new(UPDATE)
            .bind(at.micros())
            .bind(error.map(str::to_owned))
            .bind(link.scope.account.clone())
            .bind(link.scope.livemode)
            .bind(link.customer.clone())
            .bind(link.source.clone())
            .bind(link.attempts);
        self.execute(POSTPONE, update).await.map(drop)
    }

    /// Customers that wait for a user with this key or email address.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn customers_waiting_for(
        &self,
        key: &str,
        email: &str,
        limit: u32,
    ) -> Result<Vec<(Scope, String)>, StoreError> {
        let select = Statement::<(Text, Bool, Text)>::new(SELECT_OF_USER)
            .bind(key.to_owned())
            .bind(email.to_owned())
            .bind(i64::from(limit));
        let rows: Vec<(String, bool, String)> = load!(self, LIST, select)?;
        let customer = |(account, livemode, customer)| (Scope { account, livemode }, customer);
        Ok(rows.into_iter().map(customer).collect())
    }

    /// The links that wait for their users: customers whose metadata, checkout session or email
    /// address names a user that isn't there.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn waiting_links(&self) -> Result<WaitingLinks, StoreError> {
        let select = Statement::<(BigInt, Nullable<BigInt>)>::new(COUNT);
        let rows: Vec<(i64, Option<i64>)> = load!(self, LIST, select)?;
        let (count, oldest) = rows.into_iter().next().unwrap_or_default();
        Ok(WaitingLinks {
            count,
            oldest: oldest.map(Timestamp::from_micros),
        })
    }
}

#[derive(diesel::QueryableByName)]
struct WaitingRow {
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Text)]
    customer: String,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

impl From<WaitingRow> for WaitingLink {
    fn from(row: WaitingRow) -> Self {
        Self {
            scope: Scope {
                account: row.account,
                livemode: row.livemode,
            },
            customer: row.customer,
            source: row.source,
            attempts: row.attempts,
        }
    }
}
