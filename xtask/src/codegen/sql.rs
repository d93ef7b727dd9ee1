//! The statements of a migration for each backend.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::columns::Column;

/// Longest string in a column. Longer ones are not ids, states or addresses, and don't fit into an
/// index.
const LONGEST_TEXT: usize = 500;

/// Elements of an array among which a column finds the smallest number: as many as Stripe shows of
/// a list inside an object.
const ELEMENTS: usize = 10;

/// Tables by name, their columns in order of creation.
pub(super) type Schema = BTreeMap<String, Vec<Column>>;

/// The change of one table.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Change {
    /// New columns.
    pub(super) columns: Vec<Column>,
    /// Existing columns that one of `columns` replaces. Nothing is lost, because their content is
    /// generated.
    pub(super) replaced: Vec<Column>,
    /// Existing columns that get an index.
    pub(super) indexed: Vec<Column>,
}

/// A database.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

/// One migration. Tables in `made` are altered, others created.
pub(super) fn sql(made: &Schema, changes: &BTreeMap<String, Change>, dialect: Dialect) -> String {
    let mark = if keeps_older_programs(changes) {
        "compatible"
    } else {
        "incompatible"
    };
    let header = format!(
        "-- Written by `cargo xtask codegen`. Released migrations never change.\n\
         -- Older programs: {mark}\n\n"
    );
    let lock = match dialect {
        Dialect::Postgres => lock(made, changes),
        Dialect::Sqlite => String::new(),
    };
    format!("{header}{lock}{}", statements(made, changes, dialect))
}

/// Whether programs that don't know these changes find all columns that they read: those that are
/// replaced have the same name and type.
fn keeps_older_programs(changes: &BTreeMap<String, Change>) -> bool {
    changes.values().all(|change| {
        change.replaced.iter().all(|old| {
            let mut columns = change.columns.iter();
            columns.any(|new| new.name == old.name && new.kind == old.kind)
        })
    })
}

/// The statements that alter and create tables.
pub(super) fn statements(
    made: &Schema,
    changes: &BTreeMap<String, Change>,
    dialect: Dialect,
) -> String {
    let mut text = String::new();
    for (
        table,
        Change {
            columns,
            replaced,
            indexed,
        },
    ) in changes
    {
        // SQLite refuses to drop a column that has an index.
        for column in replaced.iter().filter(|column| column.indexed) {
            let _ = writeln!(text, "DROP INDEX {};", index_name(table, column));
        }

        if made.contains_key(table) {
            text += &alter(table, columns, replaced, dialect);
        } else {
            text += &create(table, columns, dialect);
        }

        for column in columns
            .iter()
            .filter(|column| column.indexed)
            .chain(indexed)
        {
            text += &index(table, column);
        }
        text.push('\n');
    }
    text
}

/// An index of the rows that have something in the column.
fn index(table: &str, column: &Column) -> String {
    let name = format!("\"{}\"", column.name);
    let condition = match column.kind {
        "OwnBoolean" => name.clone(),
        _ => format!("{name} IS NOT NULL"),
    };
    let index = index_name(table, column);
    format!("CREATE INDEX {index} ON {table} ({name}) WHERE {condition};\n")
}

/// PostgreSQL cuts names of more than 63 bytes.
fn index_name(table: &str, column: &Column) -> String {
    let name = &column.name;
    format!("{table}_{}", name.strip_prefix("djstripe_").unwrap_or(name))
}

/// Locks all tables to be altered before the first one is rewritten. A transaction that holds one
/// of them and waits for another can then only collide at the start, when nothing is lost.
fn lock(made: &Schema, changes: &BTreeMap<String, Change>) -> String {
    let altered = changes
        .iter()
        .filter(|(table, change)| made.contains_key(*table) && **change != Change::default());
    let tables: Vec<&str> = altered.map(|(table, _)| &**table).collect();
    match tables[..] {
        [] | [_] => String::new(),
        _ => format!(
            "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;\n\n",
            tables.join(", ")
        ),
    }
}

