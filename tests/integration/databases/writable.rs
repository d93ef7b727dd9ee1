//! A database that takes no writes: deliveries are refused, and the probe and `check` say why.

use std::process::{Command, Stdio};

use djstripe_core::store::StoreOptions;
use djstripe_core::testing::http_client;
use djstripe_tests::process::free_port;
use djstripe_tests::{TestDatabase, on_both_backends, wait};

use super::{SECRET, builder, deliver, execute, faults, has, line, migrated, readiness, serve};

#[tokio::test(flavor = "multi_thread")]
async fn a_writable_database_is_ready_and_written_to_seldom() {
    on_both_backends(async |database| {
        let app = builder(database.url()).build().await.unwrap();
        let base = serve(&app).await;
        let written = "SELECT CAST(written_at AS text) AS line FROM djstripe_heartbeat";

        assert_eq!(readiness(&base).await, (200, "ready".to_owned()));
        let first = line(app.store(), written).await;
        for _ in 0..3 {
            assert_eq!(readiness(&base).await, (200, "ready".to_owned()));
        }
        assert_eq!(line(app.store(), written).await, first);
        assert_eq!(deliver(&base, 10).await, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_became_read_only_is_not_ready() {
    let database = TestDatabase::postgres().await;
    let app = builder(database.url()).build().await.unwrap();
    let base = serve(&app).await;
    let owner = TestDatabase::postgres().await;
    let owner = owner.connect(StoreOptions::default()).await;

    let (_, name) = database.url().rsplit_once('/').unwrap();
    let set = async |setting: &str| {
        execute(&owner, &format!("ALTER DATABASE {name} {setting}")).await;
        // It counts for new sessions.
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
        execute(&owner, &format!("{cut}'{name}'")).await;
    };
    set("SET default_transaction_read_only = on").await;
    wait::until(async || deliver(&base, 10).await == 503).await;
    wait::until(async || readiness(&base).await.0 == 503).await;
    wait::until(async || readiness(&base).await.1 == "the database is read-only").await;
    has(
        &faults(database.url()).await,
        "error",
        "database",
        "the database is read-only",
    );

    // Nothing is pending, so a process starts and waits for the database to be writable.
    let second = serve(&builder(database.url()).build().await.unwrap()).await;
    assert_eq!(readiness(&second).await.0, 503);
    set("RESET default_transaction_read_only").await;
    wait::until(async || readiness(&base).await.0 == 200).await;
    assert_eq!(deliver(&base, 10).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_is_not_ready() {
    let database = TestDatabase::sqlite();
    drop(migrated(database.url()).await);
    let path = database.path().unwrap();
    let url = format!("sqlite:file:{}?mode=ro", path.display());
    let app = builder(&url).build().await.unwrap();
    let base = serve(&app).await;

    assert_eq!(deliver(&base, 10).await, 503);
    assert_eq!(
        readiness(&base).await,
        (503, "the database is read-only".to_owned())
    );
    let said = "attempt to write a readonly database; connect to the primary";
    has(&faults(&url).await, "error", "database", said);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_into_a_deleted_file() {
    let database = TestDatabase::sqlite();
    let app = builder(database.url()).build().await.unwrap();
    let base = serve(&app).await;
    let path = database.path().unwrap();
    assert_eq!(deliver(&base, 10).await, 200);
    assert_eq!(readiness(&base).await.0, 200);
    let gone = (503, "the SQLite file was deleted or replaced".to_owned());

    let aside = path.with_extension("aside");
    std::fs::rename(&path, &aside).unwrap();
    assert_eq!(deliver(&base, 10).await, 503);
    assert_eq!(readiness(&base).await, gone);
    assert!(!path.exists(), "it is not created again");
    has(
        &faults(database.url()).await,
        "error",
        "database",
        "there is no file",
    );
    let failed = app.work_until_idle().await.unwrap_err();
    assert!(
        failed.to_string().contains("was deleted or replaced"),
        "{failed}"
    );

    std::fs::write(&path, "").unwrap();
    assert_eq!(deliver(&base, 10).await, 503);
    assert_eq!(readiness(&base).await, gone);

    std::fs::rename(&aside, &path).unwrap();
    assert_eq!(deliver(&base, 10).await, 200);
    assert_eq!(readiness(&base).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_ready() {
    let database = TestDatabase::sqlite();
    drop(migrated(database.url()).await);
    let size = std::fs::metadata(database.path().unwrap()).unwrap().len();

    // No file may become larger than the database is: what is written first has a file of its own.
    let port = free_port().unwrap();
    let limit = size / 512;
    let script = format!(
        "trap '' XFSZ; ulimit -f {limit}; exec {} serve --listen 127.0.0.1:{port}",
        env!("CARGO_BIN_EXE_counter")
    );
    let mut server = Command::new("sh")
        .args(["-c", &script])
        .env("DATABASE_URL", database.url())
        .env("STRIPE_WEBHOOK_SECRET", SECRET)
        .env_remove("STRIPE_SECRET_KEY")
        .env("RUST_LOG", "off")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let base = format!("http://127.0.0.1:{port}");
    wait::until(async || {
        http_client()
            .get(format!("{base}/healthz"))
            .send()
            .await
            .is_ok()
    })
    .await;
    assert_eq!(readiness(&base).await.0, 200);

    let full = async || {
        while deliver(&base, 200_000).await == 200 {}
        readiness(&base).await.0 == 503
    };
    wait::until(full).await;
    server.kill().unwrap();
    server.wait().unwrap();
}
