//! Links mirrored customers to the users that their metadata names, in batches.

use super::error::InitError;
use super::options::InitOptions;
use super::report::InitReport;
use crate::mirror::DynLookup;
use crate::store::{Link, Scope, Store, UnlinkedCustomer};

/// Customers that are linked in one transaction.
const BATCH: u32 = 200;

/// Links all unlinked customers, and calls `on_linked` with each customer and user.
pub(super) async fn link_all(
    store: &Store,
    lookup: &dyn DynLookup,
    key: &str,
    options: &InitOptions,
    report: &mut InitReport,
    on_linked: &mut (dyn FnMut(&str, &str) + Send),
) -> Result<(), InitError> {
    let mut after: Option<UnlinkedCustomer> = None;
    loop {
        let place = after.as_ref().map(|last| (&*last.account, &*last.id));
        let mut batch = store
            .unlinked_customers(options.livemode, key, place, BATCH)
            .await?;

        let users = link(store, lookup, &batch, options).await?;
        for (customer, user) in batch.iter().zip(users) {
            match user {
                Some(user) => {
                    report.linked += 1;
                    on_linked(&customer.id, &user);
                }
                None => report.unknown_users += 1,
            }
        }
        match batch.pop() {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}

/// Links a batch. Returns the user of each customer; `None` if there is no such user.
async fn link(
    store: &Store,
    lookup: &dyn DynLookup,
    batch: &[UnlinkedCustomer],
    options: &InitOptions,
) -> Result<Vec<Option<String>>, InitError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }

    let mut transaction = store.begin().await?;
    let mut db = transaction.db().await?;
    let mut users = Vec::with_capacity(batch.len());
    for customer in batch {
        let user = lookup
            .find(&customer.value, &mut db)
            .await
            .map_err(InitError::Lookup)?;
        if let Some(user) = &user {
            let scope = Scope {
                account: customer.account.clone(),
                livemode: options.livemode,
            };
            db.link_customer(&scope, Link::new(&customer.id, user))
                .await?;
        }
        users.push(user);
    }

    if options.dry_run {
        transaction.rollback().await?
    } else {
        transaction.commit().await?
    }
    Ok(users)
}
