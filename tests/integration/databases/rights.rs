//! The least rights with which everything runs.

use djstripe_core::BuildError;
use djstripe_core::store::StoreError;
use djstripe_tests::{TestDatabase, process};

use super::{as_role, builder, execute, faults, has, migrated, owner, page, process_one, program};

/// The statements of the page, for this role.
fn grants(role: &str) -> String {
    let page = page("databases.md");
    let (_, script) = page.split_once("```sql\n").unwrap();
    let (script, _) = script.split_once("```").unwrap();
    assert!(script.contains("GRANT "), "{script}");
    script.replace("shop_app", role)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_are_enough_and_what_is_lacking_is_named() {
    let database = TestDatabase::postgres().await;
    let store = migrated(database.url()).await;
    let role = format!("least_{}", std::process::id());
    let rights = format!(
        "CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; {}",
        grants(&role)
    );
    execute(&store, &rights).await;
    let url = as_role(&database, &role);

    // Nothing is pending, so nothing is created, although the application may migrate.
    let app = builder(&url).connections(2).build().await.unwrap();
    process_one(&app).await;
    drop(app);
    for arguments in [
        &["stats"][..],
        &["events", "list"],
        &["pause"],
        &["resume"],
        &["migrate"],
        &["prune", "--older-than", "0s", "--yes"],
    ] {
        let (code, out, err) = process::run(program(&url, arguments)).await;
        assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    }
    let found = faults(&url).await;
    assert!(
        found.iter().all(|(severity, ..)| severity != "error"),
        "{found:#?}"
    );

    // A table that is made later is covered too.
    execute(&store, "CREATE TABLE djstripe_later (id integer)").await;
    assert!(
        !faults(&url)
            .await
            .iter()
            .any(|(_, point, _)| point == "rights")
    );

    let revoke = format!("REVOKE UPDATE, DELETE ON djstripe_queue FROM {role}");
    execute(&store, &revoke).await;
    has(
        &faults(&url).await,
        "error",
        "rights",
        "the role lacks UPDATE, DELETE on djstripe_queue",
    );

    // What has to be created is named, and what could not be done.
    execute(
        &store,
        "DELETE FROM djstripe_migration WHERE name = '0018_database'",
    )
    .await;
    let refused = builder(&url).build().await.unwrap_err();
    let BuildError::Store(StoreError::Migration { name, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(name, "0018_database");
    has(
        &faults(&url).await,
        "error",
        "database",
        "run `migrate` as a role that may create tables, as this one may not",
    );

    execute(&store, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_without_the_right_to_create_names_the_operation() {
    let database = TestDatabase::empty_postgres().await;
    let role = format!("none_{}", std::process::id());
    let store = owner(&database).await;
    let rights = format!("CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    execute(&store, &rights).await;
    let url = as_role(&database, &role);

    let (code, _, err) = process::run(program(&url, &["migrate"])).await;
    assert_eq!(code, 1);
    let expected =
        "failed to create the list of applied migrations: permission denied for schema public";
    assert!(err.contains(expected), "{err}");

    execute(&store, &format!("DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_may_not_migrate_refuses_what_lacks_migrations() {
    let database = TestDatabase::empty_postgres().await;
    let check = async |arguments: &[&str], variable: Option<&str>| {
        let mut command = program(database.url(), arguments);
        command.envs(variable.map(|value| ("DJSTRIPE_NO_MIGRATE", value)));
        let (code, _, err) = process::run(command).await;
        assert_eq!(code, 1, "{arguments:?}: {err}");
        assert!(
            err.contains("lacks 2") && err.contains("migrations"),
            "{arguments:?}: {err}"
        );
    };

    check(&["serve", "--listen", "127.0.0.1:0", "--no-migrate"], None).await;
    for command in ["work", "sync", "reconcile", "init-customers"] {
        check(&[command], Some("1")).await;
    }
}
