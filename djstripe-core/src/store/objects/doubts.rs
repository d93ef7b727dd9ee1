//! Rows that may not be all that Stripe has.
//!
//! In: tables. Out: how many of their live rows know only the first page of a list, and in how many
//! another event of the same second may be the later one. Both have an index of their own.

use diesel::sql_types::BigInt;

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;

const COUNT: &str = "count doubtful rows";

/// Live rows of a table that may not be all that Stripe has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DoubtfulRows {
    pub(crate) table: TableName,
    /// Another event of the same second may be the later one.
    pub(crate) undecided: u64,
    /// The row knows only the first page of a list inside the object.
    pub(crate) incomplete: u64,
}

impl Store {
    /// Counts the doubtful rows of each table that has any.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn doubtful_rows(
        &self,
        tables: &[TableName],
    ) -> Result<Vec<DoubtfulRows>, StoreError> {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let counts = tables.iter().enumerate().map(|(place, table)| {
            format!(
                "SELECT CAST({place} AS bigint), \
                     (SELECT count(*) FROM {table} WHERE djstripe_undecided AND deleted_at IS NULL), \
                     (SELECT count(*) FROM {table} WHERE djstripe_incomplete IS NOT NULL AND deleted_at IS NULL)"
            )
        });
        let select = counts.collect::<Vec<_>>().join(" UNION ALL ");
        let select = Statement::<(BigInt, BigInt, BigInt)>::new(select);
        let counts: Vec<(i64, i64, i64)> = load!(self, COUNT, select)?;

        let count = |count| u64::try_from(count).unwrap_or_default();
        let doubtful = counts
            .into_iter()
            .filter_map(|(place, undecided, incomplete)| {
                let table = *tables.get(usize::try_from(place).ok()?)?;
                let (undecided, incomplete) = (count(undecided), count(incomplete));
                (undecided + incomplete > 0).then_some(DoubtfulRows {
                    table,
                    undecided,
                    incomplete,
                })
            });
        Ok(doubtful.collect())
    }
}
