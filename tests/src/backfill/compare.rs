//! Compares the mirror with Stripe after a sync.

use std::collections::BTreeMap;

use djstripe_core::Djstripe;
use djstripe_core::models::descriptor;
use djstripe_core::store::{ObjectFilter, StoreError, TableName};
use djstripe_core::testing::FakeStripe;
use serde_json::Value;

use super::id_of;
use super::stripe::{Sizes, accounts};

/// The differences between the mirror and Stripe; empty if there are none.
pub(super) async fn differences(
    app: &Djstripe,
    stripe: &FakeStripe,
    sizes: &Sizes,
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    compare(app, stripe.objects("account"), "account", "", &mut found).await?;

    for account in std::iter::once(String::new()).chain(accounts(sizes)) {
        let stripe = if account.is_empty() {
            stripe.clone()
        } else {
            stripe.on(&account)
        };
        for object in ["customer", "product", "subscription", "payment_method"] {
            compare(app, stripe.objects(object), object, &account, &mut found).await?;
        }

        // The fake Stripe has the items within their subscriptions, the mirror in their own table.
        let items = |subscription: &Value| {
            subscription["items"]["data"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        };
        let items: Vec<Value> = stripe
            .objects("subscription")
            .iter()
            .flat_map(items)
            .collect();
        compare(app, items, "subscription_item", &account, &mut found).await?;
    }

    Ok(found)
}

async fn compare(
    app: &Djstripe,
    at_stripe: Vec<Value>,
    object: &str,
    account: &str,
    found: &mut Vec<String>,
) -> Result<(), StoreError> {
    let Some(table) = descriptor(object).and_then(|descriptor| descriptor.table) else {
        return Ok(());
    };

    let mut mirrored: BTreeMap<String, Value> = BTreeMap::new();
    let mut filter = ObjectFilter {
        account: Some(account.to_owned()),
        limit: Some(5_000),
        ..ObjectFilter::default()
    };

    loop {
        let rows = app.store().objects(TableName::new(table), &filter).await?;
        let Some(last) = rows.last() else { break };
        filter.after = Some((last.account.clone(), last.livemode, last.id.clone()));
        for row in rows {
            let mut columns: Value = serde_json::from_str(&row.json).unwrap_or_default();
            mirrored.insert(row.id, columns["stripe_data"].take());
        }
    }

    for value in at_stripe {
        match mirrored.remove(id_of(&value)) {
            None => found.push(format!(
                "{object} {} of `{account}` is missing",
                id_of(&value)
            )),
            Some(row) if row != value => {
                found.push(format!("{object} of `{account}` is {row}, not {value}"))
            }
            Some(_) => {}
        }
    }

    found.extend(
        mirrored
            .into_keys()
            .map(|id| format!("{object} {id} of `{account}` was deleted at Stripe")),
    );
    Ok(())
}
