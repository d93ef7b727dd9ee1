//! Each reason why there is no connection is told, with the ways out; and where there is one, no
//! reason is needed.

use std::path::Path;

use djstripe_core::store::{Store, StoreOptions};
use djstripe_tests::TestDatabase;
use tokio_postgres::NoTls;

use crate::log::Log;

const PASSWORD: &str = "p@ss:w/or?d#%25 é";
const ENCODED: &str = "p%40ss%3Aw%2For%3Fd%23%2525%20%C3%A9";

/// What connecting to this URL says, and `connected` if it says nothing.
async fn told(url: &str) -> String {
    let error = match Store::connect(url, StoreOptions::default()).await {
        Ok(_) => return "connected".to_owned(),
        Err(error) => error,
    };
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |it| it.source());
    let told: Vec<String> = chain.map(ToString::to_string).collect();
    told.join(": ")
}

/// Creates roles of the whole cluster, which its access file has lines for.
async fn create_roles(url: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let create = format!(
        "DO $$ BEGIN \
           PERFORM pg_advisory_xact_lock(16); \
           IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'djstripe_password') THEN \
             CREATE ROLE djstripe_password LOGIN PASSWORD '{PASSWORD}'; \
             CREATE ROLE djstripe_certificate LOGIN; \
             CREATE ROLE djstripe_none LOGIN CONNECTION LIMIT 0; \
           END IF; \
         END $$"
    );
    client.batch_execute(&create).await.unwrap();
}

#[tokio::test]
async fn every_reason_is_told_with_the_ways_out() {
    let authority = std::env::var("DJSTRIPE_TEST_POSTGRES_CA")
        .expect("this test needs a PostgreSQL with TLS: run `cargo xtask test`");
    let folder = Path::new(&authority)
        .parent()
        .unwrap()
        .display()
        .to_string();
    let database = TestDatabase::postgres().await;
    create_roles(database.url()).await;
    let (_, rest) = database.url().split_once('@').unwrap();
    let (address, name) = rest.split_once('/').unwrap();
    let (_, port) = address.split_once(':').unwrap();

    // A certificate that nobody here has signed, and its key.
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let write = |name: &str, text: String| {
        let path = elsewhere.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let stranger = write("stranger.pem", foreign.cert.pem());
    let stranger_key = write("stranger.key", foreign.signing_key.serialize_pem());

    let ours = format!("sslrootcert={authority}");
    let pair = format!("sslcert={folder}/client.pem&sslkey={folder}/client.key");
    let strange = format!("sslcert={stranger}&sslkey={stranger_key}");
    let as_role = |role: &str| format!("postgres://{role}@{rest}");
    let elsewhere_named =
        format!("postgres://postgres@/{name}?host=db.internal&hostaddr=127.0.0.1&port={port}");
    let cases: Vec<(String, &str)> = vec![
        // What the server says.
        (
            as_role("djstripe_password:wrong"),
            r#"FATAL: password authentication failed for user "djstripe_password""#,
        ),
        (
            format!("postgres://postgres@{address}/nope"),
            r#"FATAL: database "nope" does not exist"#,
        ),
        (as_role("nobody"), r#"FATAL: role "nobody" does not exist"#),
        (
            as_role("djstripe_none"),
            r#"FATAL: too many connections for role "djstripe_none""#,
        ),
        (
            format!("{}?options=-cnope=1", as_role("postgres")),
            r#"FATAL: unrecognized configuration parameter "nope""#,
        ),
        // What nobody says.
        (
            as_role("djstripe_password"),
            "the server asks for a password; write it into the URL, set PGPASSWORD, or add it to \
             ~/.pgpass",
        ),
        (
            format!("postgres://postgres@127.0.0.1:9/{name}"),
            "connection refused (127.0.0.1:9)",
        ),
        (
            format!("postgres://postgres@no-such-host.invalid:{port}/{name}"),
            "failed to lookup address information",
        ),
        (format!("postgres:///{name}"), "set PGHOST"),
        // TLS.
        (
            format!("{}?sslmode=require", as_role("postgres")),
            "UnknownIssuer; no authority of Mozilla's list has signed the server's certificate; \
             name the file of the one that has, `sslrootcert=FILE`, or give up verification, \
             `sslmode=require` and `sslverify=off`",
        ),
        (
            format!(
                "{}?sslmode=verify-full&sslrootcert={stranger}",
                as_role("postgres")
            ),
            "/stranger.pem` has signed the server's certificate",
        ),
        (
            format!("{elsewhere_named}&sslmode=verify-full&{ours}"),
            "name the server as its certificate does, or check only who signed it, \
             `sslmode=verify-ca` and `sslrootcert=FILE`",
        ),
        (
            format!("{elsewhere_named}&sslmode=verify-ca&{ours}"),
            "connected",
        ),
        (
            format!("{}?sslmode=verify-full&{ours}", as_role("postgres")),
            "connected",
        ),
        (
            format!("{}?sslmode=require&sslverify=off", as_role("postgres")),
            "connected",
        ),
        (
            format!("{}?sslmode=allow&gssencmode=prefer", as_role("postgres")),
            "connected",
        ),
        // Clients that prove who they are.
        (
            as_role(&format!("djstripe_password:{ENCODED}")),
            "connected",
        ),
        (
            format!(
                "{}?sslmode=require&{ours}&{pair}",
                as_role("djstripe_certificate")
            ),
            "connected",
        ),
        (
            format!("{}?sslmode=require&{ours}", as_role("djstripe_certificate")),
            "FATAL: connection requires a valid client certificate",
        ),
        (
            format!(
                "{}?sslmode=require&{ours}&{strange}",
                as_role("djstripe_certificate")
            ),
            "the server's log says why; a client certificate is given with `sslcert` and `sslkey`",
        ),
    ];
    for (url, expected) in cases {
        let told = told(&url).await;
        assert!(told.contains(expected), "{url}\n{told}\n{expected}");
        assert!(
            !told.contains("db error") && !told.contains("creating a new object"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn each_start_without_verification_is_warned_of() {
    let database = TestDatabase::postgres().await;
    let log = Log::default();
    let guard = log.start(tracing::Level::WARN);
    let url = format!("{}?sslmode=require&sslverify=off", database.url());
    for starts in 1..=2 {
        assert_eq!(told(&url).await, "connected");
        assert_eq!(
            log.text().matches("PostgreSQL is not verified").count(),
            starts
        );
    }
    assert_eq!(told(database.url()).await, "connected");
    assert_eq!(log.text().matches("not verified").count(), 2);
    drop(guard);
}
