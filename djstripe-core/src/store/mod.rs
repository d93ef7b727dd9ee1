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
mod row;
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
mod audit;
mod verify_run;
#[doc(hidden)]
pub mod operator;
mod redaction;
mod readiness;
#[cfg(feature = "cli")]
mod rights;
pub mod prelude;
pub(crate) mod internals;

pub use crate::timestamp::Timestamp;
pub use crate::webhook::event::ThinHead;
pub use audit::{Action, NewAction};
#[doc(hidden)]
pub use backend::connection::RunQueryDsl;
#[cfg(feature = "sqlite")]
pub use backend::connection::SqliteConnection;
pub use backend::connection::{Backend, Connection, Db, DbError};
pub(crate) use backend::connection::{Origin, Scope};
pub use backend::options::StoreOptions;
#[cfg(feature = "postgres")]
pub use backend::postgres::Pool;
#[cfg(all(feature = "testing", feature = "postgres"))]
pub(crate) use backend::scratch::ScratchDatabase;
pub use backend::store::Store;
#[cfg(feature = "dev")]
pub(crate) use backend::url::is_postgres;
pub use error::StoreError;
#[cfg(feature = "cli")]
pub(crate) use events::arrivals::{ArrivalFilter, Arrivals};
pub(crate) use events::checkpoint::CheckpointStatement;
#[cfg(feature = "cli")]
pub(crate) use events::failures::FailureGroup;
pub(crate) use events::identify::Identified;
#[cfg(feature = "cli")]
pub(crate) use events::prune::Prunable;
pub use events::prune::{Prune, Pruned};
pub(crate) use events::redeliver::Redelivery;
pub use events::rows::{
    DeliveryRecord, EventFilter, EventState, RecordedRun, Rerun, RunOutcome, StateCounts,
    StoredEvent,
};
pub use events::stats::Backlog;
pub(crate) use events::unattended::PATIENCE;
pub(crate) use events::work::{
    Claim, EventOutcome, FIRST_FENCE, Insertion, Lease, NewDelivery, NewEvent, Place, ReceiverRun,
    Settlement,
};
pub(crate) use keys::RecordedKey;
pub(crate) use migration::mirror_tables;
pub use migration::sets::{Migration, MigrationSet};
pub(crate) use migration::tables::MirrorTables;
pub(crate) use objects::billing::PriceTerms;
pub(crate) use objects::canonical::canonical;
pub(crate) use objects::children::CompleteList;
pub(crate) use objects::contents::{ChildOf, LiveRows, ObjectContent};
#[cfg(feature = "cli")]
pub(crate) use objects::doubts::DoubtfulRows;
pub(crate) use objects::links::{Link, LinkEnd};
pub use objects::listing::{ListedObject, ObjectFilter};
pub use objects::rows::Upserted;
pub(crate) use objects::rows::{ObjectRow, Parent, RowSource};
pub(crate) use objects::stored::StoredObject;
pub(crate) use objects::subscribers::UnlinkedCustomer;
pub use objects::unstorable::{Unstorable, UnstorableReason};
pub use objects::versions::difference::{
    DifferenceError, FieldChange, FieldPath, PathSegment, ValueChange, difference,
};
pub use objects::versions::read::{ObjectVersion, PositionError, VersionPosition, VersionedObject};
pub use objects::waiting::WaitingLinks;
pub(crate) use objects::waiting::{LinkClaim, LinkSource, WaitingLink};
pub(crate) use operator::ProcessRow;
pub(crate) use outbox::request::NewEffect;
pub(crate) use outbox::rows::EffectNames;
#[cfg(feature = "cli")]
pub(crate) use outbox::rows::UnhandledEffects;
pub use outbox::rows::{EffectCounts, EffectFilter, EffectState, StoredEffect};
pub(crate) use outbox::work::{ClaimedEffect, EffectOutcome};
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) use readiness::Unready;
pub(crate) use reconcile::Finish;
pub use reconcile::{Gap, Reconciliation};
pub(crate) use redaction::events::{EventPosition, TheirEvents};
pub(crate) use redaction::find::{FoundRow, Relation, searched};
pub(crate) use redaction::known::KnownValues;
pub(crate) use redaction::marks::Marks;
pub(crate) use redaction::owner::{CUSTOMER, OwnerField, named, owned_types, owner};
pub(crate) use redaction::rows::read_values;
pub(crate) use redaction::texts::{Counts as RedactionCounts, Customer as RedactedCustomer};
pub(crate) use redaction::versions::VersionCounts;
pub use row::TableName;
pub(crate) use row::{ReadRow, RowKey, RowVersion};
pub(crate) use sync::named::{NamedCount, NamingField, NamingRows};
pub(crate) use sync::range::{SyncPhase, SyncPosition, SyncRange};
pub(crate) use sync::{RunTotals, SyncClaim, SyncCounts, SyncKey};
pub(crate) use text::without_nul as stored_id;
pub(crate) use transaction::Transaction;
pub use transaction::session::Session;
pub(crate) use verify_run::VerifyRunRow;
pub use {diesel, diesel_async};
