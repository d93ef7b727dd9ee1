//! What goes on at Stripe meanwhile, as webhooks tell it.

use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use djstripe_core::signature::sign;
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Delivery, Djstripe};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::stripe::{customer, product};
use super::{Backfill, Failure};
use crate::history::History;

/// Changes customers and products of the platform until it is told to stop; says how many webhooks were received.
pub(super) async fn race(
    app: Djstripe,
    stripe: FakeStripe,
    backfill: Backfill,
    stopped: watch::Receiver<bool>,
) -> Result<usize, Failure> {
    let mut chance = History::new(backfill.seed ^ 0xACE, 1);
    let mut made = 0;
    while !*stopped.borrow() {
        made += 1;
        let (object, count) = if chance.below(2) == 0 {
            ("customer", backfill.sizes.customers)
        } else {
            ("product", backfill.sizes.products)
        };
        let number = chance.below(count);
        let id = if object == "customer" {
            format!("cus_load{number}")
        } else {
            format!("prod_load{number}")
        };
        let event = match chance.below(4) {
            0 => {
                let (number, now) = (count + made, stripe.now());
                let made = if object == "customer" {
                    customer(number, now)
                } else {
                    product(number, now)
                };
                let made = stripe.insert(made);
                Some(stripe.emit(&format!("{object}.created"), &made))
            }
            // Customers with a payment method stay, so that it stays too.
            1 if object == "product" || !number.is_multiple_of(20) => stripe
                .remove(object, &id)
                .map(|gone| stripe.emit(&format!("{object}.deleted"), &gone)),
            _ => {
                let changed = stripe.update(
                    object,
                    &id,
                    json!({ "description": format!("change {made}") }),
                );
                changed.map(|changed| stripe.emit(&format!("{object}.updated"), &changed))
            }
        };
        if let Some(event) = event {
            deliver(&app, &stripe, &event).await?;
        }
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    Ok(made)
}

/// Delivers until it is acknowledged: the database may be busy.
async fn deliver(app: &Djstripe, stripe: &FakeStripe, event: &Value) -> Result<(), Failure> {
    let body = event.to_string();
    for _ in 0..50 {
        let mut headers = HeaderMap::new();
        let signature = sign(body.as_bytes(), stripe.webhook_secret(), SystemTime::now());
        headers.insert("stripe-signature", signature.parse()?);
        if app
            .receive(Delivery::new(headers, body.clone()))
            .await
            .is_ok()
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("a webhook was not acknowledged in 50 tries".into())
}
