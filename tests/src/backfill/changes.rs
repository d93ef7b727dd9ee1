//! Changes at Stripe during a sync, delivered as webhooks.

use std::time::Duration;

use djstripe_core::Djstripe;
use djstripe_core::testing::FakeStripe;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::stripe::{customer, product};
use super::{Backfill, Failure};
use crate::delivery::signed;
use crate::history::History;

/// Changes customers and products of the platform until `stopped`. Returns the number of changes.
pub(super) async fn race(
    app: Djstripe,
    stripe: FakeStripe,
    backfill: Backfill,
    stopped: watch::Receiver<bool>,
) -> Result<usize, Failure> {
    let mut chance = History::new(backfill.seed ^ 0xACE, 1);
    let mut changes = 0;

    while !*stopped.borrow() {
        changes += 1;
        if let Some(event) = change(&stripe, &backfill, &mut chance, changes) {
            deliver(&app, &stripe, &event).await?;
        }
        tokio::time::sleep(Duration::from_millis(4)).await;
    }

    Ok(changes)
}

/// Makes one change and returns its event. `None` if the object was deleted before.
fn change(
    stripe: &FakeStripe,
    backfill: &Backfill,
    chance: &mut History,
    number: usize,
) -> Option<Value> {
    let (object, count) = if chance.below(2) == 0 {
        ("customer", backfill.sizes.customers)
    } else {
        ("product", backfill.sizes.products)
    };
    let index = chance.below(count);
    let id = if object == "customer" {
        format!("cus_load{index}")
    } else {
        format!("prod_load{index}")
    };

    let (verb, changed) = match chance.below(4) {
        0 => {
            let make = if object == "customer" {
                customer
            } else {
                product
            };
            let created = stripe.insert(make(count + number, stripe.now()));
            ("created", created)
        }

        // Customers with a payment method are not deleted, so that the payment method stays too.
        1 if object == "product" || !index.is_multiple_of(20) => {
            ("deleted", stripe.remove(object, &id)?)
        }
        _ => {
            let fields = json!({ "description": format!("change {number}") });
            ("updated", stripe.update(object, &id, fields)?)
        }
    };
    Some(stripe.emit(&format!("{object}.{verb}"), &changed))
}

/// Delivers an event until it is acknowledged, because the database may be busy.
async fn deliver(app: &Djstripe, stripe: &FakeStripe, event: &Value) -> Result<(), Failure> {
    let body = event.to_string();
    for _ in 0..50 {
        let delivery = signed(body.clone(), &stripe.webhook_secret());
        if app.receive(delivery).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    Err("a webhook was not acknowledged in 50 attempts".into())
}
