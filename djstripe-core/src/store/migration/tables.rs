//! Which of the mirror's tables a database has. A new database gets those of the chosen product
//! groups; a later migration leaves out what is about other tables.

use std::collections::{BTreeSet, HashSet};

use djstripe_models::{DESCRIPTORS, ModelDescriptor};

use super::sets::MIRROR;
use crate::store::error::StoreError;

/// Set and name of each migration that the database has.
pub(super) type Applied = HashSet<(String, String)>;

/// The product groups whose tables a new database gets; `None` if it gets all.
pub(in crate::store) type Groups = Option<BTreeSet<&'static str>>;

/// The groups with these names.
pub(in crate::store) fn groups(names: Option<&[String]>) -> Result<Groups, StoreError> {
    let known = |name: &String| {
        let mut groups = DESCRIPTORS.iter().filter_map(|of| of.feature);
        groups
            .find(|group| group == name)
            .ok_or_else(|| StoreError::TableGroup {
                name: name.clone(),
                groups: all_groups(),
            })
    };
    let names = names.map(|names| names.iter().map(known).collect());
    names.transpose()
}

/// The names of all groups, in alphabetical order.
fn all_groups() -> Vec<&'static str> {
    let groups: BTreeSet<&str> = DESCRIPTORS.iter().filter_map(|of| of.feature).collect();
    groups.into_iter().collect()
}

/// The mirror's tables that a database has once it is migrated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MirrorTables(HashSet<&'static str>);

impl MirrorTables {
    /// What a database with these migrations and these tables has once it is migrated.
    pub(super) fn after_migrations(
        applied: &Applied,
        existing: &HashSet<String>,
        chosen: &Groups,
    ) -> Self {
        let is_new = !applied.iter().any(|(set, _)| set == MIRROR);
        let is_chosen = |group| chosen.as_ref().is_none_or(|chosen| chosen.contains(group));
        let is_there = |group| {
            let tables = of_group(group).filter_map(|of| of.table);
            tables.into_iter().any(|table| existing.contains(table))
        };
        let tables = DESCRIPTORS.iter().filter(|of| match of.feature {
            None => true,
            Some(group) if is_new => is_chosen(group),
            Some(group) => is_there(group),
        });
        Self(tables.filter_map(|of| of.table).collect())
    }

    pub(crate) fn contains(&self, table: &str) -> bool {
        self.0.contains(table)
    }

    /// Whether objects of this type would have a table, but the database lacks it.
    pub(crate) fn lack(&self, of: &ModelDescriptor) -> bool {
        of.table.is_some_and(|table| !self.contains(table))
    }

    /// The chosen groups that the database has no tables of.
    pub(super) fn missing_groups(&self, chosen: &Groups) -> Vec<&'static str> {
        let chosen = chosen.iter().flatten().copied();
        chosen
            .filter(|group| of_group(group).any(|of| self.lack(of)))
            .collect()
    }
}

fn of_group(group: &str) -> impl Iterator<Item = &'static ModelDescriptor> {
    DESCRIPTORS
        .iter()
        .filter(move |of| of.feature == Some(group))
}

/// The statements of a migration of the mirror that are about these tables.
pub(super) fn only(sql: &str, tables: &MirrorTables) -> String {
    let mut kept = String::new();
    for statement in statements(sql) {
        if let Some(locked) = statement.strip_prefix(LOCK) {
            let (names, mode) = locked.split_once(" IN ").unwrap_or((locked, ""));
            let names: Vec<&str> = names.split(", ").filter(|it| tables.contains(it)).collect();
            if !names.is_empty() {
                kept.push_str(&format!("{LOCK}{} IN {mode}\n", names.join(", ")));
            }
        } else if table_of(&statement).is_none_or(|table| tables.contains(table)) {
            kept.push_str(&statement);
            kept.push('\n');
        }
    }
    kept
}

const LOCK: &str = "LOCK TABLE ";

/// The statements without comments; each ends with a line's last semicolon.
fn statements(sql: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let lines = sql.lines().filter(|line| !line.starts_with("--"));
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let Some(statement) = statements.last_mut() else {
            break;
        };
        if !statement.is_empty() {
            statement.push('\n');
        }
        statement.push_str(line);
        if line.ends_with(';') {
            statements.push(String::new());
        }
    }
    statements.retain(|statement| !statement.is_empty());
    statements
}

