//! The `sync` command: its output and its exit status.

use std::process::Command;

use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::{on_both_backends, process};
use serde_json::{Value, json};

use super::fill;

async fn run(
    database_url: &str,
    stripe: Option<&FakeStripe>,
    arguments: &[&str],
) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .arg("sync")
        .args(arguments)
        .args(["--database-url", database_url])
        .env_remove("STRIPE_SECRET_KEY")
        .env("RUST_LOG", "off");
    if let Some(stripe) = stripe {
        command
            .env("STRIPE_SECRET_KEY", stripe.api_key())
            .env("STRIPE_API_BASE", stripe.base_url());
    }

    process::run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_people_and_machines_and_ends_as_it_went() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "charge", 250, 10);

    on_both_backends(async |database| {
        drop(database.store().await);
        let check =
            async |stripe: Option<&FakeStripe>, arguments: &[&str], status: i32, expected: &str| {
                let (code, out, err) = run(database.url(), stripe, arguments).await;
                assert_eq!(code, status, "{arguments:?}: {out}{err}");
                assert!(
                    out.contains(expected) || err.contains(expected),
                    "{arguments:?}: {out}{err}"
                );
            };
        let with_key = Some(&stripe);

        let row = "charge                                         250";
        check(with_key, &["charge"], 0, row).await;

        let suggestion = "`charges` is not a Stripe object; did you mean `charge`?";
        check(with_key, &["charges"], 2, suggestion).await;
        check(with_key, &["balance"], 2, "it has no id").await;
        let since = ["charge", "--since", "soon"];
        check(with_key, &since, 2, "expected a duration such as 2d").await;
        let no_receiver = "no receiver has `on_backfill = true`";
        check(with_key, &["charge", "--receivers"], 2, no_receiver).await;

        check(None, &["charge"], 1, "set STRIPE_SECRET_KEY").await;
        stripe.fail_next(Fault::status(500).on("/v1/charges").times(5));
        check(with_key, &["charge"], 1, "run the same command again").await;

        // What the key may not read is named; what the account has not enabled is no omission.
        let fail = |message: &str| {
            stripe.fail_next(Fault::error(403, "", message, None).on("/v1/charges"));
        };
        fail("The provided key does not have the required permissions");
        check(
            with_key,
            &["charge"],
            1,
            "not read: charge: The provided key",
        )
        .await;
        fail("Only Stripe Connect platforms can work with other accounts.");
        check(with_key, &["charge"], 0, "left out: 1 lists").await;

        stripe.update(
            "charge",
            "charge_00000",
            json!({ "payment_method": "pm_guest" }),
        );
        check(with_key, &["charge"], 0, "`--follow` fetches them").await;
        check(
            with_key,
            &["charge", "--follow"],
            0,
            "Stripe doesn't have them",
        )
        .await;
        let both = ["charge", "--stale", "1d", "--test-clock", "clock_1"];
        check(with_key, &both, 2, "cannot be used with").await;
        check(with_key, &["charge", "--stale", "1d"], 0, "total").await;

        let (_, out, _) = run(database.url(), with_key, &["charge", "--json"]).await;
        let lines: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let named = |name: &str| lines.iter().find(|line| line["event"] == name).unwrap();
        assert_eq!(named("done")["objects"], 250);
        assert_eq!(
            (&named("total")["unchanged"], &named("total")["complete"]),
            (&json!(250), &json!(true))
        );
    })
    .await;
}
