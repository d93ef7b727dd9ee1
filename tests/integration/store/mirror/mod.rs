//! The mirror: the latest observation wins, in any order.

mod content;
mod histories;

use djstripe_core::__internals::{
    ObjectRow, begin, missing_objects, upsert_objects, upsert_objects_in,
};
use djstripe_core::store::diesel::sql_types::{BigInt, Bool, Nullable, Text};
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::store::{
    Migration, MigrationSet, ObjectFilter, Store, StoreOptions, TableName, Timestamp, Upserted,
};
use djstripe_core::with_db;
use djstripe_tests::{TestDatabase, on_both_backends};

const TABLE: TableName = TableName::new("mirror_object");

const POSTGRES: &str = "CREATE TABLE mirror_object (
    account text NOT NULL, livemode boolean NOT NULL, id text NOT NULL, stripe_data jsonb NOT NULL,
    email text GENERATED ALWAYS AS (stripe_data ->> 'email') STORED,
    api_version text, observed_at bigint NOT NULL, deleted_at bigint, djstripe_source text,
    djstripe_events text, djstripe_incomplete text, djstripe_undecided boolean NOT NULL DEFAULT false,
    djstripe_created bigint NOT NULL, djstripe_updated bigint NOT NULL, PRIMARY KEY (account, livemode, id))";

const SQLITE: &str = "CREATE TABLE mirror_object (
    account text NOT NULL, livemode boolean NOT NULL, id text NOT NULL, stripe_data text NOT NULL,
    email text GENERATED ALWAYS AS (stripe_data ->> 'email') STORED,
    api_version text, observed_at bigint NOT NULL, deleted_at bigint, djstripe_source text,
    djstripe_events text, djstripe_incomplete text, djstripe_undecided boolean NOT NULL DEFAULT false,
    djstripe_created bigint NOT NULL, djstripe_updated bigint NOT NULL, PRIMARY KEY (account, livemode, id))";

async fn mirror(database: &TestDatabase) -> Store {
    let migration = |sql: &'static str| {
        vec![Migration {
            name: "0001_object".into(),
            sql: sql.into(),
        }]
    };
    let mut options = StoreOptions::default();
    let set = MigrationSet {
        name: "test".into(),
        postgres: migration(POSTGRES),
        sqlite: migration(SQLITE),
    };
    options.migrations.push(set);
    let store = database.connect(options).await;
    store.migrate().await.unwrap();
    store
}

fn row<'a>(id: &'a str, seconds: i64, stripe_data: &'a str) -> ObjectRow<'a> {
    let observed_at = Timestamp::from_seconds(seconds);
    ObjectRow {
        account: "",
        livemode: true,
        id,
        stripe_data,
        api_version: None,
        observed_at,
        deleted: false,
        ..ObjectRow::default()
    }
}

fn deleted<'a>(id: &'a str, seconds: i64, stripe_data: &'a str) -> ObjectRow<'a> {
    ObjectRow {
        deleted: true,
        ..row(id, seconds, stripe_data)
    }
}

