//! Creates a customer at Stripe for each of the application's users.
//!
//! In: the application's users, page by page. Out: links from mirrored customers to the users that
//! their metadata names, and a new customer for each user that has none.
//!
//! Invariant: no user gets two customers, however often the job is interrupted and restarted. The
//! request that creates a user's customer always has the same idempotency key.

mod options;
mod error;
mod report;
mod link;
mod create;

pub use error::InitError;
pub use options::InitOptions;
pub use report::{InitReport, InitStep};

use std::collections::HashSet;

use crate::client::Client;
use crate::mirror::MirrorSettings;
use crate::store::Store;

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
        dropped: &settings.dropped,
        options,
        would_be_linked,
    };
    creation.create_all(&mut report, observe).await?;
    Ok(report)
}
