//! Linking mirrored customers to the users that their metadata names, in batches.

use super::{InitError, InitOptions, InitReport};
use crate::mirror::DynLookup;
use crate::store::{Store, UnlinkedCustomer};

/// Customers that are linked in one transaction.
const BATCH: u32 = 200;

/// Links all; `linked` is told of each.
pub(super) async fn link_all(
    store: &Store,
    lookup: &dyn DynLookup,
    key: &str,
    options: &InitOptions,
    report: &mut InitReport,
    linked: &mut (dyn FnMut(&str, &str) + Send),
) -> Result<(), InitError> {
    let mut after: Option<(String, String)> = None;
    loop {
        let place = after.as_ref().map(|(account, id)| (&**account, &**id));
        let batch = store
            .unlinked_customers(options.livemode, key, place, BATCH)
            .await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = Some((last.account.clone(), last.id.clone()));
        for (customer, user) in link(store, lookup, &batch, options).await? {
            match user {
                Some(user) => {
                    report.linked += 1;
                    linked(customer, &user);
                }
                None => report.strangers += 1,
            }
        }
    }
}

/// Links a batch; says whose each customer is.
async fn link<'b>(
    store: &Store,
    lookup: &dyn DynLookup,
    batch: &'b [UnlinkedCustomer],
    options: &InitOptions,
) -> Result<Vec<(&'b str, Option<String>)>, InitError> {
    let mut transaction = store.begin().await?;
    let mut db = transaction.db().await?;
    let mut owners = Vec::with_capacity(batch.len());
    for customer in batch {
        let user = lookup
            .find(&customer.value, &mut db)
            .await
            .map_err(InitError::Lookup)?;
        if let Some(user) = &user {
            db.link_customer(
                &customer.account,
                options.livemode,
                &customer.id,
                user,
                None,
            )
            .await?;
        }
        owners.push((&*customer.id, user));
    }
    if options.dry_run {
        transaction.rollback().await?
    } else {
        transaction.commit().await?
    }
    Ok(owners)
}
