//! What the mirror knows about the customers of one user: their prices, their entitlements, their
//! checkout sessions.

use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use crate::store::backend::connection::Scope;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const LOOK_UP: &str = "look a user's customer up";

const OLDEST_CUSTOMER: &str = "SELECT id FROM stripe_customer \
     WHERE account = ? AND livemode = ? AND subscriber = ? AND deleted_at IS NULL \
     ORDER BY created, id LIMIT 1";

const UNLINKED_CUSTOMER: &str = "SELECT id FROM stripe_customer \
     WHERE account = ? AND livemode = ? AND subscriber IS NULL AND deleted_at IS NULL \
         AND stripe_data -> 'metadata' ->> CAST(? AS text) = ? \
     ORDER BY created, id LIMIT 1";

const IS_ON: &str = "SELECT 1 FROM stripe_customer AS customer \
     JOIN stripe_subscription AS subscription ON subscription.account = customer.account \
         AND subscription.livemode = customer.livemode AND subscription.customer = customer.id \
     JOIN stripe_subscription_item AS item ON item.account = subscription.account \
         AND item.livemode = subscription.livemode AND item.subscription = subscription.id \
     WHERE customer.account = ? AND customer.livemode = ? AND customer.subscriber = ? \
         AND customer.deleted_at IS NULL AND subscription.deleted_at IS NULL \
         AND item.deleted_at IS NULL AND subscription.status IN ('active', 'trialing') \
         AND (item.price = ? OR item.product = ?) \
     LIMIT 1";

const ENTITLEMENTS: &str = "SELECT DISTINCT entitlement.stripe_data ->> 'lookup_key' \
     FROM stripe_customer AS customer \
     JOIN stripe_entitlements_active_entitlement AS entitlement \
         ON entitlement.account = customer.account AND entitlement.livemode = customer.livemode \
         AND entitlement.customer = customer.id \
     WHERE customer.account = ? AND customer.livemode = ? AND customer.subscriber = ? \
         AND customer.deleted_at IS NULL AND entitlement.deleted_at IS NULL \
         AND entitlement.stripe_data ->> 'lookup_key' IS NOT NULL";

const PRICE: &str = "SELECT stripe_data ->> 'type', stripe_data -> 'recurring' ->> 'usage_type' \
     FROM stripe_price WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NULL";

const ENDED_SESSIONS: &str = "SELECT count(*) FROM stripe_checkout_session \
     WHERE account = ? AND livemode = ? AND customer = ? AND status IN ('complete', 'expired')";

/// How a price is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PriceTerms {
    /// Whether it is paid again and again, and not once.
    pub(crate) is_recurring: bool,
    /// Whether its quantity is the usage, which is reported later.
    pub(crate) is_metered: bool,
}

impl Scope {
    /// A query whose first conditions are on account and mode.
    fn select<Row>(&self, sql: &'static str) -> Statement<'static, Row> {
        Statement::new(sql)
            .bind(self.account.clone())
            .bind(self.livemode)
    }
}

impl Store {
    /// The customer of a user; of several, the oldest.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn customer_of(
        &self,
        scope: &Scope,
        user: &str,
    ) -> Result<Option<String>, StoreError> {
        let select = scope.select::<Text>(OLDEST_CUSTOMER).bind(user.to_owned());
        let ids: Vec<String> = load!(self, LOOK_UP, select)?;
        Ok(ids.into_iter().next())
    }

    /// A customer that isn't linked and whose metadata names the user under `key`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn unlinked_customer_of(
        &self,
        scope: &Scope,
        key: &str,
        user: &str,
    ) -> Result<Option<String>, StoreError> {
        let select = scope
            .select::<Text>(UNLINKED_CUSTOMER)
            .bind(key.to_owned())
            .bind(user.to_owned());
        let ids: Vec<String> = load!(self, LOOK_UP, select)?;
        Ok(ids.into_iter().next())
    }

    /// Whether a user has a live subscription to a price, or to any price of a product.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn is_on(
        &self,
        scope: &Scope,
        user: &str,
        price: &str,
    ) -> Result<bool, StoreError> {
        let select = scope
            .select::<Integer>(IS_ON)
            .bind(user.to_owned())
            .bind(price.to_owned())
            .bind(price.to_owned());
        let found: Vec<i32> = load!(self, LOOK_UP, select)?;
        Ok(!found.is_empty())
    }

    /// The lookup keys of the features that a user is entitled to.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn entitlements_of(
        &self,
        scope: &Scope,
        user: &str,
    ) -> Result<Vec<String>, StoreError> {
        let select = scope.select::<Text>(ENTITLEMENTS).bind(user.to_owned());
        load!(self, LOOK_UP, select)
    }

    /// How a price is paid; `None` if it has no row.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn price_terms(
        &self,
        scope: &Scope,
        price: &str,
    ) -> Result<Option<PriceTerms>, StoreError> {
        let select = scope
            .select::<(Nullable<Text>, Nullable<Text>)>(PRICE)
            .bind(price.to_owned());
        let rows: Vec<(Option<String>, Option<String>)> = load!(self, LOOK_UP, select)?;
        let row = rows.into_iter().next();
        Ok(row.map(|(kind, usage)| PriceTerms {
            is_recurring: kind.as_deref() == Some("recurring"),
            is_metered: usage.as_deref() == Some("metered"),
        }))
    }

    /// How many of a customer's checkout sessions are complete or expired.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn ended_sessions(
        &self,
        scope: &Scope,
        customer: &str,
    ) -> Result<i64, StoreError> {
        let select = scope
            .select::<BigInt>(ENDED_SESSIONS)
            .bind(customer.to_owned());
        let counts: Vec<i64> = load!(self, LOOK_UP, select)?;
        Ok(counts.into_iter().sum())
    }
}
