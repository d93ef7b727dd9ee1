//! Rows per second into the mirror and events per second into the inbox, compared with the same
//! rows by a plain multi-row INSERT.
//!
//! `cargo bench -p djstripe-core --bench store`, with `DJSTRIPE_BENCH_POSTGRES` set to the URL of
//! an empty PostgreSQL database; without it only SQLite is measured.

use std::sync::atomic::{AtomicI64, Ordering};

use divan::Bencher;
use divan::counter::ItemsCount;
use djstripe_core::__internals::{
    EventOutcome, NewEvent, ObjectRow, Settlement, queue, upsert_objects,
};
use djstripe_core::Event;
use djstripe_core::store::{Migration, MigrationSet, Store, StoreOptions, TableName, Timestamp};
use tokio::runtime::Runtime;

const BATCH: usize = 100;

const TABLE: TableName = TableName::new("bench_object");

const COLUMNS: &str = "account text NOT NULL, livemode boolean NOT NULL, id text NOT NULL, api_version text,
    observed_at bigint NOT NULL, deleted_at bigint, djstripe_source text,
    djstripe_events text, djstripe_incomplete text, djstripe_undecided boolean NOT NULL DEFAULT false, djstripe_created bigint NOT NULL, djstripe_updated bigint NOT NULL,
    email text GENERATED ALWAYS AS (stripe_data ->> 'email') STORED, PRIMARY KEY (account, livemode, id)";

fn main() {
    if std::env::var(POSTGRES).is_err() {
        eprintln!("set {POSTGRES} to the URL of an empty database to measure PostgreSQL too");
    }
    divan::main();
}

/// Variable with the URL of an empty PostgreSQL database.
const POSTGRES: &str = "DJSTRIPE_BENCH_POSTGRES";

/// A new number for each call, for newer times and different contents.
fn next() -> i64 {
    static COUNTER: AtomicI64 = AtomicI64::new(1);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

struct Database {
    runtime: Runtime,
    store: Store,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

/// Names of the databases to measure.
fn backends() -> Vec<&'static str> {
    if std::env::var(POSTGRES).is_ok() {
        vec!["PostgreSQL", "SQLite"]
    } else {
        vec!["SQLite"]
    }
}

/// The URL of a database, and its folder.
fn place(backend: &str) -> (String, Option<tempfile::TempDir>) {
    match std::env::var(POSTGRES) {
        Ok(url) if backend == "PostgreSQL" => (url, None),
        _ => {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            (
                format!("sqlite:{}", folder.path().join("bench.db").display()),
                Some(folder),
            )
        }
    }
}

fn open(backend: &str) -> Database {
    let runtime = Runtime::new().expect("a runtime can be built");
    let (url, folder) = place(backend);

    let create = |json: &str| {
        let sql = format!("CREATE TABLE bench_object (stripe_data {json} NOT NULL, {COLUMNS})");
        vec![Migration {
            name: "0001".into(),
            sql: sql.into(),
        }]
    };
    let mut options = StoreOptions::default();
    options.migrations.push(MigrationSet {
        name: "bench".into(),
        postgres: create("jsonb"),
        sqlite: create("text"),
    });

    let store = runtime.block_on(async {
        let store = Store::connect(&url, options)
            .await
            .expect("the database can be reached");
        store.migrate().await.expect("the migrations run");
        store
    });
    Database {
        runtime,
        store,
        url,
        _folder: folder,
    }
}

/// A customer of about 4 kB, formatted as by Stripe.
fn customer(index: usize, revision: i64) -> String {
    let metadata: serde_json::Map<_, _> = (0..40)
        .map(|key| {
            (
                format!("key_{key}"),
                format!("value {key} of the customer's metadata").into(),
            )
        })
        .collect();
    let customer = serde_json::json!({
        "id": format!("cus_{index}"), "object": "customer", "balance": revision, "created": 1_700_000_000,
        "email": format!("jenny.{index}@example.com"), "livemode": false, "metadata": metadata,
        "address": {"city": "Berlin", "country": "DE", "line1": "Street 1", "line2": null, "postal_code": "10115"},
        "invoice_settings": {"custom_fields": null, "default_payment_method": null, "footer": null},
        "preferred_locales": ["de", "en"], "tax_exempt": "none", "test_clock": null,
    });
    serde_json::to_string_pretty(&customer).unwrap_or_default()
}

fn customers(revision: i64) -> Vec<(String, String)> {
    (0..BATCH)
        .map(|index| (format!("cus_{index}"), customer(index, revision)))
        .collect()
}

/// A database with the mirror's tables, in which versions of customers are kept, or not.
fn open_mirror(backend: &str, keeps_versions: bool) -> Database {
    let runtime = Runtime::new().expect("a runtime can be built");
    let (url, folder) = place(backend);
    let types: &[&str] = if keeps_versions { &["customer"] } else { &[] };
    let builder = djstripe_core::Djstripe::builder()
        .database_url(&*url)
        .table_groups([""; 0])
        .keep_versions_of(types.iter().copied());

    let store = runtime.block_on(async {
        let store = builder
            .open_store()
            .await
            .expect("the database can be reached");
        store.migrate().await.expect("the migrations run");
        store
    });
    Database {
        runtime,
        store,
        url,
        _folder: folder,
    }
}

fn rows(customers: &[(String, String)], seconds: i64) -> Vec<ObjectRow<'_>> {
    customers
        .iter()
        .map(|(id, stripe_data)| ObjectRow {
            account: "",
            livemode: false,
            id,
            stripe_data,
            api_version: Some("2026-05-27.dahlia"),
            observed_at: Timestamp::from_seconds(seconds),
            deleted: false,
            ..ObjectRow::default()
        })
        .collect()
}

