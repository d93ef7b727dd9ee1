//! Programs with a `main` of their own around djstripe's commands, and the command `demo`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel_async::RunQueryDsl;
use djstripe_core::store::{Store, diesel};
use djstripe_core::testing::http_client;
use djstripe_tests::process::run;
use djstripe_tests::{TestDatabase, on_both_backends};

const OWN_MAIN: &str = env!("CARGO_BIN_EXE_own-main");
const COUNTER: &str = env!("CARGO_BIN_EXE_counter");

/// A program without any setting but these.
fn program(path: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path);
    for name in [
        "DATABASE_URL",
        "STRIPE_SECRET_KEY",
        "STRIPE_API_BASE",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().copied());
    command
}

#[tokio::test]
async fn without_a_command_nothing_is_done() {
    for path in [OWN_MAIN, COUNTER] {
        let (code, out, err) = run(program(path, &[], &[])).await;
        assert_eq!((code, &*out), (2, ""), "{err}");
        assert!(err.contains("Usage: ") && err.contains("  serve "), "{err}");
    }
}

#[tokio::test]
async fn main_within_a_runtime_is_told_what_to_call() {
    let variables = [("OWN_MAIN_BLOCKS", "1")];
    let (code, _, err) = run(program(OWN_MAIN, &["receivers"], &variables)).await;
    assert_eq!(code, 1, "{err}");
    assert!(
        err.starts_with("error: ") && err.contains("`run().await`"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_answers_the_application_s_routes_and_leaves_its_log_alone() {
    on_both_backends(async |database| {
        let mut serve = program(
            OWN_MAIN,
            &["serve", "--listen", "127.0.0.1:0"],
            &[
                ("DATABASE_URL", database.url()),
                ("STRIPE_WEBHOOK_SECRET", "whsec_own_main"),
            ],
        );
        let mut child = serve.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let url = loop {
            let start = seen.len();
            assert_ne!(log.read_line(&mut seen).unwrap(), 0, "{seen}");
            if let Some((_, url)) = seen[start..].split_once("listening on ") {
                break url.trim().to_owned();
            }
        };
        assert!(
            seen.starts_with(" INFO a log of the program's own\n"),
            "{seen}"
        );
        assert!(seen.contains("\n INFO listening on "), "{seen}");

        let base = url.strip_suffix("/stripe/webhook").unwrap();
        for (path, expected) in [
            ("/receivers", (200, "own_main::shipown_main::greet")),
            ("/readyz", (200, "ready")),
            ("/other", (404, "")),
        ] {
            let answer = http_client().get(format!("{base}{path}")).send().await;
            let answer = answer.unwrap();
            let status = answer.status().as_u16();
            assert_eq!((status, &*answer.text().await.unwrap()), expected, "{path}");
        }

        let id = child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        log.read_to_string(&mut seen).unwrap();
        assert!(child.wait().unwrap().success(), "{seen}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_fails_if_a_receiver_fails_and_shows_the_error() {
    for (variables, expected) in [
        (&[][..], (0, false)),
        (&[("OWN_MAIN_FAILS", "no customer")], (1, true)),
    ] {
        let (code, out, err) = run(program(OWN_MAIN, &["demo"], variables)).await;
        let shown = out.contains("    own_main::ship: receiver failed: no customer\n");
        assert_eq!((code, shown), expected, "{out}{err}");
        assert!(
            out.contains("Stored 13 events") && out.contains("Next steps"),
            "{out}{err}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_fails_if_an_effect_fails_and_shows_the_error() {
    for (variables, expected) in [
        (&[][..], (0, false)),
        (&[("OWN_MAIN_MAIL_FAILS", "no mail server")], (1, true)),
    ] {
        let (code, out, err) = run(program(OWN_MAIN, &["demo"], variables)).await;
        let shown = out.contains("    own_main::mail: no mail server\n");
        assert_eq!((code, shown), expected, "{out}{err}");
        let state = if code == 0 { "done" } else { "retrying" };
        let line = out.lines().find(|line| line.contains("  own_main::mail  "));
        assert!(line.is_some_and(|line| line.ends_with(state)), "{out}{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_for_postgresql_makes_a_database_of_its_own_and_drops_it() {
    let database = TestDatabase::empty_postgres().await;
    let store = database.connect(Default::default()).await;
    let url = [
        ("OWN_MAIN_DATABASE", database.url()),
        ("OWN_MAIN_POSTGRES", "1"),
    ];
    let elsewhere = [("DATABASE_URL", database.url()), ("OWN_MAIN_POSTGRES", "1")];
    let fails = [
        ("DATABASE_URL", database.url()),
        ("OWN_MAIN_FAILS", "no customer"),
    ];
    for (variables, expected) in [(url, 0), (elsewhere, 0), (fails, 1)] {
        let (code, out, err) = run(program(OWN_MAIN, &["demo"], &variables)).await;
        assert_eq!(code, expected, "{out}{err}");

        let (_, name) = out.split_once("djstripe_demo_").unwrap();
        let name = format!("djstripe_demo_{}", name.split(',').next().unwrap());
        assert!(!out.contains("--database-url"), "it is gone:\n{out}");
        let exists = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        assert_eq!(execute(&store, &exists).await, Ok(0), "{name}");
    }
    let tables = "SELECT 1 FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(
        execute(&store, tables).await,
        Ok(0),
        "the application's own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_can_t_make_a_database_says_what_it_lacks() {
    let variables = [("OWN_MAIN_POSTGRES", "1")];
    let (code, _, err) = run(program(OWN_MAIN, &["demo"], &variables)).await;
    assert_eq!(code, 1);
    assert!(
        err.contains("`shop` are for PostgreSQL only; set DATABASE_URL"),
        "{err}"
    );

    let database = TestDatabase::postgres().await;
    let store = database.connect(Default::default()).await;
    let role = format!("demo_{}", std::process::id());
    execute(&store, &format!("CREATE ROLE {role} LOGIN"))
        .await
        .unwrap();
    let url = database
        .url()
        .replace("://postgres@", &format!("://{role}@"));
    let (code, _, err) = run(program(OWN_MAIN, &["demo"], &[("DATABASE_URL", &url)])).await;
    execute(&store, &format!("DROP ROLE {role}")).await.unwrap();
    assert_eq!(code, 1);
    let right = format!("run `ALTER ROLE \"{role}\" CREATEDB`");
    assert!(
        err.contains(&right) && err.contains("permission denied"),
        "{err}"
    );
}

/// Runs a statement on PostgreSQL; returns the number of rows that it selects or changes.
async fn execute(store: &Store, sql: &str) -> Result<usize, diesel::result::Error> {
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    sql_query(sql).execute(db.postgres().unwrap()).await
}
