//! A database that a newer program has migrated.

use djstripe_core::BuildError;
use djstripe_core::store::{Backend, StoreError};
use djstripe_tests::{on_both_backends, process};

use super::{builder, execute, faults, has, migrated, program, readiness, serve};

fn insert(name: &str, mark: &str) -> String {
    format!(
        "INSERT INTO djstripe_migration (migration_set, name, applied_at, older_programs) \
         VALUES ('inbox', '{name}', 1, {mark})"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_migrations_are_named_and_refused_unless_they_are_compatible() {
    on_both_backends(async |database| {
        let url = database.url();
        let store = migrated(url).await;
        let app = builder(url).build().await.unwrap();
        let base = serve(&app).await;
        assert_eq!(readiness(&base).await, (200, "ready".to_owned()));

        execute(&store, &insert("9001_wider", "'compatible'")).await;
        builder(url).build().await.unwrap();
        let (status, said) = readiness(&base).await;
        assert!(status == 200 && said.contains("inbox/9001_wider"), "{said}");
        let (code, out, err) = process::run(program(url, &["migrate"])).await;
        assert_eq!((code, &*out), (0, "up to date\n"));
        assert!(
            err.starts_with("note: ") && err.contains("inbox/9001_wider"),
            "{err}"
        );
        assert!(
            !faults(url)
                .await
                .iter()
                .any(|(_, point, _)| point == "database")
        );

        // One that does not say so is not trusted.
        execute(&store, &insert("9002_narrower", "NULL")).await;
        for may_migrate in [true, false] {
            let refused = builder(url).migrate(may_migrate).build().await.unwrap_err();
            let BuildError::Store(StoreError::NewerSchema { migrations }) = &refused else {
                panic!("{refused:?}");
            };
            assert_eq!(migrations, &["inbox/9002_narrower"]);
        }
        let (status, said) = readiness(&base).await;
        assert!(
            status == 503 && said.contains("inbox/9002_narrower"),
            "{said}"
        );
        for command in [
            &["migrate"][..],
            &["migrate", "--print-sql"],
            &["work"],
            &["stats"],
        ] {
            let (code, _, err) = process::run(program(url, command)).await;
            assert_eq!(code, 1, "{command:?}");
            assert!(err.contains("inbox/9002_narrower"), "{command:?}: {err}");
        }
        has(
            &faults(url).await,
            "error",
            "database",
            "inbox/9002_narrower; run the newer program",
        );

        // What another application has in the same database is its own.
        let other = "UPDATE djstripe_migration SET migration_set = 'other' WHERE name LIKE '900%'";
        execute(&store, other).await;
        builder(url).build().await.unwrap();
        assert_eq!(
            store.backend() == Backend::Sqlite,
            database.path().is_some()
        );
    })
    .await;
}
