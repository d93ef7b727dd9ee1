//! Leases: one worker at a time has an event, and events of one object run one after another.

use std::collections::HashSet;
use std::time::Duration;

use djstripe_core::__internals::{EventOutcome, Settlement, begin, queue, record_runs};
use djstripe_core::store::{EventState, Rerun, Store, StoreError, Timestamp};
use djstripe_tests::{TestDatabase, on_both_backends};

use super::{
    ARRIVAL, LATER, LEASE, claim, event, ids, insert, new_event, one_claim, run, settlement,
};

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_object_are_one_workers_and_come_in_order() {
    on_both_backends(async |database| {
        let store = database.store().await;
        insert(
            &store,
            &[
                event("evt_3", "cus_1", 3),
                event("evt_1", "cus_1", 1),
                event("evt_2", "cus_2", 2),
            ],
        )
        .await;

        let first = claim(&store, 2, LATER).await;
        assert_eq!(ids(&first), ["evt_1", "evt_2"]);
        assert_eq!(
            ids(&claim(&store, 10, LATER).await),
            [""; 0],
            "evt_3 waits for evt_1, whose object is leased"
        );

        queue(&store)
            .settle(&[settlement(&first[0], EventOutcome::Processed)])
            .await
            .unwrap();
        assert_eq!(ids(&claim(&store, 10, LATER).await), ["evt_3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_of_two_accounts_is_two_objects() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let of = |id: &str, account: &str| {
            let account = if account.is_empty() { String::new() } else { format!(r#""account":"{account}","#) };
            new_event(&format!(
                r#"{{"id":"{id}",{account}"type":"coupon.created","data":{{"object":{{"id":"SALE"}}}}}}"#
            ))
        };
        insert(&store, &[of("evt_1", ""), of("evt_2", "acct_1"), of("evt_3", "acct_1")]).await;
        assert_eq!(ids(&claim(&store, 1, LATER).await), ["evt_1"]);
        assert_eq!(ids(&claim(&store, 1, LATER).await), ["evt_2"]);
        assert_eq!(ids(&claim(&store, 1, LATER).await), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_for_its_backoff_and_holds_up_no_other() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let failed = one_claim(&store).await;
        insert(&store, &[event("evt_2", "cus_1", 2)]).await;
        let at = LATER + Duration::from_secs(30);
        let outcome = EventOutcome::Retrying { at };
        let settled = Settlement {
            error: Some("no luck\0".to_owned()),
            ..settlement(&failed, outcome)
        };
        assert_eq!(queue(&store).settle(&[settled]).await.unwrap(), [""; 0]);
        let (stored, _) = store.event("evt_1").await.unwrap().unwrap();
        assert_eq!(
            (stored.state, stored.next_attempt_at),
            (EventState::Retrying, Some(at))
        );
        assert_eq!(stored.last_error.as_deref(), Some("no luck\u{fffd}"));

        let second = claim(&store, 10, LATER).await;
        assert_eq!(ids(&second), ["evt_2"]);
        queue(&store)
            .settle(&[settlement(&second[0], EventOutcome::Processed)])
            .await
            .unwrap();
        let again = claim(&store, 10, at).await;
        assert_eq!((ids(&again), again[0].attempts), (vec!["evt_1"], 2));
        queue(&store)
            .settle(&[settlement(&again[0], EventOutcome::Dead)])
            .await
            .unwrap();
        assert_eq!(ids(&claim(&store, 10, at + LEASE * 10).await), [""; 0]);
        assert_eq!(store.state_counts().await.unwrap().get(EventState::Dead), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ran_out_is_worth_nothing() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let slow = one_claim(&store).await;
        queue(&store)
            .extend_leases(&[("evt_1", slow.fence)], LATER + LEASE * 2)
            .await
            .unwrap();
        assert_eq!(
            ids(&claim(&store, 1, LATER + LEASE).await),
            [""; 0],
            "the lease was extended"
        );

        let quick = claim(&store, 1, LATER + LEASE * 2).await.pop().unwrap();
        assert!(quick.fence > slow.fence);
        queue(&store)
            .extend_leases(&[("evt_1", slow.fence)], LATER + LEASE * 9)
            .await
            .unwrap();
        assert_eq!(leased_until(&store, "evt_1").await, LATER + LEASE * 3);
        assert_eq!(
            queue(&store)
                .settle(&[settlement(&slow, EventOutcome::Dead)])
                .await
                .unwrap(),
            ["evt_1"]
        );
        let error = record_runs(&store, &[run(&slow, "shop::ship", None)])
            .await
            .unwrap_err();
        assert!(
            matches!(&error, StoreError::LeaseLost { events } if events == &["evt_1"]),
            "{error}"
        );

        record_runs(&store, &[run(&quick, "shop::ship", None)])
            .await
            .unwrap();
        assert_eq!(
            queue(&store)
                .settle(&[settlement(&quick, EventOutcome::Processed)])
                .await
                .unwrap(),
            [""; 0]
        );
        let (stored, _) = store.event("evt_1").await.unwrap().unwrap();
        assert_eq!(
            (stored.state, stored.processed_at),
            (EventState::Processed, Some(LATER))
        );
    })
    .await;
}

async fn leased_until(store: &Store, id: &str) -> Timestamp {
    let (stored, _) = store.event(id).await.unwrap().unwrap();
    stored.next_attempt_at.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_being_written_holds_up_no_other_lease() {
    let database = TestDatabase::postgres().await;
    let store = database.store().await;
    insert(
        &store,
        &[event("evt_1", "cus_1", 1), event("evt_2", "cus_2", 2)],
    )
    .await;
    let claims = claim(&store, 2, LATER).await;
    let leases: Vec<(&str, i64)> = claims
        .iter()
        .map(|claim| (claim.event_id.as_str(), claim.fence))
        .collect();

    let mut transaction = begin(&store).await.unwrap();
    let mut db = transaction.db().await.unwrap();
    db.batch_execute("SELECT 1 FROM djstripe_queue WHERE event_id = 'evt_1' FOR UPDATE")
        .await
        .unwrap();
    let extend = async |until| queue(&store).extend_leases(&leases, until).await;
    tokio::time::timeout(Duration::from_secs(5), extend(LATER + LEASE * 2))
        .await
        .expect("nobody is waited for")
        .unwrap();
    assert_eq!(leased_until(&store, "evt_1").await, LATER + LEASE);
    assert_eq!(leased_until(&store, "evt_2").await, LATER + LEASE * 2);

    transaction.commit().await.unwrap();
    extend(LATER + LEASE * 3).await.unwrap();
    assert_eq!(leased_until(&store, "evt_1").await, LATER + LEASE * 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_lease_ran_out_goes_before_later_ones_of_its_object() {
    on_both_backends(async |database| {
        let store = database.store().await;
        one_claim(&store).await;

        insert(
            &store,
            &[event("evt_2", "cus_1", 2), event("evt_3", "cus_3", 3)],
        )
        .await;
        let later = LATER + LEASE;
        assert_eq!(
            ids(&claim(&store, 1, later).await),
            ["evt_3"],
            "evt_2 waits for evt_1"
        );
        assert_eq!(ids(&claim(&store, 1, later).await), ["evt_1"]);
        assert_eq!(ids(&claim(&store, 1, later).await), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_handed_back_is_as_it_was() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let taken = one_claim(&store).await;
        queue(&store)
            .settle(&[settlement(&taken, EventOutcome::Released)])
            .await
            .unwrap();
        let (stored, _) = store.event("evt_1").await.unwrap().unwrap();
        assert_eq!((stored.state, stored.attempts), (EventState::Pending, 0));
        assert_eq!(claim(&store, 1, LATER).await[0].attempts, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_success_is_never_replaced() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let claim = one_claim(&store).await;
        record_runs(
            &store,
            &[run(&claim, "a", None), run(&claim, "b", Some("no luck"))],
        )
        .await
        .unwrap();
        assert!(
            record_runs(&store, &[run(&claim, "a", Some("late failure"))])
                .await
                .is_err()
        );
        record_runs(&store, &[run(&claim, "b", Some("again"))])
            .await
            .unwrap();

        let runs = store.receiver_runs("evt_1").await.unwrap();
        let listed: Vec<_> = runs
            .iter()
            .map(|run| {
                (
                    &*run.receiver,
                    run.outcome.is_success(),
                    run.outcome.error(),
                )
            })
            .collect();
        assert_eq!(listed, [("a", true, None), ("b", false, Some("again"))]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_repeats_what_is_asked_for() {
    on_both_backends(async |database| {
        let store = database.store().await;
        for (rerun, left) in [(Rerun::Unfinished, 1), (Rerun::All, 0)] {
            insert(&store, &[event("evt_1", "cus_1", 1)]).await;
            let taken = claim(&store, 1, LATER).await.pop().unwrap();
            if left == 1 {
                record_runs(&store, &[run(&taken, "a", None)])
                    .await
                    .unwrap();
            }
            assert_eq!(
                store.rerun(&["evt_1"], rerun.clone(), LATER).await.unwrap(),
                [""; 0],
                "a worker has it"
            );
            queue(&store)
                .settle(&[settlement(&taken, EventOutcome::Dead)])
                .await
                .unwrap();

            assert_eq!(
                store
                    .rerun(&["evt_1", "evt_2"], rerun, LATER)
                    .await
                    .unwrap(),
                ["evt_1"]
            );
            let (stored, _) = store.event("evt_1").await.unwrap().unwrap();
            assert_eq!((stored.state, stored.attempts), (EventState::Pending, 0));
            assert_eq!(store.receiver_runs("evt_1").await.unwrap().len(), left);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_take_every_event_once_and_no_object_twice() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let events: Vec<_> = (0..200)
            .map(|index| {
                event(
                    &format!("evt_{index:03}"),
                    &format!("cus_{}", index % 20),
                    index,
                )
            })
            .collect();
        insert(&store, &events).await;

        let work = |worker: usize| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut taken = Vec::new();
                let mut idle = 0;
                while idle < 20 {
                    let claims = claim(&store, 7, LATER).await;
                    idle = if claims.is_empty() { idle + 1 } else { 0 };
                    let settlements: Vec<_> = claims
                        .iter()
                        .map(|claim| settlement(claim, EventOutcome::Processed))
                        .collect();
                    taken.extend(claims.into_iter().map(|claim| (worker, claim.event_id)));
                    assert_eq!(queue(&store).settle(&settlements).await.unwrap(), [""; 0]);
                    if idle > 0 {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                }
                taken
            })
        };

        let tasks: Vec<_> = (0..6).map(work).collect();
        let mut taken = Vec::new();
        for task in tasks {
            taken.extend(task.await.unwrap());
        }

        assert_eq!(taken.len(), 200);
        assert_eq!(
            taken.iter().map(|(_, id)| id).collect::<HashSet<_>>().len(),
            200
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_claims_at_once_never_share_an_object() {
    on_both_backends(async |database| {
        let store = database.store().await;
        for round in 0..20 {
            let events: Vec<_> = (0..8)
                .map(|index| {
                    event(
                        &format!("evt_{round}_{index}"),
                        &format!("cus_{round}"),
                        index,
                    )
                })
                .collect();
            insert(&store, &events).await;

            let claims = (0..4).map(|_| {
                let store = store.clone();
                tokio::spawn(async move { claim(&store, 2, LATER).await })
            });
            let mut holders = 0;
            for task in claims.collect::<Vec<_>>() {
                holders += usize::from(!task.await.unwrap().is_empty());
            }
            assert_eq!(holders, 1, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_due_before_it_arrived() {
    on_both_backends(async |database| {
        let store = database.store().await;
        insert(&store, &[event("evt_1", "cus_1", 1)]).await;
        assert_eq!(
            ids(&claim(&store, 1, Timestamp::from_micros(ARRIVAL.micros() - 1)).await),
            [""; 0]
        );
        assert_eq!(ids(&claim(&store, 1, ARRIVAL).await), ["evt_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_keeps_its_limit_when_the_planner_takes_the_table_for_empty() {
    let database = djstripe_tests::TestDatabase::postgres().await;
    let store = database.store().await;
    let mut importer = store.session().await.unwrap();
    let mut analyst = store.session().await.unwrap();
    // ANALYZE doesn't see uncommitted rows, but sees that the table has grown.
    let import = "BEGIN; INSERT INTO djstripe_event (id, name, created, livemode, payload, received_at) \
        SELECT 'evt_' || id, 'ping', id, false, '{}', id FROM generate_series(1, 20000) AS id; \
        INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, next_attempt_at, \
            fence) SELECT 'evt_' || id, '', 'cus_' || id, id, id, 'pending', 0, id, 0 \
        FROM generate_series(1, 20000) AS id";
    importer.db().unwrap().batch_execute(import).await.unwrap();
    analyst
        .db()
        .unwrap()
        .batch_execute("ANALYZE djstripe_event, djstripe_queue")
        .await
        .unwrap();
    importer
        .db()
        .unwrap()
        .batch_execute("COMMIT")
        .await
        .unwrap();

    let claims = claim(&store, 10, LATER).await;
    assert_eq!(claims.len(), 10);
    let settlements: Vec<_> = claims
        .iter()
        .map(|claim| settlement(claim, EventOutcome::Processed))
        .collect();
    let start = std::time::Instant::now();
    assert_eq!(queue(&store).settle(&settlements).await.unwrap(), [""; 0]);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}
