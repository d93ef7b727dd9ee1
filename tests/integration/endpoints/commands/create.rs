//! `endpoints create`: the row and the endpoint at Stripe that it creates, the arguments that it
//! refuses, and where it stores the secret.

use std::time::Duration;

use djstripe_core::API_VERSION;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{NEEDED, Operator};
use crate::endpoints::{delivery, status};

#[tokio::test(flavor = "multi_thread")]
async fn create_makes_it_here_and_at_stripe_with_what_the_receivers_need() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&["--tolerance", "2m"]).await;
        let [at_stripe] = &operator.at_stripe()[..] else {
            panic!("one endpoint at Stripe")
        };

        assert_eq!(
            at_stripe["url"],
            format!("https://shop.example/stripe/webhook/{id}")
        );
        assert_eq!(at_stripe["enabled_events"], json!(NEEDED));
        assert_eq!(at_stripe["api_version"], API_VERSION);
        assert_eq!(at_stripe["metadata"]["djstripe_endpoint"], id.to_string());
        assert_eq!(at_stripe.get("connect"), None);

        let [here] = &operator.list().await[..] else {
            panic!("one endpoint here")
        };

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

        assert_eq!(
            status(
                &operator.app().await,
                id,
                delivery(body, &secret, Duration::ZERO)
            )
            .await,
            200
        );
        assert!(
            operator
                .run(&["endpoints", "doctor", "--without-mirror"])
                .await
                .succeeded
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn for_connected_accounts_and_the_mirror_stripe_is_asked_for_more() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let created = operator
            .run(&[
                "endpoints",
                "create",
                "--url",
                "https://shop.example",
                "--connect",
            ])
            .await;

        assert!(created.succeeded, "{}", created.err);

        let [at_stripe] = &operator.at_stripe()[..] else {
            panic!("one endpoint at Stripe")
        };

        assert_eq!(at_stripe["connect"], true);

        let events = at_stripe["enabled_events"].as_array().unwrap();
        assert!(
            events.len() > 200
                && events.contains(&"customer.updated".into())
                && events.contains(&"reporting.report_type.updated".into())
                && !events.contains(&"issuing_authorization.request".into())
                && !events.contains(&"*".into())
        );
        assert_eq!(operator.list().await[0]["accounts"], "connected");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_work_is_refused_before_stripe_is_asked() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let check = async |operator: &Operator, arguments: &[&str], expected: &str| {
            let ended = operator
                .run(
                    &[
                        &["endpoints", "create", "--url", "https://shop.example"],
                        arguments,
                    ]
                    .concat(),
                )
                .await;

            assert!(
                !ended.succeeded && ended.err.contains(expected),
                "{arguments:?}: {}",
                ended.err
            );
            assert!(
                !ended.err.contains("whsec_of_the_operator"),
                "{}",
                ended.err
            );
            assert!(
                operator.at_stripe().is_empty() && operator.list().await.is_empty(),
                "{arguments:?}"
            );
        };
        let no_key = operator.without("DJSTRIPE_ENCRYPTION_KEY");
        let no_client = operator.without("STRIPE_SECRET_KEY");
        let plaintext =
            "a signing secret is never stored as plaintext: put it into an environment variable";

        check(
            &no_key,
            &[],
            "encrypted secrets need a key: set DJSTRIPE_ENCRYPTION_KEY",
        )
        .await;
        check(&operator, &["--secret", "whsec_of_the_operator"], plaintext).await;
        check(
            &operator,
            &["--local", "--secret", "whsec_of_the_operator"],
            plaintext,
        )
        .await;
        check(
            &operator,
            &["--secret", "env:1"],
            "`env:` must be followed by the name of an environment variable",
        )
        .await;
        check(
            &operator,
            &["--secret", "env:SHOP"],
            "use `--write-secret FILE` to write it to a file",
        )
        .await;
        check(
            &operator,
            &["--secret", "-"],
            "Stripe generates the secret; `--secret -` is for `--local`",
        )
        .await;
        check(
            &operator,
            &["--local"],
            "no secret: use `--secret env:NAME`",
        )
        .await;
        check(&no_client, &[], "set STRIPE_SECRET_KEY").await;
        check(
            &no_client,
            &["--local", "--validation", "retrieve_event"],
            "needs an API key",
        )
        .await;
        check(
            &operator,
            &["--livemode", "true"],
            "no secret key for live mode",
        )
        .await;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.env");
        let place = [
            "--livemode",
            "true",
            "--secret",
            "env:SHOP",
            "--write-secret",
            file.to_str().unwrap(),
        ];

        check(&operator, &place, "no secret key for live mode").await;
        assert!(
            !file.exists(),
            "an empty file would make the next attempt fail"
        );
        check(
            &operator,
            &["--accounts", "everybody"],
            "unknown value `everybody`; expected one of any, platform, connected",
        )
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_kept_by_reference_is_written_once_for_its_owner() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database)
            .await
            .without("DJSTRIPE_ENCRYPTION_KEY");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.env");
        let place = [
            "--secret",
            "env:SHOP_SECRET",
            "--write-secret",
            file.to_str().unwrap(),
        ];
        operator.create(&place).await;
        let secret = operator.secrets().pop().unwrap();

        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            format!("SHOP_SECRET={secret}\n")
        );

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }

        assert_eq!(
            operator.list().await[0]["secrets"],
            json!(["env:SHOP_SECRET"])
        );

        let again = operator
            .run(
                &[
                    &["endpoints", "create", "--url", "https://b.example"][..],
                    &place,
                ]
                .concat(),
            )
            .await;

        assert!(
            !again.succeeded && again.err.contains("exists"),
            "{}",
            again.err
        );
        assert_eq!(
            operator.at_stripe().len(),
            1,
            "a file is never overwritten, so nothing was created"
        );

        let missing = operator
            .run(&["endpoints", "doctor", "--without-mirror"])
            .await;

        assert!(
            !missing.succeeded && missing.out.contains("environment variable SHOP_SECRET"),
            "{}",
            missing.out
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_checks_nothing_is_warned_of() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let ended = operator
            .run(&[
                "endpoints",
                "create",
                "--url",
                "http://localhost:4242",
                "--validation",
                "none",
                "--local",
            ])
            .await;

        assert!(
            ended.succeeded && ended.err.contains("warning: this endpoint checks nothing"),
            "{}",
            ended.err
        );

        let doctor = operator.run(&["endpoints", "doctor"]).await;
        assert!(
            !doctor.succeeded && doctor.out.contains("it checks nothing"),
            "{}",
            doctor.out
        );
    })
    .await;
}
