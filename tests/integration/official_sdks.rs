//! Stripe's official packages for Python and Node sign deliveries, and the server verifies them. They
//! read thin events of the fake Stripe, and fetch from it what these refer to.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use djstripe_core::signature::sign;
use djstripe_core::store::{Store, StoreOptions};
use djstripe_core::testing::FakeStripe;
use djstripe_tests::packages;
use djstripe_tests::process::{Server, output_with_input};
use serde_json::{Value, json};

const SECRET: &str = "whsec_official";
const PYTHON_PACKAGE: &str = "stripe==16.1.0";
const NODE_PACKAGE: &str = "stripe@23.1.0";
const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sdk");

#[test]
fn python_package_signs_what_the_server_accepts() {
    let python = install_python_package();
    check(
        Command::new(python).arg(format!("{SCRIPTS}/deliver.py")),
        "evt_python",
    );
}

#[test]
fn node_package_signs_what_the_server_accepts() {
    let project = install_node_package();
    check(
        Command::new("node")
            .arg(format!("{SCRIPTS}/deliver.mjs"))
            .arg(project),
        "evt_node",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn python_package_reads_thin_events_and_what_they_refer_to() {
    let python = install_python_package();
    let mut script = Command::new(python);
    check_thin(
        script.arg(format!("{SCRIPTS}/thin.py")),
        "InvalidRequestError",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_package_reads_thin_events_and_what_they_refer_to() {
    let project = install_node_package();
    let mut script = Command::new("node");
    let script = script.arg(format!("{SCRIPTS}/thin.mjs")).arg(project);
    check_thin(script, "StripeInvalidRequestError").await;
}

/// Runs a script that reads thin events with a package, and delivers them. `refused` is the package's
/// error for a list of too many names.
async fn check_thin(script: &mut Command, refused: &str) {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "account", "id": "acct_2" }));
    let connected = stripe.on("acct_2");
    let customer = stripe.fixture("customer", json!({}));
    let theirs = connected.fixture("customer", json!({}));
    let meter = stripe.fixture("billing.meter", json!({}));
    let account = stripe.fixture("v2.core.account", json!({ "id": "acct_7" }));

    let twin = stripe.emit("customer.created", &customer);
    let connected_twin = connected.emit("customer.created", &theirs);
    let data = json!({ "developer_message_summary": "two errors" });
    let alone = stripe.emit_thin(
        "v1.billing.meter.error_report_triggered",
        &meter,
        data.clone(),
    );
    let of_v2 = stripe.emit_thin("v2.core.account.created", &account, Value::Null);
    // The thin event, its object, its snapshot event, and its data.
    let cases = [
        (stripe.thin(&twin), &customer, &twin["id"], Value::Null),
        (
            connected.thin(&connected_twin),
            &theirs,
            &connected_twin["id"],
            Value::Null,
        ),
        (alone, &meter, &Value::Null, data),
        (of_v2, &account, &Value::Null, Value::Null),
    ];

    let directory = tempfile::tempdir().unwrap();
    let database_url = format!("sqlite:{}", directory.path().join("events.db").display());
    let server = Server::start(&database_url, SECRET);
    let notification = |thin: &Value| {
        let body = thin.to_string();
        let header = sign(body.as_bytes(), SECRET, SystemTime::now());
        json!({ "body": body, "header": header })
    };
    let notifications: Vec<Value> = cases.iter().map(|(thin, ..)| notification(thin)).collect();
    let job = json!({
        "url": server.url(),
        "secret": SECRET,
        "api": { "base": stripe.base_url(), "key": stripe.api_key() },
        "notifications": notifications,
    });
    let printed = output_with_input(script, &job.to_string());
    let printed: Value = serde_json::from_str(&printed).unwrap();

    let read = cases.iter().map(|(thin, object, snapshot, data)| {
        json!({
            "id": thin["id"], "type": thin["type"], "context": thin["context"],
            "related": [object["object"], object["id"]], "fetched": thin["id"],
            "snapshot": snapshot, "data": data, "object": object["id"], "status": 200,
        })
    });
    assert_eq!(printed["read"], read.collect::<Value>());
    let own = [&cases[3].0, &cases[2].0, &cases[0].0].map(|thin| thin["id"].clone());
    assert_eq!(printed["listed"], json!(own));
    assert_eq!(printed["refused"], json!([refused, "invalid_fields"]));

    let store = Store::connect(&database_url, StoreOptions::default());
    let store = store.await.unwrap();
    for (thin, _, snapshot, _) in &cases {
        let id = if snapshot.is_null() {
            &thin["id"]
        } else {
            snapshot
        };
        let stored = store.event(id.as_str().unwrap()).await.unwrap();
        let (event, payload) = stored.unwrap();
        assert_eq!(&serde_json::from_str::<Value>(&payload).unwrap(), thin);
        assert_eq!(json!(event.account), thin["context"]);
    }
}

/// Runs a script that delivers a valid event and three invalid ones. The server must store only the
/// valid event.
fn check(script: &mut Command, id: &str) {
    let directory = tempfile::tempdir().unwrap();
    let database_url = format!("sqlite:{}", directory.path().join("events.db").display());
    // The server has two secrets, as during the rolling of a secret. Stripe signs with the second.
    let server = Server::start(&database_url, &format!("whsec_older,{SECRET}"));
    let body = r#"{"id":"evt_ours","type":"ping"}"#;
    let job = json!({
        "url": server.url(),
        "secret": SECRET,
        "ours": { "body": body, "header": sign(body.as_bytes(), SECRET, SystemTime::now()) },
        "cases": [
            { "id": id, "fault": null },
            { "id": "evt_tampered", "fault": "body" },
            { "id": "evt_forged", "fault": "secret" },
            { "id": "evt_replayed", "fault": "time" },
        ],
    });

    let printed = output_with_input(script, &job.to_string());
    assert_eq!(
        serde_json::from_str::<Value>(&printed).unwrap(),
        json!([200, 400, 400, 400])
    );

    let listed = server.list(&["events", "--json"]);
    let ids: Vec<&str> = listed
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();

    assert_eq!(ids, [id]);

    for field in ["id", "name", "state", "account", "received_at"] {
        assert!(
            listed[0].get(field).is_some(),
            "{field} is missing in {}",
            listed[0]
        );
    }
}

/// Installs the package into a folder of the build, once, and returns the path of its Python.
fn install_python_package() -> String {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let environment = format!("{TARGET}/python-{PYTHON_PACKAGE}");
    let python = format!("{environment}/bin/python");
    INSTALLED.get_or_init(|| {
        let mut create = Command::new("python3");
        create.args(["-m", "venv", "--clear", &environment]);
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", PYTHON_PACKAGE]);
        packages::install(
            PYTHON_PACKAGE,
            "stripe-python",
            Path::new(&environment),
            [&mut create, &mut pip],
        );
    });
    python
}

/// Installs the package into a folder of the build, once. Returns a path from which Node resolves it.
fn install_node_package() -> String {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let project = format!("{TARGET}/node-{NODE_PACKAGE}");
    INSTALLED.get_or_init(|| {
        std::fs::create_dir_all(&project).unwrap();
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--silent",
            "--no-audit",
            "--prefix",
            &project,
            NODE_PACKAGE,
        ]);
        packages::install(NODE_PACKAGE, "stripe-node", Path::new(&project), [&mut npm]);
    });
    format!("{project}/package.json")
}