/// Replaces and adds columns. PostgreSQL does all in one statement, so that it rewrites the table
/// once.
fn alter(table: &str, columns: &[Column], replaced: &[Column], dialect: Dialect) -> String {
    let dropped = replaced
        .iter()
        .map(|it| format!("DROP COLUMN \"{}\"", it.name));
    let added = columns
        .iter()
        .map(|it| format!("ADD COLUMN {}", definition(it, dialect)));
    let actions: Vec<String> = dropped.chain(added).collect();

    match dialect {
        _ if actions.is_empty() => String::new(),
        Dialect::Postgres => format!("ALTER TABLE {table}\n    {};\n", actions.join(",\n    ")),
        Dialect::Sqlite => actions
            .iter()
            .map(|action| format!("ALTER TABLE {table} {action};\n"))
            .collect(),
    }
}

fn create(table: &str, columns: &[Column], dialect: Dialect) -> String {
    let json = if dialect == Dialect::Postgres {
        "jsonb"
    } else {
        "text"
    };
    let mut text = format!(
        "CREATE TABLE {table} (\n    account text NOT NULL DEFAULT '',\n    livemode boolean NOT NULL,\n    id text NOT NULL,\n    \
         stripe_data {json} NOT NULL,\n"
    );

    for column in columns {
        let _ = writeln!(text, "    {},", definition(column, dialect));
    }
    text += "    api_version text,\n    observed_at bigint NOT NULL,\n    deleted_at bigint,\n    \
             djstripe_created bigint NOT NULL,\n    djstripe_updated bigint NOT NULL,\n    \
             PRIMARY KEY (account, livemode, id)\n);\n";
    text
}

/// A column that djstripe fills, or a generated one. A generated column is null where the JSON has
/// another type, so that no content can make a write fail.
fn definition(column: &Column, dialect: Dialect) -> String {
    let Column {
        name, kind, paths, ..
    } = column;
    match *kind {
        "OwnText" => return format!("{name} text"),
        "OwnInteger" => return format!("{name} bigint"),
        "OwnBoolean" => return format!("{name} boolean NOT NULL DEFAULT false"),
        _ => {}
    }

    let ty = match *kind {
        "Integer" | "Time" => "bigint",
        "Boolean" => "boolean",
        _ => "text",
    };
    let values: Vec<String> = paths
        .iter()
        .map(|path| value(path, kind, dialect))
        .collect();
    let value = match &values[..] {
        [only] => only.clone(),
        _ => format!("coalesce({})", values.join(", ")),
    };

    let storage = if dialect == Dialect::Postgres {
        "STORED"
    } else {
        "VIRTUAL"
    };
    format!("\"{name}\" {ty} GENERATED ALWAYS AS ({value}) {storage}")
}

/// The value at the end of a path.
fn value(path: &[String], kind: &str, dialect: Dialect) -> String {
    let one = |path: &[String]| match dialect {
        Dialect::Postgres => postgres(path, kind),
        Dialect::Sqlite => sqlite(path, kind),
    };
    let Some(star) = path.iter().position(|step| step == "*") else {
        return one(path);
    };

    let elements = (0..ELEMENTS).map(|position| {
        let mut path = path.to_vec();
        path[star] = position.to_string();
        one(&path)
    });
    match dialect {
        Dialect::Postgres => format!("least({})", elements.collect::<Vec<_>>().join(", ")),
        // With a null among its arguments, SQLite's function returns null.
        Dialect::Sqlite => {
            let elements = elements.map(|element| format!("ifnull({element}, {})", i64::MAX));
            let smallest = elements.collect::<Vec<_>>().join(", ");
            format!("nullif(min({smallest}), {})", i64::MAX)
        }
    }
}