#[divan::bench(args = backends(), sample_count = 60)]
fn upsert_changed(bencher: Bencher<'_, '_>, backend: &str) {
    let database = open(backend);
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| customers(next()))
        .bench_local_refs(|customers| {
            let rows = rows(customers, next());
            let upsert = upsert_objects(&database.store, TABLE, &rows);
            database
                .runtime
                .block_on(upsert)
                .expect("the rows can be written")
        });
}

#[divan::bench(args = backends(), sample_count = 60)]
fn upsert_unchanged(bencher: Bencher<'_, '_>, backend: &str) {
    let database = open(backend);
    let customers = customers(next());
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let rows = rows(&customers, next());
        let upsert = upsert_objects(&database.store, TABLE, &rows);
        database
            .runtime
            .block_on(upsert)
            .expect("the rows can be written")
    });
}

const CUSTOMERS: TableName = TableName::new("stripe_customer");

/// Changed customers in their own table, without and with versions. Their ids are new in each run, as
/// the database of the one before may be there still.
#[divan::bench(args = backends(), consts = [false, true], sample_count = 60)]
fn upsert_changed_customers<const VERSIONS: bool>(bencher: Bencher<'_, '_>, backend: &str) {
    measure_customers(bencher, &open_mirror(backend, VERSIONS), |revision| {
        revision
    });
}

/// The same customers fetched again.
#[divan::bench(args = backends(), consts = [false, true], sample_count = 60)]
fn upsert_unchanged_customers<const VERSIONS: bool>(bencher: Bencher<'_, '_>, backend: &str) {
    measure_customers(bencher, &open_mirror(backend, VERSIONS), |_| 1);
}

fn measure_customers(
    bencher: Bencher<'_, '_>,
    database: &Database,
    revision: impl Fn(i64) -> i64 + Sync,
) {
    let run = next();
    let customers = |revision| -> Vec<(String, String)> {
        let customer = |index| (format!("cus_{run}_{index}"), customer(index, revision));
        (0..BATCH).map(customer).collect()
    };
    let write = |customers: &[(String, String)]| {
        let rows = rows(customers, next());
        let upsert = upsert_objects(&database.store, CUSTOMERS, &rows);
        database
            .runtime
            .block_on(upsert)
            .expect("the rows can be written")
    };
    write(&customers(1));

    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| customers(revision(next())))
        .bench_local_refs(|customers| write(customers));
}

