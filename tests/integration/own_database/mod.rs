//! The database is the application's: who migrates it, with which rights, and over how many
//! connections.

mod place;
mod tables;

use djstripe_core::store::StoreOptions;
use djstripe_core::{BuildError, Builder, Djstripe, Receipt, receivers};
use djstripe_tests::{TestDatabase, delivery, on_both_empty, process};
use serde_json::json;

const SECRET: &str = "whsec_own_database";

fn builder(url: &str) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .receivers(receivers::built_in())
        .migrate(false)
}

async fn receive(app: &Djstripe) {
    let event = json!({
        "id": "evt_1", "object": "event", "type": "product.created", "created": 1_700_000_000,
        "livemode": false, "api_version": djstripe_core::API_VERSION,
        "data": { "object": { "id": "prod_1", "object": "product" } },
    });
    let delivery = delivery::signed(event.to_string(), SECRET);
    assert_eq!(app.receive(delivery).await.unwrap(), Receipt::Stored);
    assert_eq!(app.work_until_idle().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_may_not_migrate_refuses_a_database_that_lacks_migrations() {
    on_both_empty(async |database| {
        let refused = builder(database.url()).build().await.unwrap_err();
        let BuildError::Unmigrated { pending } = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            pending.first().map(String::as_str),
            Some("inbox/0001_inbox")
        );
        let told = refused.to_string();
        assert!(told.contains("`inbox/0001_inbox`"), "{told}");
        assert!(told.contains("migrate --print-sql"), "{told}");

        // Nothing was made.
        let store = database.connect(StoreOptions::default()).await;
        assert!(!store.pending_migrations().await.unwrap().is_empty());
        store.migrate().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_that_is_printed_does_what_migrate_does() {
    on_both_empty(async |database| {
        let arguments = ["migrate", "--print-sql", "--database-url", database.url()];
        let print = async || {
            let mut command = std::process::Command::new(process::quickstart());
            command.args(arguments);
            let (status, printed, errors) = process::run(command).await;
            assert_eq!(status, 0, "{errors}");
            printed
        };

        let printed = print().await;
        let store = database.connect(StoreOptions::default()).await;
        let mut session = store.session().await.unwrap();
        session.db().unwrap().batch_execute(&printed).await.unwrap();
        assert_eq!(print().await.trim(), "");

        let app = builder(database.url()).build().await.unwrap();
        receive(&app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_read_and_write_rows_runs_a_migrated_schema() {
    let database = TestDatabase::postgres().await;
    let store = builder(database.url()).open_store().await.unwrap();
    store.migrate().await.unwrap();
    let role = format!("rows_{}", std::process::id());
    let grant = format!(
        "CREATE ROLE {role} LOGIN; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    );
    let mut session = store.session().await.unwrap();
    session.db().unwrap().batch_execute(&grant).await.unwrap();

    let (_, rest) = database.url().rsplit_once('@').unwrap();
    let url = format!("postgres://{role}@{rest}");
    let app = builder(&url).connections(2).build().await.unwrap();
    receive(&app).await;
    drop(app);

    let clean = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    session.db().unwrap().batch_execute(&clean).await.unwrap();
}