/// The table that a statement of the mirror's migrations is about.
fn table_of(statement: &str) -> Option<&str> {
    let name = |start: &str| {
        let rest = statement.strip_prefix(start)?;
        rest.split([' ', ';', '\n']).next()
    };
    if let Some(table) = name("CREATE TABLE ").or_else(|| name("ALTER TABLE ")) {
        return Some(table);
    }
    if statement.starts_with("CREATE INDEX ") {
        let (_, table) = statement.split_once(" ON ")?;
        return table.split(' ').next();
    }
    // An index is named after its table and its column; the longest such table is meant.
    let index = name("DROP INDEX ")?;
    let tables = DESCRIPTORS.iter().filter_map(|of| of.table);
    let named = tables.filter(|table| {
        let column = index.strip_prefix(table);
        column.is_some_and(|column| column.starts_with('_'))
    });
    named.max_by_key(|table| table.len())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use djstripe_models::{MIGRATIONS_POSTGRES, MIGRATIONS_SQLITE, TABLES_SQLITE};

    use super::*;

    fn scripts() -> impl Iterator<Item = &'static str> {
        let migrations = MIGRATIONS_POSTGRES.iter().chain(MIGRATIONS_SQLITE);
        let scripts = migrations.map(|migration| migration.sql);
        scripts.chain([TABLES_SQLITE])
    }

    fn tables(chosen: &[&'static str]) -> MirrorTables {
        let chosen = Some(chosen.iter().copied().collect());
        MirrorTables::after_migrations(&Applied::new(), &HashSet::new(), &chosen)
    }

    #[test]
    fn every_statement_of_the_migrations_is_about_known_tables() {
        let known: HashSet<&str> = DESCRIPTORS.iter().filter_map(|of| of.table).collect();
        let mut indexes = HashMap::new();
        for statement in scripts().flat_map(statements) {
            if let Some(locked) = statement.strip_prefix(LOCK) {
                let (names, _) = locked.split_once(" IN ").unwrap();
                assert!(names.split(", ").all(|name| known.contains(name)));
                continue;
            }
            let table = table_of(&statement).map(str::to_owned);
            let table = table.unwrap_or_else(|| panic!("{statement}"));
            assert!(known.contains(&*table), "{statement}");

            let words: Vec<&str> = statement.split([' ', ';']).collect();
            match words[..] {
                ["CREATE", "INDEX", index, ..] => drop(indexes.insert(index.to_owned(), table)),
                ["DROP", "INDEX", index, ..] => assert_eq!(indexes[index], table),
                _ => {}
            }
        }
    }

    #[test]
    fn all_statements_are_kept_for_all_tables() {
        let all = MirrorTables::after_migrations(&Applied::new(), &HashSet::new(), &None);
        for script in scripts() {
            let lines = statements(script).join("\n");
            assert_eq!(only(script, &all).trim_end(), lines);
        }
    }

    #[test]
    fn a_new_database_gets_the_tables_of_the_chosen_groups() {
        let billing = tables(&["billing"]);
        assert!(billing.contains("stripe_customer") && billing.contains("stripe_invoice"));
        assert!(!billing.contains("stripe_checkout_session"));
        assert!(!tables(&[]).contains("stripe_invoice"));

        for script in scripts() {
            let kept = only(script, &billing);
            assert!(!kept.contains("stripe_checkout_session"));
        }
    }

    #[test]
    fn an_older_database_keeps_the_groups_that_it_has() {
        let applied = Applied::from([(MIRROR.to_owned(), "0001".to_owned())]);
        let existing = HashSet::from(["stripe_customer".to_owned(), "stripe_invoice".to_owned()]);
        let tables = MirrorTables::after_migrations(&applied, &existing, &None);
        assert!(
            tables.contains("stripe_subscription"),
            "a later table of a group that is there"
        );
        assert!(!tables.contains("stripe_checkout_session"));

        let chosen = groups(Some(&["billing".to_owned(), "tax".to_owned()])).unwrap();
        assert_eq!(tables.missing_groups(&chosen), ["tax"]);
        assert_eq!(tables.missing_groups(&None), [""; 0]);
    }

    #[test]
    fn a_group_that_is_none_is_refused() {
        let error = groups(Some(&["biling".to_owned()])).unwrap_err();
        assert!(error.to_string().contains("billing"), "{error}");
    }
}
