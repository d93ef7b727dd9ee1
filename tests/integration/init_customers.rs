//! `init-customers` creates a customer for each of the application's users. On both backends,
//! against the fake Stripe.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use djstripe_core::__internals::{ObjectRow, upsert_objects};
use djstripe_core::init_customers::{InitError, InitOptions, InitReport, InitStep};
use djstripe_core::mirror::MirrorSettings;
use djstripe_core::store::{ObjectFilter, TableName, Timestamp};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::{Builder, Djstripe, receivers};
use djstripe_tests::client::unlimited;
use djstripe_tests::users::Users;
use djstripe_tests::{TestDatabase, on_both_backends, process};
use serde_json::{Value, json};

const CUSTOMERS: TableName = TableName::new("stripe_customer");

/// An application and its fake Stripe.
struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Shop {
    /// An application with this number of users.
    async fn open(database: &TestDatabase, users: i64) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let app = Self::builder(&stripe, database, users).build().await;
        let app = app.unwrap();
        // The start has asked whose the key is.
        stripe.clear_requests();
        Self { stripe, app }
    }

    fn builder(stripe: &FakeStripe, database: &TestDatabase, users: i64) -> Builder {
        Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .database_url(database.url())
            .receivers(receivers::built_in())
            .migrations(Users::migrations(users))
            .mirror(Users::settings())
            .client_options(|options| {
                options.retries = 0;
                options.test = unlimited(64);
            })
    }

    async fn init(&self, options: InitOptions) -> Result<InitReport, InitError> {
        self.app.init_customers(&options, |_| {}).await
    }

    /// Inserts a customer that is not linked, at Stripe and into the mirror.
    async fn insert_customer(&self, id: &str, account: &str, user: &str, deleted: bool) {
        let stripe = if account.is_empty() {
            self.stripe.clone()
        } else {
            self.stripe.on(account)
        };
        let customer = json!({ "id": id, "object": "customer", "metadata": { "user_id": user } });
        stripe.insert(customer.clone());
        if deleted {
            stripe.remove("customer", id);
        }

        let row = ObjectRow {
            account,
            livemode: false,
            id,
            stripe_data: &customer.to_string(),
            api_version: None,
            observed_at: Timestamp::from_seconds(1_700_000_000),
            deleted,
            ..ObjectRow::default()
        };

        upsert_objects(self.app.store(), CUSTOMERS, &[row])
            .await
            .unwrap();
    }

    /// The user of each mirrored customer, by the customer's id.
    async fn owners(&self) -> BTreeMap<String, Value> {
        let filter = ObjectFilter {
            limit: Some(10_000),
            ..ObjectFilter::default()
        };
        let rows = self.app.store().objects(CUSTOMERS, &filter).await.unwrap();
        let owner = |json: &str| serde_json::from_str::<Value>(json).unwrap()["subscriber"].clone();

        rows.into_iter()
            .map(|row| (row.id, owner(&row.json)))
            .collect()
    }

    /// Customers at Stripe, by the user in their metadata. Every user has at most one.
    fn at_stripe(&self) -> BTreeMap<String, Value> {
        let customers = self.stripe.objects("customer");
        let user = |customer: &Value| customer["metadata"]["user_id"].as_str().unwrap().to_owned();

        let by_user: BTreeMap<String, Value> = customers
            .iter()
            .map(|one| (user(one), one.clone()))
            .collect();
        assert_eq!(
            by_user.len(),
            customers.len(),
            "a user has two customers: {customers:?}"
        );
        by_user
    }
}

