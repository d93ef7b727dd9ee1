//! What happens to a move after its cut-over: receivers are added, and endpoints are disabled or deleted.

use djstripe_core::testing::Fault;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{DESTINATION, Moving};
use crate::endpoints::key;

/// The arguments of a program without the events that only the mirror needs.
const ALONE: &str = "--without-mirror";

impl Moving {
    /// A move of an endpoint whose events all have a thin event, after its cut-over.
    async fn cut_over(database: &djstripe_tests::TestDatabase) -> Self {
        let moving = Self::begin(database, &[], &[ALONE]).await;
        moving
            .step(&["--cut-over", "--despite-differences", ALONE])
            .await;
        assert_eq!(moving.old_at_stripe()["status"], "disabled");
        moving
    }

    fn remove_old(&self) {
        let id = self.old_at_stripe()["id"].as_str().unwrap().to_owned();
        self.operator.stripe.remove("webhook_endpoint", &id);
    }
}

fn names(value: &Value) -> Vec<&str> {
    let names = value.as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap()).collect()
}

// The mirror stands for receivers that are added later: some of its events have no thin event.

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_endpoint_that_has_to_send_again_is_a_finding() {
    on_both_backends(async |database| {
        let moving = Moving::cut_over(&database).await;
        for command in ["sync", "doctor"] {
            let out = moving.operator.fail(&["endpoints", command]).await;
            let expected = format!("{}  disabled, so Stripe sends none of these: ", moving.old);
            assert!(out.contains(&expected), "{command}: {out}");
            let fix = format!("run `endpoints enable {}`", moving.old);
            assert!(out.contains(&fix), "{command}: {out}");
        }
        let report = moving.report(&[]).await;
        assert_eq!(report["phase"], "cutting_over", "{report}");
        let next = report["next"].as_str().unwrap();
        assert!(next.contains("--cut-over, which finishes it"), "{next}");

        let report = moving.report(&["--cut-over"]).await;
        assert_eq!(report["phase"], "cut_over", "{report}");
        assert_eq!(moving.old_at_stripe()["status"], "enabled");
        assert_eq!(moving.old_at_stripe()["enabled_events"], report["stays"]);
        assert_eq!(moving.row(&moving.old).await.unwrap()["enabled"], true);
        moving.operator.succeed(&["endpoints", "sync"]).await;
        moving.operator.succeed(&["endpoints", "doctor"]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_keeps_what_was_added_after_the_cut_over() {
    on_both_backends(async |database| {
        let moving = Moving::cut_over(&database).await;
        moving.operator.run(&["endpoints", "sync"]).await;
        let stays = moving.old_at_stripe()["enabled_events"].clone();
        let out = moving.step(&["--undo"]).await;

        let old = moving.old_at_stripe();
        assert_eq!(old["status"], "enabled");
        let events = names(&old["enabled_events"]);
        for name in names(&stays)
            .into_iter()
            .chain(["invoice.paid", "customer.updated"])
        {
            assert!(events.contains(&name), "{name}");
        }
        assert!(
            !events
                .iter()
                .any(|name| name.starts_with("v1.") || name.starts_with("v2."))
        );
        let row = moving.row(&moving.old).await.unwrap();
        assert_eq!(row["events"], old["enabled_events"]);
        assert!(out.contains("No endpoint sends v1."), "{out}");
        assert!(out.contains("any more: `endpoints create --thin`"), "{out}");
        moving.operator.succeed(&["endpoints", "sync"]).await;
        let synced = moving.old_at_stripe();
        let (mut synced, mut events) = (names(&synced["enabled_events"]), events);
        synced.sort_unstable();
        events.sort_unstable();
        assert_eq!(synced, events, "nothing was missing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_over_that_is_run_again_is_checked_again() {
    on_both_backends(async |database| {
        let moving = Moving::begin(&database, &[], &[ALONE]).await;
        let operator = &moving.operator;
        let first = ["--cut-over", "--despite-differences", ALONE];
        operator.stripe.fail_next(Fault::status(400).method("POST"));
        moving.refused(&first, "400").await;
        let destination = operator.destinations().remove(0)["id"].clone();
        let destination = destination.as_str().unwrap();

        operator
            .succeed(&["endpoints", "disable", &moving.new])
            .await;
        moving
            .refused(&["--cut-over", ALONE], "the thin destination is disabled")
            .await;
        assert_eq!(moving.old_at_stripe()["status"], "enabled");
        let report = moving.report(&[ALONE]).await;
        let next = report["next"].as_str().unwrap();
        assert!(
            next.starts_with(&format!("endpoints enable {}", moving.new)),
            "{next}"
        );
        operator
            .succeed(&["endpoints", "enable", &moving.new])
            .await;

        let other = json!({ "enabled_events": ["v1.charge.failed"] });
        operator
            .stripe
            .update(DESTINATION, destination, other)
            .unwrap();
        moving
            .refused(&["--cut-over", ALONE], "doesn't send v1.invoice.paid")
            .await;
        assert_eq!(moving.old_at_stripe()["status"], "enabled");
        let report = moving.report(&[ALONE]).await;
        let next = report["next"].as_str().unwrap();
        assert!(
            next.starts_with(&format!("endpoints sync {}", moving.new)),
            "{next}"
        );
        operator
            .succeed(&["endpoints", "sync", &moving.new, ALONE])
            .await;

        moving.step(&["--cut-over", ALONE]).await;
        assert_eq!(moving.old_at_stripe()["status"], "disabled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_at_stripe_is_no_dead_end() {
    on_both_backends(async |database| {
        let gone = "is gone at Stripe; `endpoints roll` creates another";
        let moving = Moving::begin(&database, &[], &[]).await;
        moving.remove_old();
        moving
            .refused(&["--cut-over", "--despite-differences"], gone)
            .await;
        let report = moving.report(&[]).await;
        assert_eq!(
            report["phase"], "both_deliver",
            "the cut-over was not recorded"
        );
        moving.refused(&["--undo"], gone).await;

        // Without events that stay with it, it isn't needed any more.
        let report = moving
            .report(&["--cut-over", "--despite-differences", ALONE])
            .await;
        assert_eq!(report["phase"], "cut_over", "{report}");
        assert_eq!(moving.row(&moving.old).await.unwrap()["enabled"], false);
        moving.step(&["--cut-over", ALONE]).await;
        moving
            .refused(
                &["--undo", ALONE],
                "nothing leads back to it: run `endpoints create",
            )
            .await;

        // With some, the advice to roll it works.
        moving.refused(&["--cut-over"], gone).await;
        moving
            .operator
            .succeed(&["endpoints", "roll", &moving.old])
            .await;
        moving
            .operator
            .succeed(&["endpoints", "roll", &moving.old, "--finish"])
            .await;
        let report = moving.report(&["--cut-over"]).await;
        assert_eq!(report["phase"], "cut_over", "{report}");
        assert_eq!(moving.old_at_stripe()["status"], "enabled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_declared_members_of_an_organization_are_counted() {
    on_both_backends(async |database| {
        let creating = ["--snapshot", "--organization"];
        let mut moving = Moving::begin(&database, &creating, &[ALONE]).await;
        let member = moving.operator.stripe.on("acct_member");
        let builder = djstripe_core::Djstripe::builder()
            .database_url(database.url())
            .receivers([])
            .encryption_key(key());
        moving.app = builder
            .account("acct_member", |account| account)
            .build()
            .await
            .unwrap();

        moving.happen_on(&member, "invoice.paid", &["thin"]).await;
        let report = moving.report(&[ALONE]).await;
        assert_eq!(report["only_thin"], 1, "{report}");
    })
    .await;
}
