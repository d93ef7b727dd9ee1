//! The commands `endpoints …` against a fake Stripe, as processes of their own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use djstripe_core::signature::sign;
use djstripe_core::testing::FakeStripe;
use djstripe_core::uuid::Uuid;
use djstripe_core::{API_VERSION, Delivery, Djstripe};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

use super::{delivery, key, status};

const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// What the program of these tests listens to.
const NEEDED: [&str; 1] = ["invoice.paid"];

/// An operator at a terminal.
struct Operator {
    database_url: String,
    stripe: FakeStripe,
    variables: Vec<(&'static str, String)>,
}

/// What a command left behind.
struct Ended {
    well: bool,
    out: String,
    err: String,
}

impl Operator {
    async fn new(database: &TestDatabase) -> Self {
        database.store().await;
        let stripe = FakeStripe::start().await.unwrap();
        let variables = vec![
            ("STRIPE_API_BASE", stripe.base_url().to_owned()),
            ("STRIPE_SECRET_KEY", stripe.api_key().to_owned()),
            ("DJSTRIPE_ENCRYPTION_KEY", KEY.to_owned()),
        ];
        let operator = Self { database_url: database.url().to_owned(), stripe, variables };
        assert!(operator.run(&["migrate"]).await.well);
        operator
    }

    /// Without this variable of the environment.
    fn without(&self, name: &str) -> Self {
        let variables = self.variables.iter().filter(|(other, _)| *other != name).cloned().collect();
        Self { database_url: self.database_url.clone(), stripe: self.stripe.clone(), variables }
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
        command.args(arguments).env("DATABASE_URL", &self.database_url).env("RUST_LOG", "trace").stdin(Stdio::null());
        for name in ["STRIPE_API_BASE", "STRIPE_SECRET_KEY", "DJSTRIPE_ENCRYPTION_KEY"] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().cloned());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ended = Ended { well: output.status.success(), out: text(output.stdout), err: text(output.stderr) };
        for secret in self.secrets().iter().map(String::as_str).chain([KEY, self.stripe.api_key()]) {
            assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{}{}", ended.out, ended.err);
        }
        ended
    }

