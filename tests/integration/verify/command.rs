//! The `verify` command, in a process.

use std::process::Command;

use djstripe_core::testing::Fault;
use djstripe_tests::on_both_backends;
use djstripe_tests::process::{self, quickstart};
use serde_json::{Value, json};

use super::{Shop, customer};

#[tokio::test(flavor = "multi_thread")]
async fn the_command_ends_with_what_it_found() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        shop.stripe.insert(customer("cus_1"));
        let run = async |arguments: &[&str], key: Option<&str>| {
            let mut command = Command::new(quickstart());
            command
                .arg("verify")
                .args(arguments)
                .env("DATABASE_URL", database.url())
                .env("NO_COLOR", "1");
            command
                .env("STRIPE_API_BASE", shop.stripe.base_url())
                .env_remove("RUST_LOG");

            match key {
                Some(key) => command.env("STRIPE_SECRET_KEY", key),
                None => command.env_remove("STRIPE_SECRET_KEY"),
            };

            process::run(command).await
        };

        let key = shop.stripe.api_key();
        let key = Some(&*key);
        let (code, out, _) = run(&["customer", "--json"], key).await;
        let lines: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!((code, lines.len()), (1, 2), "{out}");
        assert_eq!(
            (&lines[0]["finding"], &lines[0]["id"]),
            (&json!("missing"), &json!("cus_1"))
        );
        assert_eq!(lines[1]["summary"]["types"]["customer"]["missing"], 1);

        let (code, out, _) = run(&["customer"], key).await;
        assert!(
            code == 1 && out.contains("1 found; `verify --repair` writes Stripe's state"),
            "{out}"
        );

        let (code, out, _) = run(&["customer", "--repair"], key).await;
        assert!(code == 0 && out.contains("1 found, all repaired"), "{out}");

        let (code, out, _) = run(&["customer"], key).await;
        assert!(code == 0 && out.contains("nothing is wrong"), "{out}");

        let message = "The provided key does not have the required permissions";
        let forbidden = Fault::error(403, "", message, None);
        shop.stripe.fail_next(forbidden.on("/v1/charges"));
        let (code, out, _) = run(&["customer", "charge"], key).await;
        assert!(code == 1 && out.contains("not read   charge"), "{out}");

        let incorrect = [
            &["basket"][..],
            &["discount"],
            &["--sample", "0"],
            &["--account", "a", "--all-accounts"],
        ];
        for arguments in incorrect {
            assert_eq!(run(arguments, key).await.0, 2, "{arguments:?}");
        }

        let (code, _, err) = run(&["customer"], None).await;
        assert!(code == 2 && err.contains("set STRIPE_SECRET_KEY"), "{err}");

        let (code, _, err) = run(&["customer", "--account", "acct_of_nobody"], key).await;
        assert!(
            code == 2 && err.contains("nothing could be compared"),
            "{err}"
        );
    })
    .await;
}
