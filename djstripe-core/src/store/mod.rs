//! Everything that knows SQL: PostgreSQL and SQLite behind one set of operations, chosen at run
//! time by the database URL.
//!
//! In: events, claims, runs of receivers, objects. Out: the same, even if the process was killed in
//! between.
//!
//! Invariant: an operation does all of its work or none of it. None makes HTTP requests.

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("djstripe-core needs a database: turn on the cargo feature `postgres` or `sqlite`");

mod error;
mod text;
mod backend;
mod migration;
mod queue;
mod events;
mod objects;
mod transaction;
mod outbox;
mod sync;
mod reconcile;
mod endpoint;
mod keys;
pub(crate) mod internals;

pub use crate::timestamp::Timestamp;
pub(crate) use backend::connection::Origin;
#[cfg(feature = "sqlite")]
pub use backend::connection::SqliteConnection;
pub use backend::connection::{Backend, Connection, Db, DbError};
pub use backend::options::StoreOptions;
pub use backend::store::Store;
#[cfg(feature = "cli")]
pub(crate) use backend::url::missing_file;
pub use error::StoreError;
pub use events::prune::{Prune, Pruned};
pub use events::rows::{
    DeliveryRecord, EventFilter, EventState, RecordedRun, Rerun, RunOutcome, StateCounts,
    StoredEvent,
};
pub use events::stats::Backlog;
pub(crate) use events::work::{
    Claim, EventOutcome, FIRST_FENCE, Insertion, Lease, NewDelivery, NewEvent, ReceiverRun,
    Settlement,
};
pub(crate) use keys::RecordedKey;
pub(crate) use migration::mirror_tables;
pub use migration::sets::{Migration, MigrationSet};
pub(crate) use objects::canonical::canonical;
pub(crate) use objects::children::CompleteList;
pub(crate) use objects::contents::{ChildOf, LiveRows, ObjectContent};
#[cfg(feature = "cli")]
pub(crate) use objects::doubts::DoubtfulRows;
pub use objects::listing::{ListedObject, ObjectFilter};
pub(crate) use objects::rows::{ObjectRow, Parent, RowSource};
pub use objects::rows::{TableName, Upserted};
pub(crate) use objects::stored::{RowKey, StoredObject};
pub(crate) use objects::subscribers::UnlinkedCustomer;
pub use objects::unstorable::{Unstorable, UnstorableReason};
pub use outbox::StoredEffect;
pub(crate) use outbox::{ClaimedEffect, EffectOutcome, NewEffect};
pub(crate) use reconcile::Finish;
pub use reconcile::{Gap, Reconciliation};
pub(crate) use sync::named::{NamedCount, NamingField, NamingRows};
pub(crate) use sync::range::{SyncPhase, SyncPosition, SyncRange};
pub(crate) use sync::{RunTotals, SyncClaim, SyncCounts, SyncKey};
pub(crate) use text::without_nul as stored_id;
pub(crate) use transaction::Transaction;
pub use transaction::session::Session;
pub use {diesel, diesel_async};
