//! The runs of receivers that answer deliveries. They run before their event is stored, so they
//! have no lease: who writes the record first runs the receiver.
//!
//! Invariant: of one event, a receiver that answers runs once. The record says that it failed until
//! its answer is there. `reply` is never NULL in it, so that no rerun of the event removes it.

use std::time::Duration;

use diesel::sql_types::{Nullable, Text};

use crate::store::backend::run::load;
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::{Timestamp, micros};

const RECORD: &str = "record the answer to a delivery";

const BEGIN: &str = "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, permanent, reply, finished_at) \
     VALUES (?, ?, 'failed', 1, ?, true, '', ?) ON CONFLICT DO NOTHING";

const FINISH: &str = "UPDATE djstripe_receiver_run SET outcome = ?, error = ?, permanent = ?, reply = ?, finished_at = ?, \
         took = coalesce(?, took) \
     WHERE event_id = ? AND receiver = ?";

const READ: &str = "SELECT reply FROM djstripe_receiver_run WHERE event_id = ? AND receiver = ?";

/// What the record says until the answer is there.
const UNANSWERED: &str = "the delivery was not answered";

impl Store {
    /// Begins the run of a receiver that answers. False if it has run before, or runs now.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn begin_reply(
        &self,
        event_id: &str,
        receiver: &str,
    ) -> Result<bool, StoreError> {
        let insert = Statement::new(BEGIN)
            .bind(event_id.to_owned())
            .bind(receiver.to_owned())
            .bind(UNANSWERED.to_owned())
            .bind(Timestamp::now().micros());
        Ok(self.execute(RECORD, insert).await? == 1)
    }

    /// Records how the run ended, the body of the answer or the error, and how long it took, if that is
    /// not recorded yet.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn finish_reply(
        &self,
        event_id: &str,
        receiver: &str,
        reply: Result<&str, &str>,
        took: Option<Duration>,
    ) -> Result<(), StoreError> {
        let outcome = if reply.is_ok() { "succeeded" } else { "failed" };
        let update = Statement::new(FINISH)
            .bind(outcome.to_owned())
            .bind(reply.err().map(str::to_owned))
            .bind(reply.is_err())
            .bind(reply.unwrap_or_default().to_owned())
            .bind(Timestamp::now().micros())
            .bind(Bind::BigInt(took.map(micros)))
            .bind(event_id.to_owned())
            .bind(receiver.to_owned());
        self.execute(RECORD, update).await.map(drop)
    }

    /// The body of the recorded answer.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn reply(
        &self,
        event_id: &str,
        receiver: &str,
    ) -> Result<Option<String>, StoreError> {
        let select = Statement::<Nullable<Text>>::new(READ)
            .bind(event_id.to_owned())
            .bind(receiver.to_owned());
        let rows: Vec<Option<String>> = load!(self, RECORD, select)?;
        let reply = rows.into_iter().next().flatten();
        Ok(reply.filter(|reply| !reply.is_empty()))
    }
}
