//! The queries of the operator's page, and what processes write for it. On both backends.

mod audit;
mod backlog;
mod events;
mod ids;
mod mirror;
mod payloads;
mod processes;

use std::time::Duration;

use djstripe_core::__internals::{NewEvent, queue};
use djstripe_core::store::operator::OperatorQueries;
use djstripe_core::store::{Backend, Store, Timestamp};
use djstripe_core::{Event, with_db};
use serde_json::{Value, json};

/// When the first event arrives; each next one arrives a second later.
const ARRIVAL: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A time limit that no test needs.
const LIMIT: Duration = Duration::from_secs(60);

fn operator(store: &Store) -> OperatorQueries {
    store.operator(LIMIT)
}

fn arrival(number: u32) -> Timestamp {
    ARRIVAL + Duration::from_secs(number.into())
}

/// Stores event number `number`, `evt_001`, …, about this object.
async fn store_event(store: &Store, number: u32, name: &str, object: Value) {
    let id = format!("evt_{number:03}");
    let payload = json!({
        "id": id, "type": name, "created": 1_700_000_000, "livemode": number.is_multiple_of(2),
        "api_version": null, "data": { "object": object },
    });
    store_payload(store, number, &payload.to_string()).await;
}

async fn store_payload(store: &Store, number: u32, payload: &str) {
    let new = NewEvent {
        event: Event::from_json(payload).unwrap(),
        received_at: arrival(number),
        remote_address: None,
        endpoint: None,
    };
    queue(store).insert_events(&[new]).await.unwrap();
}

/// Runs one statement.
async fn execute(store: &Store, sql: &str) {
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let statement = djstripe_core::store::diesel::sql_query(sql.to_owned());
    with_db!(db, connection => statement.execute(connection).await).unwrap();
}

/// The numbers from 1 up, as something to select from.
fn numbers(store: &Store, count: u32) -> String {
    match store.backend() {
        Backend::Postgres => format!("generate_series(1, {count}) AS numbered (number)"),
        _ => format!(
            "(WITH RECURSIVE numbered (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbered \
             WHERE number < {count}) SELECT number FROM numbered) AS numbered"
        ),
    }
}

/// Stores many processed events at once, `bulk_1`, …, which arrived before the others.
async fn store_many(store: &Store, count: u32) {
    let start = ARRIVAL.micros() - 1_000_000_000;
    let sql = format!(
        "INSERT INTO djstripe_event (id, name, created, livemode, object_id, payload, received_at) \
         SELECT 'bulk_' || number, 'invoice.paid', 1700000000, true, 'in_bulk', \
             '{{\"id\": \"bulk_' || number || '\", \"data\": {{\"object\": {{\"number\": ' || number || '}}}}}}', \
             {start} + number \
         FROM {}",
        numbers(store, count)
    );
    execute(store, &sql).await;
}

fn ids(events: &[djstripe_core::store::StoredEvent]) -> Vec<&str> {
    events.iter().map(|event| &*event.id).collect()
}
