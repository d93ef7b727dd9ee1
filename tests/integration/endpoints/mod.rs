//! Endpoints of the database, each with its own path, secrets and rules: the responses to
//! deliveries, and how secrets are stored. On both backends.

mod commands;
mod rows;
mod secrets;

use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use djstripe_core::endpoint::{
    Accounts, EncryptionKey, Endpoint, EndpointKind, OnMismatch, StoredSecret, ValidationMethod,
    WEBHOOK_PATH,
};
use djstripe_core::signature::sign;
use djstripe_core::store::{EventFilter, Store};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::uuid::Uuid;
use djstripe_core::{BuildError, Builder, Delivery, Djstripe, http};
use djstripe_tests::delivery::signed_at;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

const SECRET: &str = "whsec_of_an_endpoint";
const OLD_SECRET: &str = "whsec_before_it_was_rolled";

/// Longer than the time for which an unknown path stays unknown to a server.
const UNKNOWN_FOR: Duration = Duration::from_millis(300);

fn key() -> EncryptionKey {
    EncryptionKey::parse(&"5e".repeat(32)).unwrap()
}

fn builder(database_url: &str) -> Builder {
    Djstripe::builder()
        .database_url(database_url)
        .receivers([])
        .encryption_key(key())
}

/// Inserts an endpoint with [`SECRET`], modified by `change`.
async fn endpoint(store: &Store, change: impl FnOnce(&mut Endpoint)) -> Endpoint {
    let mut endpoint = Endpoint::new();
    endpoint.add_secret(
        StoredSecret::seal(SECRET, endpoint.id, &key()).unwrap(),
        None,
    );
    change(&mut endpoint);
    store.insert_endpoint(&endpoint).await.unwrap();
    endpoint
}

fn delivery(body: &str, secret: &str, age: Duration) -> Delivery {
    signed_at(body, secret, SystemTime::now() - age)
}

