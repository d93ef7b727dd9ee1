//! A migration of the mirror's tables.

/// A change of the database's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name. Migrations run in the order of their list.
    pub name: &'static str,
    /// Its SQL statements.
    pub sql: &'static str,
}
