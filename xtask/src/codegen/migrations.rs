//! The tables of the mirror as migrations. Released migrations are never rewritten: `schema.txt`
//! lists the tables and columns that existing migrations create, and a new migration adds what the
//! catalogue has beyond them. `schema.txt` also holds the digest of each migration, to detect
//! edits.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::columns::{Column, FieldPath, columns, dropped, table};
use super::own::{OwnColumn, own_columns};
use super::owned::{self, OwnedList};
use super::sql::{Change, Dialect, Schema, sql, statements};
use crate::spec::Spec;

/// Where migrations and `schema.txt` are, below the workspace.
pub(super) const FOLDER: &str = "djstripe-models/migrations";

/// The kinds of column in `schema.txt`.
const KINDS: [&str; 8] = [
    "Text",
    "Id",
    "Integer",
    "Boolean",
    "Time",
    "OwnText",
    "OwnInteger",
    "OwnBoolean",
];

/// Digests of migrations, by their path below the folder.
type Digests = BTreeMap<String, String>;

/// The files to add or to change: a migration for each backend and `schema.txt`, or none.
///
/// # Errors
/// A migration that was edited.
pub(super) fn pending(
    root: &Path,
    spec: &Spec,
    owned: &BTreeMap<String, Vec<OwnedList>>,
) -> Result<BTreeMap<PathBuf, String>, Box<dyn Error>> {
    let folder = root.join(FOLDER);
    let (mut digests, made) = match std::fs::read_to_string(folder.join("schema.txt")) {
        Ok(text) => read_schema(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Default::default(),
        Err(error) => return Err(error.into()),
    };

    check_digests(&folder, &digests)?;

    let (changes, schema) = changes(&made, &wanted(spec, owned), &gone(spec));
    if changes.is_empty() {
        return Ok(BTreeMap::new());
    }

    let number = names(&folder.join("postgres"))?.len() + 1;
    let name = format!(
        "{number:04}_objects_{}.sql",
        spec.version.replace(['.', '-'], "_")
    );

    let mut files = BTreeMap::new();
    for (backend, dialect) in [("postgres", Dialect::Postgres), ("sqlite", Dialect::Sqlite)] {
        let text = sql(&made, &changes, dialect);
        digests.insert(
            format!("{backend}/{name}"),
            crate::spec::sha256(text.as_bytes()),
        );
        files.insert(PathBuf::from(FOLDER).join(backend).join(&name), text);
    }

    files.insert(
        PathBuf::from(FOLDER).join("schema.txt"),
        write_schema(&digests, &schema),
    );
    Ok(files)
}

/// All tables as the migrations leave them, for SQLite. There each column that a migration adds
/// makes SQLite read the whole schema again, so that a new database would take seconds for it.
pub(super) fn whole(
    root: &Path,
    pending: &BTreeMap<PathBuf, String>,
) -> Result<(PathBuf, String), Box<dyn Error>> {
    let listed = PathBuf::from(FOLDER).join("schema.txt");
    let text = match pending.get(&listed) {
        Some(text) => text.clone(),
        None => std::fs::read_to_string(root.join(listed))?,
    };
    let (_, schema) = read_schema(&text)?;

    let (changes, _) = changes(&Schema::new(), &schema, &BTreeMap::new());
    let header = "-- Written by `cargo xtask codegen`: what all migrations together create.\n\n";
    let statements = statements(&Schema::new(), &changes, Dialect::Sqlite);
    let path = PathBuf::from(FOLDER).join("sqlite.sql");
    Ok((path, format!("{header}{statements}")))
}

/// Databases have run these files. A file that is edited, deleted or added by hand would make
/// schemas diverge.
fn check_digests(folder: &Path, digests: &Digests) -> Result<(), Box<dyn Error>> {
    let mut found = Digests::new();
    for backend in ["postgres", "sqlite"] {
        for name in names(&folder.join(backend))? {
            let text = std::fs::read(folder.join(backend).join(&name))?;
            found.insert(format!("{backend}/{name}"), crate::spec::sha256(&text));
        }
    }

    let differs = |path: &&String| found.get(*path) != digests.get(*path);
    match found.keys().chain(digests.keys()).find(differs) {
        Some(path) => Err(format!(
            "{FOLDER}/{path} is not as codegen wrote it; restore it, because migrations never change"
        )
        .into()),
        None => Ok(()),
    }
}

/// The lists of migrations as Rust.
pub(super) fn lists(
    root: &Path,
    pending: &BTreeMap<PathBuf, String>,
) -> Result<String, Box<dyn Error>> {
    let mut text = "use crate::migration::Migration;\n\n".to_owned();
    for (constant, backend, title) in [
        ("MIGRATIONS_POSTGRES", "postgres", "PostgreSQL"),
        ("MIGRATIONS_SQLITE", "sqlite", "SQLite"),
    ] {
        let mut files = names(&root.join(FOLDER).join(backend))?;
        let new = pending
            .keys()
            .filter(|path| path.starts_with(Path::new(FOLDER).join(backend)));
        files.extend(
            new.filter_map(|path| path.file_name())
                .map(|name| name.to_string_lossy().into_owned()),
        );

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
    text += "/// The tables of the mirror on SQLite as all migrations together leave them.\n\
             pub const TABLES_SQLITE: &str = include_str!(\"../../migrations/sqlite.sql\");\n";
    Ok(text)
}

fn names(folder: &Path) -> Result<Vec<String>, std::io::Error> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn wanted(spec: &Spec, owned: &BTreeMap<String, Vec<OwnedList>>) -> Schema {
    let children = owned::children(owned);
    let tables = spec.resources.keys().filter_map(|object| {
        let table = table(spec, object)?;
        let own = own_columns(object, children.contains(&**object));
        let columns = columns(spec, object)
            .into_iter()
            .chain(own.iter().map(OwnColumn::column));
        Some((table, columns.collect()))
    });
    tables.collect()
}

/// By table, the columns that `spec/columns.toml` drops.
fn gone(spec: &Spec) -> BTreeMap<String, Vec<String>> {
    let tables = spec.resources.keys();
    let tables = tables.filter_map(|object| Some((table(spec, object)?, dropped(spec, object))));
    tables.collect()
}

/// The changes from `made` to `wanted` by table, and the schema that results. Tables and columns
/// that are no longer wanted stay, unless they are among the columns to drop.
fn changes(
    made: &Schema,
    wanted: &Schema,
    gone: &BTreeMap<String, Vec<String>>,
) -> (BTreeMap<String, Change>, Schema) {
    let mut changes = BTreeMap::new();
    let mut schema = made.clone();
    for (table, columns) in wanted {
        let known = schema.entry(table.clone()).or_default();
        let mut change = Change::default();

        let is_gone =
            |column: &mut Column| gone.get(table).is_some_and(|it| it.contains(&column.name));
        change.replaced.extend(known.extract_if(.., is_gone));

        for column in columns {
            match known.iter_mut().find(|other| other.name == column.name) {
                None => {
                    known.push(column.clone());
                    change.columns.push(column.clone());
                }
                Some(other) if (other.kind, &other.paths) != (column.kind, &column.paths) => {
                    change
                        .replaced
                        .push(std::mem::replace(other, column.clone()));
                    change.columns.push(column.clone());
                }
                Some(other) if column.indexed && !other.indexed => {
                    other.indexed = true;
                    change.indexed.push(column.clone());
                }
                Some(_) => {}
            }
        }

        if change != Change::default() || !made.contains_key(table) {
            changes.insert(table.clone(), change);
        }
    }
    (changes, schema)
}

fn write_schema(digests: &Digests, schema: &Schema) -> String {
    let mut text: String = digests
        .iter()
        .map(|(path, digest)| format!("{path} {digest}\n"))
        .collect();

    for (table, columns) in schema {
        let _ = writeln!(text, "{table}");
        for Column {
            name,
            kind,
            indexed,
            paths,
        } in columns
        {
            let indexed = if *indexed { " indexed" } else { "" };
            let places: String = paths
                .iter()
                .map(|path| format!(" {}", path.join(".")))
                .collect();
            // Most columns hold the field of their name.
            let places = if places == format!(" {name}") {
                ""
            } else {
                &places
            };
            let _ = writeln!(text, "  {name} {kind}{indexed}{places}");
        }
    }
    text
}

fn read_schema(text: &str) -> Result<(Digests, Schema), String> {
    let mut digests = Digests::new();
    let mut schema = Schema::new();
    let mut current = String::new();
    for line in text.lines() {
        let Some(column) = line.strip_prefix("  ") else {
            if let Some((path, digest)) = line.split_once(' ') {
                digests.insert(path.to_owned(), digest.to_owned());
                continue;
            }
            current = line.to_owned();
            schema.insert(current.clone(), Vec::new());
            continue;
        };

        let mut words = column.split(' ').peekable();
        let name = words.next().unwrap_or_default().to_owned();
        let kind = words.next().unwrap_or_default();
        let kind = KINDS.into_iter().find(|known| *known == kind);
        let kind = kind.ok_or_else(|| format!("schema.txt: `{line}` has no kind"))?;
        let indexed = words.next_if_eq(&"indexed").is_some();

        let path = |text: &str| text.split('.').map(str::to_owned).collect();
        let mut paths: Vec<FieldPath> = words.map(path).collect();
        if paths.is_empty() && !kind.starts_with("Own") {
            paths.push(path(&name));
        }

        schema
            .get_mut(&current)
            .ok_or("schema.txt begins with a column")?
            .push(Column {
                name,
                kind,
                indexed,
                paths,
            });
    }
    Ok((digests, schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &'static str) -> Column {
        Column {
            name: name.to_owned(),
            kind,
            indexed: name == "customer",
            paths: vec![vec![name.to_owned()]],
        }
    }

    fn update(made: &Schema, wanted: &Schema) -> (String, Schema) {
        let (changes, schema) = changes(made, wanted, &BTreeMap::new());
        (sql(made, &changes, Dialect::Postgres), schema)
    }

    #[test]
    fn a_catalogue_update_only_adds() {
        let made = Schema::from([(
            "stripe_charge".to_owned(),
            vec![column("status", "Text"), column("gone", "Text")],
        )]);
        let wanted = Schema::from([
            (
                "stripe_charge".to_owned(),
                vec![column("status", "Text"), column("customer", "Id")],
            ),
            ("stripe_payout".to_owned(), vec![]),
        ]);

        let (text, schema) = update(&made, &wanted);

        assert!(
            text.contains("ALTER TABLE stripe_charge\n    ADD COLUMN \"customer\""),
            "{text}"
        );
        assert!(
            text.contains("CREATE INDEX stripe_charge_customer"),
            "{text}"
        );
        assert!(text.contains("CREATE TABLE stripe_payout"), "{text}");
        assert!(text.contains("\n-- Older programs: compatible\n"), "{text}");
        assert!(!text.contains("status") && !text.contains("DROP"), "{text}");
        let names: Vec<&str> = schema["stripe_charge"]
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["status", "gone", "customer"]);
        assert!(changes(&schema, &wanted, &BTreeMap::new()).0.is_empty());
    }

    #[test]
    fn a_column_of_another_kind_is_replaced() {
        let made = Schema::from([(
            "stripe_charge".to_owned(),
            vec![column("customer", "Text"), column("paid", "Text")],
        )]);
        let wanted = Schema::from([(
            "stripe_charge".to_owned(),
            vec![column("customer", "Id"), column("paid", "Boolean")],
        )]);

        let (text, schema) = update(&made, &wanted);

        let statements: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split(" GENERATED").next())
            .skip(3)
            .collect();
        assert_eq!(
            statements,
            [
                "DROP INDEX stripe_charge_customer;",
                "ALTER TABLE stripe_charge",
                "    DROP COLUMN \"customer\",",
                "    DROP COLUMN \"paid\",",
                "    ADD COLUMN \"customer\" text",
                "    ADD COLUMN \"paid\" boolean",
                "CREATE INDEX stripe_charge_customer ON stripe_charge (\"customer\") WHERE \"customer\" IS NOT NULL;",
                "",
            ]
        );
        assert_eq!(schema, wanted);
        assert!(
            text.contains("\n-- Older programs: incompatible\n"),
            "{text}"
        );
    }

    #[test]
    fn a_column_that_reads_other_places_is_replaced_and_a_dropped_one_goes() {
        let made = Schema::from([(
            "stripe_charge".to_owned(),
            vec![column("customer", "Id"), column("balance", "Id")],
        )]);
        let path = |text: &str| text.split('.').map(str::to_owned).collect();
        let moved = Column {
            paths: vec![path("billing.customer"), path("customer")],
            ..column("customer", "Id")
        };
        let wanted = Schema::from([("stripe_charge".to_owned(), vec![moved])]);
        let gone = [("stripe_charge".to_owned(), vec!["balance".to_owned()])].into();

        let (changed, schema) = changes(&made, &wanted, &gone);
        let text = sql(&made, &changed, Dialect::Postgres);

        assert_eq!(text.matches("ALTER TABLE").count(), 1, "{text}");
        for part in [
            "DROP COLUMN \"balance\",",
            "DROP COLUMN \"customer\",",
            "ADD COLUMN \"customer\" text",
            "stripe_data #> '{billing,customer}'",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(schema, wanted);
        let written = write_schema(&Digests::new(), &schema);
        assert_eq!(read_schema(&written).unwrap().1, schema);
    }

    #[test]
    fn a_column_can_get_its_index_later() {
        let plain = Column {
            indexed: false,
            ..column("customer", "Id")
        };
        let made = Schema::from([("stripe_charge".to_owned(), vec![plain])]);
        let wanted = Schema::from([("stripe_charge".to_owned(), vec![column("customer", "Id")])]);

        let (text, schema) = update(&made, &wanted);

        assert!(
            text.contains("CREATE INDEX stripe_charge_customer") && !text.contains("ALTER"),
            "{text}"
        );
        assert_eq!(schema, wanted);
        assert!(changes(&wanted, &made, &BTreeMap::new()).0.is_empty());
    }

    #[test]
    fn an_edited_or_lost_migration_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sqlite/0001_objects.sql");
        std::fs::create_dir(folder.path().join("sqlite")).unwrap();
        let digests = Digests::from([(
            "sqlite/0001_objects.sql".to_owned(),
            crate::spec::sha256(b"SELECT 1;"),
        )]);

        let check = |text: Option<&str>, is_fine: bool| {
            match text {
                Some(text) => std::fs::write(&file, text).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            let result = check_digests(folder.path(), &digests).map_err(|error| error.to_string());
            assert_eq!(result.is_ok(), is_fine, "{result:?}");
            assert!(result.err().is_none_or(|error| {
                error.contains("sqlite/0001_objects.sql is not as codegen wrote it")
            }));
        };

        check(Some("SELECT 1;"), true);
        check(Some("SELECT 2;"), false);
        check(None, false);
    }

    #[test]
    fn schema_is_written_and_read() {
        let digests = Digests::from([("sqlite/0001_objects.sql".to_owned(), "00".to_owned())]);
        let schema = Schema::from([(
            "stripe_charge".to_owned(),
            vec![column("status", "Text"), column("customer", "Id")],
        )]);
        assert_eq!(
            read_schema(&write_schema(&digests, &schema)).unwrap(),
            (digests, schema)
        );
    }
}
