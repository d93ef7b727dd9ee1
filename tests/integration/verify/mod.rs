//! `verify` against the fake Stripe: planted faults of each kind are found and repaired, and
//! changes during a verification are no findings. On both backends.

mod command;
mod lists;
mod meanwhile;
mod record;
mod unreadable;
mod versions;

use std::time::Duration;

use djstripe_core::__internals::{ObjectRow, upsert_objects};
use djstripe_core::AccountScope;
use djstripe_core::models::descriptor;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::{ObjectFilter, TableName, Timestamp};
use djstripe_core::testing::FakeStripe;
use djstripe_core::verify::{Finding, Money, VerifyOptions, VerifySummary};
use djstripe_core::{Djstripe, receivers, with_db};
use djstripe_tests::client::unlimited;
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

/// An application and its fake Stripe.
struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Shop {
    async fn new(database: &TestDatabase) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let builder = Djstripe::builder()
            .workers_only()
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .database_url(database.url())
            .receivers(receivers::built_in())
            .client_options(|options| {
                options.test = unlimited(64);
                options.min_delay = Duration::from_millis(1);
            });

        Self {
            stripe,
            app: builder.build().await.unwrap(),
        }
    }

    /// Writes an object into the mirror, as observed now.
    async fn write(&self, account: &str, value: &Value, deleted: bool) {
        let (object, id) = (
            value["object"].as_str().unwrap(),
            value["id"].as_str().unwrap(),
        );
        let row = ObjectRow {
            account,
            livemode: false,
            id,
            stripe_data: &value.to_string(),
            api_version: None,
            observed_at: Timestamp::now(),
            deleted,
            ..ObjectRow::default()
        };

        let outcome = upsert_objects(self.app.store(), table(object), &[row])
            .await
            .unwrap();
        outcome[0].as_ref().unwrap();
    }

    /// Copies the account's objects at Stripe into the mirror.
    async fn mirror(&self, account: &str) {
        let stripe = if account.is_empty() {
            self.stripe.clone()
        } else {
            self.stripe.on(account)
        };
        let objects = [
            "account",
            "capability",
            "card",
            "charge",
            "customer",
            "payment_method",
            "product",
            "subscription",
            "subscription_item",
        ];

        for object in objects {
            for value in stripe.objects(object) {
                self.write(account, &value, false).await;
            }
        }
    }

    /// The ids of the live rows of a type.
    async fn live(&self, object: &str) -> Vec<String> {
        let filter = ObjectFilter::default();
        let rows = self.app.store().objects(table(object), &filter).await;
        rows.unwrap().into_iter().map(|row| row.id).collect()
    }

    async fn sql(&self, sql: &str) {
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        with_db!(db, connection => sql_query(sql).execute(connection).await).unwrap();
    }

    async fn verify(&self, options: &VerifyOptions) -> (Vec<Finding>, VerifySummary) {
        // In a task, as in a server: the future must be `Send`.
        let (app, options) = (self.app.clone(), options.clone());
        let task = tokio::spawn(async move {
            let mut findings = Vec::new();
            let summary = app
                .verify(&options, |finding| findings.push(finding.clone()))
                .await
                .unwrap();
            (findings, summary)
        });
        let (mut findings, summary) = task.await.unwrap();

        findings.sort_by(|one, other| {
            (one.kind, one.object, &one.account, &one.id).cmp(&(
                other.kind,
                other.object,
                &other.account,
                &other.id,
            ))
        });
        (findings, summary)
    }
}

fn table(object: &str) -> TableName {
    TableName::new(descriptor(object).unwrap().table.unwrap())
}

fn options() -> VerifyOptions {
    VerifyOptions {
        recheck_after: Duration::from_millis(10),
        accounts: AccountScope::All,
        ..VerifyOptions::default()
    }
}

fn of(objects: &[&str]) -> VerifyOptions {
    let objects = objects.iter().map(|&object| object.to_owned()).collect();
    VerifyOptions {
        objects,
        accounts: AccountScope::Platform,
        ..options()
    }
}

/// The kind, object, account, id, fields and money of each finding.
fn lines(findings: &[Finding]) -> Vec<String> {
    let one = |finding: &Finding| {
        let money = finding
            .money
            .as_ref()
            .map(|Money { amount, currency }| format!("{amount} {currency}"));
        let words = [
            finding.kind.as_str(),
            finding.object,
            &finding.account,
            &finding.id,
            &finding.fields.join(","),
        ];

        format!("{} {}", words.join(" "), money.unwrap_or_default())
    };

    findings.iter().map(one).collect()
}