    /// The endpoints as the command lists them.
    async fn list(&self) -> Vec<Value> {
        let listed = self.run(&["endpoints", "list", "--json"]).await.out;
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Makes an endpoint and returns its id.
    async fn create(&self, arguments: &[&str]) -> Uuid {
        let base = ["endpoints", "create", "--url", "https://shop.example/", "--without-mirror"];
        let ended = self.run(&[&base, arguments].concat()).await;
        assert!(ended.well, "{}", ended.err);
        ended.out.split(' ').next().unwrap().parse().unwrap()
    }

    fn at_stripe(&self) -> Vec<Value> {
        self.stripe.objects("webhook_endpoint")
    }

    /// The secrets that Stripe made, newest first.
    fn secrets(&self) -> Vec<String> {
        let secret = |endpoint: Value| endpoint["secret"].as_str().map(str::to_owned);
        self.at_stripe().into_iter().filter_map(secret).collect()
    }

    async fn app(&self) -> Djstripe {
        let builder = Djstripe::builder().database_url(&self.database_url).receivers([]).encryption_key(key());
        builder.secret_key(self.stripe.api_key()).api_base(self.stripe.base_url()).build().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_makes_it_here_and_at_stripe_with_what_the_receivers_need() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&["--tolerance", "2m"]).await;
        let [at_stripe] = &operator.at_stripe()[..] else { panic!("one endpoint at Stripe") };
        assert_eq!(at_stripe["url"], format!("https://shop.example/stripe/webhook/{id}"));
        assert_eq!(at_stripe["enabled_events"], json!(NEEDED));
        assert_eq!(at_stripe["api_version"], API_VERSION);
        assert_eq!(at_stripe["metadata"]["djstripe_endpoint"], id.to_string());
        assert_eq!(at_stripe.get("connect"), None);
        let [here] = &operator.list().await[..] else { panic!("one endpoint here") };
        let check = |field: &str, expected: Value| assert_eq!(here[field], expected, "{field}");
        check("stripe_id", at_stripe["id"].clone());
        check("url", at_stripe["url"].clone());
        check("events", json!(NEEDED));
        check("api_version", API_VERSION.into());
        check("livemode", false.into());
        check("accounts", "platform".into());
        check("tolerance_seconds", 120.into());
        check("validation", "verify_signature".into());
        check("secrets", json!(["sealed"]));

        let body = r#"{"id":"evt_1","type":"invoice.paid"}"#;
        let secret = operator.secrets().pop().unwrap();
        assert_eq!(status(&operator.app().await, id, delivery(body, &secret, Duration::ZERO)).await, 200);
        assert!(operator.run(&["endpoints", "doctor", "--without-mirror"]).await.well);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn for_connected_accounts_and_the_mirror_stripe_is_asked_for_more() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let created = operator.run(&["endpoints", "create", "--url", "https://shop.example", "--connect"]).await;
        assert!(created.well, "{}", created.err);
        let [at_stripe] = &operator.at_stripe()[..] else { panic!("one endpoint at Stripe") };
        assert_eq!(at_stripe["connect"], true);
        let events = at_stripe["enabled_events"].as_array().unwrap();
        assert!(events.len() > 200 && events.contains(&"customer.updated".into()) && !events.contains(&"*".into()));
        assert_eq!(operator.list().await[0]["accounts"], "connected");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_work_is_refused_before_stripe_is_asked() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let check = async |operator: &Operator, arguments: &[&str], expected: &str| {
            let ended =
                operator.run(&[&["endpoints", "create", "--url", "https://shop.example"], arguments].concat()).await;
            assert!(!ended.well && ended.err.contains(expected), "{arguments:?}: {}", ended.err);
            assert!(!ended.err.contains("whsec_of_the_operator"), "{}", ended.err);
            assert!(operator.at_stripe().is_empty() && operator.list().await.is_empty(), "{arguments:?}");
        };
        let no_key = operator.without("DJSTRIPE_ENCRYPTION_KEY");
        let no_client = operator.without("STRIPE_SECRET_KEY");
        let in_clear = "a signing secret is not kept in clear: put it into a variable";
        check(&no_key, &[], "encrypted secrets need a key: set DJSTRIPE_ENCRYPTION_KEY").await;
        check(&operator, &["--secret", "whsec_of_the_operator"], in_clear).await;
        check(&operator, &["--local", "--secret", "whsec_of_the_operator"], in_clear).await;
        check(&operator, &["--secret", "env:1"], "`env:` is followed by the name of a variable").await;
        check(&operator, &["--secret", "env:SHOP"], "say with `--write-secret FILE` where to write it").await;
        check(&operator, &["--secret", "-"], "the secret is made by Stripe").await;
        check(&operator, &["--local"], "say where the endpoint's secret is").await;
        check(&no_client, &[], "set STRIPE_SECRET_KEY").await;
        check(&no_client, &["--local", "--validation", "retrieve_event"], "needs an API key").await;
        check(&operator, &["--livemode", "true"], "no secret key for live mode").await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.env");
        let place = ["--livemode", "true", "--secret", "env:SHOP", "--write-secret", file.to_str().unwrap()];
        check(&operator, &place, "no secret key for live mode").await;
        assert!(!file.exists(), "an empty file would only be in the way of the next try");
        check(&operator, &["--accounts", "everybody"], "`everybody` is none of any, platform, connected").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_kept_by_reference_is_written_once_for_its_owner() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await.without("DJSTRIPE_ENCRYPTION_KEY");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.env");
        let place = ["--secret", "env:SHOP_SECRET", "--write-secret", file.to_str().unwrap()];
        operator.create(&place).await;
        let secret = operator.secrets().pop().unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("SHOP_SECRET={secret}\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(operator.list().await[0]["secrets"], json!(["env:SHOP_SECRET"]));
        let again = operator.run(&[&["endpoints", "create", "--url", "https://b.example"][..], &place].concat()).await;
        assert!(!again.well && again.err.contains("exists"), "{}", again.err);
        assert_eq!(operator.at_stripe().len(), 1, "a file is never written over, so nothing was made");
        let missing = operator.run(&["endpoints", "doctor", "--without-mirror"]).await;
        assert!(!missing.well && missing.out.contains("variable SHOP_SECRET of the environment"), "{}", missing.out);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_checks_nothing_is_warned_of() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let ended = operator
            .run(&["endpoints", "create", "--url", "http://localhost:4242", "--validation", "none", "--local"])
            .await;
        assert!(ended.well && ended.err.contains("warning: this endpoint checks nothing"), "{}", ended.err);
        let doctor = operator.run(&["endpoints", "doctor"]).await;
        assert!(!doctor.well && doctor.out.contains("it checks nothing"), "{}", doctor.out);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_shows_what_differs_and_makes_stripe_right() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let stripe_id = operator.at_stripe()[0]["id"].as_str().unwrap().to_owned();
        let check = async |change: Value, told: &str, left: bool| {
            operator.stripe.update("webhook_endpoint", &stripe_id, change).unwrap();
            let before = operator.at_stripe();
            let shown = operator.run(&["endpoints", "sync", "--dry-run", "--without-mirror"]).await;
            assert!(shown.out.contains(told) && shown.well != left, "{}{}", shown.out, shown.err);
            assert_eq!(operator.at_stripe(), before, "a dry run changes nothing");
            let synced = operator.run(&["endpoints", "sync", &id.to_string(), "--without-mirror"]).await;
            assert!(synced.out.contains(told) && synced.well != left, "{}{}", synced.out, synced.err);
            let again = operator.run(&["endpoints", "sync", "--without-mirror"]).await;
            assert_eq!(again.out.contains(told), left, "{}", again.out);
        };
        let unchanged = operator.run(&["endpoints", "sync", "--without-mirror"]).await;
        assert!(unchanged.well && unchanged.out.contains("in sync"), "{}{}", unchanged.out, unchanged.err);
        check(json!({ "enabled_events": ["*"] }), "Stripe sends *, which nobody listens to", false).await;
        check(json!({ "enabled_events": ["charge.failed"] }), "Stripe doesn't send invoice.paid", false).await;
        check(json!({ "status": "disabled" }), "it is switched off at Stripe", false).await;
        check(json!({ "url": "https://elsewhere.example" }), "Stripe delivers to https://elsewhere.example", false)
            .await;
        check(json!({ "api_version": "2019-01-01" }), "Stripe writes events in 2019-01-01", true).await;
        let [at_stripe] = &operator.at_stripe()[..] else { panic!("one endpoint at Stripe") };
        assert_eq!(at_stripe["enabled_events"], json!(NEEDED));
        assert_eq!(at_stripe["url"], format!("https://shop.example/stripe/webhook/{id}"));
        assert_eq!(at_stripe["status"], "enabled");
        operator.stripe.remove("webhook_endpoint", &stripe_id);
        let gone = operator.run(&["endpoints", "sync", "--without-mirror"]).await;
        assert!(!gone.well && gone.out.contains("is gone at Stripe"), "{}", gone.out);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_rolled_both_are_valid() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let old_id = operator.at_stripe()[0]["id"].clone();
        let old = operator.secrets().pop().unwrap();
        let app = operator.app().await;
        let mut number = 0;
        let mut check = async |secret: &str, expected: u16| {
            number += 1;
            let body = format!(r#"{{"id":"evt_{number}","type":"invoice.paid"}}"#);
            let mut headers = HeaderMap::new();
            headers.insert("stripe-signature", sign(body.as_bytes(), secret, SystemTime::now()).parse().unwrap());
            tokio::time::sleep(super::UNKNOWN_FOR).await;
            assert_eq!(status(&app, id, Delivery::new(headers, body)).await, expected);
        };
        check(&old, 200).await;
        let rolled = operator.run(&["endpoints", "roll", &id.to_string(), "--without-mirror"]).await;
        assert!(rolled.well, "{}", rolled.err);
        let [new_at_stripe, _] = &operator.at_stripe()[..] else { panic!("both are at Stripe") };
        let new = operator.secrets().swap_remove(0);
        assert_ne!(new, old);
        assert_eq!(new_at_stripe["enabled_events"], json!(NEEDED));
        check(&new, 200).await;
        check(&old, 200).await;
        let here = operator.list().await.remove(0);
        assert_eq!((&here["stripe_id"], &here["replaced_stripe_id"]), (&new_at_stripe["id"], &old_id));
        let doctor = operator.run(&["endpoints", "doctor", "--without-mirror"]).await;
        assert!(!doctor.well && doctor.out.contains("its secret is being rolled"), "{}", doctor.out);
        let twice = operator.run(&["endpoints", "roll", &id.to_string(), "--without-mirror"]).await;
        assert!(!twice.well && twice.err.contains("end that with `--finish` first"), "{}", twice.err);

        let finished = operator.run(&["endpoints", "roll", &id.to_string(), "--finish", "--overlap", "0s"]).await;
        assert!(finished.well, "{}", finished.err);
        assert!(operator.secrets().iter().eq([&new]), "the replaced one is gone at Stripe");
        check(&new, 200).await;
        assert!(operator.run(&["endpoints", "doctor", "--without-mirror"]).await.well);
        // A running server forgets a secret at the next refresh of its rows; one that starts has forgotten it.
        assert_eq!(status(&operator.app().await, id, delivery("{}", &old, Duration::ZERO)).await, 400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_by_hand_gets_its_secret_from_the_operator() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&["--local", "--secret", "env:CARGO_PKG_NAME"]).await;
        assert!(operator.at_stripe().is_empty());
        let without_place = operator.run(&["endpoints", "roll", &id.to_string()]).await;
        assert!(!without_place.well && without_place.err.contains("with `--secret`"), "{}", without_place.err);
        let rolled = operator
            .run(&["endpoints", "roll", &id.to_string(), "--secret", "env:CARGO_PKG_VERSION", "--overlap", "1h"])
            .await;
        assert!(rolled.well, "{}", rolled.err);
        let app = operator.app().await;
        for secret in ["djstripe-tests", env!("CARGO_PKG_VERSION")] {
            let body = r#"{"id":"evt_1","type":"invoice.paid"}"#;
            assert_eq!(status(&app, id, delivery(body, secret, Duration::ZERO)).await, 200, "{secret}");
        }
        let synced = operator.run(&["endpoints", "sync"]).await;
        assert!(synced.well && synced.out.contains("made at Stripe by hand"), "{}", synced.out);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_leftovers_from_what_is_not_ours() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let insert = |metadata: Value| {
            let endpoint = json!({
                "object": "webhook_endpoint", "url": "https://other.example", "enabled_events": ["*"],
                "status": "enabled", "metadata": metadata,
            });
            operator.stripe.insert(endpoint);
        };
        let doctor = async || operator.run(&["endpoints", "doctor", "--without-mirror"]).await;
        insert(json!({}));
        assert!(doctor().await.well);
        insert(json!({ "djstripe_endpoint": Uuid::new_v4().to_string() }));
        let other = doctor().await;
        assert!(other.well && other.out.contains("is of another database"), "{}", other.out);
        insert(json!({ "djstripe_endpoint": id.to_string() }));
        let leftover = doctor().await;
        assert!(!leftover.well && leftover.out.contains("is left over and its secret lost"), "{}", leftover.out);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_closes_it_here_and_at_stripe() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await.to_string();
        assert!(operator.run(&["endpoints", "roll", &id, "--without-mirror"]).await.well);
        assert_eq!(operator.at_stripe().len(), 2);
        let offline = operator.without("STRIPE_SECRET_KEY").run(&["endpoints", "delete", &id]).await;
        assert!(!offline.well && operator.list().await.len() == 1, "{}", offline.err);
        let deleted = operator.run(&["endpoints", "delete", &id]).await;
        assert!(deleted.well, "{}", deleted.err);
        assert!(operator.at_stripe().is_empty() && operator.list().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_log_shows_no_secret() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let secret = operator.secrets().remove(0);
        let mut server = Command::new(env!("CARGO_BIN_EXE_counter"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", database.url()])
            .envs(operator.variables.iter().cloned())
            .envs([("RUST_LOG", "trace"), ("NO_COLOR", "1"), ("STRIPE_WEBHOOK_SECRET", "whsec_without_a_row")])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap());
        let mut seen = String::new();
        let url = loop {
            let start = seen.len();
            assert_ne!(log.read_line(&mut seen).unwrap(), 0, "{seen}");
            if let Some((_, url)) = seen[start..].split_once("listening on ") {
                break url.trim().to_owned();
            }
        };
        let reader = std::thread::spawn(move || {
            log.read_to_string(&mut seen).unwrap();
            seen
        });
        let client = djstripe_core::testing::http_client();
        for (secret, expected) in [(&*secret, 200), ("whsec_of_nobody", 400)] {
            let body = r#"{"id":"evt_1","type":"customer.levitated"}"#;
            let signature = sign(body.as_bytes(), secret, SystemTime::now());
            let request = client.post(format!("{url}/{id}")).header("stripe-signature", signature).body(body);
            assert_eq!(request.send().await.unwrap().status(), expected);
        }
        server.kill().unwrap();
        server.wait().unwrap();
        let log = reader.join().unwrap();
        assert!(log.contains("endpoint open") && log.contains("delivery refused"), "{log}");
        for secret in [&*secret, "whsec_without_a_row", KEY, operator.stripe.api_key()] {
            assert!(!log.contains(secret), "{log}");
        }
    })
    .await;
}
