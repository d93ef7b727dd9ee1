//! The users in one account and mode, and what the mirror says about them.

use std::fmt;
use std::sync::Arc;

use super::entitlements::Entitlements;
use super::error::UserError;
use crate::client::{Client, Priority};
use crate::mirror::links::Links;
use crate::mirror::{CustomerError, Services, Subscriber, UserCustomers};
use crate::store::{Link, Scope};

/// The application's users in one account and mode. Cheap to clone.
///
/// [`Djstripe::users`](crate::Djstripe::users) returns those of the main account, in the mode of the
/// application's key.
///
/// ```no_run
/// # async fn page(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::users::UserError> {
/// let test_users = app.users().livemode(false);
/// if test_users.is_on("user-7", "price_pro").await? {
///     println!("on the plan, in test mode");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Users {
    pub(super) services: Arc<Services>,
    account: Option<String>,
    livemode: Option<bool>,
}

/// A customer that was linked to its user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkedCustomer {
    /// The account that the customer belongs to, as it stands in the mirror's rows.
    pub account: String,
    /// The mode.
    pub livemode: bool,
    /// The customer's id.
    pub customer: String,
}

/// The account and mode of an operation, and the client that works there.
pub(super) struct UserScope {
    /// Bound to the scope; `None` without a key.
    client: Option<Client>,
    pub(super) rows: Scope,
}

