//! Facts about the database itself: its version, its size, and what keeps it from cleaning up.

use std::cmp::Reverse;

use diesel::sql_types::{BigInt, Nullable, Text};

use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::connection::Backend;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Database;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read facts about the database";

const TABLES: &str = "SELECT pg_class.relname::text, pg_total_relation_size(pg_class.oid), reltuples::bigint, n_dead_tup \
     FROM pg_class LEFT JOIN pg_stat_user_tables ON relid = pg_class.oid \
     WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('djstripe_queue')) \
         AND relkind = 'r' AND (pg_class.relname LIKE 'djstripe\\_%' OR pg_class.relname LIKE 'stripe\\_%')";

/// PostgreSQL shows the transactions of other roles only to those that may see them.
const OLDEST: &str = "SELECT (extract(epoch FROM min(xact_start)) * 1000000)::bigint FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

const SIZE: &str = "SELECT pg_database_size(current_database())";

#[cfg(feature = "sqlite")]
const PAGES: &str = "SELECT page_count, freelist_count, page_size \
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size";

const SQLITE_TABLES: &str = "SELECT name FROM sqlite_master \
     WHERE type = 'table' AND (name LIKE 'djstripe!_%' ESCAPE '!' OR name LIKE 'stripe!_%' ESCAPE '!')";

/// Facts about the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// The kind of database.
    pub backend: Backend,
    /// Its version.
    pub version: String,
    /// What connections lead to: `server`, `pooled sessions` or `pooled transactions`. `None` on SQLite,
    /// and if the application made the pool.
    pub route: Option<&'static str>,
    /// The size of the whole database in bytes, other applications' tables included. `None` if the role
    /// may not know it.
    pub size: Option<u64>,
    /// The tables of djstripe, the largest first.
    pub tables: Vec<TableFacts>,
    /// When the oldest open transaction of another connection began, as far as the role may know it.
    pub oldest_transaction: Option<Timestamp>,
    /// The SQLite file.
    pub file: Option<FileFacts>,
}

/// Facts about a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableFacts {
    /// Its name.
    pub name: String,
    /// Its size in bytes, with its indexes; `None` on SQLite.
    pub size: Option<u64>,
    /// An estimate of its rows; `None` on SQLite, and before the table is analyzed.
    pub rows: Option<u64>,
    /// An estimate of the dead rows that a vacuum would remove; `None` on SQLite.
    pub dead_rows: Option<u64>,
}

/// Facts about a SQLite file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many pages it has.
    pub pages: u64,
    /// How many of them are free.
    pub free_pages: u64,
    /// The size of a page in bytes.
    pub page_size: u64,
    /// The size of the write-ahead log next to it in bytes.
    pub wal_size: u64,
}

impl OperatorQueries {
    /// Facts about the database.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn database(&self) -> Result<DatabaseFacts, StoreError> {
        let (version, _) = self.store().server().await?;
        let mut facts = DatabaseFacts {
            backend: self.store().backend(),
            version,
            route: self.route(),
            size: None,
            tables: self.table_facts().await?,
            oldest_transaction: None,
            file: self.file_facts().await?,
        };
        match facts.backend {
            Backend::Postgres => {
                facts.size = self.size().await?;
                let select = Statement::<Nullable<BigInt>>::new(OLDEST);
                let oldest: Vec<Option<i64>> = load_limited!(self, READ, select)?;
                let oldest = oldest.into_iter().flatten().next();
                facts.oldest_transaction = oldest.map(Timestamp::from_micros);
            }
            Backend::Sqlite => facts.size = facts.file.as_ref().map(|file| file.size),
        }
        Ok(facts)
    }

    fn route(&self) -> Option<&'static str> {
        match self.store().database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => database.route(),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => None,
        }
    }

    /// The size of the database; `None` if the role may not connect to it, which the function needs.
    async fn size(&self) -> Result<Option<u64>, StoreError> {
        let select = Statement::<BigInt>::new(SIZE);
        let sizes: Result<Vec<i64>, StoreError> = load_limited!(self, READ, select);
        match sizes {
            Ok(sizes) => Ok(sizes.first().map(|size| size.unsigned_abs())),
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn table_facts(&self) -> Result<Vec<TableFacts>, StoreError> {
        if self.store().backend() == Backend::Sqlite {
            let select = Statement::<Text>::new(SQLITE_TABLES).sql(" ORDER BY name");
            let names: Vec<String> = load_limited!(self, READ, select)?;
            let facts = |name| TableFacts {
                name,
                ..TableFacts::default()
            };
            return Ok(names.into_iter().map(facts).collect());
        }

        let select = Statement::<(Text, BigInt, BigInt, Nullable<BigInt>)>::new(TABLES);
        let rows: Vec<(String, i64, i64, Option<i64>)> = load_limited!(self, READ, select)?;
        let facts = |(name, size, rows, dead): (String, i64, i64, Option<i64>)| TableFacts {
            name,
            size: Some(size.unsigned_abs()),
            rows: u64::try_from(rows).ok(),
            dead_rows: dead.map(i64::unsigned_abs),
        };
        let mut tables: Vec<TableFacts> = rows.into_iter().map(facts).collect();
        tables.sort_by(|one, other| {
            let by_size = Reverse(one.size).cmp(&Reverse(other.size));
            by_size.then_with(|| one.name.cmp(&other.name))
        });
        Ok(tables)
    }

    async fn file_facts(&self) -> Result<Option<FileFacts>, StoreError> {
        match self.store().database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => Ok(None),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => self.facts_of(database.file().path()).await.map(Some),
        }
    }

    #[cfg(feature = "sqlite")]
    async fn facts_of(&self, path: String) -> Result<FileFacts, StoreError> {
        let select = Statement::<(BigInt, BigInt, BigInt)>::new(PAGES);
        let pages: Vec<(i64, i64, i64)> = load_limited!(self, READ, select)?;
        let (pages, free_pages, page_size) = pages.into_iter().next().unwrap_or_default();

        // A log that is not there is empty.
        let size_of = |path: &str| std::fs::metadata(path).map_or(0, |file| file.len());
        Ok(FileFacts {
            size: size_of(&path),
            pages: pages.unsigned_abs(),
            free_pages: free_pages.unsigned_abs(),
            page_size: page_size.unsigned_abs(),
            wal_size: size_of(&format!("{path}-wal")),
            path,
        })
    }
}
