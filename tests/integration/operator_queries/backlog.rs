//! Unfinished work and its failures, counted up to a bound.

use djstripe_core::store::Timestamp;
use djstripe_core::store::operator::Counted;
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{arrival, execute, operator, store_event};

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_work_is_counted_by_state() {
    on_both_backends(async |database| {
        let store = database.store().await;
        for number in 1..=8 {
            let object = json!({ "id": format!("in_{number}"), "object": "invoice" });
            store_event(&store, number, "invoice.paid", object).await;
        }
        let future = Timestamp::now().micros() + 60_000_000;
        let retrying = format!(
            "UPDATE djstripe_queue SET state = 'retrying', next_attempt_at = {future} WHERE event_id = 'evt_004'"
        );
        let processing = format!(
            "UPDATE djstripe_queue SET state = 'processing', next_attempt_at = {future} WHERE event_id = 'evt_001'"
        );
        for sql in [
            "UPDATE djstripe_queue SET state = 'dead', next_attempt_at = NULL WHERE event_id IN ('evt_002', 'evt_003')",
            &retrying,
            &processing,
            "INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, created_at, next_attempt_at) \
             VALUES ('pending', 'evt_001', 'shop::ship', 'mail', 'null', 5, 5)",
            "INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, created_at) \
             VALUES ('dead', 'evt_001', 'shop::ship', 'mail', 'null', 6)",
        ] {
            execute(&store, sql).await;
        }

        let unfinished = operator(&store).unfinished().await.unwrap();
        let exactly = |number| Counted { number, is_more: false };
        assert_eq!(unfinished.pending, exactly(4));
        assert_eq!(unfinished.processing, exactly(1));
        assert_eq!(unfinished.retrying, exactly(1));
        assert_eq!(unfinished.dead, exactly(2));
        assert_eq!(unfinished.oldest_pending, Some(arrival(5)));
        assert_eq!(unfinished.next_retry, Some(Timestamp::from_micros(future)));
        assert_eq!(unfinished.oldest_dead, Some(arrival(2)));
        assert_eq!(unfinished.newest_dead, Some(arrival(3)));
        assert_eq!(unfinished.effects_pending, exactly(1));
        assert_eq!(unfinished.effects_dead, exactly(1));
        assert_eq!(unfinished.effects_running, exactly(0));
        assert_eq!(unfinished.oldest_effect, Some(Timestamp::from_micros(5)));
        assert_eq!(unfinished.paused_since, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_dead_and_retrying_events_are_grouped() {
    on_both_backends(async |database| {
        let store = database.store().await;
        for number in 1..=6 {
            let object = json!({ "id": format!("in_{number}"), "object": "invoice" });
            store_event(&store, number, "invoice.paid", object).await;
        }
        let run = |event: u32, error: &str| {
            format!(
                "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, finished_at) \
                 VALUES ('evt_00{event}', 'shop::ship', 'failed', 1, '{error}', {event})"
            )
        };
        for sql in [
            run(1, "no price price_1 for x"),
            run(2, "no price price_2 for x"),
            run(3, "other"),
            run(6, "of an event that is pending"),
            "UPDATE djstripe_queue SET state = 'dead' WHERE event_id IN ('evt_001', 'evt_003')".to_owned(),
            "UPDATE djstripe_queue SET state = 'retrying' WHERE event_id = 'evt_002'".to_owned(),
            "UPDATE djstripe_queue SET state = 'dead', last_error = 'unreadable' WHERE event_id = 'evt_004'".to_owned(),
        ] {
            execute(&store, &sql).await;
        }

        let failures = operator(&store).failure_groups().await.unwrap();
        assert!(!failures.are_more);
        let groups = failures.groups.iter();
        let groups: Vec<_> = groups
            .map(|it| (it.receiver.as_deref(), &*it.error, it.events, it.dead, it.retrying))
            .collect();
        assert_eq!(groups[0], (Some("shop::ship"), "no price … for x", 2, 1, 1));
        assert_eq!(groups.len(), 3);
        assert!(groups.contains(&(Some("shop::ship"), "other", 1, 1, 0)));
        assert!(groups.contains(&(None, "unreadable", 1, 1, 0)));
        assert_eq!(failures.groups[0].example, "evt_002");
    })
    .await;
}
