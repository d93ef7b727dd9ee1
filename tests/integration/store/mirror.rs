//! The mirror: the latest observation wins, whatever the order, and what a table can't hold is refused alone.

use djstripe_core::store::diesel::sql_types::{BigInt, Bool, Nullable, Text};
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::store::diesel_async::RunQueryDsl;
use djstripe_core::store::{
    Migration, MigrationSet, ObjectFilter, ObjectRow, Store, StoreOptions, TableName, Timestamp, UnstorableReason,
    Upserted,
};
use djstripe_core::with_db;
use djstripe_tests::{TestDatabase, on_both_backends};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const TABLE: TableName = TableName::new("mirror_object");

const POSTGRES: &str = "CREATE TABLE mirror_object (
    account text NOT NULL, livemode boolean NOT NULL, id text NOT NULL, stripe_data jsonb NOT NULL,
    email text GENERATED ALWAYS AS (stripe_data ->> 'email') STORED,
    api_version text, observed_at bigint NOT NULL, deleted_at bigint,
    djstripe_created bigint NOT NULL, djstripe_updated bigint NOT NULL, PRIMARY KEY (account, livemode, id))";

const SQLITE: &str = "CREATE TABLE mirror_object (
    account text NOT NULL, livemode boolean NOT NULL, id text NOT NULL, stripe_data text NOT NULL,
    email text GENERATED ALWAYS AS (stripe_data ->> 'email') STORED,
    api_version text, observed_at bigint NOT NULL, deleted_at bigint,
    djstripe_created bigint NOT NULL, djstripe_updated bigint NOT NULL, PRIMARY KEY (account, livemode, id))";

async fn mirror(database: &TestDatabase) -> Store {
    let migration = |sql: &'static str| vec![Migration { name: "0001_object".into(), sql: sql.into() }];
    let mut options = StoreOptions::default();
    let set = MigrationSet { name: "test".into(), postgres: migration(POSTGRES), sqlite: migration(SQLITE) };
    options.migrations.push(set);
    let store = database.connect(options).await;
    store.migrate().await.unwrap();
    store
}

fn row<'a>(id: &'a str, seconds: i64, stripe_data: &'a str) -> ObjectRow<'a> {
    let observed_at = Timestamp::from_seconds(seconds);
    ObjectRow { account: "", livemode: true, id, stripe_data, api_version: None, observed_at, deleted: false }
}

fn deleted<'a>(id: &'a str, seconds: i64, stripe_data: &'a str) -> ObjectRow<'a> {
    ObjectRow { deleted: true, ..row(id, seconds, stripe_data) }
}

