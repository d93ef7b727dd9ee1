//! Keys that encrypt the secrets of endpoints: a wrong one closes an endpoint, and they rotate.

use std::time::{Duration, SystemTime};

use djstripe_core::endpoint::{EncryptionKey, Endpoint, StoredSecret};
use djstripe_core::store::Store;
use djstripe_core::{BuildError, Builder, Djstripe};
use djstripe_tests::delivery::signed_at;
use djstripe_tests::on_both_backends;
use serde_json::Value;

use super::{Place, Running, SECRET};

const OLD: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222222222222222222222222222";

fn keys(text: &str) -> Vec<EncryptionKey> {
    EncryptionKey::parse_all(text).unwrap()
}

/// Inserts an endpoint whose secret is encrypted with this key.
async fn endpoint(store: &Store, key: &str) -> Endpoint {
    let mut endpoint = Endpoint::new();
    let sealed = StoredSecret::seal(SECRET, endpoint.id, &keys(key)[0]).unwrap();
    endpoint.add_secret(sealed, None);
    store.insert_endpoint(&endpoint).await.unwrap();
    endpoint
}

fn builder(url: &str, keys_text: &str) -> Builder {
    Djstripe::builder()
        .database_url(url)
        .receivers([])
        .encryption_keys(keys(keys_text))
}

