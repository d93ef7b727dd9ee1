//! `endpoints migrate-to-thin`: each step, run again, interrupted, and undone.

mod later;

use std::time::Duration;

use djstripe_core::Djstripe;
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

use super::Operator;
use crate::endpoints::{delivery, status};

const DESTINATION: &str = "v2.core.event_destination";

/// An endpoint that is being moved, and the destination that takes over from it.
struct Moving {
    operator: Operator,
    app: Djstripe,
    old: String,
    new: String,
}

impl Moving {
    /// `creating` are arguments of `create`, `arguments` of both commands.
    async fn begin(database: &TestDatabase, creating: &[&str], arguments: &[&str]) -> Self {
        let operator = Operator::new(database).await;
        let create = ["endpoints", "create", "--url", "https://shop.example"];
        let out = operator
            .succeed(&[&create, creating, arguments].concat())
            .await;
        let old = out.split(' ').next().unwrap().to_owned();
        let begin = ["endpoints", "migrate-to-thin", &old];
        operator.succeed(&[&begin, arguments].concat()).await;
        let rows = operator.list().await;
        let new = rows.iter().find(|row| row["takes_over"] == *old).unwrap();
        let new = new["id"].as_str().unwrap().to_owned();
        // What happens in the second in which the destination was created isn't counted.
        operator.stripe.advance(Duration::from_secs(2));
        let app = operator.app().await;
        Self {
            operator,
            app,
            old,
            new,
        }
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let base = ["endpoints", "migrate-to-thin", &self.old, "--settle", "0s"];
        [&base, more].concat()
    }

    async fn step(&self, more: &[&str]) -> String {
        self.operator.succeed(&self.arguments(more)).await
    }

    async fn refused(&self, more: &[&str], expected: &str) {
        let error = self.operator.fail(&self.arguments(more)).await;
        assert!(error.contains(expected), "{error}");
    }

    async fn report(&self, more: &[&str]) -> Value {
        let arguments = [&["--json"], more].concat();
        serde_json::from_str(&self.step(&arguments).await).unwrap()
    }

    /// A happening, delivered as these kinds. Returns the id of the snapshot event.
    async fn happen(&self, name: &str, kinds: &[&str]) -> String {
        self.happen_on(&self.operator.stripe, name, kinds).await
    }

    async fn happen_on(&self, account: &FakeStripe, name: &str, kinds: &[&str]) -> String {
        let (object, _) = name.rsplit_once('.').unwrap();
        let object = json!({ "object": object, "id": "obj_1" });
        let event = account.emit(name, &object);
        for kind in kinds {
            let (id, body, secret) = if *kind == "thin" {
                let secret = self.operator.destinations().remove(0);
                let secret = secret["webhook_endpoint"]["signing_secret"].clone();
                (&self.new, self.operator.stripe.thin(&event), secret)
            } else {
                let secret = self.operator.at_stripe().remove(0)["secret"].clone();
                (&self.old, event.clone(), secret)
            };
            let delivery = delivery(&body.to_string(), secret.as_str().unwrap(), Duration::ZERO);
            assert_eq!(
                status(&self.app, id.parse().unwrap(), delivery).await,
                200,
                "{body}"
            );
        }
        event["id"].as_str().unwrap().to_owned()
    }

    fn old_at_stripe(&self) -> Value {
        self.operator.at_stripe().remove(0)
    }