async fn status(app: &Djstripe, endpoint: Uuid, delivery: Delivery) -> u16 {
    app.receive_at(endpoint, delivery)
        .await
        .map_or_else(|error| error.status().as_u16(), |_| 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_its_secrets_tolerance_and_method() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let seal = |secret, id| StoredSecret::seal(secret, id, &key()).unwrap();
        let plain = endpoint(&store, |_| {}).await;
        let strict = endpoint(&store, |endpoint| {
            endpoint.tolerance = Duration::from_secs(10)
        })
        .await;
        let open = endpoint(&store, |endpoint| {
            endpoint.validation = ValidationMethod::None;
            endpoint.secrets.clear();
        })
        .await;
        let off = endpoint(&store, |endpoint| endpoint.enabled = false).await;
        let rolling = endpoint(&store, |endpoint| {
            endpoint.add_secret(seal("whsec_new", endpoint.id), None)
        })
        .await;
        let rolled = endpoint(&store, |endpoint| {
            let past = SystemTime::now() - Duration::from_secs(1);
            endpoint.add_secret(seal("whsec_new", endpoint.id), Some(past.into()));
        })
        .await;
        // Cargo sets this variable for every test; its value is the secret.
        let by_reference = endpoint(&store, |endpoint| {
            endpoint.secrets.clear();
            endpoint.add_secret("env:CARGO_PKG_NAME".parse().unwrap(), None);
        })
        .await;

        let app = builder(database.url()).build().await.unwrap();
        let event = r#"{"id":"evt_1","type":"customer.updated"}"#;
        let check = async |endpoint: Uuid, secret: &str, age: u64, expected: u16| {
            let answer = status(
                &app,
                endpoint,
                delivery(event, secret, Duration::from_secs(age)),
            )
            .await;
            assert_eq!(answer, expected, "{endpoint} {secret} {age}");
        };

        check(plain.id, SECRET, 0, 200).await;
        check(plain.id, SECRET, 290, 200).await;
        check(plain.id, SECRET, 310, 400).await;
        check(plain.id, "whsec_new", 0, 400).await;
        check(strict.id, SECRET, 5, 200).await;
        check(strict.id, SECRET, 20, 400).await;
        check(open.id, "whsec_of_nobody", 0, 200).await;
        check(off.id, SECRET, 0, 404).await;
        check(rolling.id, SECRET, 0, 200).await;
        check(rolling.id, "whsec_new", 0, 200).await;
        check(rolled.id, SECRET, 0, 400).await;
        check(rolled.id, "whsec_new", 0, 200).await;
        check(by_reference.id, "djstripe-tests", 0, 200).await;
        check(by_reference.id, SECRET, 0, 400).await;
        check(Uuid::new_v4(), SECRET, 0, 404).await;
        assert_eq!(
            app.receive(delivery(event, SECRET, Duration::ZERO))
                .await
                .unwrap_err()
                .status(),
            404
        );
        assert_eq!(
            app.store()
                .events(&EventFilter::default())
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_another_mode_or_account_are_accepted_or_refused_and_kept() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let rules = |on_mismatch, livemode, accounts: &str| {
            let accounts: Accounts = accounts.parse().unwrap();
            move |endpoint: &mut Endpoint| {
                endpoint.on_mismatch = on_mismatch;
                endpoint.livemode = livemode;
                endpoint.accounts = accounts;
            }
        };
        let lenient = endpoint(&store, rules(OnMismatch::Accept, Some(true), "platform")).await;
        let strict = endpoint(
            &store,
            rules(OnMismatch::Reject, Some(true), "platform,acct_1"),
        )
        .await;
        let app = builder(database.url()).build().await.unwrap();
        let (mut number, mut kept) = (0, 0);
        let mut check =
            async |endpoint: &Endpoint, fields: &str, expected: u16, remark: Option<&str>| {
                number += 1;
                let body = format!(r#"{{"id":"evt_{number}","type":"customer.updated",{fields}}}"#);

                assert_eq!(
                    status(&app, endpoint.id, delivery(&body, SECRET, Duration::ZERO)).await,
                    expected,
                    "{body}"
                );

                kept += usize::from(expected != 200);
                assert_eq!(
                    app.store().deliveries(None, 100).await.unwrap().len(),
                    kept,
                    "{body}"
                );

                let delivered = app
                    .store()
                    .deliveries(Some(&format!("evt_{number}")), 1)
                    .await
                    .unwrap();

                assert_eq!(delivered.len(), usize::from(expected == 200), "{body}");
                assert_eq!(
                    delivered
                        .first()
                        .and_then(|delivery| delivery.remark.as_deref()),
                    remark,
                    "{body}"
                );
            };
        let other_mode =
            Some("event with livemode false delivered to an endpoint with livemode true");
        let other_account = Some("event of acct_2 delivered to an endpoint for platform");

        check(&lenient, r#""livemode":true"#, 200, None).await;
        check(&lenient, r#""livemode":false"#, 200, other_mode).await;
        check(
            &lenient,
            r#""livemode":true,"account":"acct_2""#,
            200,
            other_account,
        )
        .await;
        check(&strict, r#""livemode":true"#, 200, None).await;
        check(&strict, r#""livemode":true,"account":"acct_1""#, 200, None).await;
        check(&strict, r#""livemode":true,"account":"acct_2""#, 400, None).await;
        check(&strict, r#""livemode":false"#, 400, None).await;
        check(&strict, r#""account":"acct_1""#, 400, None).await;

        let reason = app
            .store()
            .deliveries(None, 1)
            .await
            .unwrap()
            .pop()
            .unwrap()
            .reason;

        assert_eq!(reason.as_deref(), other_mode);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_the_path_names_the_endpoint() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let known = endpoint(&store, |_| {}).await;
        let app = builder(database.url())
            .webhook_secret(OLD_SECRET)
            .build()
            .await
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, http::router(app)).await });
        let client = djstripe_core::testing::http_client();
        let body = r#"{"id":"evt_1","type":"customer.updated"}"#;
        let check = async |method: &str, path: String, secret: &str, expected: u16| {
            let request = client.request(method.parse().unwrap(), format!("{base}{path}"));
            let signature = sign(body.as_bytes(), secret, SystemTime::now());
            let response = request
                .header("stripe-signature", signature)
                .body(body)
                .send()
                .await
                .unwrap();

            assert_eq!(
                response.status().as_u16(),
                expected,
                "{method} {path} {secret}"
            );
        };

        check("POST", known.path(), SECRET, 200).await;
        check("POST", known.path(), OLD_SECRET, 400).await;
        check("POST", WEBHOOK_PATH.to_owned(), OLD_SECRET, 200).await;
        check("POST", WEBHOOK_PATH.to_owned(), SECRET, 400).await;
        check("GET", known.path(), SECRET, 405).await;
        check("POST", format!("{}/more", known.path()), SECRET, 404).await;

        let at = |id: &str| format!("{WEBHOOK_PATH}/{id}");
        check("POST", at(&Uuid::new_v4().to_string()), SECRET, 404).await;
        check("POST", at(&known.id.simple().to_string()), SECRET, 404).await;
        check("POST", at(&known.id.braced().to_string()), SECRET, 404).await;
        check("POST", at("nonsense"), SECRET, 404).await;
        // A slash at the end is the same path.
        check("POST", at(""), SECRET, 400).await;
        check("POST", at(""), OLD_SECRET, 200).await;

        server.abort();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_can_be_fetched_from_stripe_instead_of_its_signature_verified() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let fetching = |endpoint: &mut Endpoint| {
            endpoint.validation = ValidationMethod::RetrieveEvent;
            endpoint.secrets.clear();
        };
        let fetched = endpoint(&database.store().await, fetching).await;
        let error = builder(database.url()).build().await.unwrap_err();

        assert!(
            matches!(
                error,
                BuildError::Endpoint(djstripe_core::EndpointError::NoKey { .. })
            ),
            "{error:?}"
        );

        let with_key = builder(database.url())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url());
        let app = with_key
            .client_options(|options| options.retries = 0)
            .build()
            .await
            .unwrap();

        let customer = json!({ "id": "cus_1", "object": "customer" });
        let mut event = stripe.emit("customer.updated", &customer);
        let mut connected = stripe.on("acct_1").emit("customer.created", &customer);
        let check = async |event: &Value, expected: u16| {
            let unsigned = Delivery::new(HeaderMap::new(), event.to_string());
            assert_eq!(
                status(&app, fetched.id, unsigned).await,
                expected,
                "{event}"
            );
        };
        event["pending_webhooks"] = 7.into();

        check(&event, 200).await;
        check(&connected, 200).await;

        let stored = app
            .store()
            .event(event["id"].as_str().unwrap())
            .await
            .unwrap();
        let (_, stored) = stored.unwrap();
        let stored: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(stored["pending_webhooks"], 1, "Stripe's copy is stored");

        stripe.fail_next(Fault::status(500));
        check(&event, 503).await;

        event["data"]["note"] = "not Stripe's".into();
        check(&event, 400).await;
        event["data"]["object"]["email"] = "mallory@example.com".into();
        check(&event, 400).await;

        connected["account"] = "acct_2".into();
        drop(stripe.on("acct_2"));

        check(&connected, 400).await;
        check(
            &json!({ "id": "evt_of_nobody", "type": "customer.updated" }),
            400,
        )
        .await;
        check(&json!("evt"), 400).await;
        assert_eq!(
            app.store()
                .events(&EventFilter::default())
                .await
                .unwrap()
                .len(),
            2
        );
        assert_eq!(
            app.store().deliveries(None, 100).await.unwrap().len(),
            5,
            "deliveries that don't come from Stripe are stored"
        );

        let impatient = builder(database.url())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .retrieve_limit(Duration::from_millis(50))
            .build()
            .await
            .unwrap();
        let event = stripe.emit("customer.updated", &customer);
        stripe.fail_next(Fault::slow(Duration::from_secs(60)));
        let unsigned = Delivery::new(HeaderMap::new(), event.to_string());
        assert_eq!(status(&impatient, fetched.id, unsigned).await, 503);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thin_event_is_fetched_from_stripe_and_its_copy_is_stored() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let fetched = endpoint(&database.store().await, |endpoint| {
            endpoint.kind = EndpointKind::ThinDestination;
            endpoint.validation = ValidationMethod::RetrieveEvent;
            endpoint.secrets.clear();
        })
        .await;
        let member = stripe.own_account("acct_member");
        let app = builder(database.url())
            .secret_key(stripe.api_key())
            .account("acct_member", |account| {
                account.secret_key(member.api_key())
            })
            .api_base(stripe.base_url())
            .client_options(|options| options.retries = 0)
            .build()
            .await
            .unwrap();
        let check = async |event: &Value, expected: u16| {
            let unsigned = Delivery::new(HeaderMap::new(), event.to_string());
            let answer = status(&app, fetched.id, unsigned).await;
            assert_eq!(answer, expected, "{event}");
        };
        let stored = async |id: &str| -> Value {
            let (_, json) = app.store().event(id).await.unwrap().unwrap();
            serde_json::from_str(&json).unwrap()
        };

        let customer = json!({ "id": "cus_1", "object": "customer" });
        let snapshot = stripe.emit("customer.updated", &customer);
        let mut twin = stripe.thin(&snapshot);
        check(&twin, 200).await;
        let id = snapshot["id"].as_str().unwrap();
        let copy = stored(id).await;
        assert_eq!(copy["id"], twin["id"]);
        assert!(copy.get("changes").is_some(), "the whole event: {copy}");
        check(&stripe.thin_without_snapshot_id(&snapshot), 200).await;

        let of_connected = stripe.on("acct_1").emit("customer.created", &customer);
        check(&stripe.thin(&of_connected), 200).await;
        let subscription = json!({ "id": "sub_1", "object": "subscription" });
        let name = "v1.customer.subscription.past_due";
        let mut only = stripe.emit_thin(name, &subscription, json!({ "days": 3 }));
        only["data"] = json!({ "days": 99 });
        check(&only, 200).await;
        let copy = stored(only["id"].as_str().unwrap()).await;
        assert_eq!(
            copy["data"],
            json!({ "days": 3 }),
            "Stripe's copy is stored"
        );

        // An endpoint of an organization gets events of other own accounts, and they stay theirs.
        let of_member = member.emit("customer.created", &customer);
        let mut named = stripe.thin(&of_member);
        named["context"] = "acct_member".into();
        check(&named, 200).await;
        let id = of_member["id"].as_str().unwrap();
        let (row, _) = app.store().event(id).await.unwrap().unwrap();
        assert_eq!(row.own_account.as_deref(), Some("acct_member"));
        assert_eq!(row.account, None);

        stripe.fail_next(Fault::status(500));
        check(&twin, 503).await;
        twin["snapshot_event"] = "evt_of_nobody".into();
        check(&twin, 400).await;
        only["related_object"]["id"] = "sub_of_mallory".into();
        check(&only, 400).await;
        for id in ["evt_of_nobody", "../../v1/customers/cus_1"] {
            only["id"] = id.into();
            check(&only, 400).await;
        }
        let events = app.store().events(&EventFilter::default()).await.unwrap();
        assert_eq!(events.len(), 4, "{events:?}");
        let kept = app.store().deliveries(None, 100).await.unwrap();
        assert_eq!(kept.len(), 4, "what is not Stripe's is kept");
    })
    .await;
}
