//! The store's conformance suite: each test runs on SQLite and on PostgreSQL.

mod claims;
mod connections;
mod events;
mod migrations;
mod mirror;
mod operate;
mod processes;
mod transactions;
mod versions;

use std::time::Duration;

use djstripe_core::__internals::{
    Claim, EventOutcome, Insertion, NewEvent, ReceiverRun, Settlement, queue,
};
use djstripe_core::Event;
use djstripe_core::store::{RunOutcome, Store, Timestamp};

/// When the tests' events arrive.
const ARRIVAL: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A time at which all of them are due.
const LATER: Timestamp = Timestamp::from_seconds(1_700_000_100);

const LEASE: Duration = Duration::from_secs(60);

fn event(id: &str, object_id: &str, created: i64) -> NewEvent {
    let json = format!(
        r#"{{"id":"{id}","object":"event","type":"customer.updated","created":{created},"livemode":false,
            "data":{{"object":{{"id":"{object_id}","object":"customer"}}}}}}"#
    );
    new_event(&json)
}

fn new_event(json: &str) -> NewEvent {
    let event = Event::from_json(json).expect("the test's event is one");
    NewEvent {
        event,
        received_at: ARRIVAL,
        remote_address: Some("192.0.2.1".to_owned()),
        endpoint: None,
    }
}

async fn insert(store: &Store, events: &[NewEvent]) -> Vec<Insertion> {
    queue(store)
        .insert_events(events)
        .await
        .expect("events can be stored")
}

async fn claim(store: &Store, limit: u32, now: Timestamp) -> Vec<Claim> {
    queue(store)
        .claim("worker", limit, now, LEASE)
        .await
        .expect("events can be claimed")
}

/// Stores one event and claims it.
async fn one_claim(store: &Store) -> Claim {
    insert(store, &[event("evt_1", "cus_1", 1)]).await;
    claim(store, 1, LATER)
        .await
        .pop()
        .expect("the event is due")
}

fn ids(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| &*claim.event_id).collect()
}

/// How long each run took.
const TOOK: Duration = Duration::from_micros(7_001);

fn run(claim: &Claim, receiver: &str, error: Option<&str>) -> ReceiverRun {
    ReceiverRun {
        event_id: claim.event_id.clone(),
        fence: claim.fence,
        receiver: receiver.to_owned(),
        attempts: 1,
        outcome: match error {
            None => RunOutcome::Succeeded,
            Some(error) => RunOutcome::Failed {
                error: error.to_owned(),
                permanent: false,
            },
        },
        finished_at: LATER,
        took: Some(TOOK),
    }
}

fn settlement(claim: &Claim, outcome: EventOutcome) -> Settlement {
    Settlement {
        event_id: claim.event_id.clone(),
        fence: claim.fence,
        outcome,
        error: None,
        at: LATER,
    }
}
