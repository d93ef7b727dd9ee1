//! dj-stripe's rules for built-in handlers, one test each, against a fake Stripe. On both backends.
//! `djstripe-core/docs/conformance.md` maps the rules to these tests.

mod accounts;
mod customers;
mod fields;
mod forbidden;
mod links;
mod lists;
mod objects;
mod references;
mod rule;

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use djstripe_core::client::RateLimits;
use djstripe_core::mirror::MirrorSettings;
use djstripe_core::models::descriptor;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel_async::RunQueryDsl as AsyncRunQueryDsl;
use djstripe_core::store::{EventState, ObjectFilter, TableName};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Builder, Db, Djstripe, State, receivers, stripe_receiver, with_db};
use djstripe_tests::{TestDatabase, delivery, on_both_backends};
use serde_json::Value;

/// An application that mirrors a fake Stripe.
struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Shop {
    async fn open(database: &TestDatabase) -> Self {
        Self::with(database, MirrorSettings::default()).await
    }

    async fn with(database: &TestDatabase, settings: MirrorSettings) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let app = Self::builder(&stripe, database)
            .secret_key(stripe.api_key())
            .mirror(settings)
            .build()
            .await
            .unwrap();
        // The start has asked whose the key is.
        stripe.clear_requests();
        Self { stripe, app }
    }

    async fn without_a_key(database: &TestDatabase, settings: MirrorSettings) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let app = Self::builder(&stripe, database)
            .mirror(settings)
            .build()
            .await
            .unwrap();
        Self { stripe, app }
    }

    fn builder(stripe: &FakeStripe, database: &TestDatabase) -> Builder {
        Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .api_base(stripe.base_url())
            .database_url(database.url())
            .receivers(receivers::built_in())
            .client_options(|options| {
                options.retries = 2;
                options.min_delay = Duration::from_millis(1);
                options.max_delay = Duration::from_millis(2);
                options.test = RateLimits {
                    per_second: 1e6,
                    per_resource: 1e6,
                    in_flight: 64,
                };
                options.live = options.test;
            })
    }

    /// Adds an object to the fake Stripe, delivers an event about it, and processes the event.
    async fn happens(&self, name: &str, object: Value) -> (EventState, Option<String>) {
        let object = self.stripe.insert(object);
        self.tells(name, &object).await
    }

    /// Delivers an event that carries `object`, which Stripe need not have, and processes the
    /// event.
    async fn tells(&self, name: &str, object: &Value) -> (EventState, Option<String>) {
        let event = self.stripe.emit(name, object);
        self.delivers(&event).await
    }

    /// Delivers and processes an event. Returns its state and last error.
    async fn delivers(&self, event: &Value) -> (EventState, Option<String>) {
        let delivery = delivery::signed(event.to_string(), &self.stripe.webhook_secret());
        self.app.receive(delivery).await.unwrap();

        self.app.work_until_idle().await.unwrap();
        let (stored, _) = self
            .app
            .store()
            .event(event["id"].as_str().unwrap())
            .await
            .unwrap()
            .unwrap();
        (stored.state, stored.last_error)
    }

    /// The rows of all objects of a type, with tombstones if `deleted`.
    async fn rows(&self, object: &str, deleted: bool) -> Vec<Value> {
        let table = TableName::new(descriptor(object).unwrap().table.unwrap());
        let filter = ObjectFilter {
            deleted,
            ..ObjectFilter::default()
        };
        let rows = self.app.store().objects(table, &filter).await.unwrap();
        rows.iter()
            .map(|row| serde_json::from_str(&row.json).unwrap())
            .collect()
    }

    async fn ids(&self, object: &str) -> Vec<String> {
        let rows = self.rows(object, false).await;
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The paths that were requested.
    fn requested(&self) -> Vec<String> {
        self.stripe
            .requests()
            .into_iter()
            .map(|request| request.path)
            .collect()
    }
}

const PROCESSED: (EventState, Option<String>) = (EventState::Processed, None);

