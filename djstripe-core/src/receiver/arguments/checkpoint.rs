//! The checkpoint of a receiver that writes in a transaction of its own.

use djstripe_models::AnyObject;

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use crate::store::CheckpointStatement;

/// The statement that records the receiver's success, for a receiver that writes in a transaction
/// of its own, with a client of its own: `transaction = own`.
///
/// The receiver runs it as the **last statement** of its transaction and then commits. Its writes
/// and the record commit together or not at all, even if the process dies. The statement fails, so
/// that the transaction can't commit, if another worker has taken the event over, if the receiver
/// has succeeded for this event before, or if the [`Object`](crate::Object) that it takes has
/// changed meanwhile; in the last case the receiver runs again at once. If the receiver returns and
/// the record is not there, the run has failed.
///
/// All binds are text. PostgreSQL's placeholders are `$1`, `$2` and so on, those of SQLite `?1`,
/// `?2`. The transaction must be in the database that djstripe uses.
///
/// ```
/// use djstripe_core::models::Invoice;
/// use djstripe_core::{Checkpoint, Object, State, stripe_receiver};
///
/// # struct Pool;
/// # struct Transaction;
/// # impl Pool { async fn begin(&self) -> Result<Transaction, std::io::Error> { Ok(Transaction) } }
/// # impl Transaction {
/// #     async fn execute(&mut self, _: &str, _: &[String]) -> Result<(), std::io::Error> { Ok(()) }
/// #     async fn commit(self) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// // `Pool` stands for the one of sqlx, tokio-postgres, or any other client.
/// #[stripe_receiver("invoice.paid", transaction = own)]
/// async fn ship(
///     invoice: Object<Invoice>,
///     pool: State<Pool>,
///     checkpoint: Checkpoint,
/// ) -> Result<(), std::io::Error> {
///     let mut transaction = pool.begin().await?;
///     let invoice = invoice.id.clone().unwrap_or_default();
///     transaction.execute("INSERT INTO shipments (invoice) VALUES ($1)", &[invoice]).await?;
///     transaction.execute(checkpoint.sql(), checkpoint.binds()).await?;
///     transaction.commit().await
/// }
/// ```
#[derive(Debug)]
pub struct Checkpoint(CheckpointStatement);

impl Checkpoint {
    /// The statement.
    pub fn sql(&self) -> &str {
        &self.0.sql
    }

    /// The values of its placeholders, in their order. All are text.
    pub fn binds(&self) -> &[String] {
        &self.0.binds
    }
}

impl<'a> FromEvent<'a> for Checkpoint {
    type Payload = AnyObject;

    const TAKES_CHECKPOINT: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let statement = parts.take_checkpoint();
        statement.map(Self).ok_or(ArgumentError::CheckpointTaken)
    }
}
