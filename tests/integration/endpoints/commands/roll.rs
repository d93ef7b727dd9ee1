//! `endpoints roll`: a new secret next to the old one, created by Stripe or given by the operator.

use std::time::Duration;

use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{NEEDED, Operator};
use crate::endpoints::{UNKNOWN_FOR, delivery, status};

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
            let delivery = delivery(&body, secret, Duration::ZERO);
            tokio::time::sleep(UNKNOWN_FOR).await;

            assert_eq!(status(&app, id, delivery).await, expected);
        };

        check(&old, 200).await;

        let rolled = operator
            .run(&["endpoints", "roll", &id.to_string(), "--without-mirror"])
            .await;

        assert!(rolled.succeeded, "{}", rolled.err);

        let [new_at_stripe, _] = &operator.at_stripe()[..] else {
            panic!("both endpoints are at Stripe")
        };
        let new = operator.secrets().swap_remove(0);

        assert_ne!(new, old);
        assert_eq!(new_at_stripe["enabled_events"], json!(NEEDED));
        check(&new, 200).await;
        check(&old, 200).await;

        let here = operator.list().await.remove(0);
        assert_eq!(
            (&here["stripe_id"], &here["replaced_stripe_id"]),
            (&new_at_stripe["id"], &old_id)
        );

        let doctor = operator
            .run(&["endpoints", "doctor", "--without-mirror"])
            .await;

        assert!(
            !doctor.succeeded && doctor.out.contains("its secret is being rolled"),
            "{}",
            doctor.out
        );

        let twice = operator
            .run(&["endpoints", "roll", &id.to_string(), "--without-mirror"])
            .await;

        assert!(
            !twice.succeeded && twice.err.contains("finish that with `--finish` first"),
            "{}",
            twice.err
        );

        let finished = operator
            .run(&[
                "endpoints",
                "roll",
                &id.to_string(),
                "--finish",
                "--overlap",
                "0s",
            ])
            .await;

        assert!(finished.succeeded, "{}", finished.err);
        assert!(
            operator.secrets().iter().eq([&new]),
            "the replaced endpoint is deleted at Stripe"
        );
        check(&new, 200).await;
        assert!(
            operator
                .run(&["endpoints", "doctor", "--without-mirror"])
                .await
                .succeeded
        );
        // A running server drops the secret when it next refreshes its rows; a new server starts
        // without it.
        assert_eq!(
            status(
                &operator.app().await,
                id,
                delivery("{}", &old, Duration::ZERO)
            )
            .await,
            400
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_by_hand_gets_its_secret_from_the_operator() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator
            .create(&["--local", "--secret", "env:CARGO_PKG_NAME"])
            .await;

        assert!(operator.at_stripe().is_empty());

        let without_place = operator.run(&["endpoints", "roll", &id.to_string()]).await;
        assert!(
            !without_place.succeeded && without_place.err.contains("with `--secret`"),
            "{}",
            without_place.err
        );

        let rolled = operator
            .run(&[
                "endpoints",
                "roll",
                &id.to_string(),
                "--secret",
                "env:CARGO_PKG_VERSION",
                "--overlap",
                "1h",
            ])
            .await;

        assert!(rolled.succeeded, "{}", rolled.err);

        let app = operator.app().await;
        for secret in ["djstripe-tests", env!("CARGO_PKG_VERSION")] {
            let body = r#"{"id":"evt_1","type":"invoice.paid"}"#;
            assert_eq!(
                status(&app, id, delivery(body, secret, Duration::ZERO)).await,
                200,
                "{secret}"
            );
        }
        let synced = operator.run(&["endpoints", "sync"]).await;

        assert!(
            synced.succeeded && synced.out.contains("created at Stripe by hand"),
            "{}",
            synced.out
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_endpoints_of_a_roll_are_enabled_and_disabled() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let thin = operator.create(&["--thin"]).await.to_string();
        let roll = ["endpoints", "roll", &thin, "--without-mirror"];
        let statuses = || -> Vec<Value> {
            let all = operator.destinations();
            all.iter().map(|it| it["status"].clone()).collect()
        };
        operator.succeed(&roll).await;
        operator.succeed(&["endpoints", "disable", &thin]).await;
        assert_eq!(statuses(), ["disabled", "disabled"]);
        operator.succeed(&["endpoints", "enable", &thin]).await;
        assert_eq!(statuses(), ["enabled", "enabled"]);
        let finish = ["endpoints", "roll", &thin, "--finish"];
        operator.succeed(&finish).await;
        operator.succeed(&["endpoints", "disable", &thin]).await;
        let rolled = operator.succeed(&roll).await;
        assert!(rolled.contains("both are disabled"), "{rolled}");
        assert_eq!(statuses(), ["disabled", "disabled"]);
    })
    .await;
}
