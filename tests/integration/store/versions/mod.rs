//! Versions of objects: each state that an observation brings, in the order of time.

mod histories;

use std::time::Duration;

use djstripe_core::__internals::{ObjectRow, RowSource, begin, upsert_objects, upsert_objects_in};
use djstripe_core::Djstripe;
use djstripe_core::store::{
    Prune, Store, StoreError, StoreOptions, TableName, Timestamp, Upserted, VersionedObject,
};
use djstripe_tests::{TestDatabase, on_both_backends};

const TABLE: TableName = TableName::new("stripe_customer");

/// The store of a database that has all tables.
async fn keeping(database: &TestDatabase, types: &[&str]) -> Store {
    let builder = Djstripe::builder()
        .database_url(database.url())
        .keep_versions_of(types.iter().copied());
    builder.open_store().await.unwrap()
}

fn row<'a>(id: &'a str, seconds: i64, stripe_data: &'a str) -> ObjectRow<'a> {
    ObjectRow {
        livemode: true,
        id,
        stripe_data,
        observed_at: Timestamp::from_seconds(seconds),
        ..ObjectRow::default()
    }
}

fn deleted<'a>(id: &'a str, seconds: i64, stripe_data: &'a str) -> ObjectRow<'a> {
    ObjectRow {
        deleted: true,
        ..row(id, seconds, stripe_data)
    }
}

fn by<'a>(event_id: &'a str, row: ObjectRow<'a>) -> ObjectRow<'a> {
    ObjectRow {
        event_id: Some(event_id),
        ..row
    }
}

