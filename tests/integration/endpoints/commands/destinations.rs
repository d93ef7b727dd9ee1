//! Event destinations: created, pinged, switched, compared, rolled and deleted, and how many there may
//! be.

use std::time::Duration;

use djstripe_core::API_VERSION;
use djstripe_core::testing::Fault;
use djstripe_core::uuid::Uuid;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{NEEDED, Operator};
use crate::endpoints::{delivery, status};

/// The thin name of [`NEEDED`].
const THIN: &str = "v1.invoice.paid";

const DESTINATION: &str = "v2.core.event_destination";

impl Operator {
    /// Runs a command that has to succeed; returns its output.
    pub(super) async fn succeed(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert!(ended.succeeded, "{arguments:?}: {}{}", ended.out, ended.err);
        ended.out
    }

    /// Runs a command that has to fail; returns its output and its error.
    pub(super) async fn fail(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert!(!ended.succeeded, "{arguments:?}: {}", ended.out);
        ended.out + &ended.err
    }

    async fn create_with(&self, arguments: &[&str]) -> String {
        let base = ["endpoints", "create", "--url", "https://shop.example"];
        self.succeed(&[&base, arguments].concat()).await
    }
}

fn secret(destination: &Value) -> &str {
    destination["webhook_endpoint"]["signing_secret"]
        .as_str()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_flag_creates_what_it_says() {
    on_both_backends(async |database| {
        let check = async |arguments: &[&str], expected: &[(&str, &str, &str, &str)]| {
            let operator = Operator::new(&database).await;
            for row in operator.list().await {
                let store = database.store().await;
                let id: Uuid = row["id"].as_str().unwrap().parse().unwrap();
                assert!(store.delete_endpoint(id).await.unwrap());
            }
            let arguments = [arguments, &["--without-mirror"]].concat();
            let out = operator.create_with(&arguments).await;
            assert!(out.contains("of 16 event destinations are left"), "{out}");
            assert!(operator.at_stripe().is_empty());

            let (mut rows, mut destinations) = (operator.list().await, operator.destinations());
            rows.sort_by_key(|row| row["kind"].to_string());
            destinations.sort_by_key(|it| it["event_payload"].to_string());
            assert_eq!(
                (rows.len(), destinations.len()),
                (expected.len(), expected.len())
            );
            for ((row, at_stripe), expected) in rows.iter().zip(&destinations).zip(expected) {
                let (payload, from, accounts, name) = *expected;
                assert_eq!(row["kind"], format!("{payload}_destination"));
                assert_eq!(row["stripe_id"], at_stripe["id"]);
                assert_eq!(row["accounts"], accounts);
                assert_eq!(at_stripe["event_payload"], payload);
                assert_eq!(at_stripe["events_from"], json!([from]));
                assert_eq!(row["events_from"], from);
                assert_eq!(at_stripe["enabled_events"], json!([name]));
                assert_eq!(row["events"], json!([name]));
                let url = &at_stripe["webhook_endpoint"]["url"];
                assert_eq!(
                    url,
                    &format!("https://shop.example{}", row["path"].as_str().unwrap())
                );
                assert_eq!(at_stripe["metadata"]["djstripe_endpoint"], row["id"]);
                let version = (payload == "snapshot").then_some(API_VERSION);
                assert_eq!(at_stripe["snapshot_api_version"].as_str(), version);
                assert_eq!(row["api_version"].as_str(), version);
            }
            operator
                .succeed(&["endpoints", "doctor", "--without-mirror"])
                .await;
        };

        let [paid] = NEEDED;
        check(&["--thin"], &[("thin", "@self", "platform", THIN)]).await;
        check(&["--snapshot"], &[("snapshot", "@self", "platform", paid)]).await;
        let both = [
            ("snapshot", "@accounts", "connected", paid),
            ("thin", "@accounts", "connected", THIN),
        ];
        check(&["--both", "--connect"], &both).await;
        let members = ("thin", "@organization_members", "any", THIN);
        check(&["--thin", "--organization"], &[members]).await;
        let below = ("thin", "@organization_members/@accounts", "any", THIN);
        check(&["--thin", "--organization", "--connect"], &[below]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_kinds_are_received_and_a_ping_is_one_of_them() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        operator.create_with(&["--both", "--without-mirror"]).await;
        let app = operator.app().await;
        let invoice = json!({ "object": "invoice", "id": "in_1" });
        let event = operator.stripe.emit("invoice.paid", &invoice);

        let rows = operator.list().await;
        for destination in operator.destinations() {
            let row = rows
                .iter()
                .find(|row| row["stripe_id"] == destination["id"]);
            let id = row.unwrap()["id"].as_str().unwrap();
            let out = operator.succeed(&["endpoints", "ping", id, "--json"]).await;
            let pinged: Value = serde_json::from_str(&out).unwrap();
            assert_eq!(pinged["name"], "v2.core.event_destination.ping");
            let path = format!("/v2/core/events/{}", pinged["event"].as_str().unwrap());
            let url = format!("{}{path}", operator.stripe.base_url());
            let ping = djstripe_core::testing::http_client().get(url);
            let ping = ping
                .bearer_auth(operator.stripe.api_key())
                .send()
                .await
                .unwrap();
            let ping = ping.text().await.unwrap();
            assert!(ping.contains(destination["id"].as_str().unwrap()), "{ping}");

            let body = match destination["event_payload"].as_str() {
                Some("thin") => operator.stripe.thin(&event),
                _ => event.clone(),
            };
            for body in [body.to_string(), ping] {
                let delivery = delivery(&body, secret(&destination), Duration::ZERO);
                assert_eq!(
                    status(&app, id.parse().unwrap(), delivery).await,
                    200,
                    "{body}"
                );
            }
        }

        let webhook = operator.create(&[]).await.to_string();
        let refused = operator.fail(&["endpoints", "ping", &webhook]).await;
        assert!(
            refused.contains("Stripe pings event destinations only"),
            "{refused}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_as_many_are_created_as_stripe_allows() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        for number in 0..15 {
            let url = format!("https://other.example/{number}");
            let endpoint = json!({ "object": "webhook_endpoint", "url": url, "status": "enabled",
                "enabled_events": ["invoice.paid"] });
            operator.stripe.insert(endpoint);
        }
        let create = [
            "endpoints",
            "create",
            "--url",
            "https://shop.example",
            "--without-mirror",
        ];
        let refused = async |flag: &str, wanted: usize| {
            let before = operator.list().await;
            let error = operator.fail(&[&create[..], &[flag]].concat()).await;
            assert!(
                error.contains(&format!("there is no room for {wanted} more")),
                "{error}"
            );
            assert_eq!(operator.list().await, before);
            operator.stripe.count_requests(|it| it.method == "POST")
        };

        assert_eq!(refused("--both", 2).await, 0);
        let out = operator.create_with(&["--thin", "--without-mirror"]).await;
        assert!(out.contains("0 of 16 event destinations are left"), "{out}");
        assert_eq!(
            refused("--snapshot", 1).await,
            1,
            "Stripe was asked for nothing more"
        );
        let id = out.split(' ').next().unwrap();
        let roll = operator
            .fail(&["endpoints", "roll", id, "--without-mirror"])
            .await;
        assert!(roll.contains("there is no room for 1 more"), "{roll}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_of_what_could_not_be_created_completely() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let create = [
            "endpoints",
            "create",
            "--url",
            "https://shop.example",
            "--without-mirror",
        ];
        let check = async |arguments: &[&str], expected: &str| {
            let error = operator.fail(&[&create, arguments].concat()).await;
            assert!(error.contains(expected), "{arguments:?}: {error}");
            assert!(operator.destinations().is_empty(), "{arguments:?}");
            assert!(operator.list().await.is_empty(), "{arguments:?}");
        };

        let second = Fault::error(400, "invalid_fields", "no more thin events", None);
        operator.stripe.fail_next(second.method("POST").after(1));
        check(&["--both"], "no more thin events").await;
        let without_secret = "two endpoints with a secret each";
        check(&["--both", "--secret", "env:SHOP"], without_secret).await;
        check(&["--both", "--local"], without_secret).await;
        check(&["--thin", "--snapshot"], "cannot be used with").await;
        check(&["--organization"], "required arguments were not provided").await;
        operator
            .stripe
            .fail_next(Fault::status(403).on("/v2/").times(9));
        check(&["--thin"], "403").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_enabled_and_disabled_here_and_at_stripe() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let webhook = operator.create(&[]).await.to_string();
        let thin = operator.create(&["--thin"]).await.to_string();
        let state = async |id: &str| {
            let out = operator
                .succeed(&["endpoints", "list", "--json", "--at-stripe"])
                .await;
            let mut rows = out
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let row = rows.find(|row| row["id"] == id).unwrap();
            (row["enabled"].clone(), row["at_stripe"].clone())
        };
        let on = (json!(true), json!({ "status": "enabled", "reason": null }));

        for (id, reason) in [(&webhook, Value::Null), (&thin, json!("user"))] {
            assert_eq!(state(id).await, on);
            operator.succeed(&["endpoints", "disable", id]).await;
            let off = json!({ "status": "disabled", "reason": reason });
            assert_eq!(state(id).await, (json!(false), off));
            operator.succeed(&["endpoints", "disable", id]).await;
            operator.succeed(&["endpoints", "enable", id]).await;
            assert_eq!(state(id).await, on);
        }

        operator.succeed(&["endpoints", "disable", &webhook]).await;
        operator.succeed(&["endpoints", "disable", &thin]).await;
        let doctor = ["endpoints", "doctor", "--without-mirror"];
        let doctor = operator.fail(&doctor).await;
        let expected = "test mode: no endpoint is enabled at Stripe";
        assert!(doctor.contains(expected), "{doctor}");
        operator.succeed(&["endpoints", "enable", &webhook]).await;
        operator.succeed(&["endpoints", "enable", &thin]).await;

        let stripe_id = operator.destinations()[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let disabled = json!({ "status": "disabled",
            "status_details": { "disabled": { "reason": "no_azure_partner_topic_exists" } } });
        operator
            .stripe
            .update(DESTINATION, &stripe_id, disabled)
            .unwrap();
        let doctor = operator
            .fail(&["endpoints", "doctor", "--without-mirror"])
            .await;
        let expected = "disabled at Stripe, reason: no_azure_partner_topic_exists";
        assert!(doctor.contains(&format!("{thin}  {expected}")), "{doctor}");
        let listed = operator
            .succeed(&["endpoints", "list", "--at-stripe"])
            .await;
        assert!(
            listed.contains("reason: no_azure_partner_topic_exists"),
            "{listed}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_makes_a_destination_right_but_for_what_cannot_be_changed() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&["--thin"]).await.to_string();
        let [created] = &operator.destinations()[..] else {
            panic!("one destination")
        };
        let stripe_id = created["id"].as_str().unwrap().to_owned();
        let mut elsewhere = created["webhook_endpoint"].clone();
        elsewhere["url"] = "https://elsewhere.example".into();
        let sync = ["endpoints", "sync", "--without-mirror"];

        let check = async |change: Value, difference: &str| {
            operator
                .stripe
                .update(DESTINATION, &stripe_id, change)
                .unwrap();
            let doctor = operator
                .fail(&["endpoints", "doctor", "--without-mirror"])
                .await;
            assert!(doctor.contains(difference), "{doctor}");
            let synced = operator.succeed(&sync).await;
            assert!(synced.contains(difference), "{synced}");
            assert_eq!(operator.destinations()[0], *created, "{difference}");
        };
        check(
            json!({ "enabled_events": ["v1.charge.failed"] }),
            "Stripe doesn't send v1.invoice.paid",
        )
        .await;
        check(
            json!({ "webhook_endpoint": elsewhere }),
            "Stripe delivers to https://elsewhere.example",
        )
        .await;
        check(json!({ "status": "disabled" }), "disabled at Stripe").await;

        let other = json!({ "events_from": ["@accounts"] });
        operator
            .stripe
            .update(DESTINATION, &stripe_id, other)
            .unwrap();
        let scope = operator.fail(&sync).await;
        assert!(
            scope.contains("Stripe sends events from @accounts, not from @self"),
            "{scope}"
        );
        operator.stripe.remove(DESTINATION, &stripe_id);
        assert!(operator.fail(&sync).await.contains("is gone at Stripe"));
        for command in ["enable", "disable", "ping"] {
            let error = operator.fail(&["endpoints", command, &id]).await;
            let expected = "is gone at Stripe; `endpoints roll` creates another";
            assert!(error.contains(expected), "{command}: {error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_secret_is_rolled_and_it_is_deleted() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&["--thin"]).await.to_string();
        let old = secret(&operator.destinations()[0]).to_owned();
        operator
            .succeed(&["endpoints", "roll", &id, "--without-mirror"])
            .await;
        let [new, _] = &operator.destinations()[..] else {
            panic!("both deliver")
        };
        let new = secret(new).to_owned();

        let app = operator.app().await;
        let invoice = json!({ "object": "invoice", "id": "in_1" });
        let body = operator
            .stripe
            .thin(&operator.stripe.emit("invoice.paid", &invoice))
            .to_string();
        for secret in [&old, &new] {
            let delivery = delivery(&body, secret, Duration::ZERO);
            assert_eq!(status(&app, id.parse().unwrap(), delivery).await, 200);
        }
        operator
            .succeed(&["endpoints", "roll", &id, "--finish"])
            .await;
        assert_eq!(operator.secrets(), [new]);
        operator
            .succeed(&["endpoints", "delete", &id, "--yes"])
            .await;
        assert!(operator.destinations().is_empty() && operator.list().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_sends_are_told() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let out = operator.create_with(&["--thin"]).await;
        assert!(out.contains("A thin destination can't send "), "{out}");
        let events = operator.destinations().remove(0)["enabled_events"].take();
        let events = events.as_array().unwrap().clone();
        let is_thin = |name: &Value| {
            let name = name.as_str().unwrap();
            name.starts_with("v1.") || name.starts_with("v2.")
        };
        assert!(
            events.len() > 200 && events.iter().all(is_thin),
            "{}",
            events.len()
        );
        let doctor = operator.succeed(&["endpoints", "doctor"]).await;
        assert!(
            doctor.contains("which the mirror would take, to no endpoint"),
            "{doctor}"
        );

        operator.create_with(&["--snapshot"]).await;
        let snapshot = operator.destinations().remove(0);
        assert!(
            !snapshot["enabled_events"]
                .as_array()
                .unwrap()
                .iter()
                .any(is_thin)
        );
        let doctor = operator.succeed(&["endpoints", "doctor"]).await;
        assert!(!doctor.contains("to no endpoint"), "{doctor}");

        let nothing = json!({ "enabled_events": ["v1.charge.failed"] });
        for destination in operator.destinations() {
            let id = destination["id"].as_str().unwrap();
            operator
                .stripe
                .update(DESTINATION, id, nothing.clone())
                .unwrap();
        }
        let doctor = operator
            .fail(&["endpoints", "doctor", "--without-mirror"])
            .await;
        assert!(
            doctor.contains("test mode: Stripe sends invoice.paid to no endpoint"),
            "{doctor}"
        );
        let check = operator.fail(&["check"]).await;
        let missing = "no endpoint sends events that receivers need: invoice.paid";
        assert!(check.contains(missing), "{check}");

        // What can't be listed may send them.
        let refused = Fault::status(403).on("/v2/core/event_destinations");
        operator.stripe.fail_next(refused.times(9));
        let check = operator.fail(&["check"]).await;
        assert!(!check.contains(missing), "{check}");
        assert!(!check.contains("to no endpoint"), "{check}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_what_is_left_over_among_destinations() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&["--thin"]).await;
        let insert = |metadata: Value| {
            let mut destination = operator.destinations().remove(0);
            let fields = destination.as_object_mut().unwrap();
            fields.remove("id");
            fields.insert("metadata".to_owned(), metadata);
            operator.stripe.insert(destination)
        };
        let doctor = ["endpoints", "doctor", "--without-mirror"];

        insert(json!({ "djstripe_endpoint": Uuid::new_v4().to_string() }));
        let other = operator.succeed(&doctor).await;
        assert!(other.contains("belongs to another database"), "{other}");
        insert(json!({ "djstripe_endpoint": id.to_string() }));
        let left = operator.fail(&doctor).await;
        assert!(left.contains("is left over and its secret lost"), "{left}");
    })
    .await;
}
