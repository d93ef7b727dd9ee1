//! What holds for every command: where it prints, how it ends, which options it has. Each command is a
//! process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use djstripe_core::__internals::{NewDelivery, queue};
use djstripe_core::Djstripe;
use djstripe_core::store::{Store, Timestamp};
use djstripe_core::testing::FakeStripe;
use djstripe_tests::TestDatabase;
use serde_json::{Value, json};

const SECRET: &str = "whsec_command_line";

/// The options that several commands share.
const SHARED_OPTIONS: [&str; 4] = [
    "--database-url",
    "--webhook-secret",
    "--secret-key",
    "--api-base",
];

/// Variables that a developer may have set.
const VARIABLES: [&str; 7] = [
    "DATABASE_URL",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_SECRET_KEY",
    "STRIPE_API_BASE",
    "DJSTRIPE_LOG_FORMAT",
    "RUST_LOG",
    "NO_COLOR",
];

/// The program without any setting.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap()
}

/// A database and a Stripe with three objects, events, refused deliveries and gaps each.
struct Shop {
    stripe: FakeStripe,
    database: TestDatabase,
}

impl Shop {
    async fn new() -> Self {
        let shop = Self {
            stripe: FakeStripe::start().await.unwrap(),
            database: TestDatabase::sqlite(),
        };
        for number in 1..=3 {
            let id = format!("cus_{number}");
            let customer = shop
                .stripe
                .insert(json!({ "id": id, "object": "customer" }));
            shop.stripe.emit("customer.created", &customer);
        }

        for arguments in [
            &["migrate"][..],
            &["reconcile", "--min-age", "0s"],
            &["sync", "customer"],
        ] {
            let output = shop.run(arguments).await;
            assert!(output.status.success(), "{arguments:?}: {output:?}");
        }
        let store = shop.store().await;
        for _ in 0..3 {
            queue(&store).record_delivery(refused()).await.unwrap();
        }
        shop
    }

    async fn store(&self) -> Store {
        Djstripe::builder()
            .database_url(self.database.url())
            .open_store()
            .await
            .unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .env("DATABASE_URL", self.database.url())
            .env("STRIPE_WEBHOOK_SECRET", SECRET)
            .env("STRIPE_SECRET_KEY", self.stripe.api_key())
            .env("STRIPE_API_BASE", self.stripe.base_url());
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        output(self.command(arguments)).await
    }

    /// Starts a server on a free port; its log is piped.
    fn serve(&self, arguments: &[&str]) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments).stderr(Stdio::piped());
        Server(command.spawn().unwrap())
    }
}

fn refused() -> NewDelivery {
    NewDelivery {
        received_at: Timestamp::now(),
        reason: "no signature fits the body".to_owned(),
        remote_address: None,
        endpoint: None,
        headers: Vec::new(),
        body: b"{}".to_vec(),
    }
}

/// A process that is killed when it isn't needed any more.
struct Server(Child);

