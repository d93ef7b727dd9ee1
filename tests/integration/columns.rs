//! The columns that the database generates: no content breaks them, and each reads its places. On
//! both backends.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use djstripe_core::__internals::{ObjectRow, upsert_objects};
use djstripe_core::models::{
    COMMON_COLUMNS, Column, ColumnKind, DESCRIPTORS, MIGRATIONS_POSTGRES, MIGRATIONS_SQLITE,
    ModelDescriptor, descriptor,
};
use djstripe_core::store::{
    Migration, MigrationSet, ObjectFilter, StoreOptions, TableName, Timestamp,
};
use djstripe_core::{Djstripe, receivers};
use djstripe_tests::{TestDatabase, on_both_backends, on_both_empty};
use serde_json::{Value, json};

async fn app(database: &TestDatabase) -> Djstripe {
    Djstripe::builder()
        .webhook_secret("whsec_columns")
        .database_url(database.url())
        .receivers(receivers::built_in())
        .build()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_field_makes_a_write_fail() {
    let values = [
        json!(null),
        json!(true),
        json!("text"),
        json!("x".repeat(20_000)),
        json!("é".repeat(3_000)),
        json!(7),
        json!(-1.5),
        json!(1e300),
        json!([]),
        json!({}),
        json!({ "id": "inner_1" }),
        json!({ "id": "y".repeat(20_000) }),
        json!({ "id": 7 }),
    ];

    let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
    texts.extend(
        [
            "123456789012345678901234567890",
            "9223372036854775807",
            "9223372036854775808",
            "1.0",
            "-0",
        ]
        .map(String::from),
    );

    on_both_backends(async |database| {
        let app = app(&database).await;
        for descriptor in DESCRIPTORS.iter() {
            let Some(table) = descriptor.table else {
                continue;
            };
            let objects = texts.iter().enumerate().flat_map(|(number, text)| {
                let with_value = move |(place, object): (usize, Value)| {
                    let id = match place {
                        0 => format!("id_{number}"),
                        _ => format!("id_{number}_{place}"),
                    };
                    (id, object.to_string().replace(r#""the value""#, text))
                };
                with_each_place(descriptor).into_iter().map(with_value)
            });
            let objects: Vec<(String, String)> = objects.collect();

            let observed_at = Timestamp::from_seconds(1);
            let rows: Vec<ObjectRow<'_>> = objects
                .iter()
                .map(|(id, json)| ObjectRow {
                    account: "",
                    livemode: false,
                    id,
                    stripe_data: json,
                    api_version: None,
                    observed_at,
                    deleted: false,
                    ..ObjectRow::default()
                })
                .collect();

            let outcomes = upsert_objects(app.store(), TableName::new(table), &rows)
                .await
                .unwrap();
            assert!(outcomes.iter().all(Result::is_ok), "{table}: {outcomes:?}");
        }

        let table = TableName::new(descriptor("dispute").unwrap().table.unwrap());
        let filter = ObjectFilter::default();
        let rows = app.store().objects(table, &filter).await.unwrap();
        let disputes: Vec<Value> = rows
            .iter()
            .map(|row| serde_json::from_str(&row.json).unwrap())
            .collect();
        let of = |number: usize| {
            disputes
                .iter()
                .find(|row| row["id"] == format!("id_{number}"))
                .unwrap()
        };
        assert_eq!(
            (&of(2)["status"], &of(2)["charge"], &of(2)["amount"]),
            (&json!("text"), &json!("text"), &json!(null))
        );
        assert_eq!(
            (&of(5)["status"], &of(5)["charge"], &of(5)["amount"]),
            (&json!(null), &json!(null), &json!(7))
        );
        assert_eq!(
            (&of(10)["status"], &of(10)["charge"]),
            (&json!(null), &json!("inner_1"))
        );
        assert_eq!(of(3)["status"], json!(null));
        assert_eq!(of(13)["amount"], json!(null));
    })
    .await;
}

/// Objects that have `"the value"` in the first place of each column, in the second, and so on.
fn with_each_place(descriptor: &ModelDescriptor) -> Vec<(usize, Value)> {
    let places = descriptor.columns.iter().map(|column| column.paths.len());
    let most = places.max().unwrap_or_default().max(1);
    let object = |place: usize| {
        let mut object = json!({});
        for column in descriptor.columns {
            if let Some(path) = column.paths.get(place) {
                put(&mut object, path, &json!("the value"));
            }
        }
        (place, object)
    };
    (0..most).map(object).collect()
}

/// Puts a value at the end of a path, unless another one stands in the way.
fn put(within: &mut Value, path: &[&str], value: &Value) {
    let Some((step, below)) = path.split_first() else {
        *within = value.clone();
        return;
    };
    let is_array = |step: &&str| *step == "*" || step.parse::<usize>().is_ok();
    let inner = match within {
        Value::Object(fields) => fields.entry(*step).or_insert(json!(null)),
        Value::Array(elements) => &mut elements[0],
        _ => return,
    };

    if below.is_empty() {
        *inner = value.clone();
        return;
    }
    if inner.is_null() {
        *inner = match below.first().is_some_and(is_array) {
            true => json!([null]),
            false => json!({}),
        };
    }
    put(inner, below, value);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_reads_its_places_in_their_order() {
    // Each column holds the first of the values that stand in its places; with the first place
    // empty, the next one counts.
    on_both_backends(async |database| {
        let app = app(&database).await;
        for descriptor in DESCRIPTORS.iter().filter(|it| it.table.is_some()) {
            let is_plain = |column: &&Column| column.paths == [&[column.name][..]];
            for column in descriptor.columns.iter().filter(|column| !is_plain(column)) {
                for (from, _) in column.paths.iter().enumerate() {
                    let mut object = json!({});
                    for (place, path) in column.paths.iter().enumerate().skip(from) {
                        put(&mut object, path, &example(column.kind, place));
                    }
                    let columns = columns_of(&app, descriptor, &object).await;

                    let expected = match example(column.kind, from) {
                        // SQLite has no type for booleans.
                        Value::Bool(_) if columns[column.name].is_number() => json!(1),
                        value => value,
                    };
                    let place = format!("{}.{}", descriptor.object, column.paths[from].join("."));
                    assert_eq!(columns[column.name], expected, "{place}");
                }
            }
        }
    })
    .await;
}

fn example(kind: ColumnKind, place: usize) -> Value {
    match kind {
        ColumnKind::Text | ColumnKind::Id => json!(format!("value_{place}")),
        ColumnKind::Integer | ColumnKind::Time => json!(place),
        ColumnKind::Boolean => json!(true),
    }
}

/// The columns that the database generates for an object.
async fn columns_of(app: &Djstripe, descriptor: &ModelDescriptor, object: &Value) -> Value {
    let table = TableName::new(descriptor.table.unwrap());
    static ROWS: AtomicU32 = AtomicU32::new(0);
    let id = format!("id_{}", ROWS.fetch_add(1, Ordering::Relaxed));
    let row = ObjectRow {
        account: "",
        livemode: false,
        id: &id,
        stripe_data: &object.to_string(),
        api_version: None,
        observed_at: Timestamp::from_seconds(1),
        deleted: false,
        ..ObjectRow::default()
    };
    upsert_objects(app.store(), table, &[row]).await.unwrap();
    let filter = ObjectFilter {
        id: Some(id),
        ..ObjectFilter::default()
    };
    let rows = app.store().objects(table, &filter).await.unwrap();
    serde_json::from_str(&rows[0].json).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_s_period_ends_with_the_first_of_its_items() {
    let item = |end: i64| json!({ "current_period_end": end });
    let check = |ends: &[i64], own: Option<i64>| {
        let items: Vec<Value> = ends.iter().map(|end| item(*end)).collect();
        json!({ "items": { "data": items }, "current_period_end": own })
    };
    let cases = [
        (check(&[30, 10, 20], None), json!(10)),
        (check(&[30, 10, 20], Some(5)), json!(10)),
        (check(&[], Some(5)), json!(5)),
        (check(&[], None), json!(null)),
        (json!({ "items": { "data": [{}, item(7)] } }), json!(7)),
        (
            json!({ "items": "none", "current_period_end": "x" }),
            json!(null),
        ),
    ];

    on_both_backends(async |database| {
        let app = app(&database).await;
        let descriptor = descriptor("subscription").unwrap();
        for (object, expected) in &cases {
            let columns = columns_of(&app, descriptor, object).await;
            assert_eq!(&columns["current_period_end"], expected, "{object}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_api_v2_is_seconds_since_1970() {
    let cases = [
        (json!("1970-01-01T00:00:00Z"), json!(0)),
        (json!("2023-11-14T22:13:20.999Z"), json!(1_700_000_000)),
        (
            json!("2024-02-29T23:59:59.123456789Z"),
            json!(1_709_251_199),
        ),
        (json!("2000-03-01T00:00:00.000Z"), json!(951_868_800)),
        (json!("1969-12-31T23:59:59Z"), json!(-1)),
        (json!(7), json!(7)),
        (json!("2023-13-14T22:13:20Z"), json!(null)),
        (json!("2023-11-14T22:13:20+01:00"), json!(null)),
        (json!("2023-11-14"), json!(null)),
        (json!("now"), json!(null)),
        (json!(1.5), json!(null)),
        (json!({ "year": 2023 }), json!(null)),
    ];

    on_both_backends(async |database| {
        let app = app(&database).await;
        let descriptor = descriptor("v2.core.account").unwrap();
        for (created, expected) in &cases {
            let object = json!({ "created": created });
            let columns = columns_of(&app, descriptor, &object).await;
            assert_eq!(&columns["created"], expected, "{object}");
        }
    })
    .await;
}

/// Rows as the version before the migration of the columns wrote them.
const OLDER_ROWS: &str = "\
    INSERT INTO stripe_invoice \
        (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated) \
    VALUES ('', false, 'in_1', '{\"subscription\":\"sub_1\",\"date\":7}', 1, 1, 1); \
    INSERT INTO stripe_payment_record \
        (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated) \
    VALUES ('', false, 'pr_1', '{\"amount\":{\"value\":500}}', 1, 1, 1)";

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_older_schema_get_the_new_columns() {
    let before = |migrations: &[djstripe_core::models::Migration]| {
        let older = migrations.iter().take(2);
        let older = older.map(|migration| Migration {
            name: migration.name.into(),
            sql: migration.sql.into(),
        });
        older.collect()
    };

    on_both_empty(async |database| {
        let mut options = StoreOptions::default();
        options.migrations.push(MigrationSet {
            name: "mirror".into(),
            postgres: before(MIGRATIONS_POSTGRES),
            sqlite: before(MIGRATIONS_SQLITE),
        });
        let store = database.connect(options).await;
        store.migrate().await.unwrap();
        let mut session = store.session().await.unwrap();
        let mut db = session.db().unwrap();
        db.batch_execute(OLDER_ROWS).await.unwrap();
        drop(session);

        let app = app(&database).await;
        let row = async |object: &str| -> Value {
            let table = TableName::new(descriptor(object).unwrap().table.unwrap());
            let filter = ObjectFilter::default();
            let rows = app.store().objects(table, &filter).await.unwrap();
            serde_json::from_str(&rows[0].json).unwrap()
        };
        let invoice = row("invoice").await;
        assert_eq!(
            (&invoice["subscription"], &invoice["created"]),
            (&json!("sub_1"), &json!(7))
        );
        assert_eq!(invoice["djstripe_source"], json!(null));
        assert_eq!(row("payment_record").await["amount"], json!(500));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_every_table_is_described() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        for descriptor in DESCRIPTORS.iter() {
            let Some(table) = descriptor.table.map(TableName::new) else {
                continue;
            };
            let row = ObjectRow {
                id: "id_1",
                stripe_data: "{}",
                observed_at: Timestamp::from_seconds(1),
                ..ObjectRow::default()
            };
            upsert_objects(app.store(), table, &[row]).await.unwrap();
            let rows = app.store().objects(table, &ObjectFilter::default()).await;
            let row: Value = serde_json::from_str(&rows.unwrap()[0].json).unwrap();
            let mut columns: Vec<&str> = row.as_object().unwrap().keys().map(|it| &**it).collect();
            columns.sort_unstable();

            let own = descriptor.own_columns.iter().chain(COMMON_COLUMNS);
            let own = own.map(|column| column.name);
            let described = descriptor.columns.iter().map(|column| column.name);
            let mut described: Vec<&str> = described.chain(own).collect();
            described.sort_unstable();
            assert_eq!(columns, described, "{table}");
        }
    })
    .await;
}

#[test]
fn a_command_describes_the_columns_of_a_table() {
    let run = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_counter"));
        let program = program.args(["objects", "--describe"]).args(arguments);
        program.env_remove("DATABASE_URL").output().unwrap()
    };
    let check = |object: &str, name: &str, kind: &str, places: &str| {
        let output = run(&[object, "--json"]);
        assert!(output.status.success(), "{output:?}");
        let lines = String::from_utf8(output.stdout).unwrap();
        let columns = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let column = columns
            .into_iter()
            .find(|column| column["column"] == name)
            .unwrap();
        assert_eq!(column["type"], kind, "{column}");
        assert_eq!(column["places"], places, "{column}");
    };

    check("price", "product", "id", "product");
    check("customer", "subscriber", "string", "");
    check("invoice", "livemode", "boolean", "");
    check("charge", "amount", "integer", "amount");

    let text = String::from_utf8(run(&["price"]).stdout).unwrap();
    assert!(
        text.starts_with("stripe_price, of the type price\n"),
        "{text}"
    );
    assert!(text.contains("from unit_amount\n"), "{text}");
    let unknown = run(&["prize"]);
    assert_eq!(unknown.status.code(), Some(1));
    let unknown = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        unknown.contains("`prize` is not a Stripe object"),
        "{unknown}"
    );
}
