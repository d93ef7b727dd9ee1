//! Several Stripe accounts of the application's own in one database: nothing of one touches
//! another's. On both backends.

use std::collections::BTreeMap;

use djstripe_core::endpoint::Endpoint;
use djstripe_core::models::descriptor;
use djstripe_core::reconcile::ReconcileOptions;
use djstripe_core::store::{EventState, ObjectFilter, TableName};
use djstripe_core::sync::{SyncError, SyncOptions};
use djstripe_core::testing::FakeStripe;
use djstripe_core::verify::VerifyOptions;
use djstripe_core::{
    BuildError, Builder, Djstripe, EndpointError, OwnAccountError, WebhookError, receivers,
};
use djstripe_tests::{TestDatabase, client, delivery, on_both_backends};
use serde_json::{Value, json};

fn builder(database: &TestDatabase, stripe: &FakeStripe) -> Builder {
    Djstripe::builder()
        .api_base(stripe.base_url())
        .client_options(client::fast)
        .database_url(database.url())
        .receivers(receivers::built_in())
}

/// Declares these accounts, with their secrets and, if wanted, their keys.
fn declare(builder: Builder, accounts: &[&FakeStripe], with_keys: bool) -> Builder {
    accounts.iter().fold(builder, |builder, stripe| {
        let id = stripe.webhook_secret().replace("whsec_", "");
        builder.account(id, |account| {
            let account = account.webhook_secret(stripe.webhook_secret());
            match with_keys {
                true => account.secret_key(stripe.api_key()),
                false => account,
            }
        })
    })
}

async fn deliver(app: &Djstripe, stripe: &FakeStripe, event: &Value) {
    let delivery = delivery::signed(event.to_string(), &stripe.webhook_secret());
    app.receive(delivery).await.unwrap();
    app.work_until_idle().await.unwrap();

    let id = event["id"].as_str().unwrap();
    let (stored, _) = app.store().event(id).await.unwrap().unwrap();
    assert_eq!(
        stored.state,
        EventState::Processed,
        "{:?}",
        stored.last_error
    );
}

/// The live rows of a type: a field of each, by account and id.
async fn rows(app: &Djstripe, object: &str, field: &str) -> BTreeMap<(String, String), Value> {
    let table = TableName::new(descriptor(object).unwrap().table.unwrap());
    let rows = app
        .store()
        .objects(table, &ObjectFilter::default())
        .await
        .unwrap();
    let row = |json: &str| {
        let row: Value = serde_json::from_str(json).unwrap();
        let key = |column: &str| row[column].as_str().unwrap().to_owned();
        (
            (key("account"), key("id")),
            row["stripe_data"][field].clone(),
        )
    };
    rows.iter().map(|listed| row(&listed.json)).collect()
}

fn halves(expected: &[(&str, i64)]) -> BTreeMap<(String, String), Value> {
    let row = |(account, percent): &(&str, i64)| {
        (((*account).to_owned(), "HALF".to_owned()), json!(percent))
    };
    expected.iter().map(row).collect()
}

