//! Which tables a database has: those of chosen product groups.

use djstripe_core::receiver::needed_events;
use djstripe_core::store::{EventFilter, EventState, StoreError, StoreOptions};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{BuildError, Djstripe, receivers};
use djstripe_tests::{TestDatabase, on_both_empty, process};
use serde_json::json;

async fn app(
    database: &TestDatabase,
    stripe: &FakeStripe,
    groups: &[&str],
) -> Result<Djstripe, BuildError> {
    Djstripe::builder()
        .database_url(database.url())
        .webhook_secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .receivers(receivers::built_in())
        .table_groups(groups.iter().copied())
        .build()
        .await
}

/// Runs a command of the quickstart.
async fn run(database: &TestDatabase, arguments: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(process::quickstart());
    command.args(arguments).env("DATABASE_URL", database.url());
    process::run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_passes_on_a_database_of_the_core_tables() {
    on_both_empty(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let app = app(&database, &stripe, &[]).await.unwrap();
        let names = needed_events(app.registry(), true);
        assert!(names.len() > 200, "{}", names.len());

        let mut events = Vec::new();
        for name in &names {
            for object in djstripe_core::EventName::new(name).objects() {
                let object = stripe.fixture(object, json!({}));
                events.push(stripe.emit(name, &object));
            }
        }
        stripe.deliver_to(&app, &events).await.unwrap();

        let counts = app.store().state_counts().await.unwrap();
        let failed = [EventState::Retrying, EventState::Dead].map(|state| counts.get(state));
        let stored = app.store().events(&EventFilter::default()).await.unwrap();
        let errors: Vec<_> = stored
            .iter()
            .filter_map(|event| event.last_error.as_ref())
            .collect();
        assert_eq!(failed, [0, 0], "{errors:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_group_without_tables_is_not_mirrored() {
    on_both_empty(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let app = app(&database, &stripe, &["billing"]).await.unwrap();
        let session = stripe.fixture("checkout.session", json!({}));
        let invoice = stripe.fixture("invoice", json!({}));
        let events = [
            stripe.emit("checkout.session.completed", &session),
            stripe.emit("invoice.paid", &invoice),
        ];
        stripe.deliver_to(&app, &events).await.unwrap();

        let runs = |event: usize| {
            let id = events[event]["id"].as_str().unwrap().to_owned();
            let store = app.store().clone();
            async move { store.receiver_runs(&id).await.unwrap().remove(0) }
        };
        let (session, invoice) = (runs(0).await, runs(1).await);
        assert_eq!(
            session.outcome.to_string(),
            "not mirrored: the database was made without the tables of `checkout`, so \
             `checkout.session` has none"
        );
        assert_eq!(invoice.outcome.to_string(), "succeeded");

        let (status, _, errors) = run(&database, &["objects", "checkout.session"]).await;
        assert!(
            status != 0 && errors.contains("without the tables of `checkout`"),
            "{errors}"
        );
        let (status, printed, errors) = run(&database, &["objects", "invoice"]).await;
        assert!(
            status == 0 && printed.starts_with("in_"),
            "{printed}{errors}"
        );
        let (_, printed, errors) = run(&database, &["check"]).await;
        let told = format!("{printed}{errors}");
        assert!(
            !told.contains("no such table") && !told.contains("does not exist"),
            "{told}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_groups_of_a_database_are_chosen_when_it_is_made() {
    on_both_empty(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let error = app(&database, &stripe, &["biling"]).await.unwrap_err();
        let BuildError::Store(StoreError::TableGroup { name, groups }) = &error else {
            panic!("{error:?}");
        };
        assert!(name == "biling" && groups.contains(&"billing"), "{error}");

        app(&database, &stripe, &["billing"]).await.unwrap();
        app(&database, &stripe, &["billing"]).await.unwrap();
        app(&database, &stripe, &[]).await.unwrap();
        let error = app(&database, &stripe, &["billing", "tax"])
            .await
            .unwrap_err();
        let BuildError::Store(StoreError::NoTables { groups }) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(groups[..], ["tax"]);

        // Whoever chooses nothing takes what is there.
        let plain = Djstripe::builder().database_url(database.url());
        let store = plain.open_store();
        let store = store.await.unwrap();
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        store.migrate().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_exists_keeps_all_of_its_tables() {
    on_both_empty(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let plain = Djstripe::builder().database_url(database.url());
        let store = plain.open_store();
        store.await.unwrap().migrate().await.unwrap();

        let app = app(&database, &stripe, &["billing"]).await.unwrap();
        let session = stripe.fixture("checkout.session", json!({}));
        let event = stripe.emit("checkout.session.completed", &session);
        stripe.deliver_to(&app, &[event]).await.unwrap();
        let (status, printed, errors) = run(&database, &["objects", "checkout.session"]).await;
        assert!(
            status == 0 && printed.starts_with("cs_"),
            "{printed}{errors}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_that_is_printed_makes_the_chosen_tables() {
    on_both_empty(async |database| {
        let chosen = Djstripe::builder()
            .database_url(database.url())
            .table_groups(["billing"]);
        let script = chosen
            .open_store()
            .await
            .unwrap()
            .pending_sql()
            .await
            .unwrap();
        assert!(script.contains("stripe_invoice") && !script.contains("stripe_checkout_session"));

        let store = database.connect(StoreOptions::default()).await;
        let mut session = store.session().await.unwrap();
        session.db().unwrap().batch_execute(&script).await.unwrap();
        let store = chosen.open_store().await.unwrap();
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        assert_eq!(store.pending_sql().await.unwrap(), "");
    })
    .await;
}
