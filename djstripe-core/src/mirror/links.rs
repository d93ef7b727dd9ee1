//! Links customers to users, and keeps the links whose users aren't there yet.
//!
//! In: what names the user of a customer, in the order of the settings. Out: the customer's user, or
//! a waiting link that is retried.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use super::error::MirrorError;
use super::settings::{LinkBy, MirrorSettings};
use super::subscriber::{DynLookup, Subscriber};
use crate::error::{BoxError, panic_message};
use crate::store::{Db, Link, LinkClaim, LinkEnd, LinkSource, Scope, Store};
use crate::timestamp::Timestamp;

/// When a new waiting link is due for the first time.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// Customers that one user can be linked to at a time.
const LIMIT: u32 = 1_000;

/// Links customers by the settings.
pub(crate) struct Links<'s> {
    lookup: &'s dyn DynLookup,
    settings: &'s MirrorSettings,
}

impl<'s> Links<'s> {
    /// `None` if the settings have no lookup of users.
    pub(crate) fn by(settings: &'s MirrorSettings) -> Option<Self> {
        let lookup = settings.lookup.as_deref()?;
        Some(Self { lookup, settings })
    }

    /// Links a customer to the first user that is there, and keeps the claims that wait. Returns
    /// whether the customer is linked by one of the claims.
    pub(super) async fn link(
        &self,
        db: &mut Db<'_>,
        scope: &Scope,
        customer: &str,
        claims: &[LinkClaim],
    ) -> Result<bool, MirrorError> {
        let mut waiting = Vec::new();
        let mut is_linked = false;
        for claim in claims {
            let Some(user) = self.find(claim, db).await? else {
                waiting.push(claim);
                continue;
            };

            let pair = match (claim.source, &self.settings.subscriber_key) {
                (LinkSource::SessionMetadata, Some(key)) => Some((&**key, &*claim.value)),
                _ => None,
            };
            let link = Link {
                customer,
                user: &user,
                pair,
                moves: claim.source.is_trusted(),
            };
            match db.link_customer(scope, link).await? {
                LinkEnd::Linked => {
                    // A claim that moves a customer keeps waiting, unless one like it was found.
                    waiting.retain(|claim| claim.source.is_trusted() && !link.moves);
                    is_linked = true;
                    break;
                }
                LinkEnd::OtherUser => db.forget_claim(scope, customer, claim.source).await?,
                LinkEnd::NoRow => waiting.push(claim),
                LinkEnd::Deleted => {
                    db.forget_waiting(scope, customer).await?;
                    return Ok(false);
                }
            }
        }

        let now = Timestamp::now();
        for claim in waiting {
            tracing::debug!(customer, ?claim, "the customer waits for its user");
            db.wait_for_user(scope, customer, claim, now, now + FIRST_RETRY)
                .await?;
        }
        Ok(is_linked)
    }

    /// Retries what a customer waits for. Returns whether it is linked then.
    pub(crate) async fn retry(
        &self,
        store: &Store,
        scope: &Scope,
        customer: &str,
    ) -> Result<bool, MirrorError> {
        // An error drops the transaction, for the application's code may have left the connection in
        // the middle of a query.
        let mut transaction = store.begin().await?;
        let mut db = transaction.db().await?;
        let waiting = db.waiting_claims(scope, customer).await?;
        let of = |by: &LinkBy| {
            let by = *by;
            waiting
                .iter()
                .filter(move |claim| link_by(claim.source) == by)
        };
        let claims: Vec<LinkClaim> = self.settings.link_by.iter().flat_map(of).cloned().collect();

        let is_linked = self.link(&mut db, scope, customer, &claims).await?;
        transaction.commit().await?;
        Ok(is_linked)
    }

    /// Retries the links that wait for a user. Returns the customers that are linked then.
    pub(crate) async fn retry_for(
        &self,
        store: &Store,
        user: &Subscriber,
    ) -> Result<Vec<(Scope, String)>, MirrorError> {
        let email = normalized(user.email.as_deref().unwrap_or_default());
        let waiting = store.customers_waiting_for(&user.id, &email, LIMIT).await?;

        let mut linked = Vec::new();
        for (scope, customer) in waiting {
            if self.retry(store, &scope, &customer).await? {
                linked.push((scope, customer));
            }
        }
        Ok(linked)
    }

    /// Calls the application's lookup; a panic is an error like any other.
    async fn find(
        &self,
        claim: &LinkClaim,
        db: &mut Db<'_>,
    ) -> Result<Option<String>, MirrorError> {
        let find = async {
            if claim.source != LinkSource::Email {
                return self.lookup.find(&claim.value, db).await;
            }
            let mut users = self.lookup.find_by_email(&claim.value, db).await?;
            if users.len() > 1 {
                let users = users.len();
                tracing::warn!(users, "several users have a customer's address; not linked");
                return Ok(None);
            }
            Ok::<_, BoxError>(users.pop())
        };
        match AssertUnwindSafe(find).catch_unwind().await {
            Ok(found) => found.map_err(MirrorError::Subscriber),
            Err(panic) => Err(MirrorError::Subscriber(
                panic_message(panic.as_ref()).into(),
            )),
        }
    }
}

/// An email address as it is looked up.
pub(crate) fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

fn link_by(source: LinkSource) -> LinkBy {
    match source {
        LinkSource::ClientReferenceId => LinkBy::ClientReferenceId,
        LinkSource::SessionMetadata | LinkSource::Metadata => LinkBy::Metadata,
        LinkSource::Email => LinkBy::Email,
    }
}
