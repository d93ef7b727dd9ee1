//! Stored events to outcomes: retries, checkpoints, panics, filters, order. On both backends.

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use djstripe_core::models::Customer;
use djstripe_core::receiver::ReceiverInfo;
use djstripe_core::signature::sign;
use djstripe_core::store::{EventState, Store, StoreError, Timestamp};
use djstripe_core::{
    Builder, CrudType, Db, Delivery, Djstripe, Event, Object, ProcessingMode, Registry, State,
    stripe_receiver,
};
use djstripe_tests::on_both_backends;

const SECRET: &str = "whsec_worker";

/// What ran, in order, and how often the failing receiver is still to fail.
#[derive(Default)]
struct Journal {
    ran: Mutex<Vec<String>>,
    failures_left: Mutex<u32>,
}

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.ran.lock().unwrap().push(line.into());
    }

    fn fails(&self) -> bool {
        let mut left = self.failures_left.lock().unwrap();
        *left = left.saturating_sub(1);
        *left > 0
    }
}

#[stripe_receiver("product.updated", id = "worker::first", priority = -1)]
fn first(journal: State<Journal>, event: &Event, crud: Option<CrudType>) {
    journal.note(format!("first {} {crud:?}", event.id()));
}

#[stripe_receiver("product.updated", id = "worker::flaky")]
async fn flaky(journal: State<Journal>) -> Result<(), std::io::Error> {
    journal.note("flaky");
    if journal.fails() {
        Err(std::io::Error::other("not yet"))
    } else {
        Ok(())
    }
}

#[stripe_receiver("product.updated", id = "worker::last", priority = 1)]
async fn last(journal: State<Journal>) {
    journal.note("last");
}

#[stripe_receiver("product.deleted", id = "worker::panics", retries = 0)]
fn panics() {
    panic!("out of paper");
}

#[stripe_receiver("customer.updated", id = "worker::typed", retries = 0)]
async fn typed(journal: State<Journal>, customer: Object<Customer>) {
    journal.note(format!("typed {:?}", customer.email));
}

#[stripe_receiver("customer.updated", id = "worker::beside")]
async fn beside(journal: State<Journal>) {
    journal.note("beside");
}

/// Would wait for its own connection for ever if it held one, as SQLite has one writer.
#[stripe_receiver("price.updated", id = "worker::unconnected", retries = 0)]
async fn unconnected(store: State<OnceLock<Store>>) -> Result<(), StoreError> {
    store.get().unwrap().begin().await?.rollback().await
}

#[stripe_receiver("price.deleted", id = "worker::commits", retries = 0)]
async fn commits(mut db: Db<'_>) -> Result<(), djstripe_core::store::diesel::result::Error> {
    db.batch_execute("COMMIT").await
}

fn receivers(ids: &[&str]) -> Vec<&'static ReceiverInfo> {
    let all = Registry::collect().unwrap();
    all.receivers()
        .iter()
        .copied()
        .filter(|receiver| ids.contains(&receiver.id))
        .collect()
}

fn builder(url: &str, ids: &[&str], failures: u32) -> Builder {
    let journal = Journal {
        failures_left: Mutex::new(failures + 1),
        ..Journal::default()
    };
    Djstripe::builder()
        .secret(SECRET)
        .database_url(url)
        .state(journal)
        .receivers(receivers(ids))
        .retry_schedule([Duration::ZERO, Duration::ZERO])
}

fn delivery(id: &str, name: &str) -> Delivery {
    signed(&format!(
        r#"{{"id":"{id}","type":"{name}","data":{{"object":{{"id":"prod_1"}}}}}}"#
    ))
}

fn signed(body: &str) -> Delivery {
    let mut headers = HeaderMap::new();
    headers.insert(
        "stripe-signature",
        sign(body.as_bytes(), SECRET, SystemTime::now())
            .parse()
            .unwrap(),
    );
    Delivery::new(headers, body.to_owned())
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
        let app = builder(database.url(), &THREE, 2).build().await.unwrap();
        app.receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap();
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
        let app = builder(database.url(), &THREE, 99).build().await.unwrap();
        app.receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap();
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
        let app = builder(database.url(), &["worker::panics"], 0)
            .build()
            .await
            .unwrap();
        app.receive(delivery("evt_1", "product.deleted"))
            .await
            .unwrap();
        app.work_until_idle().await.unwrap();
        let error = "worker::panics: receiver panicked: out of paper".to_owned();
        assert_eq!(state(&app, "evt_1").await, (EventState::Dead, Some(error)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_a_failure_is_answered_with_500_and_redelivery_repeats_only_the_rest() {
    on_both_backends(async |database| {
        let app = builder(database.url(), &THREE, 1)
            .mode(ProcessingMode::Inline)
            .build()
            .await
            .unwrap();
        let refused = app
            .receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap_err();
        assert_eq!(refused.status().as_u16(), 500);
        app.receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap();
        assert_eq!(
            ran(&app),
            ["first evt_1 Some(Updated)", "flaky", "last", "flaky"]
        );
        app.receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap();
        assert_eq!(ran(&app).len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_lacks_a_state_does_not_start() {
    on_both_backends(async |database| {
        let builder = Djstripe::builder()
            .secret(SECRET)
            .database_url(database.url())
            .receivers(receivers(&["worker::last"]));
        let error = builder.build().await.unwrap_err();
        assert!(error.to_string().contains("worker::last"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_does_not_decode_fails_its_receiver_alone() {
    on_both_backends(async |database| {
        let app = builder(database.url(), &["worker::typed", "worker::beside"], 0)
            .build()
            .await
            .unwrap();
        let body = r#"{"id":"evt_1","type":"customer.updated","api_version":"2019-05-16",
            "data":{"object":{"id":"cus_1","object":"customer","address":{"city":7}}}}"#;
        app.receive(signed(body)).await.unwrap();
        app.work_until_idle().await.unwrap();
        assert_eq!(ran(&app), ["beside"]);
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
        app.receive(delivery("evt_1", "price.updated"))
            .await
            .unwrap();
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
        let background = builder(database.url(), &["worker::first"], 0)
            .build()
            .await
            .unwrap();
        background
            .receive(delivery("evt_1", "product.updated"))
            .await
            .unwrap();
        let lease = Duration::from_millis(300);
        let claims = app
            .store()
            .claim("another", 1, Timestamp::now(), lease)
            .await
            .unwrap();
        assert_eq!(claims[0].event_id, "evt_1");
        let refused = app
            .receive(delivery("evt_2", "product.updated"))
            .await
            .unwrap_err();
        assert_eq!(refused.status().as_u16(), 503);
        tokio::time::sleep(lease).await;
        app.receive(delivery("evt_2", "product.updated"))
            .await
            .unwrap();
        assert_eq!(ran(&app), ["first evt_2 Some(Updated)"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_commits_by_itself_has_failed() {
    on_both_backends(async |database| {
        let app = builder(database.url(), &["worker::commits"], 0)
            .build()
            .await
            .unwrap();
        app.receive(delivery("evt_1", "price.deleted"))
            .await
            .unwrap();
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
