//! Random histories of observations end in consistent versions, in any order and with any repetition.

use djstripe_core::__internals::{ObjectRow, RowSource};
use djstripe_core::store::Store;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::with_db;
use djstripe_tests::BothBackends;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{keeping, row, versions, write};

/// An observation. Its content follows from the second, and repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Observation {
    seconds: usize,
    deleted: bool,
    copied: bool,
}

const CONTENTS: [&str; 7] = [
    r#"{"a": 1}"#,
    r#"{"a": 2}"#,
    r#"{"a": 1}"#,
    r#"{"a": 1}"#,
    r#"{"b": []}"#,
    r#"{"a": 2}"#,
    r#"{"a": 2}"#,
];

fn histories() -> impl Strategy<Value = (Vec<Observation>, Vec<Observation>, usize)> {
    let observation = (
        0..CONTENTS.len(),
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(seconds, deleted, copied)| Observation {
            seconds,
            deleted: deleted && !copied,
            copied,
        });
    let history = prop::collection::vec(observation, 1..9);
    (history, 1..4_usize).prop_flat_map(|(history, batch)| {
        let extended = history.iter().chain(&history).copied().collect::<Vec<_>>();
        (Just(history), Just(extended).prop_shuffle(), Just(batch))
    })
}

async fn apply(store: &Store, history: &[Observation], batch: usize) -> Vec<String> {
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
                ..row(
                    "cus_1",
                    observation.seconds as i64,
                    CONTENTS[observation.seconds],
                )
            })
            .collect();
        write(store, &rows).await;
    }
    versions(store, "cus_1").await
}

async fn empty(store: &Store) {
    for table in ["stripe_customer", "djstripe_object_version"] {
        let delete = sql_query(format!("DELETE FROM {table}"));
        let mut session = store.session().await.unwrap();
        let mut db = session.db().unwrap();
        with_db!(db, connection => delete.execute(connection).await).unwrap();
    }
}

/// What the versions are if every observation is known: in the order of time, those that differ from
/// the one before.
fn expected(history: &[Observation]) -> Vec<String> {
    let mut sorted: Vec<&Observation> = history.iter().filter(|it| !it.copied).collect();
    sorted.sort_unstable();
    let state = |it: &Observation| {
        format!(
            "{}{}",
            CONTENTS[it.seconds],
            if it.deleted { "!" } else { "" }
        )
    };
    sorted.dedup_by(|later, earlier| state(later) == state(earlier));
    sorted
        .into_iter()
        .map(|it| format!("{} {} -", it.seconds, state(it)))
        .collect()
}

fn state(version: &str) -> &str {
    version.split_once(' ').unwrap().1
}

/// What holds of the versions in any order: a version differs from the one before, each is one of the
/// observations, each state that was observed is a version, and the last one is what the row holds.
fn check(found: &[String], history: &[Observation]) -> Result<(), TestCaseError> {
    let all = expected(history);
    let states = found
        .windows(2)
        .all(|pair| state(&pair[0]) != state(&pair[1]));
    prop_assert!(states, "{:?}", found);
    prop_assert_eq!(
        found.last().map(|it| state(it)),
        all.last().map(|it| state(it))
    );
    for version in &all {
        prop_assert!(
            found.iter().any(|it| state(it) == state(version)),
            "{:?}",
            found
        );
    }
    for version in found {
        let is_observed = history
            .iter()
            .any(|it| !it.copied && expected(&[*it]) == std::slice::from_ref(version));
        prop_assert!(is_observed, "{}", version);
    }
    Ok(())
}

#[test]
fn any_order_and_repetition_of_a_history_ends_in_consistent_versions() {
    let both = BothBackends::open(async |database: &djstripe_tests::TestDatabase| {
        keeping(database, &["customer"]).await
    });
    let [sqlite, postgres] = &both.opened;

    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&histories(), |(history, shuffled, batch)| {
        both.runtime.block_on(async {
            let all = expected(&history);
            let mut sorted = history.clone();
            sorted.sort_unstable();

            for store in [sqlite, postgres] {
                empty(store).await;
                prop_assert_eq!(&apply(store, &sorted, 1).await, &all, "in order");
                prop_assert_eq!(&apply(store, &shuffled, batch).await, &all, "again");
            }

            empty(sqlite).await;
            empty(postgres).await;
            let found = apply(sqlite, &shuffled, batch).await;
            check(&found, &history)?;
            prop_assert_eq!(
                &apply(postgres, &shuffled, batch).await,
                &found,
                "PostgreSQL"
            );

            // Once everything has come again in order, nothing is missing.
            for store in [sqlite, postgres] {
                prop_assert_eq!(&apply(store, &sorted, 1).await, &all, "completed");
                prop_assert_eq!(&apply(store, &shuffled, batch).await, &all, "once more");
            }
            Ok(())
        })
    });
    result.unwrap();
}
