//! The rights of the role and the mode of the file that the database is reached with.

use diesel::sql_types::{Bool, Text};

use super::backend::connection::Backend;
use super::backend::run::load;
use super::backend::statement::Statement;
use super::backend::store::{Database, Store};
use super::error::StoreError;

const READ: &str = "read the rights of the role";

/// The list of migrations is only read, except by a role that migrates.
const SELECT_TABLES: &str = "SELECT string_agg(privilege, ', ' ORDER BY number) || ' on ' || relname \
     FROM pg_class CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) \
         WITH ORDINALITY AS needed (privilege, number) \
     WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('djstripe_queue')) \
         AND relkind IN ('r', 'p') AND (relname LIKE 'djstripe\\_%' OR relname LIKE 'stripe\\_%') \
         AND (relname <> 'djstripe_migration' OR privilege = 'SELECT') \
         AND NOT has_table_privilege(pg_class.oid, privilege) \
     GROUP BY relname ORDER BY relname";
const SELECT_FUNCTIONS: &str = "SELECT 'EXECUTE on ' || proname FROM pg_proc \
     WHERE pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('djstripe_queue')) \
         AND proname LIKE 'djstripe\\_%' AND NOT has_function_privilege(oid, 'EXECUTE') ORDER BY proname";
const SELECT_CREATE: &str = "SELECT current_schema() IS NOT NULL \
     AND has_schema_privilege(current_schema(), 'CREATE')";
const SELECT_ASCII: &str = "SELECT current_setting('server_encoding') = 'SQL_ASCII'";

impl Store {
    /// The rights on tables and functions that the role lacks, such as `UPDATE on djstripe_queue`.
    /// None on SQLite.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn missing_rights(&self) -> Result<Vec<String>, StoreError> {
        if self.backend() == Backend::Sqlite {
            return Ok(Vec::new());
        }
        let tables = Statement::<Text>::new(SELECT_TABLES);
        let functions = Statement::<Text>::new(SELECT_FUNCTIONS);
        let mut missing: Vec<String> = load!(self, READ, tables)?;
        let functions: Vec<String> = load!(self, READ, functions)?;
        missing.extend(functions);
        Ok(missing)
    }

    /// Whether the role may create tables, which migrations do.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn may_create_tables(&self) -> Result<bool, StoreError> {
        self.holds(SELECT_CREATE, true).await
    }

    /// Whether the database doesn't know which encoding its strings have.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn has_no_encoding(&self) -> Result<bool, StoreError> {
        self.holds(SELECT_ASCII, false).await
    }

    /// The SQLite file, if users other than its owner may read it.
    pub(crate) fn file_open_to_others(&self) -> Option<String> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => None,
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let file = database.file();
                file.is_open_to_others().then(|| file.path())
            }
        }
    }

    /// What PostgreSQL says to this question, and SQLite is assumed to.
    async fn holds(&self, select: &'static str, on_sqlite: bool) -> Result<bool, StoreError> {
        if self.backend() == Backend::Sqlite {
            return Ok(on_sqlite);
        }
        let rows: Vec<bool> = load!(self, READ, Statement::<Bool>::new(select))?;
        Ok(rows.first() == Some(&true))
    }
}
