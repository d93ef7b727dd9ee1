//! Every event that Stripe sends as a snapshot event and as a thin event: the receivers run once,
//! with the same arguments, and the row is Stripe's.

use djstripe_core::store::{EventState, ObjectFilter, TableName};
use djstripe_core::{
    AnyObject, ArgumentError, Event, EventName, FromEvent, Parts, State, stripe_receiver,
};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Seen, Shop};

/// The earlier values of the fields that changed, of any object.
struct Before(String);

impl<'a> FromEvent<'a> for Before {
    type Payload = AnyObject;

    const READS_CHANGES: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(Self(
            parts.event().previous_json().unwrap_or("{}").to_owned(),
        ))
    }
}

#[stripe_receiver("*", id = "thin::everything")]
fn everything(event: &Event, name: EventName, before: Before, seen: State<Seen>) {
    let told = format!("{} {name} {}", event.id(), before.0);
    seen.lock().unwrap().push(told);
}

/// In which order the two events of a happening arrive.
#[derive(Clone, Copy, Debug)]
enum Arrival {
    Snapshot,
    Thin,
    /// Without the id of its snapshot event.
    ThinAlone,
    SnapshotThenThin,
    ThinThenSnapshot,
    ThinAloneThenSnapshot,
    ProcessedBetween,
    AtOnce,
}

const ARRIVALS: [Arrival; 8] = [
    Arrival::Snapshot,
    Arrival::Thin,
    Arrival::ThinAlone,
    Arrival::SnapshotThenThin,
    Arrival::ThinThenSnapshot,
    Arrival::ThinAloneThenSnapshot,
    Arrival::ProcessedBetween,
    Arrival::AtOnce,
];

impl Shop {
    async fn let_arrive(&self, event: &Value, arrival: Arrival) {
        let thin = self.stripe.thin(event);
        let alone = self.stripe.thin_without_snapshot_id(event);
        match arrival {
            Arrival::Snapshot => self.receive(event).await,
            Arrival::Thin => self.receive(&thin).await,
            Arrival::ThinAlone => self.receive(&alone).await,
            Arrival::SnapshotThenThin => {
                self.receive(event).await;
                self.receive(&thin).await;
            }
            Arrival::ThinThenSnapshot => {
                self.receive(&thin).await;
                self.receive(event).await;
            }
            Arrival::ThinAloneThenSnapshot => {
                self.receive(&alone).await;
                self.receive(event).await;
            }
            Arrival::ProcessedBetween => {
                self.deliver(&alone).await;
                self.deliver(event).await;
                self.deliver(&thin).await;
            }
            Arrival::AtOnce => {
                tokio::join!(
                    self.receive(event),
                    self.receive(&thin),
                    self.receive(&alone)
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_happening_runs_its_receivers_once_whichever_of_its_events_arrive() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::everything"]).await;
        let twins = EventName::known().filter(|name| name.thin_name().is_some());
        let twins: Vec<EventName> = twins.filter(|name| !name.is_thin_only()).collect();
        assert_eq!(twins.len(), 216);

        for arrival in ARRIVALS {
            let mut expected = Vec::new();
            for name in &twins {
                let object = shop.stripe.fixture(name.objects()[0], json!({}));
                let is_update = name.verb().ends_with("updated");
                let previous = is_update.then(|| json!({ "metadata": { "was": "x" } }));
                let event = match &previous {
                    Some(previous) => {
                        shop.stripe
                            .emit_with(name.as_str(), &object, previous.clone())
                    }
                    None => shop.stripe.emit(name.as_str(), &object),
                };
                let id = event["id"].as_str().unwrap();
                let previous = previous.unwrap_or_else(|| json!({}));
                expected.push(format!("{id} {name} {previous}"));
                shop.let_arrive(&event, arrival).await;
            }
            shop.app.work_until_idle().await.unwrap();

            let mut seen = shop.take_seen();
            seen.sort_unstable();
            expected.sort_unstable();
            assert_eq!(seen, expected, "{arrival:?}");
        }

        let counts = shop.app.store().state_counts().await.unwrap();
        for state in [EventState::Pending, EventState::Retrying, EventState::Dead] {
            assert_eq!(counts.get(state), 0, "{state}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_is_that_of_stripe_whichever_of_its_events_arrive() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        for arrival in ARRIVALS {
            let old = shop
                .stripe
                .fixture("customer", json!({ "email": "old@example.com" }));
            let id = old["id"].as_str().unwrap();
            let event = shop.stripe.emit("customer.updated", &old);
            shop.stripe
                .update("customer", id, json!({ "email": "new@example.com" }));
            shop.let_arrive(&event, arrival).await;
            shop.app.work_until_idle().await.unwrap();

            let table = TableName::new("stripe_customer");
            let filter = ObjectFilter::default();
            let rows = shop.app.store().objects(table, &filter).await.unwrap();
            let row = rows.iter().find(|row| row.id == id).unwrap();
            let row: Value = serde_json::from_str(&row.json).unwrap();
            let email = &row["stripe_data"]["email"];
            assert_eq!(email, "new@example.com", "{arrival:?}");
        }
    })
    .await;
}
