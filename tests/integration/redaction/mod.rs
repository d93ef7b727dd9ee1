//! `redact` against the fake Stripe: what is personal is found nowhere in the database afterwards, and
//! nothing brings it back. On both backends.

mod dump;
mod afterwards;
mod interrupted;
mod command;

use std::time::Duration;

use djstripe_core::__internals::{
    EventOutcome, NewDelivery, NewEffect, ObjectRow, ReceiverRun, Settlement, begin, queue,
    record_runs, request_effect, upsert_objects,
};
use djstripe_core::models::descriptor;
use djstripe_core::redact::{RedactError, RedactOptions, RedactReport};
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::{NewAction, RunOutcome, TableName, Timestamp};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Djstripe, receivers, with_db};
use djstripe_tests::client::unlimited;
use djstripe_tests::delivery::signed;
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

/// What stands in every personal value of the customer to forget, and of the one to keep.
const SECRETS: [&str; 2] = ["zq1secret", "zq2secret"];

const FORGOTTEN: &str = "cus_1";

/// An application and its fake Stripe, with two customers.
struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Shop {
    async fn new(database: &TestDatabase) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let builder = Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .database_url(database.url())
            .receivers(receivers::built_in())
            .keep_versions_of(["charge", "customer"])
            .client_options(|options| {
                options.test = unlimited(64);
                options.min_delay = Duration::from_millis(1);
            });
        let shop = Self {
            stripe,
            app: builder.build().await.unwrap(),
        };
        for number in 1..=2 {
            for object in objects(number) {
                let object = shop.stripe.insert(object);
                shop.write(&object).await;
            }
            shop.record(number).await;
        }
        shop
    }

    /// Writes an object into the mirror, as observed now.
    async fn write(&self, value: &Value) {
        let of = descriptor(value["object"].as_str().unwrap()).unwrap();
        let row = ObjectRow {
            livemode: false,
            id: value["id"].as_str().unwrap(),
            stripe_data: &value.to_string(),
            observed_at: Timestamp::now(),
            ..ObjectRow::default()
        };
        let table = TableName::new(of.table.unwrap());
        let written = upsert_objects(self.app.store(), table, &[row])
            .await
            .unwrap();
        written[0].as_ref().unwrap();
    }

    async fn deliver(&self, event: &Value) {
        let delivery = signed(event.to_string(), &self.stripe.webhook_secret());
        self.app.receive(delivery).await.unwrap();
        self.app.work_until_idle().await.unwrap();
    }

    /// Plants what is personal in everything but rows.
    async fn record(&self, number: usize) {
        let secret = SECRETS[number - 1];
        let customer = format!("cus_{number}");
        for mut event in events(number) {
            // Nothing is fetched for it: it has the object as Stripe has it.
            if event["type"] == "payment_method.detached" {
                let id = format!("pm_old_{number}");
                event["data"]["object"] = self.stripe.get("payment_method", &id).unwrap();
            }
            self.deliver(&event).await;
        }
        self.failed_run(number).await;

        let store = self.app.store();
        let mut transaction = begin(store).await.unwrap();
        let mut db = transaction.db().await.unwrap();
        for (step, payload) in [
            json!({ "email": format!("{secret}@example.com"), "total": 5 }),
            json!({ "order": 7, "to": [format!("{secret}@example.com")] }),
        ]
        .into_iter()
        .enumerate()
        {
            let effect = NewEffect {
                key: format!("evt_customer_{number}-{step}"),
                event_id: format!("evt_customer_{number}"),
                receiver: "shop::mail".to_owned(),
                effect: "mail".to_owned(),
                payload: payload.to_string(),
            };
            request_effect(&mut db, effect).await.unwrap();
        }
        let other = NewEffect {
            key: format!("evt_other-{number}"),
            event_id: "evt_other".to_owned(),
            receiver: "shop::mail".to_owned(),
            effect: "mail".to_owned(),
            payload: json!({ "customer": customer, "name": format!("{secret} Name") }).to_string(),
        };
        request_effect(&mut db, other).await.unwrap();
        transaction.commit().await.unwrap();

        for body in [
            json!({ "data": { "object": { "customer": customer, "email": format!("{secret}-b@example.com") } } }).to_string(),
            format!(r#"{{"customer":"{customer}","email":"{secret}-cut@exam"#),
            json!({ "note": format!("from {secret}@example.com") }).to_string(),
        ] {
            let delivery = NewDelivery {
                received_at: Timestamp::now(),
                reason: format!("no signature fits {secret}@example.com"),
                remote_address: None,
                endpoint: None,
                headers: vec![("x-user".to_owned(), format!("{secret}@example.com"))],
                body: body.into_bytes(),
            };
            queue(store).record_delivery(delivery).await.unwrap();
        }
        self.sql(&format!(
            "INSERT INTO djstripe_waiting_link (account, livemode, customer, source, value, next_attempt_at, \
                 last_error, created_at) \
             VALUES ('', false, '{customer}', 'email', '{secret}@example.com', 9223372036854775807, NULL, 1)"
        ))
        .await;
        self.sql(&format!(
            "INSERT INTO djstripe_object_version (object, id, account, livemode, observed_at, number, recorded_at, \
                 content, deleted, confirmed_at) \
             VALUES ('mandate', 'mandate_{number}', '', false, 1, 0, 1, '{{\"id\":\"mandate_{number}\",\"object\":\"mandate\",\
                 \"customer_acceptance\":{{\"online\":{{\"ip_address\":\"{secret} ip\"}}}}}}', false, 1)"
        ))
        .await;
        let searched = NewAction {
            actor: "ann".to_owned(),
            action: "events retry".to_owned(),
            subject: format!("error={secret}@example.com"),
            detail: None,
        };
        store.record_action(&searched).await.unwrap();
    }

    /// An event whose receiver failed with an error that names the customer.
    async fn failed_run(&self, number: usize) {
        let secret = SECRETS[number - 1];
        let store = self.app.store();
        let id = format!("evt_failed_{number}");
        let event = json!({
            "id": id, "object": "event", "type": "ping", "created": 1_700_000_000, "livemode": false,
            "data": { "object": { "object": "balance" } },
        });
        let delivery = signed(event.to_string(), &self.stripe.webhook_secret());
        self.app.receive(delivery).await.unwrap();
        let claim = queue(store)
            .claim_event(&id, "test", Timestamp::now(), Duration::from_secs(60))
            .await;
        let claim = claim.unwrap().unwrap();
        let error = format!(
            "no mailbox {}@example.com for {secret} Name",
            secret.to_uppercase()
        );
        let run = ReceiverRun {
            event_id: id.clone(),
            fence: claim.fence,
            receiver: "shop::mail".to_owned(),
            attempts: 1,
            outcome: RunOutcome::Failed {
                error: error.clone(),
                permanent: false,
            },
            finished_at: claim.received_at,
            took: None,
        };
        record_runs(store, &[run]).await.unwrap();
        let mut transaction = begin(store).await.unwrap();
        transaction.settle(Settlement {
            event_id: id,
            fence: claim.fence,
            outcome: EventOutcome::Dead,
            error: Some(error),
            at: claim.received_at,
        });
        transaction.commit().await.unwrap();
    }

    async fn sql(&self, sql: &str) {
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        with_db!(db, connection => sql_query(sql).execute(connection).await).unwrap();
    }

    async fn redact(&self) -> RedactReport {
        self.app
            .redact(&RedactOptions::new(FORGOTTEN))
            .await
            .unwrap()
    }

    async fn would_redact(&self) -> RedactReport {
        let mut options = RedactOptions::new(FORGOTTEN);
        options.dry_run = true;
        self.app.redact(&options).await.unwrap()
    }
}

