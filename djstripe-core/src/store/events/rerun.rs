//! Events run again: what has not succeeded, everything, or one receiver.

use diesel::QueryResult;
#[cfg(feature = "postgres")]
use diesel::sql_types::Text;

use super::rows::Rerun;
use crate::store::backend::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const RERUN: &str = "run events again";

/// Which records of runs are forgotten, so that their receivers run from the first try on.
#[derive(Clone)]
enum Forget {
    Failures,
    All,
    /// Failures, and whatever this receiver did.
    Receiver(String),
}

impl Store {
    /// Makes events due again, from the first try on. Returns the ids of those that are; an event that a worker has
    /// at this moment and one that doesn't exist are left out.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub async fn rerun(
        &self,
        event_ids: &[&str],
        rerun: Rerun,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let forget = match rerun {
            Rerun::Unfinished => Forget::Failures,
            Rerun::All => Forget::All,
        };
        self.rerun_forgetting(event_ids, forget, now).await
    }

    /// As [`rerun`](Self::rerun), of this receiver, also if it has succeeded, and of those that have not.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub async fn rerun_receiver(
        &self,
        event_ids: &[&str],
        receiver: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        self.rerun_forgetting(event_ids, Forget::Receiver(receiver.to_owned()), now)
            .await
    }

    async fn rerun_forgetting(
        &self,
        event_ids: &[&str],
        forget: Forget,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        if event_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut event_ids: Vec<String> = event_ids.iter().map(|id| (*id).to_owned()).collect();
        // Operators who run overlapping lists again at once must take the rows in one order.
        event_ids.sort_unstable();
        let now = now.micros();
        let reset = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                rerun_postgres(connection, &event_ids, forget, now)
                    .await
                    .map_err(StoreError::query(RERUN))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                database
                    .write(RERUN, move |raw| {
                        rerun_sqlite(raw, &event_ids, &forget, now)
                    })
                    .await?
            }
        };
        self.tell_of_events().await?;
        Ok(reset)
    }
}

/// Events that nobody has at this moment. The fence is the time: greater than any that a worker may still hold, as those
/// are counted from one up.
const RESET: &str = "INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, \
         next_attempt_at, fence) \
     SELECT id, coalesce(account, ''), object_id, created, received_at, 'pending', 0, ?, ? FROM djstripe_event WHERE id";

const RESET_QUEUED: &str = " ON CONFLICT (event_id) DO UPDATE SET state = 'pending', attempts = 0, lease_owner = NULL, \
         next_attempt_at = excluded.next_attempt_at, fence = excluded.fence, last_error = NULL \
     WHERE djstripe_queue.state <> 'processing' OR djstripe_queue.next_attempt_at <= ?";

const FORGET: &str = "DELETE FROM djstripe_receiver_run WHERE ";

impl Forget {
    /// The statement up to the condition on the event.
    fn statement(&self) -> Statement<'static> {
        let statement = Statement::new(FORGET);
        match self {
            Self::Failures => statement.sql("outcome = 'failed' AND event_id"),
            Self::All => statement.sql("event_id"),
            Self::Receiver(id) => statement
                .sql("(outcome = 'failed' OR receiver = ?) AND event_id")
                .bind(id.clone()),
        }
    }
}

#[cfg(feature = "postgres")]
async fn rerun_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    event_ids: &[String],
    forget: Forget,
    now: i64,
) -> QueryResult<Vec<String>> {
    use diesel_async::{AsyncConnection, RunQueryDsl};

    let texts = |ids: &[String]| {
        crate::store::backend::statement::Bind::Texts(
            ids.iter().map(|id| Some(id.clone().into())).collect(),
        )
    };
    connection
        .transaction(async |connection| {
            // An event that is pruned at this moment waits for that, and is then left out.
            let reset = Statement::<Text>::new(RESET)
                .sql(" = ANY (?) ORDER BY id FOR KEY SHARE")
                .sql(RESET_QUEUED);
            let reset = reset
                .sql(" RETURNING event_id")
                .bind(now)
                .bind(now)
                .bind(texts(event_ids))
                .bind(now);
            let reset: Vec<String> = reset.load(connection).await?;
            forget
                .statement()
                .sql(" = ANY (?)")
                .bind(texts(&reset))
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
    forget: &Forget,
    now: i64,
) -> QueryResult<Vec<String>> {
    let mut reset = Vec::new();
    for id in event_ids {
        let statement = Statement::<()>::new(RESET).sql(" = ?").sql(RESET_QUEUED);
        if statement
            .bind(now)
            .bind(now)
            .bind(&**id)
            .bind(now)
            .execute_on(raw)?
            == 0
        {
            continue;
        }
        forget
            .statement()
            .sql(" = ?")
            .bind(id.clone())
            .execute_on(raw)?;
        reset.push(id.clone());
    }
    Ok(reset)
}