async fn answer(app: &Djstripe, endpoint: &Endpoint) -> (u16, &'static str) {
    let body = r#"{"id":"evt_1","type":"customer.updated"}"#;
    let delivery = signed_at(body, SECRET, SystemTime::now());
    match app.receive_at(endpoint.id, delivery).await {
        Ok(_) => (200, ""),
        Err(error) => (error.status().as_u16(), error.public_message()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_closes_its_endpoints_and_no_others() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let (known, lost) = (endpoint(&store, NEW).await, endpoint(&store, OLD).await);

        let app = builder(database.url(), NEW).build().await.unwrap();
        assert_eq!(answer(&app, &known).await, (200, ""));
        let reason = "the signing secret of this endpoint can't be read here; deliver again later";
        assert_eq!(answer(&app, &lost).await, (503, reason));
        let both = builder(database.url(), &format!("{NEW},{OLD}"));
        let both = both.build().await.unwrap();
        for endpoint in [&known, &lost] {
            assert_eq!(answer(&both, endpoint).await.0, 200);
        }

        // Where nothing could be accepted, nothing starts; but the workers need no endpoint.
        store.delete_endpoint(known.id).await.unwrap();
        let refused = builder(database.url(), NEW).build().await.unwrap_err();
        assert!(matches!(refused, BuildError::Endpoint(_)), "{refused:?}");
        let with_secret = builder(database.url(), NEW).webhook_secret(SECRET);
        assert!(with_secret.build().await.is_ok());
        let worker = builder(database.url(), NEW).workers_only();
        assert!(worker.build().await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_endpoint_is_named_by_the_log_and_by_each_command() {
    on_both_backends(async |database| {
        let mut place = Place::of(&database).await;
        let store = database.store().await;
        place.set("DJSTRIPE_ENCRYPTION_KEY", NEW);
        place.set("STRIPE_WEBHOOK_SECRET", "whsec_other");
        let lost = endpoint(&store, OLD).await.id.to_string();

        let serve = place.command(&["serve", "--listen", "127.0.0.1:0"], &[]);
        let log = Running::until(serve, "listening on ").stop();
        let error = log
            .lines()
            .find(|line| line.contains("ERROR"))
            .unwrap_or_default();
        assert!(error.contains(&lost) && error.contains("503"), "{log}");

        let reason = "can't be decrypted";
        let (code, out, _) = place.run(&["endpoints", "list"], &[]).await;
        assert!(
            code == 0 && out.contains("CLOSED: ") && out.contains(reason),
            "{out}"
        );
        let (_, out, _) = place.run(&["endpoints", "list", "--json"], &[]).await;
        let listed: Value = serde_json::from_str(&out).unwrap();
        assert!(listed["closed"].as_str().unwrap().contains(reason), "{out}");
        let (code, out, _) = place.run(&["endpoints", "doctor"], &[]).await;
        assert!(
            code == 1 && out.contains(&lost) && out.contains(reason),
            "{out}"
        );
        let (code, out, _) = place.run(&["check"], &[]).await;
        assert!(
            code == 1 && out.contains(&lost) && out.contains(reason),
            "{out}"
        );
        assert!(
            out.contains("add the key that encrypted it to DJSTRIPE_ENCRYPTION_KEY"),
            "{out}"
        );

        let both = format!("{NEW},{OLD}");
        let healed = [("DJSTRIPE_ENCRYPTION_KEY", &*both)];
        let (_, out, _) = place.run(&["endpoints", "list", "--json"], &healed).await;
        let listed: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(listed["closed"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_without_a_refused_delivery() {
    on_both_backends(async |database| {
        let mut place = Place::of(&database).await;
        let store = database.store().await;
        let mut rolling = endpoint(&store, OLD).await;
        let second = StoredSecret::seal("whsec_2", rolling.id, &keys(OLD)[0]).unwrap();
        let soon = SystemTime::now() + Duration::from_secs(600);
        rolling.add_secret(second, Some(soon.into()));
        assert!(store.update_endpoint(&rolling).await.unwrap());
        let current = endpoint(&store, NEW).await;
        let mut by_reference = Endpoint::new();
        by_reference.add_secret("env:CARGO_PKG_NAME".parse().unwrap(), None);
        store.insert_endpoint(&by_reference).await.unwrap();

        let both = format!("{NEW},{OLD}");
        let between = builder(database.url(), &both).build().await.unwrap();
        place.set("DJSTRIPE_ENCRYPTION_KEY", &both);
        let reencrypt = async |arguments: &[&str], code: i32, expected: &str| {
            let arguments = [&["endpoints", "reencrypt"], arguments].concat();
            let ended = place.run(&arguments, &[]).await;
            assert_eq!(ended.0, code, "{ended:?}");
            let last = ended.1.lines().last().unwrap_or_default();
            assert_eq!(last, expected, "{ended:?}");
            ended.1
        };

        let before = store.endpoints(10).await.unwrap();
        let rest = "1 encrypted with the first key already, 0 that no key decrypts";
        let dry = format!("total: 2 to encrypt again, {rest}");
        reencrypt(&["--dry-run"], 0, &dry).await;
        assert_eq!(store.endpoints(10).await.unwrap(), before);
        reencrypt(&[], 0, &format!("total: 2 encrypted again, {rest}")).await;
        let done = "total: 0 encrypted again, 3 encrypted with the first key already, 0 that no key \
                    decrypts";
        reencrypt(&[], 0, done).await;
        let arguments = ["endpoints", "reencrypt", "--json"];
        let (_, out, _) = place.run(&arguments, &[]).await;
        let counts: Vec<Value> = out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        let count = |field: &str| counts.iter().map(|it| it[field].as_u64().unwrap()).sum::<u64>();
        assert_eq!((count("reencrypted"), count("current")), (0, 3), "{out}");

        // The rest of the row is as it was, and both steps of the rotation read it.
        let after = store.endpoint(rolling.id).await.unwrap().unwrap();
        let ends = |endpoint: &Endpoint| -> Vec<_> {
            endpoint.secrets.iter().map(|it| it.expires_at).collect()
        };
        assert_eq!(ends(&after), ends(&rolling));
        let after = builder(database.url(), NEW).build().await.unwrap();
        for endpoint in [&rolling, &current] {
            assert_eq!(answer(&between, endpoint).await.0, 200);
            assert_eq!(answer(&after, endpoint).await.0, 200);
        }

        // With a key that decrypts none of them, it says so and changes nothing.
        let rows = store.endpoints(10).await.unwrap();
        let (code, out, _) = place
            .run(&["endpoints", "reencrypt"], &[("DJSTRIPE_ENCRYPTION_KEY", OLD)])
            .await;
        assert!(code == 1 && out.contains("3 that no key decrypts"), "{out}");
        assert_eq!(store.endpoints(10).await.unwrap(), rows);
    })
    .await;
}
