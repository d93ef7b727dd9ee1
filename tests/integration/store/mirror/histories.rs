//! Random histories of observations end in the same rows, in any order and with any repetition.

use djstripe_core::__internals::{ObjectRow, RowSource};
use djstripe_core::store::Store;
use djstripe_tests::BothBackends;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Stored, empty, mirror, row, stored, upsert};

/// An observation. Content and version follow from the second: of two contents of one second the
/// mirror decides which one it writes last.
#[derive(Clone, Debug)]
struct Observation {
    object: usize,
    seconds: usize,
    deleted: bool,
    copied: bool,
}

const IDS: [&str; 2] = ["cus_1", "cus_2"];
const CONTENTS: [&str; 4] = [
    r#"{"a":1}"#,
    r#"{"a":10}"#,
    r#"{"b":[],"a":1}"#,
    r#"{ "a": 1.0 }"#,
];

fn histories() -> impl Strategy<Value = (Vec<Observation>, Vec<Observation>, usize)> {
    let observation = (
        0..IDS.len(),
        0..CONTENTS.len(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(object, seconds, deleted, copied)| Observation {
            object,
            seconds,
            deleted: deleted && !copied,
            copied,
        });
    let history = prop::collection::vec(observation, 1..8);
    (history, 1..4_usize).prop_flat_map(|(history, batch)| {
        let extended = history.iter().chain(&history).cloned().collect::<Vec<_>>();
        (Just(history), Just(extended).prop_shuffle(), Just(batch))
    })
}

async fn apply(store: &Store, history: &[Observation], batch: usize) -> Vec<Stored> {
    empty(store).await;
    for observations in history.chunks(batch) {
        let rows: Vec<_> = observations
            .iter()
            .map(|observation| ObjectRow {
                deleted: observation.deleted,
                source: if observation.copied {
                    RowSource::Copy
                } else {
                    RowSource::Payload
                },
                api_version: (observation.seconds % 2 == 0).then_some("2026-05-27.dahlia"),
                ..row(
                    IDS[observation.object],
                    observation.seconds as i64,
                    CONTENTS[observation.seconds],
                )
            })
            .collect();
        upsert(store, &rows).await;
    }

    let unstamped = |object| Stored {
        djstripe_updated: 0,
        ..object
    };
    stored(store).await.into_iter().map(unstamped).collect()
}

#[test]
fn any_order_and_repetition_of_a_history_ends_in_the_same_rows() {
    let both = BothBackends::open(mirror);
    let [sqlite, postgres] = &both.opened;

    let mut runner = TestRunner::new(Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&histories(), |(history, shuffled, batch)| {
        both.runtime.block_on(async {
            let expected = apply(sqlite, &history, 1).await;
            prop_assert_eq!(
                &apply(sqlite, &shuffled, batch).await,
                &expected,
                "shuffled, SQLite"
            );
            prop_assert_eq!(
                &apply(postgres, &history, batch).await,
                &expected,
                "PostgreSQL"
            );
            prop_assert_eq!(
                &apply(postgres, &shuffled, batch).await,
                &expected,
                "shuffled, PostgreSQL"
            );
            Ok(())
        })
    });
    result.unwrap();
}
