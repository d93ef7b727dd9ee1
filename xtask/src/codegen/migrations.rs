//! The tables of the mirror as migrations. What was released is never rewritten: `schema.txt` says which tables and
//! columns the migrations so far make, and what the catalogue has beyond that becomes one more migration.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::tables::{Column, columns, table};
use crate::spec::Spec;

/// Where migrations and `schema.txt` are, below the workspace.
pub(super) const FOLDER: &str = "djstripe-models/migrations";

/// Longest text that a column takes; longer ones are no ids, no states and no addresses, and an index could not hold them.
const LONGEST_TEXT: usize = 500;

/// Tables by name, their columns in the order in which they were made.
type Schema = BTreeMap<String, Vec<Column>>;

/// The files to add or to change: a migration for each backend and `schema.txt`, or none.
///
/// # Errors
/// A column whose kind changed: that can't be added to what is there.
pub(super) fn pending(root: &Path, spec: &Spec) -> Result<BTreeMap<PathBuf, String>, Box<dyn Error>> {
    let folder = root.join(FOLDER);
    let made = match std::fs::read_to_string(folder.join("schema.txt")) {
        Ok(text) => read_schema(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Schema::new(),
        Err(error) => return Err(error.into()),
    };
    let (added, schema) = additions(&made, &wanted(spec))?;
    if added.is_empty() {
        return Ok(BTreeMap::new());
    }
    let number = names(&folder.join("postgres"))?.len() + 1;
    let name = format!("{number:04}_objects_{}.sql", spec.version.replace(['.', '-'], "_"));
    Ok(BTreeMap::from([
        (PathBuf::from(FOLDER).join("postgres").join(&name), sql(&made, &added, Dialect::Postgres)),
        (PathBuf::from(FOLDER).join("sqlite").join(&name), sql(&made, &added, Dialect::Sqlite)),
        (PathBuf::from(FOLDER).join("schema.txt"), write_schema(&schema)),
    ]))
}

/// The lists of migrations as Rust.
pub(super) fn lists(root: &Path, pending: &BTreeMap<PathBuf, String>) -> Result<String, Box<dyn Error>> {
    let mut text = "use crate::Migration;\n\n".to_owned();
    for (constant, backend, title) in
        [("MIGRATIONS_POSTGRES", "postgres", "PostgreSQL"), ("MIGRATIONS_SQLITE", "sqlite", "SQLite")]
    {
        let mut files = names(&root.join(FOLDER).join(backend))?;
        let new = pending.keys().filter(|path| path.starts_with(Path::new(FOLDER).join(backend)));
        files.extend(new.filter_map(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned()));
        files.sort();
        files.dedup();
        let _ = writeln!(
            text,
            "/// The tables of the mirror on {title}, oldest migration first.\npub const {constant}: &[Migration] = &["
        );
        for file in files {
            let name = file.trim_end_matches(".sql");
            let _ = writeln!(
                text,
                "Migration {{ name: {name:?}, sql: include_str!(\"../../migrations/{backend}/{file}\") }},"
            );
        }
        text += "];\n\n";
    }
    Ok(text)
}

fn names(folder: &Path) -> Result<Vec<String>, std::io::Error> {
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect()
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn wanted(spec: &Spec) -> Schema {
    let tables = spec
        .resources
        .iter()
        .filter_map(|(object, resource)| Some((table(object, resource)?, columns(object, resource))));
    tables.collect()
}

/// What is wanted beyond what was made, and both together. What is no longer wanted stays.
fn additions(made: &Schema, wanted: &Schema) -> Result<(Schema, Schema), String> {
    let mut added = Schema::new();
    let mut schema = made.clone();
    for (table, columns) in wanted {
        let known = made.get(table).map_or(&[][..], Vec::as_slice);
        for column in columns {
            if let Some(changed) = known.iter().find(|other| other.name == column.name && other.kind != column.kind) {
                return Err(format!(
                    "{table}.{} was {}, is {}: give it another name",
                    column.name, changed.kind, column.kind
                ));
            }
        }
        let new: Vec<Column> =
            columns.iter().filter(|column| !known.iter().any(|other| other.name == column.name)).cloned().collect();
        if !new.is_empty() || !made.contains_key(table) {
            schema.entry(table.clone()).or_default().extend(new.iter().cloned());
            added.insert(table.clone(), new);
        }
    }
    Ok((added, schema))
}

fn write_schema(schema: &Schema) -> String {
    let mut text = String::new();
    for (table, columns) in schema {
        let _ = writeln!(text, "{table}");
        for Column { name, kind, indexed } in columns {
            let _ = writeln!(text, "  {name} {kind}{}", if *indexed { " indexed" } else { "" });
        }
    }
    text
}

fn read_schema(text: &str) -> Result<Schema, String> {
    let mut schema = Schema::new();
    let mut current = String::new();
    for line in text.lines() {
        let Some(column) = line.strip_prefix("  ") else {
            current = line.to_owned();
            schema.insert(current.clone(), Vec::new());
            continue;
        };
        let mut words = column.split(' ');
        let name = words.next().unwrap_or_default().to_owned();
        let kind = ["Text", "Id", "Integer", "Boolean"].into_iter().find(|kind| words.clone().next() == Some(kind));
        let kind = kind.ok_or_else(|| format!("schema.txt: `{line}` has no kind"))?;
        let indexed = words.nth(1) == Some("indexed");
        schema.get_mut(&current).ok_or("schema.txt begins with a column")?.push(Column { name, kind, indexed });
    }
    Ok(schema)
}

#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Postgres,
    Sqlite,
}

fn sql(made: &Schema, added: &Schema, dialect: Dialect) -> String {
    let mut text = "-- Written by `cargo xtask codegen`. Released migrations never change.\n\n".to_owned();
    for (table, columns) in added {
        if made.contains_key(table) {
            for column in columns {
                let _ = writeln!(text, "ALTER TABLE {table} ADD COLUMN {};", definition(column, dialect));
            }
        } else {
            text += &create(table, columns, dialect);
        }
        for Column { name, .. } in columns.iter().filter(|column| column.indexed) {
            let _ = writeln!(text, "CREATE INDEX {table}_{name} ON {table} (\"{name}\") WHERE \"{name}\" IS NOT NULL;");
        }
        text.push('\n');
    }
    text
}

fn create(table: &str, columns: &[Column], dialect: Dialect) -> String {
    let json = if dialect == Dialect::Postgres { "jsonb" } else { "text" };
    let mut text = format!(
        "CREATE TABLE {table} (\n    account text NOT NULL DEFAULT '',\n    livemode boolean NOT NULL,\n    id text NOT NULL,\n    \
         stripe_data {json} NOT NULL,\n"
    );
    for column in columns {
        let _ = writeln!(text, "    {},", definition(column, dialect));
    }
    if table == "stripe_customer" {
        text += "    subscriber text,\n    date_purged bigint,\n";
    }
    text += "    api_version text,\n    observed_at bigint NOT NULL,\n    deleted_at bigint,\n    \
             djstripe_created bigint NOT NULL,\n    djstripe_updated bigint NOT NULL,\n    \
             PRIMARY KEY (account, livemode, id)\n);\n";
    text
}

/// A column that is null where the JSON has another type, and that nothing in the JSON can make fail.
fn definition(Column { name, kind, .. }: &Column, dialect: Dialect) -> String {
    let (ty, value) = match dialect {
        Dialect::Postgres => postgres(name, kind),
        Dialect::Sqlite => sqlite(name, kind),
    };
    let storage = if dialect == Dialect::Postgres { "STORED" } else { "VIRTUAL" };
    format!("\"{name}\" {ty} GENERATED ALWAYS AS ({value}) {storage}")
}

fn postgres(name: &str, kind: &str) -> (&'static str, String) {
    let (json, text) = (format!("stripe_data -> '{name}'"), format!("stripe_data ->> '{name}'"));
    let short = |text: &str| format!("CASE WHEN length({text}) <= {LONGEST_TEXT} THEN {text} END");
    match kind {
        "Integer" => (
            "bigint",
            format!(
                "CASE WHEN jsonb_typeof({json}) = 'number' AND {text} ~ '^-?[0-9]{{1,18}}$' THEN ({text})::bigint END"
            ),
        ),
        "Boolean" => ("boolean", format!("CASE WHEN jsonb_typeof({json}) = 'boolean' THEN ({text})::boolean END")),
        "Id" => {
            let inner = format!("{json} ->> 'id'");
            let inner =
                format!("CASE WHEN jsonb_typeof({json} -> 'id') = 'string' THEN {} END", short(&format!("({inner})")));
            let own = short(&format!("({text})"));
            ("text", format!("CASE jsonb_typeof({json}) WHEN 'string' THEN {own} WHEN 'object' THEN {inner} END"))
        }
        _ => ("text", format!("CASE WHEN jsonb_typeof({json}) = 'string' THEN {} END", short(&format!("({text})")))),
    }
}

fn sqlite(name: &str, kind: &str) -> (&'static str, String) {
    let (path, text) = (format!("stripe_data, '$.{name}'"), format!("json_extract(stripe_data, '$.{name}')"));
    let short = |text: &str| format!("CASE WHEN length({text}) <= {LONGEST_TEXT} THEN {text} END");
    match kind {
        // A whole number that has no place in 64 bits is extracted as a float.
        "Integer" => (
            "bigint",
            format!("CASE WHEN json_type({path}) = 'integer' AND typeof({text}) = 'integer' THEN {text} END"),
        ),
        "Boolean" => ("boolean", format!("CASE WHEN json_type({path}) IN ('true', 'false') THEN {text} END")),
        "Id" => {
            let (inner_path, inner) =
                (format!("stripe_data, '$.{name}.id'"), format!("json_extract(stripe_data, '$.{name}.id')"));
            let inner = format!("CASE WHEN json_type({inner_path}) = 'text' THEN {} END", short(&inner));
            ("text", format!("CASE json_type({path}) WHEN 'text' THEN {} WHEN 'object' THEN {inner} END", short(&text)))
        }
        _ => ("text", format!("CASE WHEN json_type({path}) = 'text' THEN {} END", short(&text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &'static str) -> Column {
        Column { name: name.to_owned(), kind, indexed: name == "customer" }
    }

    #[test]
    fn a_catalogue_update_only_adds() {
        let made = Schema::from([("stripe_charge".to_owned(), vec![column("status", "Text"), column("gone", "Text")])]);
        let wanted = Schema::from([
            ("stripe_charge".to_owned(), vec![column("status", "Text"), column("customer", "Id")]),
            ("stripe_payout".to_owned(), vec![]),
        ]);
        let (added, schema) = additions(&made, &wanted).unwrap();
        let text = sql(&made, &added, Dialect::Postgres);
        assert!(text.contains("ALTER TABLE stripe_charge ADD COLUMN \"customer\""), "{text}");
        assert!(text.contains("CREATE INDEX stripe_charge_customer"), "{text}");
        assert!(text.contains("CREATE TABLE stripe_payout"), "{text}");
        assert!(!text.contains("status") && !text.contains("DROP"), "{text}");
        let names: Vec<&str> = schema["stripe_charge"].iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["status", "gone", "customer"]);
        assert_eq!(additions(&schema, &wanted).unwrap().0, Schema::new());
    }

    #[test]
    fn a_column_of_another_kind_is_refused() {
        let made = Schema::from([("stripe_charge".to_owned(), vec![column("status", "Text")])]);
        let wanted = Schema::from([("stripe_charge".to_owned(), vec![column("status", "Integer")])]);
        assert_eq!(
            additions(&made, &wanted).unwrap_err(),
            "stripe_charge.status was Text, is Integer: give it another name"
        );
    }

    #[test]
    fn schema_is_written_and_read() {
        let schema =
            Schema::from([("stripe_charge".to_owned(), vec![column("status", "Text"), column("customer", "Id")])]);
        assert_eq!(read_schema(&write_schema(&schema)).unwrap(), schema);
    }
}
