//! The time limit of an operator's query.
//!
//! Invariant: nothing stays on a connection. PostgreSQL gets the limit in a transaction that reads
//! only; SQLite's queries run on a connection that no worker uses.

use std::time::Duration;

#[cfg(feature = "postgres")]
use diesel::result::Error as DieselError;

#[cfg(feature = "postgres")]
use crate::store::backend::run::is_limit_reached;
use crate::store::backend::store::Store;
#[cfg(feature = "postgres")]
use crate::store::error::StoreError;

/// The time limit that a page's queries have by default.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(2);

/// The queries of an operator. Each statement has a time limit, after which it fails with
/// [`StoreError::TooSlow`](crate::store::StoreError::TooSlow). Cheap to clone.
#[derive(Clone, Debug)]
pub struct OperatorQueries {
    store: Store,
    limit: Duration,
}

impl Store {
    /// The queries of an operator, with this time limit for each statement.
    #[doc(hidden)]
    pub fn operator(&self, limit: Duration) -> OperatorQueries {
        OperatorQueries {
            store: self.clone(),
            limit,
        }
    }
}

impl OperatorQueries {
    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The time limit of a statement.
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

/// The statements that give the open transaction its limit, where 0 would mean none. Workers need the other
/// cores, and compiling a statement takes longer than a page's.
#[cfg(feature = "postgres")]
pub(super) fn set_limit(limit: Duration) -> String {
    format!(
        "SET LOCAL statement_timeout = {}; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off",
        limit.as_millis().max(1)
    )
}

/// The error of a statement that ran for so long.
#[cfg(feature = "postgres")]
pub(super) fn limited(
    operation: &'static str,
    limit: Duration,
    took: Duration,
    source: DieselError,
) -> StoreError {
    if is_limit_reached(&source, took, limit) {
        StoreError::TooSlow { operation, limit }
    } else {
        StoreError::query(operation)(source)
    }
}

/// Runs one query within the time limit and loads its rows.
macro_rules! load_limited {
    ($queries:expr, $operation:expr, $statement:expr) => {
        match $queries.store().database() {
            #[cfg(feature = "postgres")]
            $crate::store::backend::store::Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let (statement, limit) = ($statement, $queries.limit());
                let started = std::time::Instant::now();
                let transaction = async move |connection: &mut diesel_async::AsyncPgConnection| {
                    let set = $crate::store::operator::limit::set_limit(limit);
                    diesel_async::SimpleAsyncConnection::batch_execute(connection, &set).await?;
                    diesel_async::RunQueryDsl::load(statement, connection).await
                };
                connection
                    .build_transaction()
                    .read_only()
                    .run(transaction)
                    .await
                    .map_err(|error| {
                        let took = started.elapsed();
                        $crate::store::operator::limit::limited($operation, limit, took, error)
                    })
            }
            #[cfg(feature = "sqlite")]
            $crate::store::backend::store::Database::Sqlite(database) => {
                let statement = $statement;
                database
                    .read_within($operation, $queries.limit(), move |raw| {
                        statement.load_on(raw)
                    })
                    .await
            }
        }
    };
}
pub(super) use load_limited;
