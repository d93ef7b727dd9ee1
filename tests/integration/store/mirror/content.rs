//! The JSON of an object: content that a table can't hold is refused alone, and both databases hold
//! the rest as the same string.

use djstripe_core::__internals::{ObjectRow, upsert_objects};
use djstripe_core::store::{ObjectFilter, UnstorableReason, Upserted};
use djstripe_tests::{BothBackends, on_both_backends};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{TABLE, empty, mirror, row, stored, upsert};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_table_cannot_hold_is_refused_and_the_rest_is_written() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let long = format!(r#"{{"a":[{}]}}"#, vec!["0"; 10_000].join(","));
    let cases: [(&str, Result<(), UnstorableReason>); 12] = [
        (r#"{"a":1}"#, Ok(())),
        (r#"{"a":"\u0000"}"#, Err(UnstorableReason::Nul)),
        (r#"{"a\u0000":1}"#, Err(UnstorableReason::Nul)),
        (r#"{"a":"\ud800"}"#, Err(UnstorableReason::LoneSurrogate)),
        (
            r#"{"a":"\udc00\ud800"}"#,
            Err(UnstorableReason::LoneSurrogate),
        ),
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
        let ids: Vec<_> = (0..cases.len())
            .map(|index| format!("cus_{index:02}"))
            .collect();
        let rows: Vec<_> = ids
            .iter()
            .zip(&cases)
            .map(|(id, (json, _))| row(id, 1, json))
            .collect();

        let outcomes = upsert_objects(&store, TABLE, &rows).await.unwrap();
        for ((outcome, (json, expected)), id) in outcomes.into_iter().zip(&cases).zip(&ids) {
            let start = &json[..json.len().min(60)];
            assert_eq!(
                outcome.map(drop).map_err(|error| error.reason),
                *expected,
                "{start}"
            );
            let filter = ObjectFilter {
                id: Some(id.clone()),
                ..ObjectFilter::default()
            };
            let found = store.objects(TABLE, &filter).await.unwrap().len();
            assert_eq!(found, usize::from(expected.is_ok()), "{start}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_no_index_holds_is_refused() {
    // Bytes that don't compress, as PostgreSQL compresses keys before it measures them.
    let mut state = 1_u64;
    let mut letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'0' + (state >> 33) as u8 % 75)
    };
    let mut longest = || (0..1_024).map(|_| letter()).collect::<String>();
    let (account, id) = (longest(), longest());

    on_both_backends(async |database| {
        let store = mirror(&database).await;
        upsert(
            &store,
            &[ObjectRow {
                account: &account,
                ..row(&id, 1, "{}")
            }],
        )
        .await;

        let longer = format!("{id}x");
        let unnamed = [
            row("", 1, "{}"),
            row("a\0", 1, "{}"),
            ObjectRow {
                account: "\0",
                ..row("a", 1, "{}")
            },
            row(&longer, 1, "{}"),
        ];

        let reasons = upsert_objects(&store, TABLE, &unnamed).await.unwrap();
        let reasons: Vec<_> = reasons
            .into_iter()
            .map(|outcome| outcome.unwrap_err().to_string())
            .collect();
        assert_eq!(
            reasons,
            [
                "no id at `id`",
                "string with U+0000 at `id`",
                "string with U+0000 at `account`",
                "too long for a key at `id`",
            ]
        );
    })
    .await;
}

fn json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?",
    ];
    let text = prop_oneof!["[ -~]{0,8}", "\\PC{0,8}", "[\\x01-\\x1f\"\\\\/é😀]{0,6}"]
        .prop_map(|text| serde_json::Value::from(text).to_string());
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        number,
        text.clone()
    ];

    let value = leaf.prop_recursive(4, 24, 5, move |inner| {
        let members = prop::collection::vec((text.clone(), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            members.prop_map(|members| object(&members)),
        ]
    });

    prop::collection::vec(("[a-cA-C]{1,2}", value), 0..6).prop_map(|members| {
        let quoted: Vec<_> = members
            .into_iter()
            .map(|(key, value)| (format!("{key:?}"), value))
            .collect();
        object(&quoted)
    })
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("{key}:{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn both_databases_hold_the_same_text() {
    let both = BothBackends::open(mirror);

    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&prop::collection::vec(json(), 8), |objects| {
        both.runtime.block_on(async {
            let ids: Vec<_> = (0..objects.len())
                .map(|index| format!("cus_{index}"))
                .collect();
            let rows: Vec<_> = ids
                .iter()
                .zip(&objects)
                .map(|(id, json)| row(id, 1, json))
                .collect();

            let mut texts = Vec::new();
            for store in &both.opened {
                empty(store).await;
                for outcome in upsert(store, &rows).await {
                    prop_assert_eq!(outcome, Upserted::Inserted);
                }
                texts.push(
                    stored(store)
                        .await
                        .into_iter()
                        .map(|object| object.stripe_data)
                        .collect::<Vec<_>>(),
                );
            }
            prop_assert_eq!(&texts[0], &texts[1]);
            Ok(())
        })
    });
    result.unwrap();
}