/// The rows of dj-stripe's table: handler and events. What is listed here must be what is
/// registered.
const HANDLERS: [(&str, &[&str]); 11] = [
    (
        "handle_customer_event",
        &["customer.created", "customer.updated", "customer.deleted"],
    ),
    (
        "handle_customer_subscription_event",
        &[
            "customer.subscription.created",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "customer.subscription.pending_update_applied",
            "customer.subscription.pending_update_expired",
            "customer.subscription.resumed",
            "customer.subscription.trial_will_end",
            "customer.subscription.updated",
        ],
    ),
    (
        "handle_customer_tax_id_event",
        &[
            "customer.tax_id.created",
            "customer.tax_id.deleted",
            "customer.tax_id.updated",
        ],
    ),
    (
        "handle_identity_verification_session_event",
        &[
            "identity.verification_session.canceled",
            "identity.verification_session.created",
            "identity.verification_session.processing",
            "identity.verification_session.redacted",
            "identity.verification_session.requires_input",
            "identity.verification_session.verified",
        ],
    ),
    (
        "handle_payment_method_event",
        &[
            "payment_method.attached",
            "payment_method.automatically_updated",
            "payment_method.detached",
            "payment_method.updated",
        ],
    ),
    (
        "handle_account_external_account_event",
        &[
            "account.external_account.created",
            "account.external_account.deleted",
            "account.external_account.updated",
        ],
    ),
    ("handle_account_updated_event", &["account.updated"]),
    (
        "handle_charge_event",
        &[
            "charge.captured",
            "charge.expired",
            "charge.failed",
            "charge.pending",
            "charge.refund.updated",
            "charge.refunded",
            "charge.succeeded",
            "charge.updated",
        ],
    ),
    (
        "handle_charge_dispute_event",
        &[
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
        ],
    ),
    (
        "handle_customer_entitlements_event",
        &["entitlements.active_entitlement_summary.updated"],
    ),
    (
        "handle_other_event",
        &[
            "checkout.session.async_payment_failed",
            "checkout.session.async_payment_succeeded",
            "checkout.session.completed",
            "checkout.session.expired",
            "coupon.created",
            "coupon.deleted",
            "coupon.updated",
            "file.created",
            "invoice.created",
            "invoice.deleted",
            "invoice.finalization_failed",
            "invoice.finalized",
            "invoice.marked_uncollectible",
            "invoice.paid",
            "invoice.payment_action_required",
            "invoice.payment_failed",
            "invoice.payment_succeeded",
            "invoice.sent",
            "invoice.upcoming",
            "invoice.updated",
            "invoice.voided",
            "invoiceitem.created",
            "invoiceitem.deleted",
            "payment_intent.amount_capturable_updated",
            "payment_intent.canceled",
            "payment_intent.created",
            "payment_intent.partially_funded",
            "payment_intent.payment_failed",
            "payment_intent.processing",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
            "payout.canceled",
            "payout.created",
            "payout.failed",
            "payout.paid",
            "payout.reconciliation_completed",
            "payout.updated",
            "price.created",
            "price.deleted",
            "price.updated",
            "product.created",
            "product.deleted",
            "product.updated",
            "promotion_code.created",
            "promotion_code.updated",
            "setup_intent.canceled",
            "setup_intent.created",
            "setup_intent.requires_action",
            "setup_intent.setup_failed",
            "setup_intent.succeeded",
            "subscription_schedule.aborted",
            "subscription_schedule.canceled",
            "subscription_schedule.completed",
            "subscription_schedule.created",
            "subscription_schedule.expiring",
            "subscription_schedule.released",
            "subscription_schedule.updated",
            "tax_rate.created",
            "tax_rate.updated",
            "transfer.created",
            "transfer.reversed",
            "transfer.updated",
        ],
    ),
];

#[test]
fn each_handler_listens_to_its_events() {
    for (handler, events) in HANDLERS {
        let id = format!("djstripe::{handler}");
        let receiver = receivers::built_in()
            .find(|receiver| receiver.id == id)
            .unwrap();
        let listened: HashSet<&str> = receiver.events.iter().copied().collect();
        assert_eq!(listened, events.iter().copied().collect(), "{handler}");
    }
}