async fn upsert(store: &Store, rows: &[ObjectRow<'_>]) -> Vec<Upserted> {
    let outcomes = upsert_objects(store, TABLE, rows).await.unwrap();
    outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_told_what_became_of_it() {
    use Upserted::{Inserted, Stale, Unchanged, Updated};

    on_both_backends(async |database| {
        let store = mirror(&database).await;
        assert_eq!(upsert(&store, &[]).await, []);
        let first = [row("cus_1", 5, r#"{"a":1}"#), row("cus_2", 5, r#"{"a":1}"#)];
        assert_eq!(upsert(&store, &first).await, [Inserted, Inserted]);
        assert_eq!(upsert(&store, &first).await, [Unchanged, Unchanged]);

        let second = [
            row("cus_1", 6, r#"{ "a": 1 }"#),
            row("cus_2", 6, r#"{"a":2}"#),
            row("cus_3", 6, r#"{"a":1}"#),
            row("cus_3", 7, r#"{"a":2}"#),
            row("cus_3", 7, r#"{"a":2}"#),
            row("cus_2", 4, r#"{"a":3}"#),
        ];
        let outcomes = upsert(&store, &second).await;
        assert_eq!(outcomes[..3], [Unchanged, Updated, Stale]);
        assert!(
            matches!(
                outcomes[3..5],
                [Inserted, Unchanged] | [Unchanged, Inserted]
            ),
            "{outcomes:?}"
        );
        assert_eq!(outcomes[5], Stale);

        assert_eq!(
            upsert(&store, &[row("cus_1", 5, r#"{"a":9}"#)]).await,
            [Stale],
            "the old content was observed at 6"
        );
        assert_eq!(
            upsert(&store, &[deleted("cus_1", 6, r#"{"a":1}"#)]).await,
            [Updated]
        );
        assert_eq!(
            upsert(&store, &[row("cus_1", 6, r#"{"a":2}"#)]).await,
            [Stale]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_content_is_not_marked_as_updated() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        upsert(&store, &[row("cus_1", 1, r#"{"a":1}"#)]).await;
        let before = stored(&store).await;

        upsert(&store, &[row("cus_1", 2, r#"{"a":1}"#)]).await;
        let after = stored(&store).await;
        assert_eq!(
            (before[0].djstripe_updated, before[0].observed_at),
            (after[0].djstripe_updated, 1_000_000)
        );
        assert_eq!(after[0].observed_at, 2_000_000);

        upsert(&store, &[row("cus_1", 3, r#"{"a":2}"#)]).await;
        assert!(stored(&store).await[0].djstripe_updated > before[0].djstripe_updated);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tombstone_is_hidden_and_only_something_newer_revives_it() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        let list = async |deleted| {
            let filter = ObjectFilter {
                deleted,
                ..ObjectFilter::default()
            };
            store.objects(TABLE, &filter).await.unwrap().len()
        };

        upsert(&store, &[deleted("SALE", 5, r#"{"deleted":true}"#)]).await;
        assert_eq!(
            upsert(&store, &[row("SALE", 4, "{}")]).await,
            [Upserted::Stale]
        );
        assert_eq!((list(false).await, list(true).await), (0, 1));
        let gone = missing_objects(&store, TABLE, "", true, &["SALE", "OTHER"])
            .await
            .unwrap();
        assert_eq!(gone, ["OTHER"], "a tombstone is a row");

        assert_eq!(
            upsert(&store, &[row("SALE", 6, "{}")]).await,
            [Upserted::Updated],
            "the id was reused"
        );
        assert_eq!((list(false).await, list(true).await), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_listed_with_all_their_columns() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        let data =
            r#"{"id":"cus_2","email":"jenny@example.com","big":123456789012345678901234567890}"#;
        let observed = ObjectRow {
            api_version: Some("2026-05-27.dahlia"),
            ..row("cus_2", 1, data)
        };
        let connected = ObjectRow {
            account: "acct_1",
            livemode: false,
            ..row("cus_1", 1, "{}")
        };
        upsert(&store, &[observed, connected, row("cus_3", 1, "{}")]).await;

        let list = async |filter: ObjectFilter| store.objects(TABLE, &filter).await.unwrap();
        let all = list(ObjectFilter::default()).await;
        let keys: Vec<_> = all
            .iter()
            .map(|object| (&*object.account, object.livemode, &*object.id))
            .collect();
        assert_eq!(
            keys,
            [
                ("", true, "cus_2"),
                ("", true, "cus_3"),
                ("acct_1", false, "cus_1")
            ]
        );
        let after = Some((String::new(), true, "cus_2".to_owned()));
        assert_eq!(
            list(ObjectFilter {
                after,
                limit: Some(1),
                ..ObjectFilter::default()
            })
            .await[0]
                .id,
            "cus_3"
        );
        assert_eq!(
            list(ObjectFilter {
                livemode: Some(false),
                ..ObjectFilter::default()
            })
            .await
            .len(),
            1
        );
        let account = Some("acct_1".to_owned());
        assert_eq!(
            list(ObjectFilter {
                account,
                ..ObjectFilter::default()
            })
            .await
            .len(),
            1
        );

        assert!(
            all[0].json.contains("123456789012345678901234567890"),
            "{}",
            all[0].json
        );
        assert!(!all[0].json.contains('\n'));
        let json: serde_json::Value = serde_json::from_str(&all[0].json).unwrap();
        assert_eq!(json["email"], "jenny@example.com");
        assert_eq!(json["livemode"], true);
        assert_eq!(json["api_version"], "2026-05-27.dahlia");
        assert_eq!(json["deleted_at"], serde_json::Value::Null);
        assert_eq!(json["observed_at"], 1_000_000);
        assert_eq!(json["stripe_data"]["id"], "cus_2");
        assert_eq!(json.as_object().unwrap().len(), 14);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_of_a_receiver_commits_with_its_transaction() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        for (id, commits) in [("cus_1", true), ("cus_2", false)] {
            let mut transaction = begin(&store).await.unwrap();
            let mut db = transaction.db().await.unwrap();
            let outcomes = upsert_objects_in(&mut db, TABLE, &[row(id, 1, "{}")])
                .await
                .unwrap();
            assert_eq!(outcomes, [Ok(Upserted::Inserted)]);
            if commits {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
        }

        let mut session = store.session().await.unwrap();
        let mut db = session.db().unwrap();
        upsert_objects_in(&mut db, TABLE, &[row("cus_3", 1, "{}")])
            .await
            .unwrap();

        let ids: Vec<_> = stored(&store)
            .await
            .into_iter()
            .map(|object| object.id)
            .collect();
        assert_eq!(ids, ["cus_1", "cus_3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_share_rows_do_not_stop_each_other() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        let write = |offset: usize| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..10 {
                    let ids: Vec<_> = (0..30)
                        .map(|index| format!("cus_{}", (index * 7 + offset * 11) % 30))
                        .collect();
                    let json = format!(r#"{{"a":{offset}}}"#);
                    let rows: Vec<_> = ids.iter().map(|id| row(id, round, &json)).collect();
                    upsert(&store, &rows).await;
                }
            })
        };

        for task in (0..6).map(write).collect::<Vec<_>>() {
            task.await.unwrap();
        }

        let objects = stored(&store).await;
        // Of observations of one moment the last one that is written stays.
        assert!(objects.iter().all(|object| object.observed_at == 9_000_000));
        assert_eq!(objects.len(), 30);
    })
    .await;
}

#[derive(Clone, Debug, PartialEq, diesel::QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    stripe_data: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = BigInt)]
    djstripe_updated: i64,
}

async fn stored(store: &Store) -> Vec<Stored> {
    let select = "SELECT id, CAST(stripe_data AS text) AS stripe_data, api_version, observed_at, \
        deleted_at IS NOT NULL AS deleted, djstripe_updated FROM mirror_object ORDER BY id";
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    with_db!(db, connection => sql_query(select).load(connection).await).unwrap()
}

async fn empty(store: &Store) {
    let mut session = store.session().await.unwrap();
    session
        .db()
        .unwrap()
        .batch_execute("DELETE FROM mirror_object")
        .await
        .unwrap();
}
