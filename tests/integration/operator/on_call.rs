//! The page for whoever is on call: each of its commands prints what the page says it does.

use std::process::{Child, Command, Stdio};

use djstripe_core::store::EventState;
use djstripe_core::{Djstripe, store::Store};
use djstripe_tests::{TestDatabase, wait};

use super::store_events;

const PAGE: &str = include_str!("../../../djstripe-core/docs/on-call.md");

/// A deployment, as the page mentions it among its commands.
const DEPLOY: &str = "deploy";

fn program(database: &TestDatabase, release: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command
        .env_clear()
        .env("DATABASE_URL", database.url())
        .env("SHOP_RELEASE", release)
        .stdin(Stdio::null());
    command
}

/// The workers of a release. Dropping them kills the process.
struct Workers(Child);

impl Workers {
    fn start(database: &TestDatabase, release: &str) -> Self {
        let mut command = program(database, release);
        command.arg("work").stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The commands of the page, each with its output.
fn commands() -> Vec<(&'static str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    let mut is_console = false;
    for line in PAGE.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_console = language == "console";
        } else if is_console && let Some(command) = line.strip_prefix("$ ") {
            commands.push((command, String::new()));
        } else if is_console {
            let (_, output) = commands.last_mut().expect("a command comes first");
            output.push_str(line);
            output.push('\n');
        }
    }
    commands
}

/// The words of a command as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for character in command.chars() {
        match character {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words
}

/// The text without what differs from run to run: times, numbers of ids, the program's path.
fn normalized(text: &str) -> String {
    let text = text.replace(env!("CARGO_BIN_EXE_shop"), "shop");
    let mut normal = String::new();
    let mut rest = &*text;
    while let Some(first) = rest.chars().next() {
        let is_time = rest.len() >= 27
            && rest.is_char_boundary(27)
            && rest.as_bytes()[10] == b'T'
            && rest.as_bytes()[26] == b'Z';
        if is_time {
            normal.push_str("TIME");
            rest = &rest[27..];
        } else if first.is_ascii_digit() && (normal.ends_with("evt_") || normal.ends_with("in_")) {
            normal.push('N');
            rest = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
        } else {
            normal.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    normal
}

/// Waits until all events are in this state.
async fn wait_for(store: &Store, state: EventState) {
    wait::until(async || store.state_counts().await.unwrap().get(state) == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_call() {
    let database = TestDatabase::sqlite();
    let migrated = program(&database, "1").arg("migrate").output().unwrap();
    assert!(migrated.status.success());
    let builder = Djstripe::builder().database_url(database.url());
    let store = builder.open_store().await.unwrap();
    store_events(&store, "", "invoice.paid", 200).await;
    let mut workers = Workers::start(&database, "1");
    wait_for(&store, EventState::Retrying).await;

    let mut release = "1";
    let commands = commands();
    let shop = commands
        .iter()
        .filter(|(command, _)| command.starts_with("shop "));
    assert!((5..10).contains(&shop.count()), "fewer than ten commands");
    for (command, expected) in &commands {
        let words = words(command);
        if words[0] == DEPLOY {
            release = "2";
            drop(std::mem::replace(
                &mut workers,
                Workers::start(&database, release),
            ));
            continue;
        }

        let output = program(&database, release)
            .args(&words[1..])
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        assert_eq!(
            normalized(&printed),
            normalized(expected),
            "$ {command}\n{printed}"
        );
        if command.ends_with("--yes") {
            wait_for(&store, EventState::Processed).await;
        }
    }
    assert_eq!(release, "2", "the page deploys the fix");
    wait_for(&store, EventState::Processed).await;
}
