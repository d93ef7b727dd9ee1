//! The two events of a happening at the same time as a worker, and what is fetched meanwhile.

use std::sync::Arc;
use std::time::Duration;

use djstripe_core::__internals::{EventOutcome, Settlement, queue};
use djstripe_core::models::Customer;
use djstripe_core::store::EventState;
use djstripe_core::testing::Fault;
use djstripe_core::{Account, Snapshot, State, Timestamp, stripe_receiver};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::{Seen, Shop};

/// Lets a receiver go on.
type Gate = Arc<Semaphore>;

#[stripe_receiver("customer.updated", id = "thin::slow")]
async fn slow(seen: State<Seen>, gate: State<Gate>) {
    seen.lock().unwrap().push("began".to_owned());
    gate.acquire().await.unwrap().forget();
}

#[stripe_receiver("customer.updated", id = "thin::sent_to")]
fn sent_to(sent: Snapshot<Customer>, account: Account, seen: State<Seen>) {
    let told = format!("{:?} of {:?}", sent.email, account.0);
    seen.lock().unwrap().push(told);
}

impl Shop {
    async fn state_of(&self, id: &str) -> EventState {
        let (stored, _) = self.app.store().event(id).await.unwrap().unwrap();
        stored.state
    }

    /// The `is_snapshot` of a stored event and the `object` of its payload.
    async fn payload_of(&self, id: &str) -> (bool, Value) {
        let (stored, payload) = self.app.store().event(id).await.unwrap().unwrap();
        let payload: Value = serde_json::from_str(&payload).unwrap();
        (stored.is_snapshot, payload["object"].clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_event_does_not_disturb_a_receiver_that_runs() {
    on_both_backends(async |database| {
        for thin_first in [true, false] {
            let gate = Gate::new(Semaphore::new(0));
            let shop = Shop::open_with(&database, &["thin::slow"], |builder, stripe| {
                builder
                    .secret_key(stripe.api_key())
                    .api_base(stripe.base_url().to_owned())
                    .state(Arc::clone(&gate))
            })
            .await;
            let (stop, stopped) = watch::channel(false);
            let worker = tokio::spawn({
                let app = shop.app.clone();
                async move { app.work(stopped).await }
            });

            let event = shop.changed_customer();
            let thin = shop.stripe.thin(&event);
            let [first, second] = match thin_first {
                true => [&thin, &event],
                false => [&event, &thin],
            };
            shop.receive(first).await;
            let id = event["id"].as_str().unwrap();
            while shop.seen.lock().unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            shop.receive(second).await;
            // Any second run would wait at the gate, and be seen.
            gate.add_permits(1);
            while shop.state_of(id).await != EventState::Processed {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stop.send_replace(true);
            worker.await.unwrap();
            assert_eq!(shop.take_seen(), ["began"], "{thin_first}");
            assert_eq!(shop.payload_of(id).await, (true, json!("event")));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_while_a_worker_has_the_event_makes_it_due_again_in_the_commit_that_settles_it()
 {
    on_both_backends(async |database| {
        let wanted = ["thin::only_thin", "thin::only_snapshot"];
        // The event that is there, the one that arrives, and how the worker settles the first.
        for (thin_first, outcome) in [
            (false, EventOutcome::Processed),
            (true, EventOutcome::Processed),
            (false, EventOutcome::Dead),
            (true, EventOutcome::Dead),
        ] {
            let shop = Shop::open(&database, &wanted).await;
            let event = shop.changed_customer();
            let thin = shop.stripe.thin(&event);
            let [first, second] = match thin_first {
                true => [&thin, &event],
                false => [&event, &thin],
            };
            shop.receive(first).await;
            let id = event["id"].as_str().unwrap();
            let queue = queue(shop.app.store());
            let lease = Duration::from_secs(60);
            let claim = queue
                .claim_event(id, "test", Timestamp::now(), lease)
                .await
                .unwrap()
                .unwrap();

            shop.receive(second).await;
            assert_eq!(shop.state_of(id).await, EventState::Processing);
            let settlement = Settlement {
                event_id: id.to_owned(),
                fence: claim.fence,
                outcome,
                error: None,
                at: Timestamp::now(),
            };
            assert_eq!(queue.settle(&[settlement]).await.unwrap(), [""; 0]);
            assert_eq!(shop.state_of(id).await, EventState::Pending);
            shop.app.work_until_idle().await.unwrap();
            let mut seen = shop.take_seen();
            seen.sort_unstable();
            assert_eq!(seen, ["snapshot", "thin"]);
            assert_eq!(shop.state_of(id).await, EventState::Processed);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_event_that_arrives_during_a_fetch_keeps_its_payload() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::previous"]).await;
        let event = shop.changed_customer();
        shop.receive(&shop.stripe.thin(&event)).await;
        shop.stripe
            .fail_next(Fault::slow(Duration::from_millis(500)).on("/v2/core/events"));
        let working = tokio::spawn({
            let app = shop.app.clone();
            async move { app.work_until_idle().await }
        });
        while shop.requests("/v2/core/events") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shop.receive(&event).await;
        working.await.unwrap().unwrap();
        shop.app.work_until_idle().await.unwrap();

        let id = event["id"].as_str().unwrap();
        assert_eq!(shop.payload_of(id).await, (true, json!("event")));
        assert_eq!(shop.take_seen(), ["before Some(\"was@example.com\")"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_event_that_was_fetched_belongs_to_the_account_of_its_thin_event() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::sent_to"]).await;
        shop.stripe
            .insert(json!({ "object": "account", "id": "acct_2" }));
        let theirs = shop.stripe.on("acct_2");
        let customer = theirs.insert(json!({
            "object": "customer", "id": "cus_2", "email": "theirs@example.com",
        }));
        let event = theirs.emit("customer.updated", &customer);
        shop.deliver(&theirs.thin(&event)).await;
        let expected = "Some(\"theirs@example.com\") of Some(\"acct_2\")";
        assert_eq!(shop.take_seen(), [expected]);

        let id = event["id"].as_str().unwrap();
        let (_, payload) = shop.app.store().event(id).await.unwrap().unwrap();
        let payload: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(payload["account"], "acct_2");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_what_changed_a_receiver_that_is_filtered_by_it_fails() {
    on_both_backends(async |database| {
        let wanted = ["thin::changed"];
        let shop = Shop::open_with(&database, &wanted, |builder, _| builder).await;
        let event = shop.changed_customer();
        shop.deliver(&shop.stripe.thin(&event)).await;
        assert_eq!(shop.take_seen(), [""; 0]);
        let id = event["id"].as_str().unwrap();
        let runs = shop.app.store().receiver_runs(id).await.unwrap();
        let run = runs.iter().find(|run| run.receiver == "thin::changed");
        let error = run.unwrap().outcome.error().unwrap();
        assert!(error.contains("set STRIPE_SECRET_KEY"), "{error}");
    })
    .await;
}
