//! Creates a customer at Stripe for each of the application's users.
//!
//! In: the application's users, page by page. Out: links from mirrored customers to the users that
//! their metadata names, and a new customer for each user that has none.
//!
//! Invariant: no user gets two customers, however often the job is interrupted and restarted. The
//! request that creates a user's customer always has the same idempotency key.

mod link;
mod create;

use std::collections::HashSet;

use crate::client::{Client, ClientError, ErrorKind};
use crate::error::BoxError;
use crate::mirror::MirrorSettings;
use crate::store::{Store, StoreError, Unstorable};
use crate::webhook::mode_name;

/// Which customers to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitOptions {
    /// Whether to use live mode instead of test mode. Default: no.
    pub livemode: bool,
    /// Reports the steps without taking them. Default: no.
    pub dry_run: bool,
    /// Only links mirrored customers, and makes no request to Stripe. Default: no.
    pub link_only: bool,
    /// Most customers to create. Default: no limit.
    pub limit: Option<u64>,
    /// Searches Stripe for a customer that isn't mirrored before creating one, which is one more
    /// request per user. Default: no.
    pub search: bool,
    /// Users that are processed concurrently. Default: 8.
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

/// A step that was taken, or that a dry run would take.
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
    /// A customer that was found at Stripe was mirrored and linked.
    Found {
        /// The customer.
        customer: &'a str,
        /// The user.
        user: &'a str,
    },
    /// A customer was created, mirrored and linked. In a dry run it has no id.
    Created {
        /// The customer.
        customer: Option<&'a str>,
        /// The user.
        user: &'a str,
    },
    /// No customer could be created for this user.
    Failed {
        /// The user.
        user: &'a str,
        /// The reason.
        error: &'a InitError,
    },
}

/// What was done, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitReport {
    /// Mirrored customers that were linked.
    pub linked: u64,
    /// Mirrored customers whose metadata names a user that doesn't exist.
    pub unknown_users: u64,
    /// Users that already had a customer.
    pub existing: u64,
    /// Customers that were found at Stripe, mirrored and linked.
    pub found: u64,
    /// Customers that were created.
    pub created: u64,
    /// Users for whom no customer could be created.
    pub failed: u64,
}

/// Why customers could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// There is no secret key for this mode.
    #[error("no secret key for {} mode; set STRIPE_SECRET_KEY", mode_name(*.livemode))]
    NoKey {
        /// The mode.
        livemode: bool,
    },
    /// The settings don't name the key under which a customer's metadata names its user.
    #[error(
        "no metadata key for users; write \
         `.mirror(MirrorSettings::default().subscriber_key(\"user_id\"))`"
    )]
    NoSubscriberKey,
    /// The settings have no [`SubscriberLookup`](crate::mirror::SubscriberLookup).
    #[error(
        "users can't be looked up; implement `SubscriberLookup` and write \
         `.mirror(MirrorSettings::default().subscribers(Users))`"
    )]
    NoLookup,
    /// The settings have no [`SubscriberSource`](crate::mirror::SubscriberSource).
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
    /// The application's [`SubscriberSource`](crate::mirror::SubscriberSource) does not advance.
    #[error(
        "the source of users does not advance: the page after user {user} ends with {user} again"
    )]
    SourceNotAdvancing {
        /// The user.
        user: String,
    },
    /// A request failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A customer for this user was requested before, with other data.
    #[error(
        "a customer for this user was requested within the last day with other data; wait for its \
         event, use `--search`, or retry tomorrow"
    )]
    IdempotencyConflict(#[source] ClientError),
    /// Stripe's response is not a customer.
    #[error("Stripe's response is not a customer")]
    NotACustomer(#[source] serde_json::Error),
    /// The database can't hold the customer's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InitError {
    /// Whether it concerns only one user. Other errors would hit the next user too.
    fn concerns_one_user(&self) -> bool {
        let kind = match self {
            Self::IdempotencyConflict(_) | Self::NotACustomer(_) | Self::Unstorable(_) => {
                return true;
            }
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
    let key = settings.subscriber_key.as_deref();
    let key = key.ok_or(InitError::NoSubscriberKey)?;
    let lookup = settings.lookup.as_deref().ok_or(InitError::NoLookup)?;
    let mut report = InitReport::default();
    // A dry run stores no links, so it remembers them.
    let mut would_be_linked = HashSet::new();
    let mut on_linked = |customer: &str, user: &str| {
        if options.dry_run {
            would_be_linked.insert(user.to_owned());
        }
        observe(InitStep::Linked { customer, user });
    };
    link::link_all(store, lookup, key, options, &mut report, &mut on_linked).await?;
    if options.link_only {
        return Ok(report);
    }

    let source = settings.source.as_deref().ok_or(InitError::NoSource)?;
    let livemode = options.livemode;
    let client = client
        .filter(|client| client.has_key(livemode))
        .ok_or(InitError::NoKey { livemode })?;
    let creation = create::Creation {
        store,
        source,
        client: client.bound_to(None, livemode),
        key,
        options,
        would_be_linked,
    };
    creation.create_all(&mut report, observe).await?;
    Ok(report)
}