fn half(percent: i64) -> Value {
    json!({ "id": "HALF", "object": "coupon", "percent_off": percent })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_that_fits_tells_whose_event_it_is() {
    for with_keys in [false, true] {
        on_both_backends(async |database| {
            let platform = FakeStripe::start().await.unwrap();
            let (one, two) = (
                platform.own_account("acct_1"),
                platform.own_account("acct_2"),
            );
            let builder = builder(&database, &platform).webhook_secret(platform.webhook_secret());
            let builder = declare(builder, &[&one, &two], with_keys);
            let app = match with_keys {
                true => builder.secret_key(platform.api_key()),
                false => builder,
            };
            let app = app.build().await.unwrap();

            for (percent, stripe) in [(0, &platform), (1, &one), (2, &two)] {
                let coupon = stripe.insert(half(percent));
                let event = stripe.emit("coupon.created", &coupon);
                assert!(event["account"].is_null());
                deliver(&app, stripe, &event).await;
            }
            let all = [("", 0), ("acct_1", 1), ("acct_2", 2)];
            assert_eq!(rows(&app, "coupon", "percent_off").await, halves(&all));

            one.remove("coupon", "HALF");
            let event = one.emit("coupon.deleted", &half(1));
            deliver(&app, &one, &event).await;
            let left = [("", 0), ("acct_2", 2)];
            assert_eq!(rows(&app, "coupon", "percent_off").await, halves(&left));

            let fetches = platform.requests().into_iter();
            let fetches = fetches.filter(|request| request.path.starts_with("/v1/coupons"));
            assert!(fetches.into_iter().all(|request| request.account.is_none()));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_account_is_reached_through_its_own_account() {
    on_both_backends(async |database| {
        let platform = FakeStripe::start().await.unwrap();
        let (one, two) = (
            platform.own_account("acct_1"),
            platform.own_account("acct_2"),
        );
        let app = declare(builder(&database, &platform), &[&one, &two], true);
        let app = app.build().await.unwrap();

        let connected = one.on("acct_c");
        let coupon = connected.insert(half(7));
        deliver(&app, &one, &connected.emit("coupon.created", &coupon)).await;

        let expected = halves(&[("acct_c", 7)]);
        assert_eq!(rows(&app, "coupon", "percent_off").await, expected);
        let fetch = platform.requests().pop().unwrap();
        let through = (fetch.own_account.as_str(), fetch.account.as_deref());
        assert_eq!(through, ("acct_1", Some("acct_c")));

        // What it revokes of one account leaves the other alone.
        let application = json!({ "id": "ca_1", "object": "application" });
        let event = connected.emit("account.application.deauthorized", &application);
        deliver(&app, &one, &event).await;
        platform.clear_requests();
        let mut event = connected.emit("coupon.updated", &half(8));
        deliver(&app, &one, &event).await;
        assert!(platform.requests().is_empty());
        event["id"] = "evt_through_two".into();
        deliver(&app, &two, &event).await;
        assert_eq!(platform.requests().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_names_the_account() {
    // The event's context; the own account, the account and the context of the request.
    let cases = [
        ("org_1/acct_1", "acct_1", None, None),
        ("acct_1", "acct_1", None, None),
        (
            "org_1/acct_1/acct_c",
            "",
            Some("acct_c"),
            Some("acct_1/acct_c"),
        ),
        ("acct_c", "", Some("acct_c"), None),
    ];
    on_both_backends(async |database| {
        let platform = FakeStripe::start().await.unwrap();
        let one = platform.own_account("acct_1");
        let connected = platform.on("acct_c");
        for (percent, stripe) in [(1, &one), (3, &connected)] {
            stripe.insert(half(percent));
        }
        let app = builder(&database, &platform)
            .webhook_secret(platform.webhook_secret())
            .secret_key(platform.api_key());
        let app = declare(app, &[&one], true).build().await.unwrap();

        for (number, (context, own_account, account, path)) in cases.into_iter().enumerate() {
            let mut event = platform.emit("coupon.updated", &half(0));
            event["context"] = context.into();
            event["id"] = format!("evt_context_{number}").into();
            deliver(&app, &platform, &event).await;

            let fetch = platform.requests().pop().unwrap();
            let found = (
                &*fetch.own_account,
                fetch.account.as_deref(),
                fetch.context.as_deref(),
            );
            assert_eq!(found, (own_account, account, path), "{context}");
        }
        let expected = halves(&[("acct_1", 1), ("acct_c", 3)]);
        assert_eq!(rows(&app, "coupon", "percent_off").await, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_the_database_has_an_account() {
    on_both_backends(async |database| {
        let platform = FakeStripe::start().await.unwrap();
        let (one, two) = (
            platform.own_account("acct_1"),
            platform.own_account("acct_2"),
        );
        let store = database.store().await;
        let mut endpoint = Endpoint::new();
        endpoint.own_account = Some("acct_1".to_owned());
        // Cargo sets the variable for every test.
        endpoint.add_secret("env:CARGO_PKG_NAME".parse().unwrap(), None);
        store.insert_endpoint(&endpoint).await.unwrap();
        let app = declare(builder(&database, &platform), &[&one, &two], true);
        let app = app.build().await.unwrap();

        let coupon = one.insert(half(1));
        let event = one.emit("coupon.created", &coupon);
        let secret = std::env::var("CARGO_PKG_NAME").unwrap();
        let signed = || delivery::signed(event.to_string(), &secret);
        app.receive_at(endpoint.id, signed()).await.unwrap();
        app.work_until_idle().await.unwrap();
        assert_eq!(
            rows(&app, "coupon", "percent_off").await,
            halves(&[("acct_1", 1)])
        );

        let id = event["id"].as_str().unwrap();
        let deliveries = app.store().deliveries(Some(id), 10).await.unwrap();
        assert_eq!(deliveries[0].endpoint, Some(endpoint.id.to_string()));
        let (stored, payload) = app.store().event(id).await.unwrap().unwrap();
        assert_eq!(stored.own_account.as_deref(), Some("acct_1"));
        assert_eq!(payload, event.to_string());

        // A secret of another account doesn't open it.
        let foreign = delivery::signed(event.to_string(), &two.webhook_secret());
        let refused = app.receive_at(endpoint.id, foreign).await.unwrap_err();
        assert!(matches!(refused, WebhookError::Signature(_)), "{refused}");
        let refused = app.store().deliveries(None, 10).await.unwrap();
        assert_eq!(refused[0].endpoint, Some(endpoint.id.to_string()));

        // Without secrets of its own, the address below no endpoint is closed.
        let app = builder(&database, &platform).build().await.unwrap();
        let refused = app.receive(signed()).await.unwrap_err();
        assert!(matches!(
            refused,
            WebhookError::Endpoint(EndpointError::Unknown)
        ));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_go_through_every_account() {
    on_both_backends(async |database| {
        let platform = FakeStripe::start().await.unwrap();
        let (one, two) = (
            platform.own_account("acct_1"),
            platform.own_account("acct_2"),
        );
        let app = declare(builder(&database, &platform), &[&one, &two], true);
        let app = app.build().await.unwrap();
        for (percent, stripe) in [(1, &one), (2, &two)] {
            stripe.insert(half(percent));
        }

        let mut options = SyncOptions::default();
        options.objects = vec!["coupon".to_owned()];
        options.own_account = Some("acct_2".to_owned());
        app.sync(&options, |_| {}).await.unwrap();
        assert_eq!(
            rows(&app, "coupon", "percent_off").await,
            halves(&[("acct_2", 2)])
        );

        options.own_account = None;
        let summary = app.sync(&options, |_| {}).await.unwrap();
        assert_eq!(summary.total().counts.all(), 2);
        let both = halves(&[("acct_1", 1), ("acct_2", 2)]);
        assert_eq!(rows(&app, "coupon", "percent_off").await, both);

        options.own_account = Some("acct_9".to_owned());
        let unknown = app.sync(&options, |_| {}).await.unwrap_err();
        assert!(matches!(unknown, SyncError::OwnAccount(_)), "{unknown}");

        // A difference in one account is found and repaired there.
        two.insert(half(20));
        let verify = VerifyOptions {
            objects: vec!["coupon".to_owned()],
            repair: true,
            recheck_after: std::time::Duration::ZERO,
            ..VerifyOptions::default()
        };
        let mut found = Vec::new();
        let summary = app.verify(&verify, |finding| {
            found.push((finding.account.clone(), finding.id.clone()));
        });
        assert_eq!(summary.await.unwrap().unrepaired(), 0);
        assert_eq!(found, [("acct_2".to_owned(), "HALF".to_owned())]);
        let both = halves(&[("acct_1", 1), ("acct_2", 20)]);
        assert_eq!(rows(&app, "coupon", "percent_off").await, both);

        // An event that was never delivered is found in the list of its account.
        let coupon = one.insert(half(10));
        let event = one.emit("coupon.updated", &coupon);
        let reconcile = ReconcileOptions {
            min_age: std::time::Duration::ZERO,
            ..ReconcileOptions::default()
        };
        one.advance(std::time::Duration::from_secs(5));
        assert_eq!(app.reconcile(&reconcile).await.unwrap().missing(), 1);
        let id = event["id"].as_str().unwrap();
        let (stored, _) = app.store().event(id).await.unwrap().unwrap();
        assert_eq!(
            (stored.account, stored.own_account.as_deref()),
            (None, Some("acct_1"))
        );
        app.work_until_idle().await.unwrap();
        let both = halves(&[("acct_1", 10), ("acct_2", 20)]);
        assert_eq!(rows(&app, "coupon", "percent_off").await, both);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_account_is_refused_with_the_line_that_declares_it() {
    on_both_backends(async |database| {
        let platform = FakeStripe::start().await.unwrap();
        platform.insert(json!({ "id": "acct_0", "object": "account" }));
        let two = platform.own_account("acct_2");
        let undeclared = |stripe: &FakeStripe| {
            builder(&database, &platform)
                .webhook_secret(stripe.webhook_secret())
                .secret_key(stripe.api_key())
        };
        let refusal = async |builder: Builder| match builder.build().await {
            Err(BuildError::OwnAccount(error)) => error,
            other => panic!("expected a refusal, not {other:?}"),
        };

        undeclared(&platform).build().await.unwrap();
        let second = refusal(undeclared(&two)).await;
        let expected = "the key of test mode belongs to acct_2, and this database mirrors acct_0 \
                        without a declaration; declare the second account with \
                        `.account(\"acct_2\", |account| \
                        account.webhook_secret(\"whsec_…\").secret_key(\"sk_…\"))`";
        assert_eq!(second.to_string(), expected);

        // The line is the remedy, and a key that was asked for once is not asked for again.
        let remedied = || declare(undeclared(&platform), &[&two], true);
        remedied().build().await.unwrap();
        platform.clear_requests();
        remedied().build().await.unwrap();
        assert!(platform.requests().is_empty());

        let swapped =
            undeclared(&platform).account("acct_1", |account| account.secret_key(two.api_key()));
        let swapped = refusal(swapped).await;
        assert!(matches!(
            swapped,
            OwnAccountError::Declared { declared, actual, .. }
                if (&*declared, &*actual) == ("acct_1", "acct_2")
        ));
        let outside = refusal(undeclared(&two)).await;
        assert!(matches!(
            outside,
            OwnAccountError::OutsideOfDeclaration { .. }
        ));
        let declared_now = builder(&database, &platform)
            .account("acct_0", |account| account.secret_key(platform.api_key()))
            .workers_only();
        let expected = OwnAccountError::MirroredUndeclared {
            account: "acct_0".to_owned(),
        };
        assert_eq!(refusal(declared_now).await, expected);

        let nobody = builder(&database, &platform).account("acct", |account| account);
        let nobody = nobody.build().await.unwrap_err();
        assert!(matches!(nobody, BuildError::AccountId), "{nobody}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_keeps_its_account_after_a_restart() {
    on_both_backends(async |database| {
        let platform = FakeStripe::start().await.unwrap();
        let one = platform.own_account("acct_1");
        let app = declare(builder(&database, &platform), &[&one], false);
        let app = app.build().await.unwrap();
        let event = one.emit("coupon.created", &half(1));
        let delivery = delivery::signed(event.to_string(), &one.webhook_secret());
        app.receive(delivery).await.unwrap();
        drop(app);

        // Another process, whose declarations don't matter any more, takes it over.
        let app = builder(&database, &platform)
            .workers_only()
            .build()
            .await
            .unwrap();
        app.work_until_idle().await.unwrap();
        assert_eq!(
            rows(&app, "coupon", "percent_off").await,
            halves(&[("acct_1", 1)])
        );

        let id = event["id"].as_str().unwrap();
        let runs = app.dry_run(id, None).await.unwrap().unwrap();
        assert!(!runs.is_empty());
    })
    .await;
}