impl Server {
    /// Waits until it listens, stops it, and returns its whole log.
    async fn log(mut self) -> String {
        let mut log = BufReader::new(self.0.stderr.take().unwrap());
        tokio::task::spawn_blocking(move || {
            let mut seen = String::new();
            while !seen.contains("listening on ") {
                assert_ne!(log.read_line(&mut seen).unwrap(), 0, "{seen}");
            }

            let id = self.0.id().to_string();
            Command::new("kill").args(["-TERM", &id]).status().unwrap();
            log.read_to_string(&mut seen).unwrap();
            assert!(self.0.wait().unwrap().success(), "{seen}");
            seen
        })
        .await
        .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_is_no_error() {
    let shop = Shop::new().await;
    let event = shop.store().await.events(&Default::default()).await;
    let event = event.unwrap()[0].id.clone();

    let commands: &[&[&str]] = &[
        &["--help"],
        &["migrate"],
        &["events"],
        &["events", "--json"],
        &["events", "show", &event],
        &["events", "retry", &event],
        &["events", "replay", &event],
        &["events", "replay", &event, "--dry-run"],
        &["objects", "customer"],
        &["deliveries"],
        &["stats"],
        &["check"],
        &["receivers"],
        &["receivers", "--json"],
        &["pause"],
        &["resume"],
        &["prune", "--older-than", "90d"],
        &["reconcile"],
        &["reconcile", "--gaps"],
        &["verify", "customer"],
        &["verify", "customer", "--json"],
        &["sync", "customer"],
        &["sync", "customer", "--json"],
        &[
            "endpoints",
            "create",
            "--url",
            "https://shop.example",
            "--validation",
            "none",
        ],
        &["endpoints", "list"],
        &["endpoints", "doctor"],
        &["endpoints", "sync"],
        &["listen"],
        &["fake-stripe", "--listen", "127.0.0.1:0"],
        &["demo"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        // Nothing reads the pipe from the first line on, as after `… | head -0`.
        drop(reader);
        let mut command = shop.command(arguments);
        command.stdout(writer).stderr(Stdio::piped());

        let ended = tokio::task::spawn_blocking(move || {
            let child = command.spawn().unwrap();
            // Drops the writing end of this process.
            drop(command);
            child.wait_with_output().unwrap()
        });
        let output = tokio::time::timeout(Duration::from_secs(60), ended)
            .await
            .unwrap_or_else(|_| panic!("{arguments:?} runs on"))
            .unwrap();

        let errors = String::from_utf8(output.stderr).unwrap();
        let expected = if arguments.contains(&"none") {
            // That this endpoint accepts forged events must be said.
            "warning: this endpoint checks nothing"
        } else {
            ""
        };
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert!(
            errors.starts_with(expected) && errors.lines().count() == expected.lines().count(),
            "{arguments:?}: {errors}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_a_terminal_gets_escape_sequences() {
    let shop = Shop::new().await;
    let log = shop.serve(&[]).log().await;
    assert!(!log.contains('\u{1b}'), "{log:?}");

    for arguments in [
        &["sync", "customer"][..],
        &["receivers"],
        &["events"],
        &["check"],
        &["--help"],
        &["events", "--since", "never"],
    ] {
        let output = shop.run(arguments).await;
        let printed = [output.stdout, output.stderr].concat();
        assert!(!printed.contains(&0x1b), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_json_if_asked_for() {
    let shop = Shop::new().await;
    let parse = |log: &str| -> Vec<Value> {
        log.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect()
    };

    let log = parse(&shop.serve(&["--log-format", "json"]).log().await);
    let starts_with = |entry: &Value, start: &str| {
        entry["fields"]["message"]
            .as_str()
            .is_some_and(|message| message.starts_with(start))
    };
    assert!(log.iter().any(|it| starts_with(it, "listening on http://")));
    assert!(log.iter().all(|it| it["level"] == "INFO"), "{log:?}");

    // The receivers are counted in one line, instead of a line each.
    let registered: Vec<&Value> = log
        .iter()
        .filter(|it| starts_with(it, "receivers registered"))
        .collect();
    assert_eq!(registered.len(), 1, "{log:?}");
    assert_eq!(registered[0]["fields"]["application"], 1);
    assert!(log.len() < 10, "{log:?}");

    // The error that ends the command is an entry too.
    let mut command = shop.command(&["work"]);
    command
        .env("DJSTRIPE_LOG_FORMAT", "json")
        .env("DATABASE_URL", "mysql://shop");
    let failed = output(command).await;
    assert_eq!(failed.status.code(), Some(1));
    let log = parse(&String::from_utf8(failed.stderr).unwrap());
    assert_eq!(log.last().unwrap()["fields"]["message"], "command failed");

    let mut command = shop.command(&["work"]);
    command.env("DJSTRIPE_LOG_FORMAT", "xml");
    assert_eq!(output(command).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn help_shows_the_options_that_a_command_uses() {
    let check = async |command: &[&str], expected: &[&str]| {
        let mut help = program();
        help.args(command).arg("--help");
        let help = String::from_utf8(output(help).await.stdout).unwrap();
        let shown: Vec<&str> = SHARED_OPTIONS
            .into_iter()
            .filter(|option| help.contains(option))
            .collect();
        assert_eq!(shown, expected, "{command:?}");
    };
    let [database, signing, key, base] = SHARED_OPTIONS;

    for command in [&[][..], &["receivers"], &["fake-stripe"], &["endpoints"]] {
        check(command, &[]).await;
    }
    for command in [
        &["demo"][..],
        &["events", "show"],
        &["events", "retry"],
        &["deliveries"],
        &["stats"],
        &["pause"],
        &["resume"],
        &["prune"],
        &["redact", "customer"],
        &["objects"],
        &["migrate"],
    ] {
        check(command, &[database]).await;
    }
    for command in [
        &["work"][..],
        &["events"],
        &["events", "replay"],
        &["reconcile"],
        &["init-customers"],
        &["verify"],
        &["sync"],
        &["endpoints", "create"],
        &["endpoints", "list"],
        &["endpoints", "migrate-to-thin"],
        &["endpoints", "doctor"],
    ] {
        check(command, &[database, key, base]).await;
    }
    // With the address of a fake Stripe it leaves its sample there.
    check(&["trigger"], &[signing, base]).await;
    check(&["listen"], &[signing, key, base]).await;
    check(&["serve"], &SHARED_OPTIONS).await;
    check(&["check"], &SHARED_OPTIONS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_filter_is_documented() {
    for command in [&[][..], &["serve"], &["work"]] {
        let mut help = program();
        help.args(command).arg("--help");
        let help = String::from_utf8(output(help).await.stdout).unwrap();
        assert!(help.contains("RUST_LOG"), "{help}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_receivers_fits() {
    let mut command = program();
    command.arg("receivers");
    let table = String::from_utf8(output(command).await.stdout).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("RECEIVER "), "{table}");
    assert!(
        lines.iter().all(|line| line.chars().count() <= 100),
        "{table}"
    );
    let is_cut =
        |line: &&str| line.contains("djstripe::handle_other_event") && line.ends_with(" more");
    assert!(lines.iter().any(is_cut), "{table}");

    let mut command = program();
    command.args(["receivers", "--json"]);
    let listed = String::from_utf8(output(command).await.stdout).unwrap();
    let receivers: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(receivers.len(), lines.len() - 1);
    let other = receivers
        .iter()
        .find(|it| it["id"] == "djstripe::handle_other_event")
        .unwrap();
    assert!(other["events"].as_array().unwrap().len() > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_says_so() {
    let shop = Shop::new().await;
    let check = async |arguments: &[&str], limit: &str, lines: usize, note: &str| {
        let mut command = shop.command(arguments);
        command.args(["--limit", limit]);
        let output = output(command).await;
        let printed = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert_eq!(printed.lines().count(), lines, "{arguments:?}: {printed}");
        // With `--json` it is an object.
        let note = note.trim_start_matches("note: ");
        assert!(errors.contains(note), "{arguments:?}: {errors}");
        assert_eq!(
            errors.is_empty(),
            note.is_empty(),
            "{arguments:?}: {errors}"
        );
    };

    for (arguments, noun) in [
        (&["events"][..], "events"),
        (&["events", "list", "--json"], "events"),
        (&["objects", "customer"], "objects"),
        (&["objects", "customer", "--json"], "objects"),
        (&["deliveries"], "deliveries"),
        (&["reconcile", "--gaps"], "gaps"),
    ] {
        let note = match noun {
            "gaps" => {
                "note: 2 events shown, there are more; use `--limit` to show them\n".to_owned()
            }
            _ => format!("note: 2 of 3 {noun} shown; add `--after "),
        };
        check(arguments, "2", 2, &note).await;
        check(arguments, "3", 3, "").await;
        check(arguments, "4294967295", 3, "").await;
    }
}