fn customer(id: &str) -> Value {
    let email = format!("{id}@example.com");
    json!({ "id": id, "object": "customer", "email": email, "balance": 0, "currency": null })
}

/// Fills Stripe and the mirror with lists of each kind: of several pages, within objects, below
/// objects, and of a connected account.
async fn fill(shop: &Shop) {
    let stripe = &shop.stripe;
    for number in 0..250 {
        stripe.insert(customer(&format!("cus_{number:03}")));
    }

    for number in 0..5 {
        let id = |prefix: &str| format!("{prefix}_{number}");
        stripe.insert(json!({ "object": "product", "id": id("prod"), "name": "A lamp" }));
        stripe.insert(json!({
            "object": "charge", "id": id("ch"), "amount": 1_000, "currency": "usd", "status": "succeeded" }));
        let customer = format!("cus_{number:03}");
        stripe.insert(json!({ "object": "payment_method", "id": id("pm"), "customer": customer }));
        stripe.insert(
            json!({ "object": "card", "id": id("card"), "customer": customer, "last4": "4242" }),
        );
        // The second item is not on the embedded first page of the list.
        let items = ["a", "b"].map(|letter| {
            stripe.insert(
                json!({ "object": "subscription_item", "id": format!("si_{number}{letter}"),
                "subscription": id("sub"), "quantity": 1 }),
            )
        });
        let url = format!("/v1/subscription_items?subscription=sub_{number}");
        let items = json!({ "object": "list", "data": [items[1]], "has_more": true, "url": url });
        let status = if number == 4 { "canceled" } else { "active" };
        stripe.insert(
            json!({ "object": "subscription", "id": id("sub"), "items": items, "status": status }),
        );
    }

    stripe.insert(json!({ "object": "account", "id": "acct_1" }));
    stripe.on("acct_1").insert(customer("cus_of_acct_1"));
    stripe
        .on("acct_1")
        .insert(json!({ "object": "capability", "id": "transfers", "account": "acct_1" }));

    // No list has this object, but it can be retrieved.
    stripe.insert(json!({ "object": "payment_method", "id": "pm_of_nobody", "customer": null }));
    shop.mirror("").await;
    shop.mirror("acct_1").await;
}

