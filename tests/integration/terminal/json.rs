//! `--json`: the documented fields, and errors as objects.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use djstripe_core::__internals::{NewEvent, queue};
use djstripe_core::Event;
use djstripe_core::store::Timestamp;
use serde_json::Value;

use super::{Shop, ended, objects, program};

const OUTPUT: &str = include_str!("../../../djstripe-core/docs/output.md");

/// Words in backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The fields that are documented for a command.
fn documented(command: &str) -> BTreeSet<&'static str> {
    let of = |command: &str| {
        let rows = OUTPUT.lines().filter(|line| line.starts_with('|'));
        let mut rows = rows.map(|line| line.trim_matches('|').split(" | ").collect::<Vec<_>>());
        rows.find(|row| quoted(row[0]).contains(command)).unwrap()
    };
    let row = of(command);
    let mut fields = quoted(row[2]);
    if row[2].contains("those of the list") {
        fields.extend(quoted(of("endpoints list")[2]));
    }
    fields
}

impl Shop {
    /// Runs a command, and compares the fields of its results with the documentation.
    async fn fields_of(&self, command: &str, arguments: &[&str]) -> Vec<Value> {
        let mut all: Vec<&str> = command.split(' ').collect();
        all.extend(arguments);
        all.push("--json");
        let printed = self.run(&all).await;
        let results = objects(&printed.out);
        assert!(!results.is_empty(), "{all:?}: {printed:?}");
        objects(&printed.err);

        let documented = documented(command);
        for result in &results {
            for field in result.as_object().unwrap().keys() {
                assert!(
                    documented.contains(&**field),
                    "{all:?}: {field} of {result}"
                );
            }
        }
        results
    }
}

/// Answers one request with 200.
fn answer_once() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            let lower = line.to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        (&stream).write_all(answer).unwrap();
    });
    format!("http://{address}/hook")
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_print_the_documented_fields() {
    let shop = Shop::new().await;

    let migrated = shop.fields_of("migrate", &[]).await;
    assert_eq!(migrated[0]["applied"], Value::Array(Vec::new()));
    for (command, paused, changed) in [
        ("pause", true, true),
        ("pause", true, false),
        ("resume", false, true),
        ("resume", false, false),
    ] {
        let result = shop.fields_of(command, &[]).await.remove(0);
        assert_eq!(
            [&result["paused"], &result["changed"]],
            [paused, changed],
            "{command}"
        );
    }
    let sent = shop
        .fields_of("trigger", &["invoice.paid", "--url", &answer_once()])
        .await;
    assert_eq!(sent[0]["status"], 200);
    for (command, arguments) in [
        ("receivers", &[][..]),
        ("objects", &["customer", "--describe"]),
        ("stats", &[]),
        ("check", &[]),
        ("prune", &["--older-than", "90d"]),
        ("reconcile", &[]),
    ] {
        shop.fields_of(command, arguments).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_about_endpoints_print_the_documented_fields() {
    let shop = Shop::new().await;
    let address = ["--url", "https://shop.example"];

    let created = shop.fields_of("endpoints create", &address).await.remove(0);
    assert!(created["stripe_id"].is_string(), "{created}");
    let id = created["id"].as_str().unwrap();
    let listed = shop
        .fields_of("endpoints list", &["--at-stripe"])
        .await
        .remove(0);
    assert_eq!(listed["id"], id);
    let synced = shop.fields_of("endpoints sync", &[id]).await.remove(0);
    assert_eq!(synced["outcome"], "in_sync");

    let rolled = shop.fields_of("endpoints roll", &[id]).await.remove(0);
    assert_eq!(rolled["replaced_stripe_id"], created["stripe_id"]);
    let problem = shop.fields_of("endpoints doctor", &[]).await.remove(0);
    assert_eq!([&problem["severity"], &problem["id"]], ["problem", id]);
    let finished = shop
        .fields_of("endpoints roll", &[id, "--finish"])
        .await
        .remove(0);
    assert_eq!(finished["deleted_at_stripe"], created["stripe_id"]);

    let disabled = shop.fields_of("endpoints disable", &[id]).await.remove(0);
    assert_eq!(disabled["enabled"], false);
    let enabled = shop.fields_of("endpoints enable", &[id]).await.remove(0);
    assert_eq!(enabled["enabled"], true);
    let deleted = shop
        .fields_of("endpoints delete", &[id, "--yes"])
        .await
        .remove(0);
    assert_eq!(deleted["deleted_at_stripe"][0], rolled["stripe_id"]);

    let by_hand = ["--local", "--validation", "none"];
    let local = shop.fields_of("endpoints create", &by_hand).await.remove(0);
    assert!(!local["events_to_name"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_for_an_endpoint_made_by_hand_fit_the_terminal() {
    let shop = Shop::new().await;
    let created = shop
        .run(&["endpoints", "create", "--local", "--validation", "none"])
        .await;
    assert_eq!(created.code, 0, "{created:?}");
    let longest = created.out.lines().map(|line| line.chars().count()).max();
    assert!(
        longest.is_some_and(|longest| longest <= 100),
        "{}",
        created.out
    );
    assert!(created.out.contains(" events:\n  "), "{}", created.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_objects_on_standard_error() {
    let shop = Shop::new().await;
    let check = async |arguments: &[&str], code: i32, severity: &str, message: &str| {
        let failed = shop.run(arguments).await;
        assert_eq!(failed.code, code, "{failed:?}");
        let remarks = objects(&failed.err);
        assert_eq!(remarks.len(), 1, "{failed:?}");
        assert_eq!(remarks[0]["severity"], severity);
        let text = remarks[0]["message"].as_str().unwrap();
        assert!(text.starts_with(message), "{text}");
    };

    check(
        &["events", "show", "evt_none", "--json"],
        1,
        "error",
        "no event evt_none",
    )
    .await;
    check(
        &["events", "--json", "--since", "never"],
        2,
        "error",
        "invalid value 'never'",
    )
    .await;
    check(
        &["endpoints", "sync", "--json", "--at"],
        2,
        "error",
        "unexpected argument",
    )
    .await;
    let warned = ["prune", "--older-than", "1d", "--json"];
    check(&warned, 0, "warning", "Stripe can deliver").await;

    // A database that can't be reached is logged, and ends the command.
    let mut command = program(&[
        "stats",
        "--json",
        "--database-url",
        "sqlite:/nowhere/shop.db",
    ]);
    command.env("RUST_LOG", "debug");
    let failed = ended(command).await;
    assert_eq!(failed.code, 1, "{failed:?}");
    assert_eq!(objects(&failed.err).last().unwrap()["severity"], "error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_enough_ends_a_command() {
    let shop = Shop::new().await;
    let store = shop.database.store().await;
    let events: Vec<NewEvent> = (0..500)
        .map(|number| NewEvent {
            event: Event::from_json(&format!(
                r#"{{"id":"evt_{number}","type":"invoice.sent","created":1700000000,
                    "api_version":null,"data":{{"object":{{"id":"in_1","object":"invoice"}}}}}}"#
            ))
            .unwrap(),
            received_at: Timestamp::now(),
            remote_address: None,
            endpoint: None,
        })
        .collect();
    queue(&store).insert_events(&events).await.unwrap();

    // Each prints more than a pipe holds, so the command is still printing when its reader ends.
    for arguments in [
        &["events", "--limit", "500", "--json"][..],
        &["completions", "zsh"],
    ] {
        let mut command = shop.command(arguments);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut line = String::new();
            let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
            reader.read_line(&mut line).unwrap();
            assert!(!line.is_empty());
            drop(reader);
            child.wait_with_output().unwrap()
        });
        let output = output.await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}
