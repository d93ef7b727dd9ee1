//! What the database allows: the rights of the role, writes, connections, migrations of other
//! versions, schemas, encodings, and the SQLite file. And what is said where it doesn't.

mod connections;
mod encodings;
mod files;
mod newer;
mod rights;
mod schemas;
mod writable;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use djstripe_core::http::{self, WEBHOOK_PATH};
use djstripe_core::signature::sign;
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::store::{Store, StoreOptions};
use djstripe_core::testing::http_client;
use djstripe_core::{Builder, Djstripe, Receipt, receivers, with_db};
use djstripe_tests::{TestDatabase, delivery, process};
use serde_json::Value;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_databases";

fn builder(url: &str) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .receivers(receivers::built_in())
}

/// Where an application's endpoint and probes are served. No worker runs.
async fn serve(app: &Djstripe) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let routes = http::router(app.clone()).merge(http::probes(app.clone()));
    tokio::spawn(axum::serve(listener, routes).into_future());
    base
}

/// The status that answers a new event with a customer of this size.
async fn deliver(base: &str, size: usize) -> u16 {
    static COUNTER: AtomicU32 = AtomicU32::new(0);

    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let body = format!(
        r#"{{"id":"evt_{number}","object":"event","type":"customer.created","created":1700000000,
            "livemode":false,"data":{{"object":{{"id":"cus_{number}","object":"customer",
            "description":"{}"}}}}}}"#,
        "a".repeat(size)
    );
    let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
    let request = http_client().post(format!("{base}{WEBHOOK_PATH}"));
    let request = request.header("stripe-signature", signature).body(body);
    request.send().await.unwrap().status().as_u16()
}

/// Stores an event and processes it.
async fn process_one(app: &Djstripe) {
    let event = r#"{"id":"evt_1","object":"event","type":"product.created","created":1700000000,
        "livemode":false,"data":{"object":{"id":"prod_1","object":"product"}}}"#;
    let received = app.receive(delivery::signed(event, SECRET)).await;
    assert_eq!(received.unwrap(), Receipt::Stored);
    assert_eq!(app.work_until_idle().await.unwrap(), 1);
}

async fn readiness(base: &str) -> (u16, String) {
    let answer = http_client().get(format!("{base}/readyz")).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The program on this database, without other settings.
fn program(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(arguments).env("DATABASE_URL", url);
    for name in [
        "STRIPE_SECRET_KEY",
        "STRIPE_API_BASE",
        "DJSTRIPE_CONNECTIONS",
        "DJSTRIPE_NO_MIGRATE",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command.env("STRIPE_WEBHOOK_SECRET", SECRET);
    command.env("NO_COLOR", "1");
    command
}

/// What `check` finds wrong: severity, point and text with its fix.
async fn faults(url: &str) -> Vec<(String, String, String)> {
    let (_, out, err) = process::run(program(url, &["check", "--json"])).await;
    assert_eq!(err, "");
    let findings = out.lines().map(|line| serde_json::from_str(line).unwrap());
    let faults = findings.filter(|finding: &Value| finding["severity"] != "note");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    faults
        .map(|it| {
            let said = format!("{}; {}", text(&it["what"]), text(&it["fix"]));
            (text(&it["severity"]), text(&it["point"]), said)
        })
        .collect()
}

fn has(faults: &[(String, String, String)], severity: &str, point: &str, said: &str) {
    let fits = |(of, at, text): &(String, String, String)| {
        of == severity && at == point && text.contains(said)
    };
    assert!(
        faults.iter().any(fits),
        "{severity} {point} {said}: {faults:#?}"
    );
}

/// Opens and migrates the database with all tables.
async fn migrated(url: &str) -> Store {
    let store = builder(url).open_store().await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn execute(store: &Store, sql: &str) {
    let mut session = store.session().await.unwrap();
    session.db().unwrap().batch_execute(sql).await.unwrap();
}

/// The string that a query returns in its column `line`.
async fn line(store: &Store, sql: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }

    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let query = sql_query(sql);
    let lines: Vec<Line> = with_db!(db, connection => query.load(connection).await).unwrap();
    lines.into_iter().next().unwrap().line
}

/// The URL of the same database for another role.
fn as_role(database: &TestDatabase, role: &str) -> String {
    let (_, address) = database.url().rsplit_once('@').unwrap();
    format!("postgres://{role}@{address}")
}

/// A connection whose statements are not in the way of the application's.
async fn owner(database: &TestDatabase) -> Store {
    let mut options = StoreOptions::default();
    options.connections = 2;
    database.connect(options).await
}

/// A page of the documentation.
fn page(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join("djstripe-core/docs").join(name)).unwrap()
}

#[test]
fn the_tests_that_the_page_names_are_there() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let migration = tests.with_file_name("djstripe-core/src/store/migration");
    let mut code = String::new();
    let mut folders = vec![tests.join("integration"), migration];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                code += &std::fs::read_to_string(path).unwrap();
            }
        }
    }

    let page = page("databases.md");
    let (_, matrix) = page.split_once("## What was tried").unwrap();
    let shown = matrix
        .lines()
        .filter_map(|row| row.strip_suffix(" |")?.rsplit(" | ").next());
    let named: Vec<&str> = shown
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| !name.contains(' '))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "{name}");
    }
}