#[test]
fn an_event_goes_to_one_built_in_receiver() {
    let registry = djstripe_core::Registry::new(receivers::built_in()).unwrap();
    for name in djstripe_core::EventName::known().chain(["customer.levitated".into()]) {
        assert_eq!(registry.receivers_for(&name).len(), 1, "{name}");
    }
}

#[test]
fn every_rule_names_tests_that_exist() {
    fn sources(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut text = String::new();
    sources(&root.join("tests/integration"), &mut text);
    sources(&root.join("djstripe-core/src"), &mut text);

    let page = std::fs::read_to_string(root.join("djstripe-core/docs/conformance.md")).unwrap();
    let names: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| !name.contains(['/', '.']))
        .collect();

    assert!(names.len() > 60);
    for name in names {
        assert!(text.contains(&format!("fn {name}(")), "{name}");
    }
}

#[stripe_receiver("topup.canceled", id = "handlers::sees")]
async fn sees(
    mut db: Db<'_>,
    seen: State<AtomicUsize>,
) -> Result<(), djstripe_core::store::diesel::result::Error> {
    let query = sql_query("SELECT id FROM stripe_topup WHERE status = 'canceled'");
    let rows = with_db!(db, connection => AsyncRunQueryDsl::load::<Id>(query, connection).await)?;
    seen.store(rows.len(), Ordering::Relaxed);
    Ok(())
}

#[derive(djstripe_core::store::diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = djstripe_core::store::diesel::sql_types::Text)]
    #[expect(dead_code, reason = "only the number of rows counts")]
    id: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_receiver_sees_the_mirrored_row() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let all = djstripe_core::Registry::collect().unwrap();
        let sees = all
            .receivers()
            .iter()
            .copied()
            .filter(|receiver| receiver.id == "handlers::sees");

        let builder = Shop::builder(&stripe, &database)
            .secret_key(stripe.api_key())
            .state(AtomicUsize::new(0));
        let app = builder
            .receivers(sees.chain(receivers::built_in()))
            .build()
            .await
            .unwrap();
        let shop = Shop { stripe, app };

        let topup = serde_json::json!({ "id": "tu_1", "object": "topup", "status": "canceled" });
        assert_eq!(shop.happens("topup.canceled", topup).await, PROCESSED);
        let seen = shop.app.state::<AtomicUsize>().unwrap();
        assert_eq!(AtomicUsize::load(&seen, Ordering::Relaxed), 1);
    })
    .await;
}

/// Every event of every handler writes the row of its object as Stripe has it.
#[tokio::test(flavor = "multi_thread")]
async fn each_event_of_each_handler_refreshes_its_object() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let without_row = [
            "invoice.upcoming",
            "entitlements.active_entitlement_summary.updated",
        ];
        let names = HANDLERS
            .iter()
            .flat_map(|(_, events)| events.iter().copied())
            .filter(|name| !without_row.contains(name));

        for (number, name) in names.enumerate() {
            let object = djstripe_core::EventName::new(name).objects()[0];
            let prefix = if object == "payment_method" {
                "pm"
            } else {
                "x"
            };
            let id = format!("{prefix}_{number}");
            let stored = serde_json::json!({
                "id": id,
                "object": object,
                "customer": "cus_none",
                "account": "acct_none",
                "note": "as Stripe has it",
            });
            let mut carried = stored.clone();
            carried["note"] = "as the event has it".into();

            shop.stripe.insert(stored);
            assert_eq!(shop.tells(name, &carried).await, PROCESSED, "{name}");

            let rows = shop.rows(object, true).await;
            let row = rows.iter().find(|row| row["id"] == *id);
            let row = row.unwrap_or_else(|| panic!("{name} has no row"));
            // A deleted object is not fetched, unless it or its id can still exist.
            let is_refetched = ["coupon", "product", "subscription"].contains(&object);
            let from_event =
                name.ends_with(".deleted") && !is_refetched || name == "payment_method.detached";
            let expected = if from_event {
                "as the event has it"
            } else {
                "as Stripe has it"
            };
            assert_eq!(row["stripe_data"]["note"], expected, "{name}");
        }
    })
    .await;
}