async fn write(store: &Store, rows: &[ObjectRow<'_>]) -> Vec<Upserted> {
    let outcomes = upsert_objects(store, TABLE, rows).await.unwrap();
    outcomes.into_iter().map(Result::unwrap).collect()
}

fn customer(id: &str) -> VersionedObject {
    VersionedObject {
        object: "customer".to_owned(),
        id: id.to_owned(),
        account: String::new(),
        livemode: true,
    }
}

/// The versions of a customer, oldest first: `second content event`, with `!` if it was deleted.
async fn versions(store: &Store, id: &str) -> Vec<String> {
    let versions = store.object_versions(&customer(id), None, 100).await;
    let mut versions = versions.unwrap();
    versions.reverse();
    let line = |version: djstripe_core::store::ObjectVersion| {
        let seconds = version.observed_at.micros() / 1_000_000;
        let end = if version.deleted { "!" } else { "" };
        let event = version.event_id.as_deref().unwrap_or("-");
        format!("{seconds} {}{end} {event}", version.content)
    };
    versions.into_iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_is_a_version_with_its_event() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer", "invoice"]).await;
        write(&store, &[by("evt_1", row("cus_1", 1, r#"{"a":1}"#))]).await;
        // Fetched again, and said by another event: nothing new.
        write(&store, &[row("cus_1", 2, r#"{ "a": 1.0 }"#)]).await;
        write(&store, &[by("evt_3", row("cus_1", 3, r#"{"a":1}"#))]).await;
        write(&store, &[row("cus_1", 4, r#"{"b":0.10,"a":2}"#)]).await;
        write(
            &store,
            &[by("evt_5", deleted("cus_1", 5, r#"{"a":2,"b":0.1}"#))],
        )
        .await;
        write(
            &store,
            &[by("evt_5", deleted("cus_1", 5, r#"{"a":2,"b":0.1}"#))],
        )
        .await;
        write(&store, &[by("evt_6", row("cus_1", 6, r#"{"a":2}"#))]).await;

        assert_eq!(
            versions(&store, "cus_1").await,
            [
                r#"1 {"a": 1} evt_1"#,
                r#"4 {"a": 2, "b": 0.1} -"#,
                r#"5 {"a": 2, "b": 0.1}! evt_5"#,
                r#"6 {"a": 2} evt_6"#,
            ]
        );
        assert_eq!(versions(&store, "cus_2").await, [""; 0]);
        assert_eq!(
            store.versioned_objects("customer", "cus_1").await.unwrap(),
            [customer("cus_1")]
        );

        let page = async |after, limit| {
            let versions = store
                .object_versions(&customer("cus_1"), after, limit)
                .await;
            versions.unwrap()
        };
        let first = page(None, 3).await;
        let rest = page(Some(first[2].position()), 3).await;
        let seconds =
            |it: &djstripe_core::store::ObjectVersion| it.observed_at.micros() / 1_000_000;
        assert_eq!(first.iter().map(seconds).collect::<Vec<_>>(), [6, 5, 4]);
        assert_eq!(rest.iter().map(seconds).collect::<Vec<_>>(), [1]);
        let position = first[2].position();
        assert_eq!(position.to_string().parse(), Ok(position));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_are_not_named_have_no_versions() {
    on_both_backends(async |database| {
        for types in [&[][..], &["invoice"]] {
            let store = keeping(&database, types).await;
            assert!(!store.keeps_versions_of("customer"));
            write(&store, &[row("cus_1", 1, r#"{"a":1}"#)]).await;
            write(&store, &[row("cus_1", 2, r#"{"a":2}"#), row("cus_1", 3, "{}")]).await;
            assert_eq!(versions(&store, "cus_1").await, [""; 0]);
        }

        let mut options = StoreOptions::default();
        options.keep_versions_of.push("custmer".to_owned());
        let error = Store::connect(database.url(), options).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::VersionedType { object, nearest: Some("customer") } if object == "custmer"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_from_before_versions_were_kept_is_the_first_one() {
    on_both_backends(async |database| {
        let without = keeping(&database, &[]).await;
        let store = keeping(&database, &["customer"]).await;
        let events = Some("evt_1");
        let of_event = ObjectRow {
            events,
            ..row("cus_1", 1, r#"{"a":1}"#)
        };
        let several = ObjectRow {
            events: Some("evt_1,evt_2"),
            ..row("cus_2", 1, r#"{"a":1}"#)
        };
        write(&without, &[of_event, several, row("cus_3", 3, "{}")]).await;

        write(&store, &[by("evt_5", row("cus_1", 5, r#"{"a":2}"#))]).await;
        write(&store, &[row("cus_2", 5, r#"{"a":1}"#)]).await;
        write(&store, &[by("evt_2", row("cus_3", 2, r#"{"late":1}"#))]).await;
        assert_eq!(
            versions(&store, "cus_1").await,
            [r#"1 {"a": 1} evt_1"#, r#"5 {"a": 2} evt_5"#]
        );
        assert_eq!(versions(&store, "cus_2").await, [r#"1 {"a": 1} -"#]);
        assert_eq!(
            versions(&store, "cus_3").await,
            [r#"2 {"late": 1} evt_2"#, "3 {} -"]
        );

        // What happened while they were off is one step.
        write(&without, &[row("cus_1", 6, r#"{"a":3}"#)]).await;
        write(&without, &[row("cus_1", 7, r#"{"a":4}"#)]).await;
        write(&store, &[row("cus_1", 8, r#"{"a":5}"#)]).await;
        assert_eq!(
            versions(&store, "cus_1").await[2..],
            [r#"7 {"a": 4} -"#, r#"8 {"a": 5} -"#]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_observations_are_put_into_their_place() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer"]).await;
        for (event, seconds, content) in [
            ("evt_1", 1, r#"{"a":1}"#),
            ("evt_3", 3, r#"{"a":1}"#),
            ("evt_5", 5, r#"{"a":5}"#),
            // Between two times of which one version tells.
            ("evt_2", 2, r#"{"a":2}"#),
            ("evt_2", 2, r#"{"a":2}"#),
            // What followed began earlier.
            ("evt_4", 4, r#"{"a":5}"#),
            // Before everything.
            ("evt_0", 0, r#"{"a":0}"#),
        ] {
            write(&store, &[by(event, row("cus_1", seconds, content))]).await;
        }
        assert_eq!(
            versions(&store, "cus_1").await,
            [
                r#"0 {"a": 0} evt_0"#,
                r#"1 {"a": 1} evt_1"#,
                r#"2 {"a": 2} evt_2"#,
                // The row of that time did not name its event.
                r#"3 {"a": 1} -"#,
                r#"4 {"a": 5} evt_4"#,
            ]
        );

        // All in one batch, in no order.
        let batch = [3, 1, 4, 1, 2].map(|second| {
            let contents = ["", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, r#"{"a":4}"#];
            row("cus_2", second, contents[second as usize])
        });
        write(&store, &batch).await;
        assert_eq!(
            versions(&store, "cus_2").await,
            [
                r#"1 {"a": 1} -"#,
                r#"2 {"a": 2} -"#,
                r#"3 {"a": 3} -"#,
                r#"4 {"a": 4} -"#
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_that_was_confirmed_names_its_event() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer"]).await;
        let of_events = |events, seconds, content| ObjectRow {
            events: Some(events),
            ..by(events, row("cus_1", seconds, content))
        };
        write(&store, &[of_events("evt_1", 1, r#"{"a":1}"#)]).await;
        write(&store, &[of_events("evt_3", 3, r#"{"a":1}"#)]).await;
        write(&store, &[of_events("evt_5", 5, r#"{"a":5}"#)]).await;
        write(&store, &[of_events("evt_2", 2, r#"{"a":2}"#)]).await;
        assert_eq!(
            versions(&store, "cus_1").await,
            [
                r#"1 {"a": 1} evt_1"#,
                r#"2 {"a": 2} evt_2"#,
                r#"3 {"a": 1} evt_3"#,
                r#"5 {"a": 5} evt_5"#,
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_no_versions() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer"]).await;
        let copy = |seconds, content| ObjectRow {
            source: RowSource::Copy,
            ..row("cus_1", seconds, content)
        };
        write(&store, &[copy(9, r#"{"a":9}"#)]).await;
        assert_eq!(versions(&store, "cus_1").await, [""; 0]);
        // The content of the copy, but from the object's own event.
        write(&store, &[by("evt_1", row("cus_1", 1, r#"{"a":9}"#))]).await;
        write(&store, &[copy(10, r#"{"a":10}"#)]).await;
        write(&store, &[row("cus_1", 2, r#"{"a":2}"#)]).await;
        assert_eq!(
            versions(&store, "cus_1").await,
            [r#"1 {"a": 9} evt_1"#, r#"2 {"a": 2} -"#]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_commit_with_their_rows() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer"]).await;
        for (id, commits) in [("cus_1", true), ("cus_2", false)] {
            let mut transaction = begin(&store).await.unwrap();
            let mut db = transaction.db().await.unwrap();
            for seconds in [2, 1] {
                let content = format!(r#"{{"a":{seconds}}}"#);
                let row = row(id, seconds, &content);
                upsert_objects_in(&mut db, TABLE, &[row]).await.unwrap();
            }
            if commits {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
        }
        assert_eq!(versions(&store, "cus_1").await.len(), 2);
        assert_eq!(versions(&store, "cus_2").await.len(), 0);

        let mut session = store.session().await.unwrap();
        let mut db = session.db().unwrap();
        upsert_objects_in(&mut db, TABLE, &[row("cus_3", 1, "{}")])
            .await
            .unwrap();
        assert_eq!(versions(&store, "cus_3").await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_the_same_objects_agree_on_their_history() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer"]).await;
        let task = |offset: i64| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..8 {
                    let ids: Vec<String> = (0..10)
                        .map(|index| format!("cus_{}", (index * 7 + offset * 3) % 10))
                        .collect();
                    // The content follows from the time, and repeats.
                    let seconds = (round * 5 + offset * 3) % 11;
                    let json = format!(r#"{{"a":{}}}"#, seconds % 3);
                    let rows: Vec<_> = ids.iter().map(|id| row(id, seconds, &json)).collect();
                    write(&store, &rows).await;
                }
            })
        };
        for task in (0..6).map(task).collect::<Vec<_>>() {
            task.await.unwrap();
        }

        for index in 0..10 {
            let versions = versions(&store, &format!("cus_{index}")).await;
            let contents: Vec<_> = versions
                .iter()
                .map(|it| it.split_once(' ').unwrap().1)
                .collect();
            assert!(
                contents.windows(2).all(|pair| pair[0] != pair[1]),
                "{versions:?}"
            );
            assert_eq!(contents.last(), Some(&r#"{"a": 1} -"#), "{versions:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_are_pruned_except_the_last_of_a_live_object() {
    on_both_backends(async |database| {
        let store = keeping(&database, &["customer"]).await;
        for seconds in [10, 20, 30, 40] {
            let content = format!(r#"{{"a":{seconds}}}"#);
            write(
                &store,
                &[
                    row("cus_1", seconds, &content),
                    row("cus_2", seconds, &content),
                ],
            )
            .await;
        }
        write(&store, &[deleted("cus_2", 50, "{}"), row("cus_3", 5, "{}")]).await;

        let prune = async |seconds| {
            let prune = Prune {
                before: Timestamp::from_seconds(seconds),
                dead: false,
                batch: 2,
            };
            store.prune(&prune).await.unwrap().versions
        };
        let seconds = async |id| {
            let versions = versions(&store, id).await;
            let seconds = |it: String| it.split_once(' ').unwrap().0.to_owned();
            versions.into_iter().map(seconds).collect::<Vec<_>>()
        };

        assert_eq!(prune(10).await, 0);
        assert_eq!(prune(30).await, 4);
        assert_eq!(seconds("cus_1").await, ["30", "40"]);
        assert_eq!(seconds("cus_2").await, ["30", "40", "50"]);
        assert_eq!(prune(1_000).await, 4);
        assert_eq!(seconds("cus_1").await, ["40"]);
        assert_eq!(seconds("cus_2").await, [""; 0], "it is deleted");
        assert_eq!(seconds("cus_3").await, ["5"]);

        // The history goes on where it was.
        tokio::time::sleep(Duration::from_millis(2)).await;
        write(&store, &[row("cus_1", 60, "{}")]).await;
        assert_eq!(seconds("cus_1").await, ["40", "60"]);
    })
    .await;
}
