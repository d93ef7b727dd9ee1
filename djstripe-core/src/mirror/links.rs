//! Links customers to users, and keeps the links whose users aren't there yet.
//!
//! In: what names the user of a customer, in the order of the settings. Out: the customer's user, or
//! a waiting link that is retried.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::Value;

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
            let weaker = self.weaker(claim.source);
            let link = Link {
                customer,
                user: &user,
                pair,
                source: Some(claim.source),
                replaces: &weaker,
            };
            match db.link_customer(scope, link).await? {
                LinkEnd::Linked => {
                    // The claims that come first in the settings keep waiting, unless nothing replaces
                    // the link.
                    if claim.source.is_trusted() {
                        waiting.clear();
                    }
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
            let weaker = self.weaker(claim.source);
            db.wait_for_user(scope, customer, claim, &weaker, now, now + FIRST_RETRY)
                .await?;
        }
        Ok(is_linked)
    }

    /// The sources whose links a claim of this one replaces: a trusted claim replaces every link, and
    /// another one those of the sources that come later in the settings, unless they are trusted.
    fn weaker(&self, source: LinkSource) -> Vec<LinkSource> {
        let place = |source| {
            let by = link_by(source);
            self.settings.link_by.iter().position(|known| *known == by)
        };
        let is_weaker = |other: &LinkSource| {
            source.is_trusted() || !other.is_trusted() && place(*other) > place(source)
        };
        LinkSource::ALL.into_iter().filter(is_weaker).collect()
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

/// What names the user of a customer, in the order of the settings: in the customer's own JSON, or
/// in that of a checkout session.
pub(super) fn claims(
    settings: &MirrorSettings,
    json: Option<&str>,
    is_session: bool,
) -> Vec<LinkClaim> {
    #[derive(Default, Deserialize)]
    struct Carrier {
        #[serde(default)]
        metadata: HashMap<String, Value>,
        client_reference_id: Option<Value>,
        email: Option<Value>,
    }

    let carrier = json.and_then(|json| serde_json::from_str::<Carrier>(json).ok());
    let carrier = carrier.unwrap_or_default();
    let claim = |by: &LinkBy| {
        let (source, value) = match by {
            LinkBy::ClientReferenceId => (
                LinkSource::ClientReferenceId,
                carrier.client_reference_id.as_ref().filter(|_| is_session),
            ),
            LinkBy::Metadata => {
                let key = settings.subscriber_key.as_ref();
                let source = match is_session {
                    true => LinkSource::SessionMetadata,
                    false => LinkSource::Metadata,
                };
                (source, key.and_then(|key| carrier.metadata.get(key)))
            }
            LinkBy::Email => (
                LinkSource::Email,
                carrier.email.as_ref().filter(|_| !is_session),
            ),
        };
        let value = match value? {
            Value::String(string) if source == LinkSource::Email => normalized(string),
            Value::String(string) => string.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!value.is_empty()).then_some(LinkClaim { source, value })
    };
    settings.link_by.iter().filter_map(claim).collect()
}

/// An email address as it is looked up.
pub(super) fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

fn link_by(source: LinkSource) -> LinkBy {
    match source {
        LinkSource::ClientReferenceId => LinkBy::ClientReferenceId,
        LinkSource::SessionMetadata | LinkSource::Metadata => LinkBy::Metadata,
        LinkSource::Email => LinkBy::Email,
    }
}
