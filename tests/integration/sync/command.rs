//! The command: what it prints, and how it ends.

use std::process::{Command, Output};

use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::fill;

fn run(database_url: &str, stripe: Option<&FakeStripe>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .arg("sync")
        .args(arguments)
        .args(["--database-url", database_url]);
    command
        .env_remove("STRIPE_SECRET_KEY")
        .env("RUST_LOG", "off");
    if let Some(stripe) = stripe {
        command
            .env("STRIPE_SECRET_KEY", stripe.api_key())
            .env("STRIPE_API_BASE", stripe.base_url());
    }
    tokio::task::block_in_place(|| command.output()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_people_and_machines_and_ends_as_it_went() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "charge", 250, 10);
    on_both_backends(async |database| {
        let check =
            |stripe: Option<&FakeStripe>, arguments: &[&str], status: i32, expected: &str| {
                let output = run(database.url(), stripe, arguments);
                let told = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat())
                    .into_owned();
                assert_eq!(output.status.code(), Some(status), "{arguments:?}: {told}");
                assert!(told.contains(expected), "{arguments:?}: {told}");
            };
        check(
            Some(&stripe),
            &["charge"],
            0,
            "charge                                         250",
        );
        check(
            Some(&stripe),
            &["charges"],
            2,
            "`charges` is not an object of Stripe's; did you mean `charge`?",
        );
        check(Some(&stripe), &["balance"], 2, "it has no id");
        check(
            Some(&stripe),
            &["charge", "--since", "soon"],
            2,
            "expected a duration such as 2d",
        );
        check(
            Some(&stripe),
            &["charge", "--receivers"],
            2,
            "no receiver has `on_backfill = true`",
        );
        check(None, &["charge"], 1, "set STRIPE_SECRET_KEY");
        stripe.fail_next(Fault::status(500).on("/v1/charges").times(5));
        check(Some(&stripe), &["charge"], 1, "run the same command again");
        let output = run(database.url(), Some(&stripe), &["charge", "--json"]);
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = lines
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
