//! From stored events to outcomes: retries, checkpoints, panics, filters and order. On both
//! backends.

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use djstripe_core::__internals::{begin, queue};
use djstripe_core::models::Customer;
use djstripe_core::store::diesel::result::Error;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel_async::AsyncConnection;
use djstripe_core::store::{EventState, Store, StoreError, Timestamp};
use djstripe_core::{
    Builder, CrudType, Db, Delivery, Djstripe, Event, Object, ProcessingMode, State,
    stripe_receiver, with_db,
};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::{on_both_backends, registry, wait};

const SECRET: &str = "whsec_worker";

/// A record of the receivers that ran, in order. Also decides how often `flaky` fails.
#[derive(Default)]
struct Journal {
    ran: Mutex<Vec<String>>,
    remaining_failures: Mutex<u32>,
}

impl Journal {
    fn record(&self, line: impl Into<String>) {
        self.ran.lock().unwrap().push(line.into());
    }

    fn fails(&self) -> bool {
        let mut remaining = self.remaining_failures.lock().unwrap();
        let fails = *remaining > 0;
        *remaining = remaining.saturating_sub(1);
        fails
    }
}

#[stripe_receiver("product.updated", id = "worker::first", priority = -1)]
fn first(journal: State<Journal>, event: &Event, crud: Option<CrudType>) {
    journal.record(format!("first {} {crud:?}", event.id()));
}

#[stripe_receiver("product.updated", id = "worker::flaky")]
async fn flaky(journal: State<Journal>) -> Result<(), std::io::Error> {
    journal.record("flaky");
    if journal.fails() {
        Err(std::io::Error::other("not yet"))
    } else {
        Ok(())
    }
}

#[stripe_receiver("product.updated", id = "worker::last", priority = 1)]
async fn last(journal: State<Journal>) {
    journal.record("last");
}

#[stripe_receiver("product.deleted", id = "worker::panics", retries = 0)]
fn panics() {
    panic!("out of paper");
}

#[stripe_receiver("customer.updated", id = "worker::typed", retries = 0)]
async fn typed(journal: State<Journal>, customer: Object<Customer>) {
    journal.record(format!("typed {:?}", customer.email));
}

#[stripe_receiver("customer.updated", id = "worker::untyped")]
async fn untyped(journal: State<Journal>) {
    journal.record("untyped");
}

/// Would deadlock if the worker held a connection for it, because SQLite has only one writer.
#[stripe_receiver("price.updated", id = "worker::unconnected", retries = 0)]
async fn unconnected(store: State<OnceLock<Store>>) -> Result<(), StoreError> {
    begin(store.get().unwrap()).await?.rollback().await
}

#[stripe_receiver("price.deleted", id = "worker::commits", retries = 0)]
async fn commits(mut db: Db<'_>) -> Result<(), djstripe_core::store::diesel::result::Error> {
    db.batch_execute("COMMIT").await
}