fn postgres(path: &[String], kind: &str) -> String {
    let (json, text) = match path {
        [name] => (
            format!("stripe_data -> '{name}'"),
            format!("stripe_data ->> '{name}'"),
        ),
        _ => {
            let path = path.join(",");
            (
                format!("stripe_data #> '{{{path}}}'"),
                format!("stripe_data #>> '{{{path}}}'"),
            )
        }
    };
    let short = |text: &str| format!("CASE WHEN length({text}) <= {LONGEST_TEXT} THEN {text} END");

    match kind {
        "Integer" => format!(
            "CASE WHEN jsonb_typeof({json}) = 'number' AND {text} ~ '^-?[0-9]{{1,18}}$' THEN ({text})::bigint END"
        ),
        "Boolean" => {
            format!("CASE WHEN jsonb_typeof({json}) = 'boolean' THEN ({text})::boolean END")
        }
        "Time" => {
            let seconds = postgres_seconds(&text);
            let integer = postgres(path, "Integer");
            format!(
                "CASE jsonb_typeof({json}) WHEN 'number' THEN {integer} WHEN 'string' THEN {seconds} END"
            )
        }
        "Id" => {
            let inner = format!("{json} ->> 'id'");
            let inner = format!(
                "CASE WHEN jsonb_typeof({json} -> 'id') = 'string' THEN {} END",
                short(&format!("({inner})"))
            );
            let own = short(&format!("({text})"));
            format!(
                "CASE jsonb_typeof({json}) WHEN 'string' THEN {own} WHEN 'object' THEN {inner} END"
            )
        }
        _ => format!(
            "CASE WHEN jsonb_typeof({json}) = 'string' THEN {} END",
            short(&format!("({text})"))
        ),
    }
}

/// Seconds since 1970 of a time in RFC 3339. PostgreSQL reads no time in a generated column,
/// because a setting of the session may say how; so the days are counted, in years that begin with
/// March.
///
/// Ref: <https://howardhinnant.github.io/date_algorithms.html>
fn postgres_seconds(text: &str) -> String {
    const TIME: &str = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$";
    let part = |from: u8, length: u8| format!("substr({text}, {from}, {length})::bigint");
    let (year, month, day) = (part(1, 4), part(6, 2), part(9, 2));
    let (hour, minute, second) = (part(12, 2), part(15, 2), part(18, 2));

    let month = format!("(({month} + 9) % 12)");
    let year = format!("({year} - {month} / 10)");
    let days = format!(
        "365 * {year} + {year} / 4 - {year} / 100 + {year} / 400 + ({month} * 306 + 5) / 10 + {day} - 719469"
    );
    format!(
        "CASE WHEN {text} ~ '{TIME}' THEN ({days}) * 86400 + {hour} * 3600 + {minute} * 60 + {second} END"
    )
}

/// The same in SQLite, which refuses words such as `now` in a generated column.
fn sqlite_seconds(text: &str) -> String {
    const TIME: &str =
        "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
    format!(
        "CASE WHEN {text} GLOB '{TIME}Z' OR {text} GLOB '{TIME}.[0-9]*Z' THEN unixepoch({text}) END"
    )
}

fn sqlite(steps: &[String], kind: &str) -> String {
    let path = steps
        .iter()
        .fold("$".to_owned(), |path, step| match step.parse::<u8>() {
            Ok(position) => format!("{path}[{position}]"),
            Err(_) => format!("{path}.{step}"),
        });
    let (json, text) = (
        format!("stripe_data, '{path}'"),
        format!("json_extract(stripe_data, '{path}')"),
    );
    let short = |text: &str| format!("CASE WHEN length({text}) <= {LONGEST_TEXT} THEN {text} END");

    match kind {
        // SQLite extracts an integer that doesn't fit into 64 bits as a float.
        "Integer" => format!(
            "CASE WHEN json_type({json}) = 'integer' AND typeof({text}) = 'integer' THEN {text} END"
        ),
        "Boolean" => format!("CASE WHEN json_type({json}) IN ('true', 'false') THEN {text} END"),
        "Time" => {
            let seconds = sqlite_seconds(&text);
            let integer = sqlite(steps, "Integer");
            format!(
                "CASE json_type({json}) WHEN 'integer' THEN {integer} WHEN 'text' THEN {seconds} END"
            )
        }
        "Id" => {
            let (inner_json, inner) = (
                format!("stripe_data, '{path}.id'"),
                format!("json_extract(stripe_data, '{path}.id')"),
            );
            let inner = format!(
                "CASE WHEN json_type({inner_json}) = 'text' THEN {} END",
                short(&inner)
            );
            format!(
                "CASE json_type({json}) WHEN 'text' THEN {} WHEN 'object' THEN {inner} END",
                short(&text)
            )
        }
        _ => format!(
            "CASE WHEN json_type({json}) = 'text' THEN {} END",
            short(&text)
        ),
    }
}
