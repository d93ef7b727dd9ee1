//! The statements of a migration for each backend.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::columns::Column;

/// Longest string in a column. Longer ones are not ids, states or addresses, and don't fit into an
/// index.
const LONGEST_TEXT: usize = 500;

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
    let mut text =
        "-- Written by `cargo xtask codegen`. Released migrations never change.\n\n".to_owned();
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
        for Column { name, .. } in replaced.iter().filter(|column| column.indexed) {
            let _ = writeln!(text, "DROP INDEX {table}_{name};");
        }

        if made.contains_key(table) {
            text += &alter(table, columns, replaced, dialect);
        } else {
            text += &create(table, columns, dialect);
        }

        for Column { name, .. } in columns
            .iter()
            .filter(|column| column.indexed)
            .chain(indexed)
        {
            let _ = writeln!(
                text,
                "CREATE INDEX {table}_{name} ON {table} (\"{name}\") WHERE \"{name}\" IS NOT NULL;"
            );
        }
        text.push('\n');
    }
    text
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
fn definition(Column { name, kind, .. }: &Column, dialect: Dialect) -> String {
    match *kind {
        "OwnText" => return format!("{name} text"),
        "OwnInteger" => return format!("{name} bigint"),
        "OwnBoolean" => return format!("{name} boolean NOT NULL DEFAULT false"),
        _ => {}
    }

    let (ty, value) = match dialect {
        Dialect::Postgres => postgres(name, kind),
        Dialect::Sqlite => sqlite(name, kind),
    };

    let storage = if dialect == Dialect::Postgres {
        "STORED"
    } else {
        "VIRTUAL"
    };
    format!("\"{name}\" {ty} GENERATED ALWAYS AS ({value}) {storage}")
}

fn postgres(name: &str, kind: &str) -> (&'static str, String) {
    let (json, text) = (
        format!("stripe_data -> '{name}'"),
        format!("stripe_data ->> '{name}'"),
    );
    let short = |text: &str| format!("CASE WHEN length({text}) <= {LONGEST_TEXT} THEN {text} END");

    match kind {
        "Integer" => (
            "bigint",
            format!(
                "CASE WHEN jsonb_typeof({json}) = 'number' AND {text} ~ '^-?[0-9]{{1,18}}$' THEN ({text})::bigint END"
            ),
        ),
        "Boolean" => (
            "boolean",
            format!("CASE WHEN jsonb_typeof({json}) = 'boolean' THEN ({text})::boolean END"),
        ),
        "Id" => {
            let inner = format!("{json} ->> 'id'");
            let inner = format!(
                "CASE WHEN jsonb_typeof({json} -> 'id') = 'string' THEN {} END",
                short(&format!("({inner})"))
            );
            let own = short(&format!("({text})"));
            (
                "text",
                format!(
                    "CASE jsonb_typeof({json}) WHEN 'string' THEN {own} WHEN 'object' THEN {inner} END"
                ),
            )
        }
        _ => (
            "text",
            format!(
                "CASE WHEN jsonb_typeof({json}) = 'string' THEN {} END",
                short(&format!("({text})"))
            ),
        ),
    }
}

fn sqlite(name: &str, kind: &str) -> (&'static str, String) {
    let (path, text) = (
        format!("stripe_data, '$.{name}'"),
        format!("json_extract(stripe_data, '$.{name}')"),
    );
    let short = |text: &str| format!("CASE WHEN length({text}) <= {LONGEST_TEXT} THEN {text} END");

    match kind {
        // SQLite extracts an integer that doesn't fit into 64 bits as a float.
        "Integer" => (
            "bigint",
            format!(
                "CASE WHEN json_type({path}) = 'integer' AND typeof({text}) = 'integer' THEN {text} END"
            ),
        ),
        "Boolean" => (
            "boolean",
            format!("CASE WHEN json_type({path}) IN ('true', 'false') THEN {text} END"),
        ),
        "Id" => {
            let (inner_path, inner) = (
                format!("stripe_data, '$.{name}.id'"),
                format!("json_extract(stripe_data, '$.{name}.id')"),
            );
            let inner = format!(
                "CASE WHEN json_type({inner_path}) = 'text' THEN {} END",
                short(&inner)
            );
            (
                "text",
                format!(
                    "CASE json_type({path}) WHEN 'text' THEN {} WHEN 'object' THEN {inner} END",
                    short(&text)
                ),
            )
        }
        _ => (
            "text",
            format!(
                "CASE WHEN json_type({path}) = 'text' THEN {} END",
                short(&text)
            ),
        ),
    }
}
