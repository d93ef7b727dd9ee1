//! Events run again: the receivers that have not succeeded, all, or one. Their dead effects become
//! due with them.

use diesel::QueryResult;
#[cfg(feature = "postgres")]
use diesel::sql_types::Text;

use super::rows::Rerun;
use crate::store::backend::run::on_backend;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::operate::MAKE_DUE;
use crate::timestamp::Timestamp;

const RERUN: &str = "run events again";

impl Store {
    /// Makes events due again, starting with the first attempt, and with them their dead effects,
    /// of one receiver or of all. Returns their ids, without events that a worker has now and events
    /// that don't exist.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub async fn rerun(
        &self,
        event_ids: &[&str],
        rerun: Rerun,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        if event_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut event_ids: Vec<String> = event_ids.iter().map(|id| (*id).to_owned()).collect();
        // Operators who rerun overlapping lists at once lock the rows in the same order, so that
        // they can't deadlock.
        event_ids.sort_unstable();

        let now = now.micros();
        let reset = on_backend!(
            self, RERUN,
            postgres(connection) => rerun_postgres(connection, &event_ids, &rerun, now),
            sqlite.write => move |raw| rerun_sqlite(raw, &event_ids, &rerun, now),
        )?;
        self.queue().notify_workers().await?;
        Ok(reset)
    }
}

/// The time serves as the fence: it is greater than any that a worker may still hold, as those are
/// counted from one up.
pub(super) const RESET: &str = "INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, \
         next_attempt_at, fence) \
     SELECT id, coalesce(account, own_account, ''), object_id, created, received_at, 'pending', 0, ?, ? FROM djstripe_event WHERE id";

pub(super) const RESET_QUEUED: &str = " ON CONFLICT (event_id) DO UPDATE SET state = 'pending', attempts = 0, \
     lease_owner = NULL, next_attempt_at = excluded.next_attempt_at, fence = excluded.fence, last_error = NULL";

/// Only events that no worker has now. The row of one that a worker has is locked all the same.
pub(super) const UNLESS_CLAIMED: &str =
    " WHERE djstripe_queue.state <> 'processing' OR djstripe_queue.next_attempt_at <= ?";

/// Deletes the records of failed runs; the statement lacks the condition on the event.
pub(super) const FORGET_FAILED: &str =
    "DELETE FROM djstripe_receiver_run WHERE reply IS NULL AND outcome = 'failed' AND event_id";

/// Adds the condition of the runs that are repeated. What answered a delivery, or failed to, is final:
/// Stripe has decided.
pub(super) fn repeated_run<Row>(
    statement: Statement<'static, Row>,
    rerun: &Rerun,
) -> Statement<'static, Row> {
    let statement = statement.sql("reply IS NULL");
    match rerun {
        Rerun::Unfinished => statement.sql(" AND outcome = 'failed'"),
        Rerun::All => statement,
        Rerun::Receiver(id) => statement
            .sql(" AND (outcome = 'failed' OR receiver = ?)")
            .bind(id.clone()),
    }
}

/// Adds the condition of the effects that become due again.
pub(super) fn revived_effect<Row>(
    statement: Statement<'static, Row>,
    rerun: &Rerun,
) -> Statement<'static, Row> {
    let statement = statement.sql("state = 'dead'");
    match rerun {
        Rerun::Unfinished | Rerun::All => statement,
        Rerun::Receiver(id) => statement.sql(" AND receiver = ?").bind(id.clone()),
    }
}

/// Deletes the records of the runs to repeat; the statement lacks the condition on the event.
fn forget(rerun: &Rerun) -> Statement<'static> {
    let delete = Statement::new("DELETE FROM djstripe_receiver_run WHERE ");
    repeated_run(delete, rerun).sql(" AND event_id")
}

/// Makes the dead effects of events due; the statement lacks the condition on the event.
fn revive(rerun: &Rerun, now: i64) -> Statement<'static> {
    revived_effect(Statement::new(MAKE_DUE).bind(now), rerun).sql(" AND event_id")
}

#[cfg(feature = "postgres")]
async fn rerun_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    event_ids: &[String],
    rerun: &Rerun,
    now: i64,
) -> QueryResult<Vec<String>> {
    use diesel_async::{AsyncConnection, RunQueryDsl};

    // The share lock waits for a prune of the same event, which is then left out.
    let reset = Statement::<Text>::new(RESET)
        .sql(" = ANY (?) ORDER BY id FOR KEY SHARE")
        .sql(RESET_QUEUED)
        .sql(UNLESS_CLAIMED)
        .sql(" RETURNING event_id")
        .bind(now)
        .bind(now)
        .bind(Bind::texts(event_ids))
        .bind(now);

    connection
        .transaction(async |connection| {
            let reset: Vec<String> = reset.load(connection).await?;
            forget(rerun)
                .sql(" = ANY (?)")
                .bind(Bind::texts(reset.clone()))
                .execute(connection)
                .await?;
            revive(rerun, now)
                .sql(" = ANY (?)")
                .bind(Bind::texts(reset.clone()))
                .execute(connection)
                .await?;
            Ok(reset)
        })
        .await
}

#[cfg(feature = "sqlite")]
fn rerun_sqlite(
    raw: &mut diesel::SqliteConnection,
    event_ids: &[String],
    rerun: &Rerun,
    now: i64,
) -> QueryResult<Vec<String>> {
    let mut done = Vec::new();
    for id in event_ids {
        let reset = Statement::<()>::new(RESET)
            .sql(" = ?")
            .sql(RESET_QUEUED)
            .sql(UNLESS_CLAIMED)
            .bind(now)
            .bind(now)
            .bind(&**id)
            .bind(now);
        if reset.execute_on(raw)? == 0 {
            continue;
        }

        forget(rerun).sql(" = ?").bind(id.clone()).execute_on(raw)?;
        let revive = revive(rerun, now).sql(" = ?").bind(id.clone());
        revive.execute_on(raw)?;
        done.push(id.clone());
    }
    Ok(done)
}