/// Makes the mirror differ from Stripe in every way that `verify` distinguishes.
async fn plant_faults(shop: &Shop) {
    for (table, id) in [
        ("stripe_customer", "cus_007"),
        ("stripe_payment_method", "pm_1"),
        ("stripe_subscription_item", "si_2a"),
        ("stripe_charge", "ch_4"),
        ("stripe_capability", "transfers"),
    ] {
        shop.sql(&format!("DELETE FROM {table} WHERE id = '{id}'"))
            .await;
    }

    let mut charge = shop.stripe.get("charge", "ch_0").unwrap();
    charge["amount"] = json!(300);
    shop.write("", &charge, false).await;
    let mut charge = shop.stripe.get("charge", "ch_1").unwrap();
    (charge["status"], charge["invented"]) = (json!("failed"), json!(true));
    shop.write("", &charge, false).await;

    for object in [
        json!({ "object": "card", "id": "card_1", "customer": "cus_001", "last4": "1111" }),
        json!({
            "object": "subscription_item", "id": "si_3b", "subscription": "sub_3", "quantity": 9,
        }),
        json!({ "object": "product", "id": "prod_invented", "name": "A ghost" }),
    ] {
        shop.write("", &object, false).await;
    }
    let connected = json!({ "object": "customer", "id": "cus_of_acct_1" });
    shop.write("acct_1", &connected, false).await;

    // One object is deleted in the mirror only, and three at Stripe only.
    let product = shop.stripe.get("product", "prod_3").unwrap();
    shop.write("", &product, true).await;
    shop.stripe.remove("customer", "cus_100");
    shop.stripe.purge("product", "prod_2");
    shop.stripe.purge("subscription_item", "si_0a");
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_faults_of_each_kind_are_found_and_repaired() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        fill(&shop).await;
        let (findings, summary) = shop.verify(&options()).await;
        assert_eq!((lines(&findings), &summary.skipped), (vec![], &vec![]));
        assert_eq!(summary.types["customer"].compared, 251);
        assert_eq!(summary.types["subscription_item"].compared, 10);
        assert_eq!(summary.types["payment_method"].compared, 6);

        plant_faults(&shop).await;
        let expected = [
            "missing capability acct_1 transfers  ",
            "missing charge  ch_4  1000 usd",
            "missing customer  cus_007  ",
            "missing payment_method  pm_1  ",
            "missing product  prod_3  ",
            "missing subscription_item  si_2a  ",
            "differing card  card_1 created,last4,livemode,metadata ",
            "differing charge  ch_0 amount 700 usd",
            "differing charge  ch_1 invented,status 1000 usd",
            "differing customer acct_1 cus_of_acct_1 \
             balance,created,currency,email,livemode,metadata ",
            "differing subscription_item  si_3b created,livemode,metadata,quantity ",
            "extra customer  cus_100  ",
            "extra product  prod_2  ",
            "extra product  prod_invented  ",
            "extra subscription_item  si_0a  ",
        ];

        let (findings, summary) = shop.verify(&options()).await;
        assert_eq!(lines(&findings), expected);
        assert_eq!((summary.found(), summary.unrepaired()), (15, 15));
        let at_risk: Vec<_> = summary.at_risk.into_iter().collect();
        assert_eq!(at_risk, [(("charge", "usd".to_owned()), 2_700)]);

        let of_account = |finding: &&Finding| finding.id == "cus_of_acct_1";
        let link = &findings.iter().find(of_account).unwrap().link;
        assert_eq!(
            link,
            "https://dashboard.stripe.com/acct_1/test/customers/cus_of_acct_1"
        );

        let repairing = VerifyOptions {
            repair: true,
            ..options()
        };
        let (findings, summary) = shop.verify(&repairing).await;
        assert_eq!(lines(&findings), expected);
        assert!(
            findings.iter().all(|finding| finding.repaired),
            "{findings:?}"
        );
        assert_eq!((summary.found(), summary.unrepaired()), (15, 0));

        let (findings, _) = shop.verify(&options()).await;
        assert!(findings.is_empty(), "{findings:?}");

        let filter = ObjectFilter {
            deleted: true,
            id: Some("cus_100".to_owned()),
            ..ObjectFilter::default()
        };
        let store = shop.app.store();
        let purged = store.objects(table("customer"), &filter).await.unwrap();
        let purged: Value = serde_json::from_str(&purged[0].json).unwrap();
        assert!(
            purged["date_purged"].is_number() && purged["deleted_at"].is_number(),
            "{purged}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_looks_at_a_part_and_says_of_what() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        fill(&shop).await;
        let sample = |count: u32, objects: &[&str]| VerifyOptions {
            sample: Some(count),
            ..of(objects)
        };

        shop.stripe.clear_requests();
        let (findings, summary) = shop.verify(&sample(10, &["customer"])).await;
        assert!(findings.is_empty(), "{findings:?}");

        let customers = summary.types["customer"];
        assert_eq!(customers.rows, Some(250));
        assert!((10..=20).contains(&customers.compared), "{customers:?}");
        assert_eq!(summary.requests as usize, shop.stripe.requests().len());
        assert!(summary.requests <= 15, "{summary:?}");

        // Samples of every type, whatever columns its table has.
        let (findings, summary) = shop.verify(&sample(3, &[])).await;
        assert_eq!((lines(&findings), &summary.skipped), (vec![], &vec![]));
        assert!(summary.types["subscription_item"].compared >= 3);

        // A sample larger than the table covers all rows, and listed objects are compared too.
        shop.write(
            "",
            &json!({ "object": "product", "id": "prod_invented" }),
            false,
        )
        .await;
        shop.sql("DELETE FROM stripe_product WHERE id = 'prod_1'")
            .await;
        shop.sql("DELETE FROM stripe_payment_method WHERE id = 'pm_1'")
            .await;

        let (findings, _) = shop
            .verify(&sample(300, &["product", "payment_method"]))
            .await;
        let expected = [
            "missing payment_method  pm_1  ",
            "missing product  prod_1  ",
            "extra product  prod_invented  ",
        ];

        assert_eq!(lines(&findings), expected);
    })
    .await;
}