    async fn row(&self, id: &str) -> Option<Value> {
        let rows = self.operator.list().await;
        rows.into_iter().find(|row| row["id"] == id)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_moved_step_by_step_and_back() {
    on_both_backends(async |database| {
        let moving = Moving::begin(&database, &["--tolerance", "7s"], &["--without-mirror"]).await;
        let alone = ["--without-mirror"];
        let (old, new) = (moving.row(&moving.old).await.unwrap(), moving.row(&moving.new).await.unwrap());
        for field in ["accounts", "connect", "livemode", "own_account", "on_mismatch", "validation", "tolerance_seconds"] {
            assert_eq!(old[field], new[field], "{field}");
        }
        assert_eq!(new["kind"], "thin_destination");
        assert_eq!(new["url"], format!("https://shop.example/stripe/webhook/{}", moving.new));
        let before = moving.old_at_stripe();
        moving.refused(&["--cut-over", alone[0]], "no thin event has arrived yet").await;

        moving.happen("invoice.paid", &["snapshot", "thin"]).await;
        moving.happen("invoice.paid", &["thin", "snapshot"]).await;
        moving.happen("apps.install.created", &["snapshot"]).await;
        let report = moving.report(&alone).await;
        assert_eq!(report["both"], 2, "{report}");
        assert_eq!((&report["only_snapshot"], &report["only_thin"]), (&json!(1), &json!(0)));
        assert_eq!((&report["differing"], &report["stays"]), (&json!([]), &json!([])));
        assert!(report["next"].as_str().unwrap().ends_with("--cut-over"), "{report}");

        let missed = moving.happen("invoice.paid", &["snapshot"]).await;
        moving.happen("invoice.paid", &["thin"]).await;
        let report = moving.report(&alone).await;
        assert_eq!(report["phase"], "both_deliver");
        assert_eq!((&report["only_snapshot"], &report["only_thin"]), (&json!(2), &json!(1)));
        let paid = report["names"].as_array().unwrap().iter().find(|it| it["name"] == "invoice.paid");
        assert_eq!(paid.unwrap()["snapshot_ids"], json!([missed]));
        let text = moving.step(&alone).await;
        assert!(text.contains(&format!("invoice.paid  2 both, 1 snapshot only: {missed}, 1 thin only: evt_")), "{text}");
        let late = ["endpoints", "migrate-to-thin", &moving.old, "--json"];
        let late: Value = serde_json::from_str(&moving.operator.succeed(&late).await).unwrap();
        assert_eq!(late["only_snapshot"], 0, "the other event may be on its way");

        moving.refused(&["--cut-over", alone[0]], "these arrived as snapshot events only, although they have a thin event: invoice.paid").await;
        assert_eq!(moving.old_at_stripe(), before);
        for _ in 0..2 {
            let report = moving.report(&["--cut-over", "--despite-differences", alone[0]]).await;
            assert_eq!(report["phase"], "cut_over", "{report}");
            assert_eq!(moving.old_at_stripe()["status"], "disabled");
            assert_eq!(moving.row(&moving.old).await.unwrap()["enabled"], false);
        }
        moving.operator.succeed(&["endpoints", "doctor", "--without-mirror"]).await;
        moving.operator.succeed(&["endpoints", "sync", "--without-mirror"]).await;
        assert_eq!(moving.old_at_stripe()["status"], "disabled");

        for _ in 0..2 {
            moving.step(&["--undo"]).await;
            assert_eq!(moving.old_at_stripe(), before);
            assert!(moving.operator.destinations().is_empty());
            assert_eq!(moving.operator.list().await.len(), 1);
        }
        assert_eq!(moving.row(&moving.old).await.unwrap()["enabled"], true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_events_that_are_for_the_endpoint_are_counted() {
    on_both_backends(async |database| {
        let arguments = ["--without-mirror"];
        let moving = Moving::begin(&database, &["--connect"], &arguments).await;
        let [destination] = &moving.operator.destinations()[..] else {
            panic!("one destination")
        };
        assert_eq!(destination["events_from"], json!(["@accounts"]));

        let connected = moving.operator.stripe.on("acct_1");
        moving
            .happen_on(&connected, "invoice.paid", &["snapshot", "thin"])
            .await;
        moving.happen("invoice.paid", &["snapshot"]).await;
        let stored = connected.emit(
            "invoice.paid",
            &json!({ "object": "invoice", "id": "in_1" }),
        );
        let stored = moving.operator.stripe.thin(&stored).to_string();
        moving.app.receive_trusted(stored).await.unwrap();
        let report = moving.report(&arguments).await;
        assert_eq!(
            (
                &report["both"],
                &report["only_snapshot"],
                &report["only_thin"]
            ),
            (&json!(1), &json!(0), &json!(0)),
            "the endpoint was not sent the last one"
        );
        moving.step(&["--cut-over", arguments[0]]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_thin_event_stays_with_the_old_endpoint() {
    on_both_backends(async |database| {
        let moving = Moving::begin(&database, &["--snapshot"], &[]).await;
        let old = || {
            let all = moving.operator.destinations();
            all.into_iter()
                .find(|it| it["event_payload"] == "snapshot")
                .unwrap()
        };
        let before = old();
        let report = moving
            .report(&["--cut-over", "--despite-differences"])
            .await;

        let stays = report["stays"].as_array().unwrap();
        assert!(
            !stays.is_empty() && stays.len() < before["enabled_events"].as_array().unwrap().len()
        );
        assert_eq!(report["phase"], "cut_over");
        assert_eq!(old()["enabled_events"], report["stays"]);
        assert_eq!(old()["status"], "enabled");
        for name in stays {
            assert!(
                !moving.operator.destinations().iter().any(|it| {
                    let thin = json!(format!("v1.{}", name.as_str().unwrap()));
                    it["enabled_events"].as_array().unwrap().contains(&thin)
                }),
                "{name}"
            );
        }
        moving.operator.succeed(&["endpoints", "sync"]).await;
        assert_eq!(old()["enabled_events"], report["stays"]);
        moving.operator.succeed(&["endpoints", "doctor"]).await;

        let delete = moving
            .operator
            .fail(&["endpoints", "delete", &moving.new, "--yes"])
            .await;
        assert!(delete.contains("--undo"), "{delete}");
        moving.step(&["--undo"]).await;
        let mut after = old();
        after["updated"] = before["updated"].clone();
        after["status_details"] = before["status_details"].clone();
        assert_eq!(after, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_step_is_run_again() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let old = operator.create(&[]).await.to_string();
        let begin = ["endpoints", "migrate-to-thin", &old, "--without-mirror"];
        let doctor = ["endpoints", "doctor", "--without-mirror"];

        operator.stripe.fail_next(Fault::status(400).method("POST"));
        operator.fail(&begin).await;
        assert!(operator.destinations().is_empty() && operator.list().await.len() == 1);

        // Created at Stripe, and the process ended before the row was written.
        let left_over = json!({ "object": DESTINATION, "name": "djstripe", "type": "webhook_endpoint",
            "event_payload": "thin", "enabled_events": ["v1.invoice.paid"], "status": "enabled",
            "metadata": { "djstripe_endpoint": old.replace(['0', '1'], "2"), "djstripe_takes_over": old } });
        let left_over = operator.stripe.insert(left_over);
        let found = operator.fail(&doctor).await;
        assert!(found.contains(&format!("{old}  {} at Stripe is left over", left_over["id"].as_str().unwrap())), "{found}");
        let out = operator.succeed(&begin).await;
        assert!(out.contains("left over by an interrupted command, deleted at Stripe"), "{out}");
        assert_eq!(operator.destinations().len(), 1);
        operator.succeed(&doctor).await;
        operator.succeed(&begin).await;
        assert_eq!(operator.destinations().len(), 1, "run again it reports");

        // The cut-over was recorded, and Stripe didn't answer.
        let cut_over = [&begin[..], &["--cut-over", "--despite-differences"]].concat();
        operator.stripe.fail_next(Fault::status(400).method("POST"));
        operator.fail(&cut_over).await;
        let report = operator.succeed(&[&begin[..], &["--json"]].concat()).await;
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["phase"], "cutting_over", "{report}");
        operator.succeed(&[&begin[..], &["--cut-over"]].concat()).await;
        assert_eq!(operator.at_stripe()[0]["status"], "disabled");

        // The old endpoint is back, and the thin one could not be deleted.
        let undo = ["endpoints", "migrate-to-thin", &old, "--undo"];
        operator.stripe.fail_next(Fault::status(400).method("DELETE"));
        operator.fail(&undo).await;
        assert_eq!(operator.at_stripe()[0]["status"], "enabled");
        assert_eq!(operator.destinations().len(), 1);
        operator.succeed(&undo).await;
        assert!(operator.destinations().is_empty() && operator.list().await.len() == 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_moved_is_refused_with_a_sentence() {
    on_both_backends(async |database| {
        let moving = Moving::begin(&database, &[], &["--without-mirror"]).await;
        let operator = &moving.operator;
        let check = async |arguments: &[&str], expected: &str| {
            let before = (operator.destinations(), operator.at_stripe());
            let error = operator
                .fail(&[&["endpoints", "migrate-to-thin"], arguments].concat())
                .await;
            assert!(error.contains(expected), "{arguments:?}: {error}");
            assert_eq!((operator.destinations(), operator.at_stripe()), before);
        };
        let local = operator
            .create(&["--local", "--secret", "env:SHOP"])
            .await
            .to_string();
        let thin = operator.create(&["--thin"]).await.to_string();
        let off = operator.create(&[]).await.to_string();
        let rolling = operator.create(&[]).await.to_string();
        operator
            .succeed(&["endpoints", "roll", &rolling, "--without-mirror"])
            .await;

        check(
            &[&moving.new],
            &format!("run `endpoints migrate-to-thin {}`", moving.old),
        )
        .await;
        check(&[&local], "was created at Stripe by hand").await;
        check(&[&thin], "gets thin events already").await;
        check(&[&rolling], "is being rolled").await;
        check(&[&off, "--cut-over"], "no thin destination takes over").await;
        check(&[&off, "--undo", "--cut-over"], "cannot be used with").await;
        check(
            &[&off, "--despite-differences"],
            "required arguments were not provided",
        )
        .await;
        let found = operator.at_stripe();
        let found = found
            .iter()
            .find(|it| it["metadata"]["djstripe_endpoint"] == off);
        let at_stripe = found.unwrap()["id"].as_str().unwrap();
        let switch = |status: &str| {
            let changed = json!({ "status": status });
            operator
                .stripe
                .update("webhook_endpoint", at_stripe, changed)
                .unwrap();
        };
        switch("disabled");
        let expected =
            format!("{at_stripe} is disabled at Stripe: run `endpoints sync {off}` first");
        check(&[&off, "--without-mirror"], &expected).await;
        switch("enabled");
        operator.succeed(&["endpoints", "disable", &off]).await;
        check(
            &[&off, "--without-mirror"],
            "is disabled: run `endpoints enable",
        )
        .await;

        operator
            .succeed(&["endpoints", "disable", &moving.new])
            .await;
        let cut_over = ["--cut-over", "--despite-differences", "--without-mirror"];
        moving
            .refused(&cut_over, "the thin destination is disabled")
            .await;
        operator
            .succeed(&["endpoints", "enable", &moving.new])
            .await;
        let row = moving.row(&moving.new).await.unwrap();
        let stripe_id = row["stripe_id"].as_str().unwrap();
        let fewer = json!({ "enabled_events": ["v1.charge.failed"] });
        operator
            .stripe
            .update(DESTINATION, stripe_id, fewer)
            .unwrap();
        moving
            .refused(
                &cut_over,
                "the thin destination doesn't send v1.invoice.paid",
            )
            .await;
        operator.stripe.remove(DESTINATION, stripe_id);
        moving.refused(&cut_over, "is gone at Stripe").await;
    })
    .await;
}