/// What is personal, as Stripe nests it.
fn details(secret: &str) -> Value {
    json!({
        "name": format!("{secret} Name"),
        "email": format!("{secret}@example.com"),
        "phone": format!("{secret} 555"),
        "address": { "line1": format!("{secret} Street 1"), "city": format!("{secret} City"), "country": "DE" },
        "tax_id": format!("{secret}-tax"),
    })
}

/// The objects of a customer. The secret stands in all personal values and nowhere else.
fn objects(number: usize) -> Vec<Value> {
    let secret = SECRETS[number - 1];
    let id = |prefix: &str| format!("{prefix}_{number}");
    let text = |of: &str| format!("{secret} {of}");
    let details = details(secret);
    let metadata = json!({ "order": text("order"), "email": format!("{secret}-m@example.com") });
    let customer = json!({
        "object": "customer", "id": id("cus"), "balance": 4_200 + number, "currency": "eur", "created": 1_600_000_000,
        "email": details["email"], "name": details["name"], "phone": details["phone"],
        "address": details["address"], "shipping": { "name": text("a"), "address": details["address"] },
        "description": text("about"), "metadata": metadata, "tax": { "ip_address": text("ip") },
        "invoice_settings": { "custom_fields": [{ "name": "PO", "value": text("po") }] },
        "default_source": null, "livemode": false,
    });
    let charge = json!({
        "object": "charge", "id": id("ch"), "amount": 1_000 + number, "amount_refunded": 10, "currency": "eur",
        "status": "succeeded", "customer": id("cus"), "payment_method": id("pm"), "created": 1_600_000_100,
        "billing_details": details, "receipt_email": details["email"], "metadata": metadata,
        "description": text("order"), "shipping": { "name": text("b"), "address": details["address"] },
        "payment_method_details": { "type": "sepa_debit",
            "sepa_debit": { "last4": text("last4"), "fingerprint": text("print"), "country": "DE", "mandate": id("mandate") } },
    });
    vec![
        customer,
        charge,
        // What only names an object of theirs.
        json!({ "object": "payment_method", "id": id("pm"), "customer": null, "type": "sepa_debit",
            "billing_details": details, "sepa_debit": { "last4": text("last4"), "bank_code": "37040044" } }),
        json!({ "object": "balance_transaction", "id": id("txn"), "source": id("ch"), "amount": 1_000 + number,
            "net": 950, "currency": "eur", "description": text("charge") }),
        json!({ "object": "dispute", "id": id("dp"), "charge": id("ch"), "amount": 1_000 + number, "currency": "eur",
            "evidence": { "customer_name": text("c"), "customer_purchase_ip": text("ip"), "customer_signature": id("file"),
                "product_description": "a lamp" } }),
        json!({ "object": "file", "id": id("file"), "size": 5, "metadata": metadata, "purpose": "customer_signature" }),
        json!({ "object": "refund", "id": id("re"), "charge": id("ch"), "amount": 10, "currency": "eur",
            "instructions_email": details["email"] }),
        json!({ "object": "subscription", "id": id("sub"), "customer": id("cus"), "status": "active",
            "metadata": metadata, "items": { "object": "list", "data": [], "has_more": false, "url": "/v1/subscription_items" } }),
        json!({ "object": "subscription_item", "id": id("si"), "subscription": id("sub"), "quantity": 3, "metadata": metadata }),
        json!({ "object": "invoice", "id": id("in"), "customer": id("cus"), "total": 1_000 + number, "currency": "eur",
            "customer_email": details["email"], "customer_name": details["name"], "customer_address": details["address"],
            "customer_tax_ids": [{ "type": "eu_vat", "value": text("vat") }], "description": text("memo") }),
        json!({ "object": "tax_id", "id": id("txi"), "owner": { "type": "customer", "customer": id("cus") }, "type": "eu_vat",
            "value": text("vat"), "verification": { "verified_name": text("v") } }),
        json!({ "object": "product", "id": id("prod"), "name": format!("A lamp {number}") }),
        // What was theirs until it was detached: an event knows.
        json!({ "object": "payment_method", "id": id("pm_old"), "customer": null, "type": "sepa_debit",
            "billing_details": details, "sepa_debit": { "last4": text("last4") } }),
    ]
}

