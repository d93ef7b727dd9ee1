//! Writes of what a process counted by the minute.
//!
//! Invariant: counts are added to what other processes have written, in one statement or transaction.

#[cfg(feature = "postgres")]
use diesel::QueryResult;
use serde_json::{Map, Value, json};

use crate::store::backend::run::on_backend;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::telemetry::minutes::{Counts, DelayCount, RunCount};

const WRITE: &str = "write the counts of minutes";

/// What becomes of a column when a row is written again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Key(&'static str, &'static str),
    Sum(&'static str),
    Max(&'static str),
}

use Column::{Key, Max, Sum};

struct Table {
    name: &'static str,
    columns: &'static [Column],
}

const MINUTES: Table = Table {
    name: "djstripe_minute",
    columns: &[
        Key("minute", "bigint"),
        Sum("received"),
        Sum("refused"),
        Sum("processed"),
        Sum("failed"),
        Sum("dead"),
        Sum("acknowledgement_count"),
        Sum("acknowledgement_total"),
        Max("acknowledgement_max"),
        Sum("processing_count"),
        Sum("processing_total"),
        Max("processing_max"),
    ],
};

const RECEIVER_MINUTES: Table = Table {
    name: "djstripe_receiver_minute",
    columns: &[
        Key("minute", "bigint"),
        Key("receiver", "text"),
        Sum("runs"),
        Sum("failures"),
        Sum("duration_total"),
        Max("duration_max"),
    ],
};

const RECEIVER_HOURS: Table = Table {
    name: "djstripe_receiver_hour",
    columns: &[
        Key("hour", "bigint"),
        Key("receiver", "text"),
        Sum("runs"),
        Sum("failures"),
        Sum("duration_total"),
        Max("duration_max"),
    ],
};

impl Column {
    fn name(self) -> &'static str {
        match self {
            Key(name, _) | Sum(name) | Max(name) => name,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Key(_, kind) => kind,
            Sum(_) | Max(_) => "bigint",
        }
    }
}

impl Table {
    /// The statement that adds the rows of a JSON list. It lacks the list's value.
    fn add(&self, source: &str, select: impl Fn(Column) -> String, greatest: &str) -> String {
        let joined = |texts: Vec<String>| texts.join(", ");
        let columns = || self.columns.iter().copied();
        let names = joined(columns().map(|it| it.name().to_owned()).collect());
        let keys = columns().filter(|it| matches!(it, Key(..)));
        let keys = joined(keys.map(|it| it.name().to_owned()).collect());
        let set = columns().filter_map(|column| match column {
            Key(..) => None,
            Sum(name) => Some(format!("{name} = stored.{name} + excluded.{name}")),
            Max(name) => Some(format!(
                "{name} = {greatest}(stored.{name}, excluded.{name})"
            )),
        });
        format!(
            "INSERT INTO {} AS stored ({names}) SELECT {} FROM {source} WHERE true ORDER BY {keys} \
             ON CONFLICT ({keys}) DO UPDATE SET {}",
            self.name,
            joined(columns().map(select).collect()),
            joined(set.collect())
        )
    }

    #[cfg(feature = "postgres")]
    fn add_in_postgres(&self) -> String {
        let columns = self.columns.iter();
        let columns = columns.map(|it| format!("{} {}", it.name(), it.kind()));
        let columns: Vec<String> = columns.collect();
        let source = format!(
            "json_to_recordset(?::json) AS input ({})",
            columns.join(", ")
        );
        self.add(
            &source,
            |column| format!("input.{}", column.name()),
            "greatest",
        )
    }

    #[cfg(feature = "sqlite")]
    fn add_in_sqlite(&self) -> String {
        let select = |column: Column| {
            let (name, kind) = (column.name(), column.kind());
            format!("CAST(json_extract(value, '$.{name}') AS {kind}) AS {name}")
        };
        self.add("json_each(?)", select, "max")
    }
}

impl Store {
    /// Adds what a process has counted.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing was added.
    pub(crate) async fn add_counts(&self, counts: &Counts) -> Result<(), StoreError> {
        let rows = [
            (MINUTES, minutes(counts)),
            (
                RECEIVER_MINUTES,
                receivers("minute", counts.receiver_minutes.iter()),
            ),
            (
                RECEIVER_HOURS,
                receivers("hour", counts.receiver_hours.iter()),
            ),
        ];

        on_backend!(
            self, WRITE,
            postgres(connection) => async {
                let [minutes, receiver_minutes, receiver_hours] = &rows;
                let sql = format!(
                    "WITH minutes AS ({} RETURNING 1), receiver_minutes AS ({} RETURNING 1) {}",
                    minutes.0.add_in_postgres(),
                    receiver_minutes.0.add_in_postgres(),
                    receiver_hours.0.add_in_postgres()
                );
                let add = rows.iter().fold(Statement::<()>::new(sql), |add, (_, rows)| {
                    add.bind(rows.clone())
                });
                let added: QueryResult<usize> = diesel_async::RunQueryDsl::execute(add, connection).await;
                added.map(drop)
            },
            sqlite.write => move |raw| {
                for (table, rows) in rows {
                    let add = Statement::<()>::new(table.add_in_sqlite());
                    add.bind(rows).execute_on(raw)?;
                }
                Ok(())
            },
        )
    }
}

/// The rows of minutes as a JSON list.
fn minutes(counts: &Counts) -> String {
    let rows = counts.minutes.iter().map(|(minute, count)| {
        let mut row = Map::new();
        let mut set = |name: &str, value: i64| row.insert(name.to_owned(), value.into());
        set("minute", *minute);
        set("received", count.received);
        set("refused", count.refused);
        set("processed", count.processed);
        set("failed", count.failed);
        set("dead", count.dead);
        let delays = [
            ("acknowledgement", count.acknowledgement),
            ("processing", count.processing),
        ];
        for (name, DelayCount { count, total, max }) in delays {
            set(&format!("{name}_count"), count);
            set(&format!("{name}_total"), total);
            set(&format!("{name}_max"), max);
        }
        Value::from(row)
    });
    Value::from_iter(rows).to_string()
}

/// The rows of receivers as a JSON list.
fn receivers<'c>(
    unit: &str,
    counts: impl Iterator<Item = (&'c (i64, &'static str), &'c RunCount)>,
) -> String {
    let rows = counts.map(|((start, receiver), count)| {
        json!({
            (unit): start,
            "receiver": receiver,
            "runs": count.duration.count,
            "failures": count.failures,
            "duration_total": count.duration.total,
            "duration_max": count.duration.max,
        })
    });
    Value::from_iter(rows).to_string()
}
