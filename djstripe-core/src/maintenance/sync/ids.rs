//! The ids that a list is read for: parents, or objects that are fetched one by one.
//!
//! In: rows of the mirror. Out: their ids, batch by batch in the order of the ids, so that the last
//! one that is done says where a resumed sync continues.

use super::message::ListRun;
use crate::store::{LiveRows, NamingField, NamingRows, Store, StoreError, TableName};
use crate::timestamp::Timestamp;

/// Ids that are read from the database at a time.
pub(super) const IDS: i64 = 500;

/// Ids of objects without a row that are read at a time. A query for them reads whole tables.
const NAMED_IDS: i64 = 10_000;

/// Where the ids come from.
#[derive(Clone, Debug)]
pub(super) enum IdSource {
    /// The rows of this table.
    Rows(TableName),
    /// The connected account that is being synced: its lists below accounts are its own.
    OwnAccount,
    /// The customers of a test clock.
    OfTestClock(String),
    /// The objects of the table `target` that these fields name and that have no row.
    Named {
        target: TableName,
        fields: Vec<NamingField>,
    },
    /// The rows of this table that were last read before this time.
    Stale { table: TableName, before: Timestamp },
}

impl IdSource {
    /// The ids after this one; none if there are no more.
    pub(super) async fn read(
        &self,
        store: &Store,
        run: &ListRun,
        after: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let (account, livemode) = (&*run.key.account, run.key.livemode);
        match self {
            Self::Rows(table) => {
                store
                    .sync_parents(*table, account, livemode, after, IDS)
                    .await
            }
            Self::OwnAccount => {
                let own = Some(account.to_owned()).filter(|_| after.is_none());
                Ok(own.into_iter().collect())
            }
            Self::OfTestClock(clock) => {
                let after = after.unwrap_or_default();
                store
                    .test_clock_customers(account, livemode, clock, after, IDS)
                    .await
            }
            Self::Named { target, fields } => {
                let after = after.unwrap_or_default();
                store
                    .named_ids(*target, fields, run.naming_rows(), after, NAMED_IDS)
                    .await
            }
            Self::Stale { table, before } => {
                let rows = run.rows_before(*table, *before);
                let limit = u32::try_from(IDS).unwrap_or(u32::MAX);
                store.live_ids(rows, after.unwrap_or_default(), limit).await
            }
        }
    }

    /// About how many ids there are after this one.
    pub(super) async fn count(
        &self,
        store: &Store,
        run: &ListRun,
        after: Option<&str>,
    ) -> Result<u64, StoreError> {
        let (account, livemode) = (&*run.key.account, run.key.livemode);
        match self {
            Self::Rows(table) => {
                store
                    .count_sync_parents(*table, account, livemode, after)
                    .await
            }
            Self::Stale { table, before } => {
                store.count_live(run.rows_before(*table, *before)).await
            }
            Self::Named { target, fields } => {
                let counts = store
                    .count_named(*target, fields, run.naming_rows())
                    .await?;
                Ok(counts.iter().map(|named| named.count).sum())
            }
            Self::OwnAccount | Self::OfTestClock(_) => Ok(1),
        }
    }
}

impl ListRun {
    /// The rows of its scope in a table that were last read before this time.
    fn rows_before(&self, table: TableName, before: Timestamp) -> LiveRows<'_> {
        LiveRows {
            table,
            account: &self.key.account,
            livemode: self.key.livemode,
            before: Some(before),
        }
    }

    /// The rows of its scope that name others.
    fn naming_rows(&self) -> NamingRows<'_> {
        NamingRows {
            account: Some(&self.key.account),
            livemode: self.key.livemode,
        }
    }
}