/// Events about the customer's objects, one with previous values.
fn events(number: usize) -> Vec<Value> {
    let secret = SECRETS[number - 1];
    let event = |id: String, name: &str, object: &Value, previous: Value| {
        json!({
            "id": id, "object": "event", "type": name, "created": 1_700_000_000, "livemode": false,
            "api_version": djstripe_core::API_VERSION,
            "data": { "object": object, "previous_attributes": previous },
        })
    };
    let objects = objects(number);
    let session = json!({
        "object": "billing_portal.session", "id": format!("bps_{number}"), "customer": format!("cus_{number}"),
        "return_url": "https://shop.example", "description": format!("{secret} session"),
    });
    vec![
        event(
            format!("evt_customer_{number}"),
            "customer.updated",
            &objects[0],
            json!({ "email": format!("{secret}-old@example.com") }),
        ),
        event(
            format!("evt_charge_{number}"),
            "charge.succeeded",
            &objects[1],
            json!(null),
        ),
        event(
            format!("evt_dispute_{number}"),
            "charge.dispute.created",
            &objects[4],
            json!(null),
        ),
        event(
            format!("evt_session_{number}"),
            "billing_portal.session.created",
            &session,
            json!(null),
        ),
        event(
            format!("evt_detached_{number}"),
            "payment_method.detached",
            &objects[12],
            json!({ "customer": format!("cus_{number}") }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_is_found_nowhere_and_ids_and_money_stay() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let before = shop.dump().await;
        for place in [
            "stripe_customer", "stripe_charge", "stripe_payment_method", "stripe_balance_transaction",
            "stripe_dispute", "stripe_file", "stripe_refund", "stripe_subscription", "stripe_subscription_item",
            "stripe_invoice", "stripe_tax_id", "djstripe_event", "djstripe_delivery", "djstripe_outbox",
            "djstripe_receiver_run", "djstripe_queue", "djstripe_waiting_link", "djstripe_object_version", "djstripe_audit",
        ] {
            assert!(before.has(place, SECRETS[0]), "nothing is planted in {place}");
        }

        let planned = shop.would_redact().await;
        assert_eq!(shop.dump().await, before, "a dry run changes nothing");

        let report = shop.redact().await;
        assert_eq!(report.rows, planned.rows);
        assert_eq!(report.versions, planned.versions);
        assert!(report.versions >= 3, "{report:?}");
        assert_eq!(
            (report.events, report.deliveries, report.effects),
            (planned.events, planned.deliveries, planned.effects)
        );
        assert_eq!(report.rows["stripe_charge"], 1);
        assert!(report.all_rows() >= 11 && report.events == 5 && report.deliveries == 3, "{report:?}");
        assert!(report.effects == 3 && report.errors == 3, "{report:?}");

        let after = shop.dump().await;
        assert_eq!(after.lines_with(SECRETS[0]), Vec::<String>::new());
        assert_eq!(after.lines_with(SECRETS[1]), before.lines_with(SECRETS[1]));
        assert!(after.has("stripe_product", "A lamp 1"));

        for (table, id, money) in [
            ("stripe_customer", "cus_1", "4201"),
            ("stripe_charge", "ch_1", "1001"),
            ("stripe_balance_transaction", "txn_1", "950"),
            ("stripe_invoice", "in_1", "1001"),
            ("stripe_dispute", "dp_1", "a lamp"),
            ("djstripe_event", "evt_charge_1", "1001"),
            ("djstripe_outbox", "evt_customer_1-0", "5"),
        ] {
            assert!(after.has(table, id) && after.has(table, money), "{table} {id} {money}");
        }
        let count = |sql: &'static str| shop.count(sql);
        assert_eq!(count("SELECT count(*) AS count FROM stripe_customer WHERE email IS NULL").await, 1);
        assert_eq!(count("SELECT sum(amount) AS count FROM stripe_charge").await, 2_003);
        assert_eq!(
            count("SELECT count(*) AS count FROM stripe_charge WHERE customer = 'cus_1' AND payment_method = 'pm_1'").await,
            1
        );

        let again = shop.redact().await;
        assert_eq!((again.fields, again.versions, again.events), (0, 0, 0), "{again:?}");
        assert_eq!(again.rows, report.rows);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_and_descriptions_stay_if_they_are_kept() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let mut options = RedactOptions::new(FORGOTTEN);
        options.keep_metadata = true;
        shop.app.redact(&options).await.unwrap();

        let after = shop.dump().await;
        let has = |table: &str, what: &str| after.has(table, &format!("{} {what}", SECRETS[0]));
        assert!(has("stripe_customer", "about") && has("stripe_customer", "order"));
        assert!(has("djstripe_event", "about") && has("stripe_charge", "order"));
        assert!(!has("stripe_customer", "Name") && !has("stripe_charge", "Street 1"));
        assert!(!has("djstripe_event", "Name"));

        // The marks keep the decision.
        let event = &events(1)[1];
        shop.deliver(event).await;
        assert!(
            shop.dump()
                .await
                .has("stripe_charge", &format!("{} order", SECRETS[0]))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_or_ambiguous_customer_is_refused() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let redact = async |options: RedactOptions| shop.app.redact(&options).await;

        let unknown = redact(RedactOptions::new("cus_9")).await.unwrap_err();
        assert!(
            matches!(&unknown, RedactError::Unknown { customer, .. } if customer == "cus_9"),
            "{unknown}"
        );
        let mut live = RedactOptions::new(FORGOTTEN);
        live.livemode = Some(true);
        let unknown = redact(live.clone()).await.unwrap_err();
        assert!(
            unknown.to_string().contains("cus_1` in live mode"),
            "{unknown}"
        );

        let data = json!({ "id": "cus_1", "object": "customer", "name": "Live" }).to_string();
        let row = ObjectRow {
            livemode: true,
            id: "cus_1",
            stripe_data: &data,
            observed_at: Timestamp::now(),
            ..ObjectRow::default()
        };
        let table = TableName::new("stripe_customer");
        upsert_objects(shop.app.store(), table, &[row])
            .await
            .unwrap();
        let ambiguous = redact(RedactOptions::new(FORGOTTEN)).await.unwrap_err();
        assert!(
            matches!(ambiguous, RedactError::Ambiguous { .. }),
            "{ambiguous}"
        );

        assert_eq!(redact(live).await.unwrap().all_rows(), 1);
        assert!(
            shop.dump().await.has("stripe_customer", SECRETS[0]),
            "the customer of test mode stays"
        );
    })
    .await;
}