fn report(change: impl FnOnce(&mut InitReport)) -> InitReport {
    let mut report = InitReport::default();
    change(&mut report);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_gets_one_customer() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 450).await;
        let done = shop.init(InitOptions::default()).await.unwrap();
        assert_eq!(done, report(|report| report.created = 450));

        let at_stripe = shop.at_stripe();
        let one = &at_stripe["7"];
        assert_eq!(
            (&one["email"], &one["name"]),
            (&json!("user7@example.com"), &json!("User 7"))
        );
        assert_eq!(one["metadata"], json!({ "plan": "free", "user_id": "7" }));

        let owners = shop.owners().await;
        assert_eq!(owners.len(), 450);
        assert!(
            at_stripe
                .iter()
                .all(|(user, customer)| owners[customer["id"].as_str().unwrap()] == **user)
        );

        let requests = shop.stripe.requests().len();
        let again = shop.init(InitOptions::default()).await.unwrap();
        assert_eq!(
            (again, shop.stripe.requests().len()),
            (report(|report| report.existing = 450), requests)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mirrored_customers_are_linked_before_any_is_made() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 3).await;
        shop.insert_customer("cus_1", "", "1", false).await;
        shop.insert_customer("cus_99", "", "99", false).await;
        shop.insert_customer("cus_of_shop", "acct_1", "2", false)
            .await;
        let linked = shop
            .init(InitOptions {
                link_only: true,
                ..InitOptions::default()
            })
            .await
            .unwrap();

        let expected = report(|report| (report.linked, report.unknown_users) = (2, 1));
        assert_eq!((linked, shop.stripe.requests().len()), (expected, 0));

        let owners = shop.owners().await;
        assert_eq!(
            (&owners["cus_1"], &owners["cus_99"]),
            (&json!("1"), &json!(null))
        );
        assert_eq!(owners["cus_of_shop"], "2");

        // User 2 gets a customer of the platform in addition to that of the connected account.
        let done = shop.init(InitOptions::default()).await.unwrap();
        let expected =
            report(|report| (report.unknown_users, report.existing, report.created) = (1, 1, 2));
        assert_eq!(done, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_and_a_limit_holds() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 5).await;
        shop.insert_customer("cus_1", "", "1", false).await;
        let dry = shop
            .init(InitOptions {
                dry_run: true,
                ..InitOptions::default()
            })
            .await
            .unwrap();

        let expected =
            report(|report| (report.linked, report.existing, report.created) = (1, 1, 4));
        assert_eq!((dry, shop.stripe.requests().len()), (expected, 0));
        assert_eq!(shop.owners().await["cus_1"], json!(null));

        let some = shop
            .init(InitOptions {
                limit: Some(2),
                ..InitOptions::default()
            })
            .await
            .unwrap();

        assert_eq!((some.created, shop.at_stripe().len()), (2, 3));
        assert_eq!(shop.init(InitOptions::default()).await.unwrap().created, 2);
        assert_eq!(shop.at_stripe().len(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_off_after_stripe_has_made_one_none_is_made_twice() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 30).await;
        // Stripe creates the customer, but the response is lost.
        shop.stripe
            .fail_next(Fault::reset().method("POST").on("/v1/customers"));

        let broken = shop.init(InitOptions::default()).await.unwrap_err();
        assert!(matches!(broken, InitError::Client(_)), "{broken}");

        // Stripe creates customers, but the process is gone before the responses.
        let slow = Fault::slow(Duration::from_millis(300)).method("POST");
        shop.stripe.fail_next(slow.times(20));
        let requests = shop.stripe.requests().len();
        let app = shop.app.clone();
        let running = tokio::spawn(async move {
            app.init_customers(&InitOptions::default(), |_| {})
                .await
                .map(drop)
        });

        while shop.stripe.requests().len() < requests + 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());

        let before = shop.owners().await.len();
        assert!(
            before < shop.at_stripe().len(),
            "{before}: all created customers are stored"
        );

        let done = shop.init(InitOptions::default()).await.unwrap();
        assert_eq!(done.existing as usize, before);
        assert_eq!(
            (shop.at_stripe().len(), shop.owners().await.len()),
            (30, 30)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_customer_was_deleted_gets_another() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 1).await;
        assert_eq!(shop.init(InitOptions::default()).await.unwrap().created, 1);

        let first = shop.at_stripe()["1"]["id"].as_str().unwrap().to_owned();
        shop.stripe.remove("customer", &first);
        let row = ObjectRow {
            account: "",
            livemode: false,
            id: &first,
            stripe_data:
                &json!({ "id": first, "object": "customer", "metadata": { "user_id": "1" } })
                    .to_string(),
            api_version: None,
            observed_at: Timestamp::now(),
            deleted: true,
            ..ObjectRow::default()
        };

        upsert_objects(shop.app.store(), CUSTOMERS, &[row])
            .await
            .unwrap();

        // With the same idempotency key, Stripe would return the deleted customer for a day.
        assert_eq!(shop.init(InitOptions::default()).await.unwrap().created, 1);

        let second = shop.at_stripe()["1"]["id"].as_str().unwrap().to_owned();
        assert_ne!(first, second);
        assert_eq!(shop.owners().await, BTreeMap::from([(second, json!("1"))]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_what_is_not_mirrored() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 2).await;
        let there =
            json!({ "id": "cus_there", "object": "customer", "metadata": { "user_id": "2" } });
        shop.stripe.insert(there);
        let done = shop
            .init(InitOptions {
                search: true,
                ..InitOptions::default()
            })
            .await
            .unwrap();

        assert_eq!(
            done,
            report(|report| (report.found, report.created) = (1, 1))
        );
        assert_eq!(shop.owners().await["cus_there"], "2");
        assert_eq!(shop.at_stripe().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_one_user_does_not_stop_the_others() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, 10).await;
        let refusal = Fault::error(
            400,
            "email_invalid",
            "Invalid email address: user1",
            Some("email"),
        );
        shop.stripe.fail_next(refusal.method("POST"));
        let mut failures = Vec::new();

        let observe = |step: InitStep<'_>| {
            if let InitStep::Failed { user, error } = step {
                failures.push(format!("{user}: {error}"));
            }
        };

        let done = shop
            .app
            .init_customers(&InitOptions::default(), observe)
            .await
            .unwrap();

        assert_eq!((done.created, done.failed), (9, 1));
        assert!(
            failures.len() == 1 && failures[0].contains("Invalid email address"),
            "{failures:?}"
        );

        shop.stripe
            .fail_next(Fault::status(401).method("POST").times(100));
        let error = shop.init(InitOptions::default()).await.unwrap_err();
        assert!(
            matches!(error, InitError::Client(_)),
            "a refused key is an error of the whole run: {error}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_with_the_line_to_write() {
    let check = async |settings: MirrorSettings, link_only: bool, expected: &str| {
        let database = TestDatabase::sqlite();
        let stripe = FakeStripe::start().await.unwrap();
        let builder = Shop::builder(&stripe, &database, 1).mirror(settings);
        let app = builder.build().await.unwrap();
        let options = InitOptions {
            link_only,
            ..InitOptions::default()
        };

        let error = app
            .init_customers(&options, |_| {})
            .await
            .unwrap_err()
            .to_string();

        assert!(error.contains(expected), "{error}");
    };

    check(
        MirrorSettings::default(),
        false,
        "subscriber_key(\"user_id\")",
    )
    .await;
    check(
        MirrorSettings::default().subscriber_key("user_id"),
        true,
        "subscribers(Users)",
    )
    .await;

    let without_source = MirrorSettings::default()
        .subscriber_key("user_id")
        .subscribers(Users);
    check(without_source, false, "subscriber_source(Users)").await;

    let database = TestDatabase::sqlite();
    let live = InitOptions {
        livemode: true,
        ..InitOptions::default()
    };

    let error = Shop::open(&database, 1).await.init(live).await.unwrap_err();
    assert!(
        matches!(error, InitError::NoKey { livemode: true }),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_each_step_and_how_it_ended() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let run = async |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_users"));
            command
                .arg("init-customers")
                .args(arguments)
                .envs([
                    ("DATABASE_URL", database.url()),
                    ("RUST_LOG", "off"),
                    ("STRIPE_API_BASE", stripe.base_url()),
                ])
                .env("STRIPE_SECRET_KEY", stripe.api_key());
            process::run(command).await
        };

        let (code, out, _) = run(&["--dry-run"]).await;
        assert!(
            code == 0
                && out.contains("a customer would be created for user 5")
                && out.contains("5 created;"),
            "{out}"
        );

        let refusal = Fault::error(400, "email_invalid", "Invalid email address", Some("email"));
        stripe.fail_next(refusal.method("POST"));
        let (code, out, err) = run(&["--json"]).await;
        let lines: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();

        let steps = |name: &str| lines.iter().filter(|line| line["step"] == name).count();
        assert_eq!(
            (code, steps("created"), steps("failed")),
            (1, 4, 1),
            "{out}{err}"
        );

        let last = lines.last().unwrap();
        assert_eq!(
            (&last["step"], &last["created"], &last["failed"]),
            (&json!("done"), &json!(4), &json!(1))
        );

        let (code, out, _) = run(&[]).await;
        assert!(
            code == 0 && out.contains("1 created; 4 had a customer, 0 failed"),
            "{out}"
        );

        let (code, _, err) = run(&["--live"]).await;
        assert!(
            code == 1 && err.contains("no secret key for live mode"),
            "{err}"
        );
        assert_eq!(run(&["--search", "--dry-run"]).await.0, 2);
    })
    .await;
}
