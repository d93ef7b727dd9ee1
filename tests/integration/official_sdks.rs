//! Stripe's official packages for Python and Node sign deliveries, and the server verifies them.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use djstripe_core::signature::sign;
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

/// Installs the package into a folder of the build, and returns the path of its Python.
fn install_python_package() -> String {
    let environment = format!("{TARGET}/python-{PYTHON_PACKAGE}");
    let python = format!("{environment}/bin/python");
    let mut create = Command::new("python3");
    create.args(["-m", "venv", "--clear", &environment]);
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", PYTHON_PACKAGE]);
    let commands = [&mut create, &mut pip];
    packages::install(
        PYTHON_PACKAGE,
        "stripe-python",
        Path::new(&environment),
        commands,
    );
    python
}

/// Installs the package into a folder of the build. Returns a path from which Node resolves it.
fn install_node_package() -> String {
    let project = format!("{TARGET}/node-{NODE_PACKAGE}");
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
    format!("{project}/package.json")
}
