//! What is said of a PostgreSQL that can't be reached: what the server answered, once, and where
//! nobody answered.

use std::process::Command;

use djstripe_core::Djstripe;
use djstripe_core::store::StoreError;
use djstripe_tests::TestDatabase;
use djstripe_tests::process::run;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The answer to a wrong password, as
/// [the protocol](https://www.postgresql.org/docs/current/protocol-message-formats.html) has it.
const WRONG_PASSWORD: &[u8] =
    b"E\0\0\0\x51SFATAL\0C28P01\0Mpassword authentication failed for user \"ann\"\0Ranswer_server\0\0";

/// A server that answers the first message with this, and its address.
async fn server(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(answer).await;
        }
    });
    address
}

async fn check(url: &str, expected: &str) {
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
        command.args(arguments).env("DATABASE_URL", url);
        command
            .env_remove("STRIPE_WEBHOOK_SECRET")
            .env_remove("RUST_LOG");
        command
    };
    let expected = format!("failed to connect to the database: {expected}");

    let (code, out, err) = run(program(&["stats"])).await;
    assert_eq!((code, &*out, err), (1, "", format!("error: {expected}\n")));
    let (code, out, err) = run(program(&["check", "--json"])).await;
    let findings = out.lines().map(|line| serde_json::from_str(line).unwrap());
    let found: Vec<serde_json::Value> = findings
        .filter(|finding: &serde_json::Value| finding["severity"] == "error")
        .filter(|finding| finding["point"] == "database")
        .collect();
    assert_eq!(code, 1, "{out}{err}");
    assert_eq!(found.len(), 1, "{out}");
    assert_eq!(found[0]["what"], expected);

    // The cause is a source, and not part of the text above it.
    let opened = Djstripe::builder().database_url(url).open_store().await;
    let error = opened.unwrap_err();
    assert!(matches!(error, StoreError::Connect(_)), "{error:?}");
    assert_eq!(error.to_string(), "failed to connect to the database");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgresql_says_is_told_once() {
    let database = TestDatabase::postgres().await;
    if std::env::var("DJSTRIPE_TEST_POSTGRES_CA").is_err() {
        panic!("this test needs a PostgreSQL with TLS: run `cargo xtask test`");
    }
    let (address, _) = database.url().rsplit_once('/').unwrap();
    let nobody = database.url().replace("://postgres@", "://nobody@");

    check(
        &format!("{address}/nope"),
        r#"FATAL: database "nope" does not exist"#,
    )
    .await;
    check(&nobody, r#"FATAL: role "nobody" does not exist"#).await;
    check(
        "postgres://ann@127.0.0.1:9/shop",
        "connection refused (127.0.0.1:9)",
    )
    .await;
    let (_, cluster) = address.rsplit_once('@').unwrap();
    check(
        &format!("{}?sslmode=require", database.url()),
        &format!(
            "no TLS: invalid peer certificate: UnknownIssuer; no authority of Mozilla's list has \
             signed the server's certificate; name the file of the one that has, \
             `sslrootcert=FILE`, or give up verification, `sslmode=require` and `sslverify=off` \
             ({cluster})"
        ),
    )
    .await;

    let plain = server(b"N").await;
    check(
        &format!("postgres://ann@{plain}/shop?sslmode=require"),
        &format!(
            "the server offers no TLS, which the URL requires; turn it on there, or connect \
             without, `sslmode=prefer` or `disable` ({plain})"
        ),
    )
    .await;
    let strict = server(WRONG_PASSWORD).await;
    check(
        &format!("postgres://ann:wrong@{strict}/shop?sslmode=disable"),
        r#"FATAL: password authentication failed for user "ann""#,
    )
    .await;
}