async fn upsert(store: &Store, rows: &[ObjectRow<'_>]) -> Vec<Upserted> {
    let outcomes = store.upsert_objects(TABLE, rows).await.unwrap();
    outcomes.into_iter().map(|outcome| outcome.unwrap()).collect()
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
        assert!(matches!(outcomes[3..5], [Inserted, Unchanged] | [Unchanged, Inserted]), "{outcomes:?}");
        assert_eq!(outcomes[5], Stale);
        assert_eq!(upsert(&store, &[row("cus_1", 5, r#"{"a":9}"#)]).await, [Stale], "6 was seen with the old content");
        assert_eq!(upsert(&store, &[deleted("cus_1", 6, r#"{"a":1}"#)]).await, [Updated]);
        assert_eq!(upsert(&store, &[row("cus_1", 6, r#"{"a":2}"#)]).await, [Stale]);
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
        assert_eq!((before[0].djstripe_updated, before[0].observed_at), (after[0].djstripe_updated, 1_000_000));
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
            let filter = ObjectFilter { deleted, ..ObjectFilter::default() };
            store.objects(TABLE, &filter).await.unwrap().len()
        };
        upsert(&store, &[deleted("SALE", 5, r#"{"deleted":true}"#)]).await;
        assert_eq!(upsert(&store, &[row("SALE", 4, "{}")]).await, [Upserted::Stale]);
        assert_eq!((list(false).await, list(true).await), (0, 1));
        let gone = store.missing_objects(TABLE, "", true, &["SALE", "OTHER"]).await.unwrap();
        assert_eq!(gone, ["OTHER"], "a tombstone is a row");
        assert_eq!(upsert(&store, &[row("SALE", 6, "{}")]).await, [Upserted::Updated], "the id was chosen again");
        assert_eq!((list(false).await, list(true).await), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_table_cannot_hold_is_refused_and_the_rest_is_written() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let long = format!(r#"{{"a":[{}]}}"#, vec!["0"; 10_000].join(","));
    let cases: [(&str, Result<(), UnstorableReason>); 12] = [
        (r#"{"a":1}"#, Ok(())),
        (r#"{"a":"\u0000"}"#, Err(UnstorableReason::Nul)),
        (r#"{"a\u0000":1}"#, Err(UnstorableReason::Nul)),
        (r#"{"a":"\ud800"}"#, Err(UnstorableReason::LoneSurrogate)),
        (r#"{"a":"\udc00\ud800"}"#, Err(UnstorableReason::LoneSurrogate)),
        (r#"{"a":1e400}"#, Err(UnstorableReason::Number)),
        (r#"{"a":123456789012345678901234567890}"#, Ok(())),
        (&deep, Err(UnstorableReason::TooDeep)),
        (&long, Ok(())),
        ("[]", Err(UnstorableReason::NotAnObject)),
        ("{", Err(UnstorableReason::NotJson)),
        (r#"{"a":"\ud83d\ude00"}"#, Ok(())),
    ];
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        let ids: Vec<_> = (0..cases.len()).map(|index| format!("cus_{index:02}")).collect();
        let rows: Vec<_> = ids.iter().zip(&cases).map(|(id, (json, _))| row(id, 1, json)).collect();
        let outcomes = store.upsert_objects(TABLE, &rows).await.unwrap();
        for ((outcome, (json, expected)), id) in outcomes.into_iter().zip(&cases).zip(&ids) {
            let start = &json[..json.len().min(60)];
            assert_eq!(outcome.map(drop).map_err(|error| error.reason), *expected, "{start}");
            let filter = ObjectFilter { id: Some(id.clone()), ..ObjectFilter::default() };
            let found = store.objects(TABLE, &filter).await.unwrap().len();
            assert_eq!(found, usize::from(expected.is_ok()), "{start}");
        }
        // Bytes that don't compress, as PostgreSQL compresses keys before it measures them.
        let mut state = 1_u64;
        let mut letter = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'0' + (state >> 33) as u8 % 75)
        };
        let mut longest = || (0..1_024).map(|_| letter()).collect::<String>();
        let (account, id) = (longest(), longest());
        upsert(&store, &[ObjectRow { account: &account, ..row(&id, 1, "{}") }]).await;
        let longer = format!("{id}x");
        let unnamed = [
            row("", 1, "{}"),
            row("a\0", 1, "{}"),
            ObjectRow { account: "\0", ..row("a", 1, "{}") },
            row(&longer, 1, "{}"),
        ];
        let reasons = store.upsert_objects(TABLE, &unnamed).await.unwrap();
        let reasons: Vec<_> = reasons.into_iter().map(|outcome| outcome.unwrap_err().to_string()).collect();
        assert_eq!(
            reasons,
            [
                "no id at `id`",
                "text with U+0000 at `id`",
                "text with U+0000 at `account`",
                "too long for a key at `id`",
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_listed_with_all_their_columns() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        let data = r#"{"id":"cus_2","email":"jenny@example.com","big":123456789012345678901234567890}"#;
        let observed = ObjectRow { api_version: Some("2026-05-27.dahlia"), ..row("cus_2", 1, data) };
        let connected = ObjectRow { account: "acct_1", livemode: false, ..row("cus_1", 1, "{}") };
        upsert(&store, &[observed, connected, row("cus_3", 1, "{}")]).await;
        let list = async |filter: ObjectFilter| store.objects(TABLE, &filter).await.unwrap();
        let all = list(ObjectFilter::default()).await;
        let keys: Vec<_> = all.iter().map(|object| (&*object.account, object.livemode, &*object.id)).collect();
        assert_eq!(keys, [("", true, "cus_2"), ("", true, "cus_3"), ("acct_1", false, "cus_1")]);
        let after = Some((String::new(), true, "cus_2".to_owned()));
        assert_eq!(list(ObjectFilter { after, limit: Some(1), ..ObjectFilter::default() }).await[0].id, "cus_3");
        assert_eq!(list(ObjectFilter { livemode: Some(false), ..ObjectFilter::default() }).await.len(), 1);
        let account = Some("acct_1".to_owned());
        assert_eq!(list(ObjectFilter { account, ..ObjectFilter::default() }).await.len(), 1);

        assert!(all[0].json.contains("123456789012345678901234567890"), "{}", all[0].json);
        assert!(!all[0].json.contains('\n'));
        let json: serde_json::Value = serde_json::from_str(&all[0].json).unwrap();
        assert_eq!(json["email"], "jenny@example.com");
        assert_eq!(json["livemode"], true);
        assert_eq!(json["api_version"], "2026-05-27.dahlia");
        assert_eq!(json["deleted_at"], serde_json::Value::Null);
        assert_eq!(json["observed_at"], 1_000_000);
        assert_eq!(json["stripe_data"]["id"], "cus_2");
        assert_eq!(json.as_object().unwrap().len(), 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_of_a_receiver_commits_with_its_transaction() {
    on_both_backends(async |database| {
        let store = mirror(&database).await;
        for (id, commits) in [("cus_1", true), ("cus_2", false)] {
            let mut transaction = store.begin().await.unwrap();
            let mut db = transaction.db().await.unwrap();
            let outcomes = db.upsert_objects(TABLE, &[row(id, 1, "{}")]).await.unwrap();
            assert_eq!(outcomes, [Ok(Upserted::Inserted)]);
            if commits {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
        }
        let mut session = store.session().await.unwrap();
        session.db().unwrap().upsert_objects(TABLE, &[row("cus_3", 1, "{}")]).await.unwrap();
        let ids: Vec<_> = stored(&store).await.into_iter().map(|object| object.id).collect();
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
                    let ids: Vec<_> = (0..30).map(|index| format!("cus_{}", (index * 7 + offset * 11) % 30)).collect();
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
        assert!(objects.iter().all(|object| object.stripe_data == r#"{"a": 5}"# && object.observed_at == 9_000_000));
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
    session.db().unwrap().batch_execute("DELETE FROM mirror_object").await.unwrap();
}

#[derive(Clone, Debug)]
struct Observation {
    object: usize,
    seconds: i64,
    deleted: bool,
    content: usize,
    api_version: Option<&'static str>,
}

const IDS: [&str; 2] = ["cus_1", "cus_2"];
const CONTENTS: [&str; 4] = [r#"{"a":1}"#, r#"{"a":10}"#, r#"{"b":[],"a":1}"#, r#"{ "a": 1.0 }"#];

fn histories() -> impl Strategy<Value = (Vec<Observation>, Vec<Observation>, usize)> {
    let observation = (0..IDS.len(), 0..3_i64, any::<bool>(), 0..CONTENTS.len(), any::<bool>()).prop_map(
        |(object, seconds, deleted, content, versioned)| Observation {
            object,
            seconds,
            deleted,
            content,
            api_version: versioned.then_some("2026-05-27.dahlia"),
        },
    );
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
                api_version: observation.api_version,
                ..row(IDS[observation.object], observation.seconds, CONTENTS[observation.content])
            })
            .collect();
        upsert(store, &rows).await;
    }
    let unstamped = |object| Stored { djstripe_updated: 0, ..object };
    stored(store).await.into_iter().map(unstamped).collect()
}

#[test]
fn any_order_and_repetition_of_a_history_ends_in_the_same_rows() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let databases = [TestDatabase::sqlite(), runtime.block_on(TestDatabase::postgres())];
    let [sqlite, postgres] = databases.each_ref().map(|database| runtime.block_on(mirror(database)));
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    let result = runner.run(&histories(), |(history, shuffled, batch)| {
        runtime.block_on(async {
            let expected = apply(&sqlite, &history, 1).await;
            prop_assert_eq!(&apply(&sqlite, &shuffled, batch).await, &expected, "shuffled, SQLite");
            prop_assert_eq!(&apply(&postgres, &history, batch).await, &expected, "PostgreSQL");
            prop_assert_eq!(&apply(&postgres, &shuffled, batch).await, &expected, "shuffled, PostgreSQL");
            Ok(())
        })
    });
    result.unwrap();
}

fn json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?",
    ];
    let text = prop_oneof!["[ -~]{0,8}", "\\PC{0,8}", "[\\x01-\\x1f\"\\\\/é😀]{0,6}"]
        .prop_map(|text| serde_json::Value::from(text).to_string());
    let leaf = prop_oneof![Just("null".to_owned()), Just("true".to_owned()), number, text.clone()];
    let value = leaf.prop_recursive(4, 24, 5, move |inner| {
        let members = prop::collection::vec((text.clone(), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            members.prop_map(|members| object(&members)),
        ]
    });
    prop::collection::vec(("[a-cA-C]{1,2}", value), 0..6).prop_map(|members| {
        let quoted: Vec<_> = members.into_iter().map(|(key, value)| (format!("{key:?}"), value)).collect();
        object(&quoted)
    })
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn both_databases_hold_the_same_text() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let databases = [TestDatabase::sqlite(), runtime.block_on(TestDatabase::postgres())];
    let stores = databases.each_ref().map(|database| runtime.block_on(mirror(database)));
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let result = runner.run(&prop::collection::vec(json(), 8), |objects| {
        runtime.block_on(async {
            let ids: Vec<_> = (0..objects.len()).map(|index| format!("cus_{index}")).collect();
            let rows: Vec<_> = ids.iter().zip(&objects).map(|(id, json)| row(id, 1, json)).collect();
            let mut texts = Vec::new();
            for store in &stores {
                empty(store).await;
                for outcome in upsert(store, &rows).await {
                    prop_assert_eq!(outcome, Upserted::Inserted);
                }
                texts.push(stored(store).await.into_iter().map(|object| object.stripe_data).collect::<Vec<_>>());
            }
            prop_assert_eq!(&texts[0], &texts[1]);
            Ok(())
        })
    });
    result.unwrap();
}
