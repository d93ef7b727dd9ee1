//! Retention of versions. The last version of an object that is not deleted is kept, however old it is.

use diesel::sql_types::{BigInt, Bool, Integer, Text};

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const PRUNE: &str = "prune versions of objects";

/// The key of a version.
type Place = (String, String, String, bool, i64, i32);
type PlaceTypes = (Text, Text, Text, Bool, BigInt, Integer);

const COLUMNS: &str = "object, id, account, livemode, observed_at, number";

/// A version that is old enough, and is followed by another one or is the end of its object.
const OLD: &str = "observed_at < ? AND (deleted OR EXISTS ( \
     SELECT 1 FROM djstripe_object_version AS later \
     WHERE later.object = djstripe_object_version.object AND later.id = djstripe_object_version.id \
         AND later.account = djstripe_object_version.account \
         AND later.livemode = djstripe_object_version.livemode \
         AND (later.observed_at, later.number) > \
             (djstripe_object_version.observed_at, djstripe_object_version.number)))";

impl Store {
    /// Deletes the versions that began before a time, in batches along the primary key. Returns how
    /// many.
    pub(in crate::store) async fn prune_versions(
        &self,
        before: Timestamp,
        batch: u32,
    ) -> Result<u64, StoreError> {
        let mut pruned = 0;
        let mut after: Option<Place> = None;
        loop {
            let select = select(before, after.as_ref(), batch.max(1));
            let places: Vec<Place> = load!(self, PRUNE, select)?;
            let Some(last) = places.into_iter().next_back() else {
                return Ok(pruned);
            };

            let delete = Statement::new(format!("DELETE FROM djstripe_object_version WHERE {OLD}"));
            let delete = beyond(delete.bind(before.micros()), after.as_ref());
            let delete = compare(delete, "<=", &last);
            pruned += self.execute(PRUNE, delete).await? as u64;
            after = Some(last);
        }
    }

    /// How many versions [`prune_versions`](Self::prune_versions) would delete now, counted up to a
    /// limit.
    #[cfg(feature = "cli")]
    pub(in crate::store) async fn prunable_versions(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.count(select(before, None, limit)).await
    }
}

fn select(before: Timestamp, after: Option<&Place>, limit: u32) -> Statement<'static, PlaceTypes> {
    let select = format!("SELECT {COLUMNS} FROM djstripe_object_version WHERE {OLD}");
    beyond(Statement::new(select).bind(before.micros()), after)
        .sql(&format!(" ORDER BY {COLUMNS} LIMIT ?"))
        .bind(i64::from(limit))
}

/// Only the versions after this one.
fn beyond<Row>(
    statement: Statement<'static, Row>,
    after: Option<&Place>,
) -> Statement<'static, Row> {
    match after {
        Some(after) => compare(statement, ">", after),
        None => statement,
    }
}

fn compare<Row>(
    statement: Statement<'static, Row>,
    operator: &str,
    (object, id, account, livemode, observed_at, number): &Place,
) -> Statement<'static, Row> {
    statement
        .sql(&format!(" AND ({COLUMNS}) {operator} (?, ?, ?, ?, ?, ?)"))
        .bind(object.clone())
        .bind(id.clone())
        .bind(account.clone())
        .bind(*livemode)
        .bind(*observed_at)
        .bind(*number)
}
