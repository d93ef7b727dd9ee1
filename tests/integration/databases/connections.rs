//! How many connections there are, and what happens where the server allows fewer.

use djstripe_core::__internals::begin;
use djstripe_core::store::StoreOptions;
use djstripe_tests::{TestDatabase, process};

use super::{as_role, builder, execute, line, migrated, program};

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_can_not_grow_waits_for_what_it_has() {
    let database = TestDatabase::postgres().await;
    let owner = migrated(database.url()).await;
    let role = format!("three_{}", std::process::id());
    let limited = format!(
        "CREATE ROLE {role} LOGIN CONNECTION LIMIT 3; \
         GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
    );
    execute(&owner, &limited).await;

    let url = as_role(&database, &role);
    let store = builder(&url).connections(8).open_store().await.unwrap();
    let tasks = (0..24).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut transaction = begin(&store).await?;
            transaction
                .db()
                .await?
                .batch_execute("SELECT pg_sleep(0.01)")
                .await
                .unwrap();
            transaction.commit().await
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }

    // Without a connection of its own there is nothing to wait for.
    let held: Vec<_> = [
        begin(&store).await,
        begin(&store).await,
        begin(&store).await,
    ]
    .into_iter()
    .collect::<Result<_, _>>()
    .unwrap();
    let refused = builder(&url).open_store().await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("too many connections for role"), "{cause}");

    drop(held);
    drop(store);
    let gone =
        format!("SELECT count(*)::text AS line FROM pg_stat_activity WHERE usename = '{role}'");
    djstripe_tests::wait::until(async || line(&owner, &gone).await == "0").await;
    execute(&owner, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_session_is_set_that_others_would_see() {
    let database = TestDatabase::postgres().await;
    let store = database.connect(StoreOptions::default()).await;
    // What diesel sets at the start of each connection, poolers know and set back.
    let set = "SELECT coalesce(string_agg(name, ' ' ORDER BY name), '') AS line FROM pg_settings \
         WHERE source = 'session'";
    let set = line(&store, set).await;
    assert!(
        [
            "TimeZone",
            "client_encoding TimeZone",
            "TimeZone client_encoding"
        ]
        .contains(&&*set),
        "{set}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_connections_is_a_flag_and_a_variable() {
    let database = TestDatabase::postgres().await;
    for (arguments, value) in [
        (&["stats", "--connections", "0"][..], None),
        (&["stats"][..], Some("many")),
    ] {
        let mut command = program(database.url(), arguments);
        command.envs(value.map(|value| ("DJSTRIPE_CONNECTIONS", value)));
        let (code, _, err) = process::run(command).await;
        assert!(code == 2 && err.contains("--connections"), "{code} {err}");
    }
    let (code, out, err) =
        process::run(program(database.url(), &["migrate", "--connections", "1"])).await;
    assert_eq!(code, 0, "{out}{err}");
}
