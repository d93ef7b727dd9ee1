//! `check` as a process of its own: each finding once, with its fix. On both backends.

mod accounts;
mod permissions;
mod refused;
mod rows;
mod thin;

use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use djstripe_core::__internals::{EventOutcome, NewEvent, Settlement, queue};
use djstripe_core::store::{Store, Timestamp};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::{API_VERSION, Djstripe, Event};
use djstripe_tests::{TestDatabase, on_both_backends, on_both_empty};
use serde_json::{Value, json};

struct Ended {
    code: i32,
    findings: Vec<Value>,
}

impl Ended {
    /// Asserts that there is such a finding with such a fix.
    fn has(&self, severity: &str, point: &str, what: &str, fix: &str) {
        let fits = |finding: &Value| {
            let says = |field: &str, text: &str| {
                finding[field].as_str().unwrap_or_default().contains(text)
            };
            finding["severity"] == severity
                && finding["point"] == point
                && says("what", what)
                && says("fix", fix)
        };
        assert!(
            self.findings.iter().any(fits),
            "{severity} {point} {what} {fix}: {:#?}",
            self.findings
        );
    }

    /// Points of the errors and warnings.
    fn faults(&self) -> Vec<&str> {
        let faults = self
            .findings
            .iter()
            .filter(|finding| finding["severity"] != "note");
        faults
            .map(|finding| finding["point"].as_str().unwrap())
            .collect()
    }
}

/// Environment of the program.
#[derive(Clone)]
struct Place {
    environment: Vec<(&'static str, String)>,
}

impl Place {
    fn new(database: &TestDatabase) -> Self {
        Self {
            environment: vec![("DATABASE_URL", database.url().to_owned())],
        }
    }

    fn with(&self, name: &'static str, value: &str) -> Self {
        let mut place = self.clone();
        place.environment.retain(|(other, _)| *other != name);
        place.environment.push((name, value.to_owned()));
        place
    }

    fn stripe(&self, stripe: &FakeStripe) -> Self {
        self.with("STRIPE_API_BASE", stripe.base_url())
            .with("STRIPE_SECRET_KEY", &stripe.api_key())
    }

    async fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
        for name in [
            "STRIPE_WEBHOOK_SECRET",
            "STRIPE_SECRET_KEY",
            "STRIPE_API_BASE",
            "STRIPE_ACCOUNT_KEYS",
            "DJSTRIPE_ENCRYPTION_KEY",
        ] {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    }

    async fn check(&self) -> Ended {
        let (code, out) = self.run(&["check", "--json"]).await;
        let findings: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        Ended { code, findings }
    }

    async fn migrate(&self) {
        assert_eq!(self.run(&["migrate"]).await.0, 0);
    }
}

/// All events, and those that `*` doesn't include and the mirror needs.
const EVERYTHING: [&str; 3] = [
    "*",
    "identity.verification_session.redacted",
    "reporting.report_type.updated",
];

/// A Stripe in which `check` finds no problem.
async fn stripe() -> FakeStripe {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "account", "id": "acct_shop", "country": "DE" }));
    insert_endpoint(&stripe, &EVERYTHING, API_VERSION);
    stripe
}

