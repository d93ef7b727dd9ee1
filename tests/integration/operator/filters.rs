//! Which events a filter selects. On both backends.

use std::time::Duration;

use djstripe_core::__internals::{ReceiverRun, queue, record_runs};
use djstripe_core::store::{EventFilter, RunOutcome, Store, Timestamp};
use djstripe_tests::on_both_backends;

use super::{execute, store_events};
use crate::operate::Operator;

/// Records that a receiver failed for an event that a worker has.
async fn fail(store: &Store, id: &str, receiver: &str, error: &str) {
    let claim = queue(store)
        .claim_event(id, "test", Timestamp::now(), Duration::from_secs(60))
        .await;
    let run = ReceiverRun {
        event_id: id.to_owned(),
        fence: claim.unwrap().unwrap().fence,
        receiver: receiver.to_owned(),
        attempts: 1,
        outcome: RunOutcome::Failed {
            error: error.to_owned(),
            permanent: false,
        },
        finished_at: Timestamp::now(),
        took: None,
    };
    record_runs(store, &[run]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_select_by_name_object_account_receiver_and_error() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let store = &operator.store;
        store_events(store, "a", "invoice.paid", 2).await;
        store_events(store, "b", "v1.customer.updated", 1).await;
        store_events(store, "c", "invoice_payment.paid", 1).await;
        execute(store, "UPDATE djstripe_event SET account = 'acct_1' WHERE id = 'evt_a001'").await;
        fail(store, "evt_a001", "shop::ship", "No price price_1 for in_1: 100%").await;
        fail(store, "evt_a002", "shop::thank", "no price at all for in_2").await;
        execute(store, "UPDATE djstripe_queue SET last_error = 'no price p_9 for x' WHERE event_id = 'evt_c001'").await;

        let check = async |filter: EventFilter, expected: &[&str]| {
            let mut found: Vec<String> = store
                .events(&filter)
                .await
                .unwrap()
                .into_iter()
                .map(|event| event.id)
                .collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{filter:?}");
        };
        let default = EventFilter::default;
        let text = |text: &str| Some(text.to_owned());

        for (name, expected) in [
            ("invoice.paid", &["evt_a001", "evt_a002"][..]),
            ("invoice.*", &["evt_a001", "evt_a002"]),
            ("customer.updated", &["evt_b001"]),
            ("v1.customer.updated", &["evt_b001"]),
            ("v1.customer.*", &["evt_b001"]),
            ("invoice_payment.*", &["evt_c001"]),
            ("%.*", &[]),
        ] {
            check(EventFilter { name: text(name), ..default() }, expected).await;
        }
        check(EventFilter { object_id: text("in_a002"), ..default() }, &["evt_a002"]).await;
        check(EventFilter { account: text("acct_1"), ..default() }, &["evt_a001"]).await;
        for (receiver, expected) in [
            ("shop::ship", &["evt_a001"][..]),
            ("shop::thank", &["evt_a002"]),
            ("shop::other", &[]),
        ] {
            check(EventFilter { receiver: text(receiver), ..default() }, expected).await;
        }

        for (error, receiver, expected) in [
            ("no PRICE", None, &["evt_a001", "evt_a002", "evt_c001"][..]),
            ("no price … for …", None, &["evt_a001"]),
            ("no price … for", None, &["evt_a001", "evt_c001"]),
            ("price_1", None, &["evt_a001"]),
            ("priceX1", None, &[]),
            ("100%", None, &["evt_a001"]),
            ("no price", Some("shop::ship"), &["evt_a001"]),
            ("no price … for", Some("shop::ship"), &["evt_a001"]),
            ("no price … for", Some("shop::thank"), &[]),
        ] {
            let filter = EventFilter {
                error: text(error),
                receiver: receiver.map(str::to_owned),
                ..default()
            };
            check(filter, expected).await;
        }

        let one = EventFilter {
            error: text("no price … for"),
            limit: Some(1),
            ..default()
        };
        assert_eq!(store.events(&one).await.unwrap().len(), 1);
    })
    .await;
}