/// Drops the error of a statement: one that can't be prepared, one that fails when it runs, or one
/// that is undone by a savepoint.
#[stripe_receiver("price.created", id = "worker::drops", retries = 0)]
async fn drops(mut db: Db<'_>, event: Event) -> Result<(), Error> {
    let insert = "INSERT INTO kept (id) VALUES ('a')";
    db.batch_execute("DELETE FROM kept").await?;
    db.batch_execute(insert).await?;
    match event.id() {
        "evt_unprepared" => {
            let nowhere = sql_query("INSERT INTO nowhere (id) VALUES ('a')");
            let _ = with_db!(db, connection => nowhere.execute(connection).await);
        }
        "evt_failed" => {
            let _ = with_db!(db, connection => sql_query(insert).execute(connection).await);
        }
        "evt_returning" => {
            let returning = sql_query(format!("{insert} RETURNING id AS _value"));
            let _: Result<Vec<Text>, _> =
                with_db!(db, connection => returning.load(connection).await);
        }
        _ => {
            let undone: Result<(), Error> = with_db!(db, connection => {
                connection.transaction(async |nested| {
                    sql_query(insert).execute(nested).await.map(drop)
                }).await
            });
            assert!(undone.is_err(), "{undone:?}");
        }
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    _value: String,
}

fn builder(url: &str, ids: &[&str], failures: u32) -> Builder {
    let journal = Journal {
        remaining_failures: Mutex::new(failures),
        ..Journal::default()
    };
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .state(journal)
        .receivers(registry::receivers(|id| ids.contains(&id)))
        .retry_schedule([Duration::ZERO, Duration::ZERO])
}

fn delivery(id: &str, name: &str) -> Delivery {
    signed(event_json(id, name, "prod_1"), SECRET)
}

async fn start(url: &str, ids: &[&str], failures: u32) -> Djstripe {
    builder(url, ids, failures).build().await.unwrap()
}

async fn deliver(app: &Djstripe, id: &str, name: &str) {
    app.receive(delivery(id, name)).await.unwrap();
}

async fn state(app: &Djstripe, id: &str) -> (EventState, Option<String>) {
    let (event, _) = app.store().event(id).await.unwrap().unwrap();
    (event.state, event.last_error)
}

fn ran(app: &Djstripe) -> Vec<String> {
    app.state::<Journal>().unwrap().ran.lock().unwrap().clone()
}

const THREE: [&str; 3] = ["worker::first", "worker::flaky", "worker::last"];

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_runs_only_what_has_not_succeeded() {
    on_both_backends(async |database| {
        let app = start(database.url(), &THREE, 2).await;
        deliver(&app, "evt_1", "product.updated").await;
        app.work_until_idle().await.unwrap();

        assert_eq!(
            ran(&app),
            [
                "first evt_1 Some(Updated)",
                "flaky",
                "last",
                "flaky",
                "flaky"
            ]
        );
        assert_eq!(state(&app, "evt_1").await, (EventState::Processed, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_receiver_keeps_failing_is_dead_and_says_why() {
    on_both_backends(async |database| {
        let app = start(database.url(), &THREE, 99).await;
        deliver(&app, "evt_1", "product.updated").await;
        app.work_until_idle().await.unwrap();

        assert_eq!(ran(&app).iter().filter(|line| *line == "flaky").count(), 3);
        let error = "worker::flaky: receiver failed: not yet".to_owned();
        assert_eq!(state(&app, "evt_1").await, (EventState::Dead, Some(error)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failure_with_its_message() {
    on_both_backends(async |database| {
        let app = start(database.url(), &["worker::panics"], 0).await;
        deliver(&app, "evt_1", "product.deleted").await;
        app.work_until_idle().await.unwrap();

        let error = "worker::panics: receiver panicked: out of paper".to_owned();
        assert_eq!(state(&app, "evt_1").await, (EventState::Dead, Some(error)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_a_failure_is_answered_with_500_and_redelivery_repeats_only_the_rest() {
    on_both_backends(async |database| {
        // No retry by the worker: what the second delivery does is the question.
        let app = builder(database.url(), &THREE, 1)
            .mode(ProcessingMode::Inline)
            .retry_schedule([Duration::from_secs(3_600)])
            .build()
            .await
            .unwrap();
        let refused = app
            .receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap_err();
        assert_eq!(refused.status().as_u16(), 500);

        deliver(&app, "evt_1", "product.updated").await;
        assert_eq!(
            ran(&app),
            ["first evt_1 Some(Updated)", "flaky", "last", "flaky"]
        );

        deliver(&app, "evt_1", "product.updated").await;
        assert_eq!(ran(&app).len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_lacks_a_state_does_not_start() {
    on_both_backends(async |database| {
        let builder = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .receivers(registry::receivers(|id| id == "worker::last"));
        let error = builder.build().await.unwrap_err();
        assert!(error.to_string().contains("worker::last"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_does_not_decode_fails_its_receiver_alone() {
    on_both_backends(async |database| {
        let app = start(database.url(), &["worker::typed", "worker::untyped"], 0).await;
        let body = r#"{"id":"evt_1","type":"customer.updated","api_version":"2019-05-16",
            "data":{"object":{"id":"cus_1","object":"customer","address":{"city":7}}}}"#;
        app.receive(signed(body, SECRET)).await.unwrap();
        app.work_until_idle().await.unwrap();

        assert_eq!(ran(&app), ["untyped"]);

        let (state, error) = state(&app, "evt_1").await;
        assert_eq!(state, EventState::Dead);
        assert_eq!(
            error.unwrap(),
            "worker::typed: object cus_1 of API version 2019-05-16 can't be read: \
             `customer` at `address.city`: expected a string, found a number"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_without_db_holds_no_connection() {
    on_both_backends(async |database| {
        let builder =
            builder(database.url(), &["worker::unconnected"], 0).state(OnceLock::<Store>::new());
        let app = builder.build().await.unwrap();
        app.state::<OnceLock<Store>>()
            .unwrap()
            .set(app.store().clone())
            .unwrap();

        deliver(&app, "evt_1", "price.updated").await;
        app.work_until_idle().await.unwrap();

        assert_eq!(state(&app, "evt_1").await, (EventState::Processed, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_an_event_whose_object_is_worked_on_is_to_come_again() {
    on_both_backends(async |database| {
        let app = builder(database.url(), &["worker::first"], 0)
            .mode(ProcessingMode::Inline)
            .build()
            .await
            .unwrap();
        let background = start(database.url(), &["worker::first"], 0).await;

        deliver(&background, "evt_1", "product.updated").await;

        // Another worker has the object for a while.
        let lease = Duration::from_secs(1);
        let store = app.store();
        let claims = queue(store)
            .claim("another", 1, Timestamp::now(), lease)
            .await;
        assert_eq!(claims.unwrap()[0].event_id, "evt_1");

        let refused = app
            .receive(delivery("evt_2", "product.updated"))
            .await
            .unwrap_err();
        assert_eq!(refused.status().as_u16(), 503);

        // The lease ends, and the worker of inline mode has processed both before it comes again.
        let limit = Duration::from_secs(30);
        wait::until_processed(&app, limit).await.unwrap();
        deliver(&app, "evt_2", "product.updated").await;
        assert_eq!(
            ran(&app),
            ["first evt_1 Some(Updated)", "first evt_2 Some(Updated)"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_commits_by_itself_has_failed() {
    on_both_backends(async |database| {
        let app = start(database.url(), &["worker::commits"], 0).await;
        deliver(&app, "evt_1", "price.deleted").await;
        app.work_until_idle().await.unwrap();

        let (state, error) = state(&app, "evt_1").await;
        assert_eq!(state, EventState::Dead);
        assert!(
            error
                .as_ref()
                .is_some_and(|error| error.contains("ended the transaction")),
            "{error:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_drops_the_error_of_a_statement_has_failed() {
    on_both_backends(async |database| {
        let app = start(database.url(), &["worker::drops"], 0).await;
        let mut session = app.store().session().await.unwrap();
        let create = "CREATE TABLE kept (id text PRIMARY KEY)";
        session.db().unwrap().batch_execute(create).await.unwrap();
        drop(session);

        // Of SQLite, diesel doesn't report errors that come while rows are read.
        let is_reported = database.path().is_none();
        for (id, is_dead) in [
            ("evt_unprepared", true),
            ("evt_failed", true),
            ("evt_returning", is_reported),
            ("evt_undone", false),
        ] {
            deliver(&app, id, "price.created").await;
            app.work_until_idle().await.unwrap();

            let (state, error) = state(&app, id).await;
            assert_eq!(state == EventState::Dead, is_dead, "{id}: {error:?}");
            let is_told = |error: &String| {
                error.contains("a statement failed and its error was dropped")
                    && !error.contains("ended the transaction")
            };
            assert_eq!(error.as_ref().is_some_and(is_told), is_dead, "{error:?}");
        }
    })
    .await;
}
