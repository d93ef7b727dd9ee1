//! A customer at Stripe for each of the application's users.
//!
//! In: the application's users, page by page. Out: customers that were mirrored before, linked to the users that their
//! metadata names; and a new one for each user that has none. It may be broken off anywhere and begun again: no user gets
//! two, because the request that makes a customer carries a key that is the same each time.

mod create;
mod link;

use std::collections::HashSet;

use crate::client::{Client, ClientError, ErrorKind};
use crate::error::BoxError;
use crate::mirror::MirrorSettings;
use crate::store::{Store, StoreError, Unstorable};
use crate::webhook::mode_name;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitOptions {
    /// In live mode instead of test mode. Default: no.
    pub livemode: bool,
    /// Only find out what would be done. Default: no.
    pub dry_run: bool,
    /// Only link customers that are mirrored already; nothing is asked of Stripe. Default: no.
    pub link_only: bool,
    /// Make at most so many customers. Default: as many as are missing.
    pub limit: Option<u64>,
    /// Look with Stripe's search for a customer that isn't mirrored before making one: a request more for each user.
    /// Default: no.
    pub search: bool,
    /// Users that are worked on at a time. Default: 8.
    pub concurrency: usize,
}

impl Default for InitOptions {
    fn default() -> Self {
        Self {
            livemode: false,
            dry_run: false,
            link_only: false,
            limit: None,
            search: false,
            concurrency: 8,
        }
    }
}

/// Something that was done, or in a dry run would be.
#[derive(Debug)]
#[non_exhaustive]
pub enum InitStep<'a> {
    /// A mirrored customer was linked.
    Linked {
        /// The customer.
        customer: &'a str,
        /// The user.
        user: &'a str,
    },
    /// A customer that Stripe had was mirrored and linked.
    Found {
        /// The customer.
        customer: &'a str,
        /// The user.
        user: &'a str,
    },
    /// A customer was made, mirrored and linked; in a dry run there is no id of it.
    Created {
        /// The customer.
        customer: Option<&'a str>,
        /// The user.
        user: &'a str,
    },
    /// Stripe refused to make one for this user.
    Failed {
        /// The user.
        user: &'a str,
        /// Why.
        error: &'a InitError,
    },
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitReport {
    /// Mirrored customers that were linked.
    pub linked: u64,
    /// Mirrored customers whose metadata names no user that there is.
    pub strangers: u64,
    /// Users that had a customer.
    pub had: u64,
    /// Customers that Stripe had and that were mirrored and linked.
    pub found: u64,
    /// Customers that were made.
    pub created: u64,
    /// Users for whom Stripe refused to make one.
    pub failed: u64,
}

/// Why customers could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// Stripe can't be asked without a key.
    #[error("no secret key for {} mode; set STRIPE_SECRET_KEY", mode_name(*.livemode))]
    NoKey {
        /// The mode.
        livemode: bool,
    },
    /// The application doesn't say under which key customers name their users.
    #[error(
        "no key for users in customers' metadata; write `.mirror(MirrorSettings::default().subscriber_key(\"user_id\"))`"
    )]
    NoSubscriberKey,
    /// The application doesn't say how a user is found.
    #[error(
        "users can't be looked up; implement `SubscriberLookup` and write \
         `.mirror(MirrorSettings::default().subscribers(Users))`"
    )]
    NoLookup,
    /// The application doesn't say how its users are listed.
    #[error(
        "users can't be listed; implement `SubscriberSource` and write \
         `.mirror(MirrorSettings::default().subscriber_source(Users))`"
    )]
    NoSource,
    /// The application's [`SubscriberLookup`](crate::mirror::SubscriberLookup) failed.
    #[error("the subscriber could not be looked up")]
    Lookup(#[source] BoxError),
    /// The application's [`SubscriberSource`](crate::mirror::SubscriberSource) failed.
    #[error("users could not be listed")]
    Source(#[source] BoxError),
    /// The application's [`SubscriberSource`](crate::mirror::SubscriberSource) doesn't come to an end.
    #[error("the list of users goes round: after user {user} it gives {user} again")]
    Endless {
        /// The user.
        user: String,
    },
    /// Stripe could not be asked, or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Stripe was asked for this user before, with other data.
    #[error(
        "a customer for this user was asked for within the last day with other data; wait for its event, or give \
         `--search`, or try again tomorrow"
    )]
    AskedOtherwise(#[source] ClientError),
    /// Stripe's answer is no customer.
    #[error("Stripe's answer is no customer")]
    NoCustomer(#[source] serde_json::Error),
    /// The database can't hold the customer's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InitError {
    /// Whether it is about one user only; anything else would hit the next one too.
    fn is_of_one_user(&self) -> bool {
        let kind = match self {
            Self::AskedOtherwise(_) | Self::NoCustomer(_) | Self::Unstorable(_) => return true,
            Self::Client(error) => error.api().map(|error| &error.kind),
            _ => None,
        };
        matches!(kind, Some(ErrorKind::InvalidRequest))
    }
}

/// Links mirrored customers to users, then creates a customer for each user that has none.
pub(crate) async fn init_customers(
    store: &Store,
    client: Option<&Client>,
    settings: &MirrorSettings,
    options: &InitOptions,
    observe: &mut (dyn FnMut(InitStep<'_>) + Send),
) -> Result<InitReport, InitError> {
    let key = settings
        .subscriber_key
        .as_deref()
        .ok_or(InitError::NoSubscriberKey)?;
    let lookup = settings.lookup.as_deref().ok_or(InitError::NoLookup)?;
    let mut report = InitReport::default();
    // In a dry run links aren't there afterwards.
    let mut would_be_linked = HashSet::new();
    link::link_all(
        store,
        lookup,
        key,
        options,
        &mut report,
        &mut |customer, user| {
            if options.dry_run {
                would_be_linked.insert(user.to_owned());
            }
            observe(InitStep::Linked { customer, user });
        },
    )
    .await?;
    if options.link_only {
        return Ok(report);
    }
    let source = settings.source.as_deref().ok_or(InitError::NoSource)?;
    let client = client
        .filter(|client| client.has_key(options.livemode))
        .ok_or(InitError::NoKey {
            livemode: options.livemode,
        })?;
    let client = client.bound_to(None, options.livemode);
    let creation = create::Creation {
        store,
        source,
        client,
        key,
        options,
        would_be_linked,
    };
    creation.create_all(&mut report, observe).await?;
    Ok(report)
}