fn insert_endpoint(stripe: &FakeStripe, events: &[&str], version: &str) {
    stripe.insert(json!({ "object": "webhook_endpoint", "id": "we_1", "url": "https://shop.example/stripe/webhook",
        "enabled_events": events, "api_version": version, "status": "enabled" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_set_up_and_then_everything_is() {
    on_both_empty(async |database| {
        let place = Place::new(&database);
        let ended = place.check().await;
        assert_eq!(ended.code, 1);
        match database.path() {
            Some(path) => {
                ended.has("error", "database", "there is no file", "`migrate`");
                assert!(!path.exists(), "looking makes no database");
            }
            None => {
                ended.has("note", "database", "PostgreSQL ", "");
                ended.has(
                    "error",
                    "database",
                    "migrations are pending, inbox/0001",
                    "`migrate`",
                );
            }
        }
        ended.has(
            "note",
            "database",
            "stored events, endpoints of the database and runs of receivers were not checked",
            "",
        );
        ended.has(
            "warning",
            "keys",
            "there is no secret key",
            "set STRIPE_SECRET_KEY",
        );
        ended.has(
            "warning",
            "secrets",
            "no signing secret, unless the database has one",
            "`endpoints create`",
        );

        place.migrate().await;
        let ended = place.check().await;
        ended.has(
            "error",
            "secrets",
            "no signing secret",
            "set STRIPE_WEBHOOK_SECRET",
        );
        assert_eq!(ended.code, 1);

        let stripe = stripe().await;
        let place = place
            .stripe(&stripe)
            .with("STRIPE_WEBHOOK_SECRET", "whsec_1");
        let ended = place.check().await;
        assert_eq!(
            (ended.code, ended.faults()),
            (0, vec![]),
            "{:#?}",
            ended.findings
        );
        ended.has(
            "note",
            "keys",
            "the key of test mode belongs to account acct_shop (DE)",
            "",
        );
        ended.has(
            "note",
            "receivers",
            "counter::count has never run: none of the latest events is invoice.paid",
            "`trigger invoice.paid`",
        );
        let (code, out) = place.run(&["doctor"]).await;
        assert!(code == 0 && out.contains("errors: 0, warnings: 0"), "{out}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_clocks_that_are_wrong_are_told() {
    let database = TestDatabase::sqlite();
    let place = Place::new(&database).with("STRIPE_WEBHOOK_SECRET", "whsec_1");
    place.migrate().await;
    let check = async |place: Place, severity: &str, point: &str, what: &str, fix: &str| {
        let ended = place.check().await;
        ended.has(severity, point, what, fix);
        assert_eq!(
            ended.code,
            if severity == "error" { 1 } else { 0 },
            "{:#?}",
            ended.findings
        );
    };
    let stripe = stripe().await;
    let good = place.stripe(&stripe);
    let publishable = good.with("STRIPE_SECRET_KEY", "pk_test_1");
    check(
        publishable,
        "error",
        "keys",
        "a publishable key",
        "correct STRIPE_SECRET_KEY",
    )
    .await;
    let nowhere = good.with("STRIPE_API_BASE", "http://127.0.0.1:9");
    check(
        nowhere,
        "error",
        "keys",
        "failed to reach Stripe in test mode",
        "reaches http://127.0.0.1:9 (STRIPE_API_BASE)",
    )
    .await;
    stripe.fail_next(Fault::status(401));
    check(
        good.clone(),
        "error",
        "keys",
        "Stripe refuses the key of test mode",
        "STRIPE_TEST_SECRET_KEY",
    )
    .await;
    let secret = good.with("STRIPE_WEBHOOK_SECRET", ",");
    check(
        secret,
        "error",
        "secrets",
        "a signing secret is empty",
        "set STRIPE_WEBHOOK_SECRET",
    )
    .await;
    let encryption = good.with("DJSTRIPE_ENCRYPTION_KEY", "short");
    check(
        encryption,
        "error",
        "encryption",
        "",
        "set DJSTRIPE_ENCRYPTION_KEY",
    )
    .await;
    let database = good.with("DATABASE_URL", "mysql://shop");
    check(
        database,
        "error",
        "database",
        "unknown database URL",
        "set DATABASE_URL",
    )
    .await;
    let away = good.with("DATABASE_URL", "postgres://shop@127.0.0.1:9/shop");
    check(
        away,
        "error",
        "database",
        "failed to connect",
        "set DATABASE_URL",
    )
    .await;

    // A missing permission is an error if a receiver needs it, a warning if only the mirror does.
    let forbidden = || {
        Fault::error(
            403,
            "",
            "The provided key does not have the required permissions.",
            None,
        )
    };
    let restricted = good.with("STRIPE_SECRET_KEY", "rk_test_1");
    stripe.fail_next(forbidden().on("/v1/account"));
    check(
        restricted.clone(),
        "note",
        "keys",
        "may not read its own account",
        "",
    )
    .await;
    stripe.fail_next(forbidden().on("/v1/invoices"));
    stripe.fail_next(forbidden().on("/v1/coupons"));
    let ended = restricted.check().await;
    let apikeys = "give it read access at https://dashboard.stripe.com/apikeys";
    ended.has(
        "error",
        "keys",
        "may not read invoice, which receivers need",
        apikeys,
    );
    ended.has(
        "warning",
        "keys",
        "may not read coupon, which the mirror fetches",
        "MirrorSettings::without",
    );

    stripe.advance(Duration::from_secs(600));
    check(good, "error", "clock", "s from this machine's", "NTP").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_do_not_fit_the_receivers_are_told() {
    on_both_backends(async |database| {
        let place = Place::new(&database).with("STRIPE_WEBHOOK_SECRET", "whsec_1");
        place.migrate().await;
        let stripe = stripe().await;
        let place = place.stripe(&stripe);
        insert_endpoint(&stripe, &["charge.failed"], "2020-08-27");
        let ended = place.check().await;
        ended.has("error", "endpoints", "no endpoint sends events that receivers need: invoice.paid", "`endpoints sync`");
        ended.has("warning", "endpoints", "no endpoint sends events that the mirror needs", "`endpoints sync`");
        ended.has("warning", "versions", "we_1 sends events of 2020-08-27", "`endpoints create");
        stripe.insert(json!({ "object": "webhook_endpoint", "id": "we_2", "url": "https://shop.example/new",
            "enabled_events": EVERYTHING, "api_version": API_VERSION, "status": "enabled" }));
        let what = "endpoints send events in 2 API versions: we_1 of 2020-08-27; we_2 of ";
        place.check().await.has("warning", "versions", what, "disable or delete those that don't send");
        stripe.remove("webhook_endpoint", "we_2");
        stripe.remove("webhook_endpoint", "we_1");
        let what = "Stripe sends events of test mode to no endpoint";
        place.check().await.has("warning", "endpoints", what, "`endpoints create");
        stripe.fail_next(Fault::error(403, "", "Not yours.", None).on("/v1/webhook_endpoints"));
        let what = "those at Stripe in test mode were not checked";
        place.check().await.has("warning", "endpoints", what, "read access to webhook endpoints");

        let create = ["endpoints", "create", "--local", "--secret", "env:NOBODY_SETS_THIS"];
        assert_eq!(place.run(&create).await.0, 0);
        let ended = place.check().await;
        ended.has("error", "endpoints", "NOBODY_SETS_THIS", "`endpoints doctor`");
        assert_eq!(ended.code, 1);
        let (_, out) = place.run(&["endpoints", "list", "--json"]).await;
        let own: Value = serde_json::from_str(&out).unwrap();
        stripe.insert(json!({ "object": "webhook_endpoint", "id": "we_left", "url": "https://shop.example/hook",
            "status": "enabled", "metadata": { "djstripe_endpoint": own["id"] } }));
        place.check().await.has("error", "endpoints", "we_left at Stripe is left over", "delete it");
    })
    .await;
}

/// Stores an event that was received this many minutes ago.
async fn store_event(store: &Store, id: &str, name: &str, livemode: bool, minutes: u64) {
    let json = format!(
        r#"{{"id":"{id}","type":"{name}","created":1700000000,"livemode":{livemode},"api_version":"2020-08-27",
            "data":{{"object":{{"id":"in_{id}","object":"invoice"}}}}}}"#
    );
    let received_at = (SystemTime::now() - Duration::from_secs(minutes * 60)).into();
    let new = NewEvent {
        event: Event::from_json(&json).unwrap(),
        received_at,
        remote_address: None,
        endpoint: None,
    };
    queue(store).insert_events(&[new]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_receivers_that_are_stuck_are_told() {
    on_both_backends(async |database| {
        let place = Place::new(&database).with("STRIPE_WEBHOOK_SECRET", "whsec_1");
        place.migrate().await;
        let store = Djstripe::builder()
            .database_url(database.url())
            .open_store()
            .await
            .unwrap();
        store_event(&store, "evt_1", "invoice.paid", false, 10).await;
        store_event(&store, "evt_2", "charge.failed", true, 1).await;
        let ended = place.check().await;
        let work = "start `serve` or `work`";
        ended.has(
            "error",
            "workers",
            "no worker of any process takes the events that wait, the oldest since",
            work,
        );
        ended.has(
            "warning",
            "receivers",
            "counter::count has never run, although its events arrived",
            work,
        );
        ended.has(
            "note",
            "receivers",
            "of the latest 2 events only the mirror handled charge.failed (1)",
            "write receivers",
        );
        ended.has(
            "warning",
            "versions",
            "of the latest 2 events 2 are of 2020-08-27",
            "`endpoints create`",
        );
        assert_eq!(ended.code, 1);

        let stripe = stripe().await;
        let place = place.stripe(&stripe);
        let ended = place.check().await;
        ended.has(
            "note",
            "versions",
            "2 are of 2020-08-27",
            "`endpoints create`",
        );
        ended.has(
            "warning",
            "keys",
            "events of live mode arrive, but there is no key",
            "set STRIPE_LIVE_SECRET_KEY",
        );

        store.pause(Timestamp::now()).await.unwrap();
        place.check().await.has(
            "warning",
            "workers",
            "they have been paused since",
            "`resume`",
        );
        store.resume().await.unwrap();
        let claim = queue(&store)
            .claim_event("evt_1", "test", Timestamp::now(), Duration::from_secs(60))
            .await
            .unwrap()
            .unwrap();
        let (outcome, error) = (EventOutcome::Dead, Some("no luck".to_owned()));
        let event_id = "evt_1".to_owned();
        let settlement = Settlement {
            event_id,
            fence: claim.fence,
            outcome,
            error,
            at: claim.received_at,
        };
        queue(&store).settle(&[settlement]).await.unwrap();
        let ended = place.check().await;
        ended.has("error", "events", "1 are dead", "`events retry --dead`");
        assert_eq!(ended.code, 1);
    })
    .await;
}
