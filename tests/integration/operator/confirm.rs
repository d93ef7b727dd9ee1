//! Commands that would change much are refused where nobody can be asked, and change nothing then.

use djstripe_core::__internals::EventOutcome;
use djstripe_core::store::{EffectState, EventState};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::json;

use super::{store_effects, store_events};
use crate::operate::{Operator, RECEIVER};

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_few_events_run_again_only_with_yes() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        store_events(&operator.store, "", "invoice.paid", 10).await;
        operator
            .leave("evt_done", "invoice.paid", 1, EventOutcome::Processed)
            .await;
        let replay = ["events", "replay", "--type", "invoice.*"];

        let refused = operator.run(&replay).await;
        assert_eq!((refused.code, &*refused.out), (2, ""));
        for expected in [
            "11 events would be replayed",
            "counter::count runs for 11 events",
            "nothing was changed; add `--yes`",
        ] {
            assert!(refused.err.contains(expected), "{}", refused.err);
        }
        assert_eq!(operator.state("evt_done").await, EventState::Processed);

        let retry = ["events", "retry", "--type", "invoice.paid"];
        let refused = operator.run(&retry).await;
        let expected = "counter::count runs for 10 events";
        assert!(
            refused.code == 2 && refused.err.contains(expected),
            "the receiver has succeeded for one event: {}",
            refused.err
        );

        let done = operator.run(&[&replay[..], &["--yes"]].concat()).await;
        assert_eq!((done.code, &*done.out), (0, "replayed 11 events\n"));
        assert_eq!(operator.state("evt_done").await, EventState::Pending);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_events_run_again_at_once_and_are_counted() {
    let database = TestDatabase::sqlite();
    let operator = Operator::new(&database).await;
    store_events(&operator.store, "", "invoice.paid", 3).await;

    let retried = operator
        .run(&["events", "retry", "--type", "invoice.paid"])
        .await;
    assert!(
        retried.code == 0 && retried.out.ends_with("retried 3 events\n"),
        "{}{}",
        retried.out,
        retried.err
    );
    let none = operator.run(&["events", "retry", "--dead"]).await;
    assert_eq!((none.code, &*none.out), (0, "retried 0 events\n"));
    let none = operator
        .run(&["events", "replay", "--dead", "--json"])
        .await;
    assert_eq!(none.json(), [json!({ "replayed": 0, "skipped": 0 })]);

    // A receiver alone would select everything that it listens to.
    let alone = ["events", "replay", "--receiver", RECEIVER];
    let refused = operator.run(&alone).await;
    assert!(
        refused.code == 2 && refused.err.contains("--all selects all"),
        "{}",
        refused.err
    );
    let all = operator.run(&[&alone[..], &["--all"]].concat()).await;
    assert!(all.out.ends_with("replayed 3 events\n"), "{}", all.err);

    let misspelt = operator
        .run(&["events", "retry", "--dead", "--receiver", "counter::cuont"])
        .await;
    let expected = "no receiver `counter::cuont`; did you mean `counter::count`?";
    assert!(
        misspelt.code == 2 && misspelt.err.contains(expected),
        "{}",
        misspelt.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn much_is_deleted_only_with_yes() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        for number in 1..=11 {
            let id = format!("evt_{number}");
            operator
                .leave(&id, "invoice.paid", 100, EventOutcome::Processed)
                .await;
        }
        operator
            .leave("evt_dead", "invoice.paid", 1, EventOutcome::Dead)
            .await;
        let prune = ["prune", "--older-than", "90d"];
        let count = async || operator.store.state_counts().await.unwrap();

        let counted = operator
            .run(&[&prune[..], &["--dry-run", "--json"]].concat())
            .await;
        let expected = json!({ "dry_run": true, "events": 11, "refused": 0, "versions": 0 });
        assert_eq!((counted.code, counted.json()), (0, vec![expected]));
        let refused = operator.run(&prune).await;
        assert!(
            refused.code == 2 && refused.err.contains("11 events with their records"),
            "{}",
            refused.err
        );
        assert_eq!(count().await.get(EventState::Processed), 11);

        // Even one event is much if Stripe may send it again.
        let all = ["prune", "--older-than", "0s", "--dead"];
        assert_eq!(operator.run(&all).await.code, 2);

        let pruned = operator.run(&[&prune[..], &["--yes"]].concat()).await;
        assert!(
            pruned.out.starts_with("deleted 11 events"),
            "{}",
            pruned.err
        );
        assert_eq!(operator.run(&all).await.code, 2);
        assert_eq!(count().await.get(EventState::Dead), 1);
        let pruned = operator.run(&[&all[..], &["--yes"]].concat()).await;
        assert!(pruned.out.starts_with("deleted 1 events"), "{}", pruned.err);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_few_effects_are_given_up_only_with_yes() {
    let database = TestDatabase::sqlite();
    let operator = Operator::new(&database).await;
    store_effects(&operator.store, "mail", 11).await;
    let discard = ["effects", "discard", "--state", "pending"];

    let refused = operator.run(&discard).await;
    assert_eq!(refused.code, 2);
    for expected in ["11 effects would be discarded", "mail: 11 effects"] {
        assert!(refused.err.contains(expected), "{}", refused.err);
    }
    let counts = operator.store.effect_counts().await.unwrap();
    assert_eq!(counts.get(EffectState::Pending), 11);

    let done = operator.run(&[&discard[..], &["--yes"]].concat()).await;
    assert_eq!((done.code, &*done.out), (0, "discarded 11 effects\n"));
    let retried = operator.run(&["effects", "retry", "--dead"]).await;
    assert_eq!((retried.code, &*retried.out), (0, "retried 0 effects\n"));
}
