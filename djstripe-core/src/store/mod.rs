//! Everything that knows SQL. Two backends behind one set of operations, chosen at run time by the database URL.
//!
//! In: events, claims, runs of receivers, objects. Out: the same, whatever the process went through in between. No
//! operation leaves half of its work behind, and none does HTTP.

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("djstripe-core needs a database: turn on the cargo feature `postgres` or `sqlite`");

mod error;
mod backend;
mod migration;
mod events;
mod objects;
mod transaction;
mod outbox;
mod sync;
mod reconcile;
mod endpoint;

pub use crate::timestamp::Timestamp;
pub(crate) use backend::connection::Origin;
#[cfg(feature = "sqlite")]
pub use backend::connection::SqliteConnection;
pub use backend::connection::{Backend, Connection, Db, DbError};
#[cfg(feature = "cli")]
pub(crate) use backend::url::missing_file;
pub use backend::{Store, StoreOptions};
pub use error::StoreError;
pub(crate) use events::insert::{FIRST_FENCE, Stored, Taker, without_nul as stored_id};
pub use events::prune::{Prune, Pruned};
pub use events::rows::{
    Claim, Delivery, EventFilter, EventState, Insertion, NewDelivery, NewEvent, Outcome,
    ReceiverRun, RecordedRun, Rerun, RunOutcome, Settlement, StateCounts, StoredEvent,
};
pub use events::stats::{Backlog, RunCounts};
pub(crate) use migration::mirror_tables;
pub use migration::{Migration, MigrationSet};
pub use objects::{
    ListedObject, ObjectFilter, ObjectRow, TableName, UnlinkedCustomer, Unstorable,
    UnstorableReason, Upserted,
};
pub(crate) use objects::{LiveRows, ObjectContent, canonical};
pub use outbox::{ClaimedEffect, EffectOutcome, NewEffect, StoredEffect};
pub(crate) use reconcile::Ended;
pub use reconcile::{Gap, GapFilter, Reconciliation};
pub(crate) use sync::range::{SyncPhase, SyncPosition, SyncRange};
pub(crate) use sync::{RunTotals, SyncClaim, SyncCounts, SyncKey};
pub use transaction::{Session, Transaction};
pub use {diesel, diesel_async};
