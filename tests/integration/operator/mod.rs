//! What an operator needs at three in the morning: questions before much is changed, lists that say
//! what they leave out, failures in groups, and the page that shows it.

mod confirm;
mod failures;
mod filters;
mod history;
mod lists;
mod on_call;

use djstripe_core::__internals::{NewEffect, NewEvent, queue, request_effect};
use djstripe_core::store::{Store, Timestamp};
use djstripe_core::{Event, with_db};

/// Stores events `evt_{prefix}001`, …, each about an object of its own.
async fn store_events(store: &Store, prefix: &str, name: &str, count: u32) {
    let received_at = Timestamp::now();
    let event = |number| {
        let id = format!("evt_{prefix}{number:03}");
        let object = format!("in_{prefix}{number:03}");
        let json = format!(
            r#"{{"id":"{id}","type":"{name}","created":1700000000,"api_version":null,"data":{{"object":{{"id":"{object}","object":"invoice"}}}}}}"#
        );
        NewEvent {
            event: Event::from_json(&json).unwrap(),
            received_at,
            remote_address: Some("127.0.0.1".to_owned()),
            endpoint: None,
        }
    };
    let events: Vec<NewEvent> = (1..=count).map(event).collect();
    queue(store).insert_events(&events).await.unwrap();
}

/// Stores due effects `key_001`, … of one event.
async fn store_effects(store: &Store, name: &str, count: u32) {
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    for number in 1..=count {
        let effect = NewEffect {
            key: format!("key_{number:03}"),
            event_id: "evt_1".to_owned(),
            receiver: "counter::count".to_owned(),
            effect: name.to_owned(),
            payload: "null".to_owned(),
        };
        request_effect(&mut db, effect).await.unwrap();
    }
}

/// Runs one statement.
async fn execute(store: &Store, sql: &str) {
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let statement = djstripe_core::store::diesel::sql_query(sql.to_owned());
    with_db!(db, connection => statement.execute(connection).await).unwrap();
}
