//! Where the tables are, and over whose connections they are reached.

use djstripe_core::store::diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig,
};
use djstripe_core::store::diesel_async::{AsyncPgConnection, RunQueryDsl};
use djstripe_core::store::{EventState, Pool, StoreError, diesel};
use djstripe_core::{BuildError, Builder, Djstripe, receivers};
use djstripe_tests::{TestDatabase, wait};

use super::{SECRET, receive};

fn builder() -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .receivers(receivers::built_in())
}

/// A number that a query of the database returns.
async fn number(app: &Djstripe, sql: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    #[diesel(table_name = numbers)]
    struct Number {
        number: i64,
    }
    diesel::table! {
        numbers (number) { number -> BigInt }
    }

    let mut session = app.store().session().await.unwrap();
    let mut db = session.db().unwrap();
    let query = diesel::sql_query(sql);
    let rows: Vec<Number> = query.load(db.postgres().unwrap()).await.unwrap();
    rows[0].number
}

const TABLES: &str = "SELECT count(*) AS number FROM pg_tables WHERE tablename LIKE ANY \
     (ARRAY['djstripe%', 'stripe%']) AND schemaname = ";

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_in_the_schema_that_the_application_names() {
    let database = TestDatabase::empty_postgres().await;
    let app = builder().database_url(database.url()).schema("billing");
    let app = app.build().await.unwrap();
    receive(&app).await;
    assert_eq!(number(&app, &format!("{TABLES}'public'")).await, 0);
    assert!(number(&app, &format!("{TABLES}'billing'")).await > 140);

    // A receiver still finds the application's tables.
    let own = "CREATE TABLE public.orders (id bigint); INSERT INTO orders VALUES (1)";
    let mut session = app.store().session().await.unwrap();
    session.db().unwrap().batch_execute(own).await.unwrap();

    // Another installation in the same database has tables of its own, whichever came first.
    let other = builder()
        .database_url(database.url())
        .build()
        .await
        .unwrap();
    let events = "SELECT count(*) AS number FROM djstripe_event";
    assert_eq!(number(&other, events).await, 0);
    receive(&other).await;
    let third = builder().database_url(database.url()).schema("Third_1");
    let third = third.build().await.unwrap();
    receive(&third).await;
    for app in [app, other, third] {
        assert_eq!(number(&app, events).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_that_is_printed_makes_the_schema() {
    let database = TestDatabase::empty_postgres().await;
    let named = builder()
        .database_url(database.url())
        .schema("billing")
        .migrate(false);
    let script = named
        .open_store()
        .await
        .unwrap()
        .pending_sql()
        .await
        .unwrap();

    let plain = builder()
        .database_url(database.url())
        .open_store()
        .await
        .unwrap();
    let mut session = plain.session().await.unwrap();
    session.db().unwrap().batch_execute(&script).await.unwrap();
    let app = named.build().await.unwrap();
    receive(&app).await;
    assert_eq!(number(&app, &format!("{TABLES}'public'")).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_can_not_be_is_refused() {
    let refused = async |builder: Builder| {
        let BuildError::Store(error) = builder.build().await.unwrap_err() else {
            panic!("another error");
        };
        error
    };
    let database = TestDatabase::empty_postgres().await;
    let named = |name: &str| builder().database_url(database.url()).schema(name);
    let error = refused(named("bill;ing")).await;
    assert!(matches!(error, StoreError::SchemaName { .. }), "{error:?}");
    let error = refused(builder().pool(pool(&database, 2)).schema("billing")).await;
    assert!(matches!(error, StoreError::SchemaOfPool), "{error:?}");
    let sqlite = TestDatabase::empty_sqlite();
    let error = refused(builder().database_url(sqlite.url()).schema("billing")).await;
    assert!(matches!(error, StoreError::SchemaOfSqlite), "{error:?}");
}

fn pool(database: &TestDatabase, connections: usize) -> Pool {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(database.url());
    Pool::builder(manager)
        .max_size(connections)
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_may_be_those_of_the_applications_pool() {
    let database = TestDatabase::empty_postgres().await;
    let pool = pool(&database, 3);
    // The last one counts.
    let app = builder()
        .database_url("sqlite:nowhere.db")
        .pool(pool.clone());
    let app = app.build().await.unwrap();
    assert!(pool.status().size > 0);
    receive(&app).await;

    // Its workers listen on a connection out of the pool, which hears of another process's event.
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });
    let listening = "SELECT count(*) AS number FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'LISTEN %'";
    wait::until(async || number(&app, listening).await == 1).await;

    let other = builder()
        .database_url(database.url())
        .build()
        .await
        .unwrap();
    let event = r#"{"id":"evt_2","object":"event","type":"product.created","created":1700000000,
        "livemode":false,"data":{"object":{"id":"prod_2","object":"product"}}}"#;
    other
        .receive(djstripe_tests::delivery::signed(event, SECRET))
        .await
        .unwrap();
    wait::until(async || {
        let counts = app.store().state_counts().await.unwrap();
        counts.get(EventState::Processed) == 2
    })
    .await;
    stop.send_replace(true);
    workers.await.unwrap();
    assert!(pool.status().max_size == 3 && pool.status().size <= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_can_not_connect_says_why() {
    let database = TestDatabase::empty_postgres().await;
    let url = database.url().replace("/test_", "/nope_");
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(
        url,
        ManagerConfig::default(),
    );
    let pool = Pool::builder(manager).max_size(1).build().unwrap();
    let error = builder().pool(pool).build().await.unwrap_err();
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |it| it.source());
    let told: Vec<String> = chain.map(ToString::to_string).collect();
    let told = told.join(": ");
    assert!(told.contains("does not exist"), "{told}");
}