impl Users {
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self {
            services,
            account: None,
            livemode: None,
        }
    }

    /// The users in this mode. Needed where the application has keys for both modes, or none.
    #[must_use]
    pub fn livemode(mut self, livemode: bool) -> Self {
        self.livemode = Some(livemode);
        self
    }

    /// The users whose customers are of this account: a [declared](crate::Builder::account) one, or
    /// one that is connected to the main account.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into()).filter(|account| !account.is_empty());
        self
    }

    /// Whether a user has a live subscription to a price. See
    /// [`Djstripe::is_on`](crate::Djstripe::is_on).
    ///
    /// # Errors
    /// [`UserError::NoUserId`], [`UserError::WhichMode`], [`UserError::WhichAccount`],
    /// [`UserError::NotMirrored`] and the database's errors.
    pub async fn is_on(&self, user: impl Into<Subscriber>, price: &str) -> Result<bool, UserError> {
        let user = checked(user.into())?;
        self.needs(&["customer", "subscription", "subscription_item"])?;
        let scope = self.scope()?.rows;
        Ok(self.services.store.is_on(&scope, &user.id, price).await?)
    }

    /// The features that a user is entitled to. See
    /// [`Djstripe::entitlements`](crate::Djstripe::entitlements).
    ///
    /// # Errors
    /// As [`is_on`](Self::is_on).
    pub async fn entitlements(
        &self,
        user: impl Into<Subscriber>,
    ) -> Result<Entitlements, UserError> {
        let user = checked(user.into())?;
        self.needs(&["customer", "entitlements.active_entitlement"])?;
        let scope = self.scope()?.rows;
        let keys = self.services.store.entitlements_of(&scope, &user.id);
        Ok(Entitlements::new(keys.await?))
    }

    /// The id of a user's customer, from the mirror; of several, the oldest. `None` if the user has
    /// none.
    ///
    /// # Errors
    /// As [`is_on`](Self::is_on).
    pub async fn customer(&self, user: impl Into<Subscriber>) -> Result<Option<String>, UserError> {
        let user = checked(user.into())?;
        self.needs(&["customer"])?;
        let scope = self.scope()?.rows;
        Ok(self.services.store.customer_of(&scope, &user.id).await?)
    }

    /// Links the customers that wait for a user. See [`Djstripe::link`](crate::Djstripe::link).
    pub(crate) async fn link(&self, user: Subscriber) -> Result<Vec<LinkedCustomer>, UserError> {
        let user = checked(user)?;
        let links = Links::by(&self.services.settings).ok_or(UserError::NoLookup)?;
        let linked = links.retry_for(&self.services.store, &user).await?;
        Ok(linked
            .into_iter()
            .map(|(scope, customer)| LinkedCustomer {
                account: scope.account,
                livemode: scope.livemode,
                customer,
            })
            .collect())
    }

    /// Whether the mirror has objects of this type.
    pub(super) fn mirrors(&self, object: &str) -> bool {
        let settings = &self.services.settings;
        settings.enabled && !settings.is_off(object)
    }

    /// An error unless the mirror has objects of all these types.
    pub(super) fn needs(&self, objects: &[&'static str]) -> Result<(), UserError> {
        match objects.iter().find(|object| !self.mirrors(object)) {
            Some(object) => Err(UserError::NotMirrored { object }),
            None => Ok(()),
        }
    }

    pub(super) fn scope(&self) -> Result<UserScope, UserError> {
        let clients = &self.services.clients;
        let account = self.account.as_deref();
        let declared = account.filter(|account| clients.is_declared(account));
        let client = match declared {
            Some(account) => clients.of(Some(account)),
            None => clients.main(),
        };
        if client.is_none() && declared.is_none() && !clients.is_empty() {
            return Err(UserError::WhichAccount);
        }

        let has_key = |livemode| client.is_some_and(|client| client.has_key(livemode));
        let livemode = match (self.livemode, has_key(false), has_key(true)) {
            (Some(livemode), ..) => livemode,
            (None, true, false) => false,
            (None, false, true) => true,
            (None, ..) => return Err(UserError::WhichMode),
        };

        let connected = account.filter(|_| declared.is_none());
        let own_account = client.map(Client::own_account).unwrap_or_default();
        Ok(UserScope {
            client: client
                .filter(|client| client.has_key(livemode))
                .map(|client| client.bound_to(connected, livemode)),
            rows: Scope {
                account: account.unwrap_or(own_account).to_owned(),
                livemode,
            },
        })
    }

    /// The id of the user's customer, which is created unless there is one.
    pub(super) async fn customer_or_new(
        &self,
        scope: &UserScope,
        user: &Subscriber,
    ) -> Result<String, UserError> {
        let store = &self.services.store;
        if let Some(customer) = store.customer_of(&scope.rows, &user.id).await? {
            return Ok(customer);
        }

        // The user may be there by now, and a customer may be waiting.
        let settings = &self.services.settings;
        if let Some(links) = Links::by(settings)
            && !links.retry_for(store, user).await?.is_empty()
            && let Some(customer) = store.customer_of(&scope.rows, &user.id).await?
        {
            return Ok(customer);
        }

        let key = settings.subscriber_key.as_deref();
        let key = key.ok_or(UserError::NoSubscriberKey)?;
        let Scope { account, livemode } = &scope.rows;
        // Its event may have come before the user was there, or it was synced.
        let unlinked = store.unlinked_customer_of(&scope.rows, key, &user.id);
        if let Some(customer) = unlinked.await? {
            let link = Link::new(&customer, &user.id);
            store.link_customer(&scope.rows, link).await?;
            return Ok(customer);
        }

        let customers = UserCustomers {
            store,
            client: scope.client()?,
            account,
            livemode: *livemode,
            key,
            dropped: &settings.dropped,
            priority: Priority::Live,
        };
        let deleted = store
            .deleted_customers(account, *livemode, key, &[&user.id])
            .await?;
        let deleted = deleted.first().map(|(_, count)| *count).unwrap_or_default();
        match customers.create(user, deleted).await {
            // An earlier attempt has created it, with another address or name, and stored nothing.
            Err(CustomerError::IdempotencyConflict(error)) => {
                let found = customers.find(&user.id).await?;
                found.ok_or(UserError::IdempotencyConflict(error))
            }
            created => Ok(created?),
        }
    }
}

impl UserScope {
    pub(super) fn client(&self) -> Result<&Client, UserError> {
        let livemode = self.rows.livemode;
        self.client.as_ref().ok_or(UserError::NoKey { livemode })
    }
}

pub(super) fn checked(user: Subscriber) -> Result<Subscriber, UserError> {
    match user.id.is_empty() {
        true => Err(UserError::NoUserId),
        false => Ok(user),
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Users")
            .field("account", &self.account)
            .field("livemode", &self.livemode)
            .finish_non_exhaustive()
    }
}
