//! The commands `endpoints …` against a fake Stripe, each run as a process.

mod create;
mod destinations;
mod migrate;
mod own_account;
mod roll;
mod sync;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use djstripe_core::Djstripe;
use djstripe_core::signature::sign;
use djstripe_core::testing::FakeStripe;
use djstripe_core::uuid::Uuid;
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::Value;

use super::key;

const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// The events that the program under test listens to.
const NEEDED: [&str; 1] = ["invoice.paid"];

/// Runs commands as an operator at a terminal would, and checks that their output contains no
/// secret.
struct Operator {
    database_url: String,
    stripe: FakeStripe,
    variables: Vec<(&'static str, String)>,
}

/// The result of a command.
struct Finished {
    succeeded: bool,
    out: String,
    err: String,
}

impl Operator {
    async fn new(database: &TestDatabase) -> Self {
        database.store().await;
        let stripe = FakeStripe::start().await.unwrap();
        let variables = vec![
            ("STRIPE_API_BASE", stripe.base_url().to_owned()),
            ("STRIPE_SECRET_KEY", stripe.api_key()),
            ("DJSTRIPE_ENCRYPTION_KEY", KEY.to_owned()),
        ];
        let operator = Self {
            database_url: database.url().to_owned(),
            stripe,
            variables,
        };

        assert!(operator.run(&["migrate"]).await.succeeded);

        operator
    }

    /// The same operator without this environment variable.
    fn without(&self, name: &str) -> Self {
        let variables = self
            .variables
            .iter()
            .filter(|(other, _)| *other != name)
            .cloned()
            .collect();
        Self {
            database_url: self.database_url.clone(),
            stripe: self.stripe.clone(),
            variables,
        }
    }

    async fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
        command
            .args(arguments)
            .env("DATABASE_URL", &self.database_url)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::null());

        for name in [
            "STRIPE_API_BASE",
            "STRIPE_SECRET_KEY",
            "DJSTRIPE_ENCRYPTION_KEY",
        ] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().cloned());

        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ended = Finished {
            succeeded: output.status.success(),
            out: text(output.stdout),
            err: text(output.stderr),
        };

        for secret in self
            .secrets()
            .iter()
            .map(String::as_str)
            .chain([KEY, &self.stripe.api_key()])
        {
            assert!(
                !ended.out.contains(secret) && !ended.err.contains(secret),
                "{}{}",
                ended.out,
                ended.err
            );
        }
        ended
    }

    /// The output of `endpoints list`, by line.
    async fn list(&self) -> Vec<Value> {
        let listed = self.run(&["endpoints", "list", "--json"]).await.out;
        listed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Creates an endpoint and returns its id.
    async fn create(&self, arguments: &[&str]) -> Uuid {
        let base = [
            "endpoints",
            "create",
            "--url",
            "https://shop.example/",
            "--without-mirror",
        ];
        let ended = self.run(&[&base, arguments].concat()).await;
        assert!(ended.succeeded, "{}", ended.err);
        ended.out.split(' ').next().unwrap().parse().unwrap()
    }

    fn at_stripe(&self) -> Vec<Value> {
        self.stripe.objects("webhook_endpoint")
    }

    fn destinations(&self) -> Vec<Value> {
        self.stripe.objects("v2.core.event_destination")
    }

    /// The secrets that Stripe created, those of webhook endpoints first, each newest first.
    fn secrets(&self) -> Vec<String> {
        let of_endpoint = |endpoint: &Value| endpoint["secret"].as_str().map(str::to_owned);
        let of_destination = |it: &Value| {
            Some(
                it["webhook_endpoint"]["signing_secret"]
                    .as_str()?
                    .to_owned(),
            )
        };
        let of_endpoints = self.at_stripe();
        let of_endpoints = of_endpoints.iter().filter_map(of_endpoint);
        let of_destinations = self.destinations();
        let of_destinations = of_destinations.iter().filter_map(of_destination);
        of_endpoints.chain(of_destinations).collect()
    }

    async fn app(&self) -> Djstripe {
        let builder = Djstripe::builder()
            .database_url(&self.database_url)
            .receivers([])
            .encryption_key(key());
        builder
            .secret_key(self.stripe.api_key())
            .api_base(self.stripe.base_url())
            .build()
            .await
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_closes_it_here_and_at_stripe() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await.to_string();

        assert!(
            operator
                .run(&["endpoints", "roll", &id, "--without-mirror"])
                .await
                .succeeded
        );
        assert_eq!(operator.at_stripe().len(), 2);

        let offline = operator
            .without("STRIPE_SECRET_KEY")
            .run(&["endpoints", "delete", &id, "--yes"])
            .await;

        assert!(
            !offline.succeeded && operator.list().await.len() == 1,
            "{}",
            offline.err
        );

        let deleted = operator.run(&["endpoints", "delete", &id, "--yes"]).await;
        assert!(deleted.succeeded, "{}", deleted.err);
        assert!(operator.at_stripe().is_empty() && operator.list().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_log_shows_no_secret() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let secret = operator.secrets().remove(0);
        let mut server = Command::new(env!("CARGO_BIN_EXE_counter"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                database.url(),
            ])
            .envs(operator.variables.iter().cloned())
            .envs([
                ("RUST_LOG", "trace"),
                ("NO_COLOR", "1"),
                ("STRIPE_WEBHOOK_SECRET", "whsec_without_a_row"),
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap());
        let mut seen = String::new();
        let url = loop {
            let start = seen.len();
            assert_ne!(log.read_line(&mut seen).unwrap(), 0, "{seen}");
            if let Some((_, url)) = seen[start..].split_once("listening on ") {
                break url.trim().to_owned();
            }
        };
        let reader = std::thread::spawn(move || {
            log.read_to_string(&mut seen).unwrap();
            seen
        });
        let client = djstripe_core::testing::http_client();
        for (secret, expected) in [(&*secret, 200), ("whsec_of_nobody", 400)] {
            let body = r#"{"id":"evt_1","type":"customer.levitated"}"#;
            let signature = sign(body.as_bytes(), secret, SystemTime::now());
            let request = client
                .post(format!("{url}/{id}"))
                .header("stripe-signature", signature)
                .body(body);
            assert_eq!(request.send().await.unwrap().status(), expected);
        }
        server.kill().unwrap();
        server.wait().unwrap();
        let log = reader.join().unwrap();

        assert!(
            log.contains("endpoint open") && log.contains("delivery refused"),
            "{log}"
        );

        for secret in [
            &*secret,
            "whsec_without_a_row",
            KEY,
            &operator.stripe.api_key(),
        ] {
            assert!(!log.contains(secret), "{log}");
        }
    })
    .await;
}
