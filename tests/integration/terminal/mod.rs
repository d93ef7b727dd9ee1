//! What commands print: text from outside, JSON, versions and scripts. Each command is a process of its
//! own.

mod forged;
mod json;
mod program;

use std::process::{Command, Stdio};

use djstripe_core::testing::FakeStripe;
use djstripe_tests::TestDatabase;
use serde_json::Value;

const SECRET: &str = "whsec_terminal";

/// Encrypts the secrets of endpoints.
const KEY: &str = "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a";

/// Exit status and output of a command.
#[derive(Debug)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

/// A database with the tables, and a Stripe.
struct Shop {
    database: TestDatabase,
    stripe: FakeStripe,
}

impl Shop {
    async fn new() -> Self {
        let shop = Self {
            database: TestDatabase::sqlite(),
            stripe: FakeStripe::start().await.unwrap(),
        };
        let migrated = shop.run(&["migrate"]).await;
        assert_eq!(migrated.code, 0, "{migrated:?}");
        shop
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command
            .env("DATABASE_URL", self.database.url())
            .env("STRIPE_WEBHOOK_SECRET", SECRET)
            .env("STRIPE_SECRET_KEY", self.stripe.api_key())
            .env("STRIPE_API_BASE", self.stripe.base_url())
            .env("DJSTRIPE_ENCRYPTION_KEY", KEY);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments)).await
    }
}

/// The program without any setting of a developer's.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let is_setting = ["STRIPE_", "DJSTRIPE_"]
            .iter()
            .any(|it| name.starts_with(it));
        if is_setting || ["DATABASE_URL", "RUST_LOG", "NO_COLOR"].contains(&&*name) {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

async fn ended(mut command: Command) -> Ended {
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Each line is a JSON object.
fn objects(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert!(value.is_object(), "{line}");
            value
        })
        .collect()
}
