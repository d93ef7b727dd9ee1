//! Operators' actions on the inbox: pause, rerun, prune, count.

use std::time::Duration;

use djstripe_core::__internals::{
    EffectNames, EffectOutcome, EventOutcome, NewDelivery, NewEffect, ObjectRow, RunCounts, begin,
    queue, record_runs, request_effect, run_counts, upsert_objects,
};
use djstripe_core::Djstripe;
use djstripe_core::store::{
    EventFilter, EventState, ObjectFilter, Prune, Pruned, Rerun, Store, TableName, Timestamp,
};
use djstripe_tests::on_both_backends;

use super::{ARRIVAL, LATER, claim, event, ids, insert, run, settlement};

/// The names that these tests' effects have.
fn mails() -> EffectNames {
    EffectNames::new(["mail"])
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn while_paused_claims_give_nothing() {
    on_both_backends(async |database| {
        let store = database.store().await;
        insert(&store, &[event("evt_1", "cus_1", 1)]).await;
        assert_eq!(store.paused_since().await.unwrap(), None);

        assert!(store.pause(LATER).await.unwrap());
        assert!(!store.pause(LATER + DAY).await.unwrap(), "paused already");
        let other = database.store().await;
        assert_eq!(
            queue(&other)
                .claim_effects(&mails(), 1, LATER, LATER + DAY)
                .await
                .unwrap(),
            []
        );
        assert_eq!(other.paused_since().await.unwrap(), Some(LATER));
        assert_eq!(claim(&other, 10, LATER).await, []);

        assert!(other.resume().await.unwrap() && !other.resume().await.unwrap());
        assert_eq!(ids(&claim(&store, 10, LATER).await), ["evt_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_forgets_failures_and_what_one_receiver_did() {
    on_both_backends(async |database| {
        let store = database.store().await;
        insert(&store, &[event("evt_1", "cus_1", 1)]).await;
        let recorded = async || {
            let runs = store.receiver_runs("evt_1").await.unwrap();
            runs.into_iter()
                .map(|run| run.receiver)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let fail_with_three_runs = async || {
            let taken = claim(&store, 1, LATER).await.pop().unwrap();
            let runs = [
                run(&taken, "a", None),
                run(&taken, "b", None),
                run(&taken, "c", Some("no luck")),
            ];
            record_runs(&store, &runs).await.unwrap();
            queue(&store)
                .settle(&[settlement(&taken, EventOutcome::Dead)])
                .await
                .unwrap();
            assert_eq!(recorded().await, "a b c");
        };

        fail_with_three_runs().await;
        let rerun = Rerun::Receiver("a".to_owned());
        store.rerun(&["evt_1"], rerun, LATER).await.unwrap();
        assert_eq!(recorded().await, "b");

        store.rerun(&["evt_1"], Rerun::All, LATER).await.unwrap();
        fail_with_three_runs().await;

        store
            .rerun(&["evt_1"], Rerun::Unfinished, LATER)
            .await
            .unwrap();
        assert_eq!(recorded().await, "a b");
    })
    .await;
}

/// Events in every state, each with one record of a run unless it is pending.
async fn one_of_each_state(store: &Store) {
    let names = ["processed", "dead", "retrying", "processing", "pending"];
    for (index, name) in names.into_iter().enumerate() {
        insert(store, &[event(name, &format!("cus_{index}"), index as i64)]).await;
        if name == "pending" {
            continue;
        }

        let taken = claim(store, 1, LATER).await.pop().unwrap();
        record_runs(
            store,
            &[run(&taken, "a", (name != "processed").then_some("no luck"))],
        )
        .await
        .unwrap();
        let outcome = match name {
            "processed" => EventOutcome::Processed,
            "dead" => EventOutcome::Dead,
            "retrying" => EventOutcome::Retrying { at: LATER + DAY },
            _ => continue,
        };
        queue(store)
            .settle(&[settlement(&taken, outcome)])
            .await
            .unwrap();
    }
}

async fn states(store: &Store) -> Vec<EventState> {
    let events = store.events(&EventFilter::default()).await.unwrap();
    EventState::ALL
        .into_iter()
        .filter(|state| events.iter().any(|event| event.state == *state))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_deletes_what_is_old_and_through_and_nothing_else() {
    on_both_backends(async |database| {
        let store = Djstripe::builder()
            .database_url(database.url())
            .open_store()
            .await
            .unwrap();
        store.migrate().await.unwrap();

        one_of_each_state(&store).await;
        let customer = ObjectRow {
            account: "",
            livemode: false,
            id: "cus_0",
            stripe_data: r#"{"id":"cus_0"}"#,
            api_version: None,
            observed_at: ARRIVAL,
            deleted: true,
            ..ObjectRow::default()
        };
        upsert_objects(&store, TableName::new("stripe_customer"), &[customer])
            .await
            .unwrap();
        for received_at in [ARRIVAL, LATER + DAY + DAY] {
            let reason = "forged".to_owned();
            let refused = NewDelivery {
                received_at,
                reason,
                remote_address: None,
                endpoint: None,
                headers: vec![],
                body: vec![],
            };
            queue(&store).record_delivery(refused).await.unwrap();
        }

        let prune = |before: Timestamp, dead| Prune {
            before,
            dead,
            batch: 1,
        };
        let effect = |event: &str| NewEffect {
            key: format!("effect of {event}"),
            event_id: event.to_owned(),
            receiver: "a".to_owned(),
            effect: "mail".to_owned(),
            payload: "null".to_owned(),
        };

        assert!(states(&store).await.contains(&EventState::Dead));
        let mut transaction = begin(&store).await.unwrap();
        let mut db = transaction.db().await.unwrap();
        request_effect(&mut db, effect("processed")).await.unwrap();
        transaction.commit().await.unwrap();

        let nothing = store.prune(&prune(ARRIVAL, true)).await.unwrap();
        assert_eq!(nothing, Pruned::default(), "nothing arrived before");
        let too_new = store.prune(&prune(LATER, false)).await.unwrap();
        assert_eq!(
            too_new,
            Pruned {
                refused: 1,
                ..Pruned::default()
            },
            "processed only then"
        );
        assert_eq!(
            store.prune(&prune(LATER + DAY, true)).await.unwrap().events,
            1,
            "the dead one; an effect is open"
        );

        let effect = queue(&store)
            .claim_effects(&mails(), 1, Timestamp::now(), Timestamp::now() + DAY)
            .await
            .unwrap()
            .remove(0);
        queue(&store)
            .settle_effect(&effect.effect.key, effect.fence, &EffectOutcome::Done)
            .await
            .unwrap();
        let pruned = store.prune(&prune(LATER + DAY, false)).await.unwrap();
        assert_eq!(
            pruned,
            Pruned {
                events: 1,
                runs: 1,
                effects: 1,
                deliveries: 1,
                refused: 0,
                versions: 0,
            }
        );

        use EventState::{Pending, Processing, Retrying};
        assert_eq!(states(&store).await, [Pending, Processing, Retrying]);
        assert_eq!(store.receiver_runs("retrying").await.unwrap().len(), 1);
        assert_eq!(
            store.deliveries(Some("retrying"), 10).await.unwrap().len(),
            1
        );
        assert_eq!(store.deliveries(None, 10).await.unwrap().len(), 1);
        let all = ObjectFilter {
            deleted: true,
            ..ObjectFilter::default()
        };
        assert_eq!(
            store
                .objects(TableName::new("stripe_customer"), &all)
                .await
                .unwrap()
                .len(),
            1,
            "a tombstone stays"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_goes_on_past_events_that_stay() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let events: Vec<_> = (0..30)
            .map(|index| event(&format!("evt_{index:02}"), &format!("c{index}"), index))
            .collect();
        insert(&store, &events).await;

        for claim in claim(&store, 30, LATER).await {
            let even = claim.event_id.ends_with(['0', '2', '4', '6', '8']);
            let outcome = if even {
                EventOutcome::Processed
            } else {
                EventOutcome::Dead
            };
            queue(&store)
                .settle(&[settlement(&claim, outcome)])
                .await
                .unwrap();
        }

        let pruned = store
            .prune(&Prune {
                before: LATER + DAY,
                dead: false,
                batch: 4,
            })
            .await
            .unwrap();
        assert_eq!((pruned.events, pruned.deliveries), (15, 15));
        assert_eq!(states(&store).await, [EventState::Dead]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backlog_counts_what_is_not_processed() {
    on_both_backends(async |database| {
        let store = database.store().await;
        assert_eq!(store.backlog().await.unwrap().oldest_pending, None);
        one_of_each_state(&store).await;
        store.pause(LATER).await.unwrap();

        let backlog = store.backlog().await.unwrap();
        let counts = EventState::ALL.map(|state| backlog.counts.get(state));
        assert_eq!(counts, [1, 1, 0, 1, 1]);
        assert_eq!(
            (backlog.oldest_pending, backlog.paused_since),
            (Some(ARRIVAL), Some(LATER))
        );

        let expected = RunCounts {
            receiver: "a".to_owned(),
            succeeded: 1,
            failed: 3,
        };
        assert_eq!(run_counts(&store).await.unwrap(), [expected]);

        let since = async |since| {
            let filter = EventFilter {
                since: Some(since),
                ..EventFilter::default()
            };
            store.events(&filter).await.unwrap().len()
        };
        assert_eq!((since(ARRIVAL).await, since(LATER).await), (5, 0));
    })
    .await;
}
