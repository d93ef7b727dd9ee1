//! What operators ask of a database, fast however large its tables are; and what processes write for
//! them.
//!
//! In: filters and positions. Out: at most a page, and numbers up to a bound.
//!
//! Invariant: a query has a time limit, and reads a bounded number of rows wherever no index finds those
//! that it is about. None counts a large table, and none skips rows to find a page.

mod limit;
mod counted;
mod events;
mod effects;
mod payload_condition;
mod payload_search;
mod ids;
mod backlog;
mod minutes;
mod counts;
mod processes;
mod mirror;
mod database;
mod jobs;

pub use super::events::failures::{FailureGroup, Failures};
pub use backlog::Unfinished;
pub use counted::{COUNT_LIMIT, Counted};
pub use database::{DatabaseFacts, FileFacts, TableFacts};
pub use effects::EffectPage;
pub use events::{EventPage, Neighbours, Position, READ_LIMIT};
pub use ids::FoundId;
pub use jobs::{SyncRun, VerifyRun};
pub use limit::{DEFAULT_LIMIT, OperatorQueries};
pub use minutes::{Bucket, Delay, MinuteCounts, ReceiverCounts};
pub use mirror::{Referrer, Referrers, RowPage, RowPosition, TypeRows};
pub use payload_condition::{PayloadCondition, PayloadConditionError};
pub use payload_search::{PAYLOAD_READ_LIMIT, PayloadPage};
pub use processes::Process;
pub(crate) use processes::ProcessRow;
