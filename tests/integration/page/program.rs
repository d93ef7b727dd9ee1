//! `serve --page`, as a process of its own.

use std::process::{Command, Stdio};
use std::time::Duration;

use djstripe_tests::TestDatabase;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PASSWORD: &str = "0123456789abcdef";

fn program(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .args([
            "serve",
            "--database-url",
            database.url(),
            "--webhook-secret",
            "whsec_1",
        ])
        .args(arguments)
        .env_remove("DJSTRIPE_PAGE")
        .env_remove("DJSTRIPE_PAGE_PASSWORD")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn a_page_without_a_password_is_incorrect_usage() {
    let check = async |arguments: &[&str], password: Option<&str>, expected: &str| {
        let database = TestDatabase::sqlite();
        let mut command = program(&database, arguments);
        if let Some(password) = password {
            command.env("DJSTRIPE_PAGE_PASSWORD", password);
        }
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = output.await.unwrap().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(expected), "{error}");
    };
    check(&["--page"], None, "set DJSTRIPE_PAGE_PASSWORD").await;
    check(&["--page"], Some("short"), "fewer than 16 characters").await;
    check(&["--page=/stripe"], Some(PASSWORD), "overlaps").await;
    check(&["--page=here"], Some(PASSWORD), "expected a path").await;
}

#[tokio::test]
async fn serve_answers_the_page_below_its_path() {
    let database = TestDatabase::sqlite();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let mut child = program(&database, &["--page=/ops", "--listen", &address])
        .env("DJSTRIPE_PAGE_PASSWORD_FILE", &file)
        .spawn()
        .unwrap();

    let get = async |path: &str, authorization: &str| {
        let mut stream = loop {
            match TcpStream::connect(&address).await {
                Ok(stream) => break stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{authorization}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    };
    // ann:0123456789abcdef
    let right = "Authorization: Basic YW5uOjAxMjM0NTY3ODlhYmNkZWY=\r\n";
    assert!(get("/ops/", "").await.starts_with("HTTP/1.1 401"));
    for path in ["/ops", "/ops/", "/ops/events"] {
        let text = get(path, right).await;
        assert!(
            text.starts_with("HTTP/1.1 200") && text.contains("djstripe"),
            "{path}: {text}"
        );
    }
    assert!(get("/healthz", "").await.starts_with("HTTP/1.1 200"));
    assert!(get("/events", right).await.starts_with("HTTP/1.1 404"));
    child.kill().unwrap();
    child.wait().unwrap();
}