/// The lower bound: the same rows by one prepared INSERT that decides nothing.
#[divan::bench(sample_count = 60)]
fn plain_insert_postgres(bencher: Bencher<'_, '_>) {
    if std::env::var(POSTGRES).is_err() {
        return;
    }

    let database = open("PostgreSQL");
    let (client, insert) = database.runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(&database.url, tokio_postgres::NoTls).await.expect("the database can be reached");
        tokio::spawn(connection);
        let insert = client
            .prepare(
                "INSERT INTO bench_object AS stored (account, livemode, id, stripe_data, api_version, observed_at, \
                     djstripe_created, djstripe_updated) \
                 SELECT '', false, id, stripe_data::jsonb, '2026-05-27.dahlia', $3, $3, $3 \
                 FROM unnest($1::text[], $2::text[]) AS input (id, stripe_data) \
                 ON CONFLICT (account, livemode, id) DO UPDATE SET stripe_data = excluded.stripe_data, \
                     observed_at = excluded.observed_at, djstripe_updated = excluded.djstripe_updated",
            )
            .await
            .expect("the statement is valid");
        (client, insert)
    });

    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| customers(next()))
        .bench_local_refs(|customers| {
            let (ids, data): (Vec<&str>, Vec<&str>) =
                customers.iter().map(|(id, data)| (&**id, &**data)).unzip();
            let now = Timestamp::from_seconds(next()).micros();
            database
                .runtime
                .block_on(client.execute(&insert, &[&ids, &data, &now]))
                .expect("the rows can be written")
        });
}

fn events() -> Vec<NewEvent> {
    let event = |index: usize| {
        let (id, object) = (next(), customer(index, 1));
        let json = format!(
            r#"{{"id":"evt_{}_{id}","type":"customer.updated","created":{id},"data":{{"object":{object}}}}}"#,
            Timestamp::now().micros(),
        );
        let event = Event::from_json(&json).expect("the event is one");
        NewEvent {
            event,
            received_at: Timestamp::now(),
            remote_address: Some("192.0.2.1".to_owned()),
            endpoint: None,
        }
    };
    (0..BATCH).map(event).collect()
}

#[divan::bench(args = backends(), sample_count = 60)]
fn insert_events(bencher: Bencher<'_, '_>, backend: &str) {
    let database = open(backend);
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(events)
        .bench_local_refs(|events| {
            database
                .runtime
                .block_on(queue(&database.store).insert_events(events))
                .expect("the events can be stored")
        });
}

#[divan::bench(args = backends(), sample_count = 60)]
fn claim_and_settle(bencher: Bencher<'_, '_>, backend: &str) {
    let database = open(backend);
    let lease = std::time::Duration::from_secs(60);
    let refill = || {
        let events = events();
        let queue = queue(&database.store);
        let insert = queue.insert_events(&events);
        database
            .runtime
            .block_on(insert)
            .expect("the events can be stored");
    };

    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(refill)
        .bench_local_values(|()| {
            database.runtime.block_on(async {
                let claims = queue(&database.store)
                    .claim("bench", BATCH as u32, Timestamp::now(), lease)
                    .await;

                let settle = |claim: djstripe_core::__internals::Claim| Settlement {
                    event_id: claim.event_id,
                    fence: claim.fence,
                    outcome: EventOutcome::Processed,
                    error: None,
                    at: Timestamp::now(),
                };
                let settlements: Vec<_> = claims
                    .expect("events can be claimed")
                    .into_iter()
                    .map(settle)
                    .collect();
                queue(&database.store)
                    .settle(&settlements)
                    .await
                    .expect("events can be settled")
            })
        });
}
