//! The schema of a PostgreSQL database that the tables are in.

use std::fmt;

use super::options::StoreOptions;
use super::url::DatabaseUrl;
use crate::store::error::StoreError;

/// Longest name that PostgreSQL doesn't cut.
const MAX_LENGTH: usize = 63;

/// A schema's name that needs no escape inside quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Schema(String);

impl Schema {
    /// The schema that the options name; none is that of the role's search path.
    pub(super) fn of(
        options: &StoreOptions,
        url: &DatabaseUrl<'_>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(name) = &options.schema else {
            return Ok(None);
        };
        if matches!(url, DatabaseUrl::Sqlite { .. }) {
            return Err(StoreError::SchemaOfSqlite);
        }
        Self::parse(name).map(Some)
    }

    fn parse(name: &str) -> Result<Self, StoreError> {
        let is_name = name.len() <= MAX_LENGTH
            && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !name.starts_with("pg_");
        if is_name {
            Ok(Self(name.to_owned()))
        } else {
            Err(StoreError::SchemaName {
                name: name.to_owned(),
            })
        }
    }

    /// The schemas in which unqualified names are looked up: this one, and then the usual ones, in
    /// which the application has its own tables.
    pub(in crate::store) fn search_path(&self) -> String {
        format!("{self},\"$user\",public")
    }

    /// A name for `to_regclass`: of a table of this schema alone, not of the search path.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn table(schema: Option<&Self>, table: &str) -> String {
        schema.map_or_else(|| table.to_owned(), |schema| format!("{schema}.{table}"))
    }
}

/// As SQL writes it.
impl fmt::Display for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_a_plain_name() {
        let check = |name: &str, expected: bool| {
            assert_eq!(Schema::parse(name).is_ok(), expected, "{name}");
        };
        check("billing", true);
        check("_Billing_2", true);
        check(&"a".repeat(63), true);
        check(&"a".repeat(64), false);
        check("", false);
        check("2billing", false);
        check("pg_billing", false);
        check("bill ing", false);
        check("bill\"ing", false);
        check("public,billing", false);
    }
}
