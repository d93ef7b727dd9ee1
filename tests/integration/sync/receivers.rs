//! Receivers that run for the objects that a sync lists.

use djstripe_core::models::{Customer, ExternalAccount};
use djstripe_core::store::diesel::{result::Error, sql_query, sql_types::Text};
use djstripe_core::store::{Backend, EventFilter, EventState, Migration, MigrationSet};
use djstripe_core::sync::SyncError;
use djstripe_core::testing::FakeStripe;
use djstripe_core::{CrudType, Db, Djstripe, Event, Object, stripe_receiver, with_db};
use djstripe_tests::{TestDatabase, on_both_backends, registry};
use serde_json::json;

use super::{fill, only, slow};

async fn record(db: &mut Db<'_>, line: String) -> Result<(), Error> {
    let placeholder = if db.backend() == Backend::Postgres {
        "$1"
    } else {
        "?"
    };
    let insert = sql_query(format!("INSERT INTO journal (line) VALUES ({placeholder})"))
        .bind::<Text, _>(line);
    with_db!(db, connection => insert.execute(connection).await).map(drop)
}

#[stripe_receiver("customer.updated", on_backfill = true, when(changed("email")))]
async fn backfilled_customers(
    customer: Object<Customer>,
    event: Event,
    mut db: Db<'_>,
) -> Result<(), Error> {
    let account = event.account().unwrap_or("platform");
    record(
        &mut db,
        format!(
            "customer {} {account}",
            customer.id.as_deref().unwrap_or_default()
        ),
    )
    .await
}

#[stripe_receiver("customer.subscription.*", "product.updated", on_backfill = true, union = Sold)]
async fn backfilled_sales(
    sold: Object<Sold>,
    crud: Option<CrudType>,
    mut db: Db<'_>,
) -> Result<(), Error> {
    let line = match &*sold {
        Sold::Subscription(subscription) => format!("subscription {:?}", subscription.id),
        Sold::Product(product) => format!("product {:?}", product.id),
        Sold::Unlisted(_) => "unlisted".to_owned(),
    };
    assert_eq!(crud, None);
    record(&mut db, line).await
}

#[stripe_receiver("account.external_account.updated", on_backfill = true)]
async fn backfilled_banks(bank: Object<ExternalAccount>, mut db: Db<'_>) -> Result<(), Error> {
    let id = match &*bank {
        ExternalAccount::BankAccount(bank) => bank.id.clone(),
        ExternalAccount::Card(card) => card.id.clone(),
        ExternalAccount::Unlisted(_) => None,
    };
    record(&mut db, format!("bank {}", id.unwrap_or_default())).await
}

#[stripe_receiver("*")]
async fn not_backfilled(mut db: Db<'_>) -> Result<(), Error> {
    record(&mut db, "not called".to_owned()).await
}

async fn app(database: &TestDatabase, stripe: &FakeStripe) -> Djstripe {
    let create = Migration {
        name: "0001_journal".into(),
        sql: "CREATE TABLE journal (line text NOT NULL)".into(),
    };
    let migrations = MigrationSet {
        name: "journal".into(),
        postgres: vec![create.clone()],
        sqlite: vec![create],
    };

    let own = [
        "backfilled_customers",
        "backfilled_sales",
        "backfilled_banks",
        "not_backfilled",
    ]
    .map(|name| format!("::receivers::{name}"));
    let own = registry::receivers(|id| own.iter().any(|name| id.ends_with(name)));

    Djstripe::builder()
        .webhook_secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .database_url(database.url())
        .migrations(migrations)
        .receivers(djstripe_core::receivers::built_in().chain(own))
        .build()
        .await
        .unwrap()
}

#[derive(djstripe_core::store::diesel::QueryableByName)]
struct Record {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn records(app: &Djstripe) -> Vec<String> {
    let query = sql_query("SELECT line FROM journal ORDER BY line");
    let mut session = app.store().session().await.unwrap();
    let mut db = session.db().unwrap();
    let records: Vec<Record> = with_db!(db, connection => query.load(connection).await).unwrap();
    records.into_iter().map(|record| record.line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_that_opted_in_are_called_once_for_each_object_of_a_run() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        for number in 0..3 {
            stripe.insert(json!({ "object": "customer", "id": format!("cus_{number}") }));
        }
        stripe.insert(json!({ "object": "subscription", "id": "sub_1", "customer": "cus_1" }));
        stripe.insert(json!({ "object": "product", "id": "prod_1" }));
        stripe.insert(json!({ "object": "price", "id": "price_1" }));
        stripe.insert(json!({ "object": "card", "id": "card_1", "customer": "cus_1" }));
        let app = app(&database, &stripe).await;
        let mut options = only(&["customer", "subscription", "product", "price"]);
        options.receivers = true;

        let summary = app.sync(&options, |_| {}).await.unwrap();
        assert_eq!(summary.events, 6);

        app.work_until_idle().await.unwrap();
        let once = [
            "bank card_1",
            "customer cus_0 platform",
            "customer cus_1 platform",
            "customer cus_2 platform",
        ];

        let sold = ["product Some(\"prod_1\")", "subscription Some(\"sub_1\")"];
        assert_eq!(records(&app).await, [&once[..], &sold].concat());

        let events = app.store().events(&EventFilter::default()).await.unwrap();
        assert!(
            events
                .iter()
                .all(|event| event.state == EventState::Processed
                    && event.id.starts_with("backfill_"))
        );

        // A sync without receivers calls none. Another one with receivers calls them again, which
        // is how an application rebuilds a projection.
        options.receivers = false;
        assert_eq!(app.sync(&options, |_| {}).await.unwrap().events, 0);

        options.receivers = true;
        assert_eq!(app.sync(&options, |_| {}).await.unwrap().events, 6);

        app.work_until_idle().await.unwrap();
        assert_eq!(records(&app).await.len(), 12);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_run_calls_nobody_twice() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        fill(&stripe, "customer", 700, 50);
        slow(&stripe);
        let app = app(&database, &stripe).await;
        let mut options = only(&["customer"]);
        options.receivers = true;
        options.concurrency = 1;
        options.lease = std::time::Duration::from_millis(300);
        let (reported, mut reports) = tokio::sync::mpsc::unbounded_channel();
        let interrupted = app.sync(&options, |_| reported.send(()).unwrap());

        tokio::select! {
            result = interrupted => panic!("the sync finished: {result:?}"),
            () = async { for _ in 0..4 { reports.recv().await; } } => {}
        }

        let summary = app.sync(&options, |_| {}).await.unwrap();
        assert!(summary.events < 700, "{} events", summary.events);

        app.work_until_idle().await.unwrap();
        let records = records(&app).await;
        assert_eq!(records.len(), 700);
        assert!(records.windows(2).all(|pair| pair[0] != pair[1]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_receiver_that_opted_in_it_is_refused() {
    let stripe = FakeStripe::start().await.unwrap();
    let database = TestDatabase::sqlite();
    let app = super::app(&database, &stripe).await;
    let mut options = only(&["customer"]);
    options.receivers = true;

    assert!(matches!(
        app.sync(&options, |_| {}).await,
        Err(SyncError::NoReceiver)
    ));
}
