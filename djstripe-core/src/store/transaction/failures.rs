//! Whether a statement of a receiver failed although the receiver says that all is well.
//!
//! After a failed statement PostgreSQL refuses all others up to a rollback, and SQLite goes on as
//! if nothing had happened. A receiver must not depend on that, so a run fails on both. diesel does
//! not report errors that come while rows are read: PostgreSQL knows of them, SQLite does not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, get_default_instrumentation};
use diesel::result::Error as DieselError;

/// Depth of the savepoint behind which a receiver runs.
const RECEIVER: u32 = 2;

/// Name of the savepoints of diesel's transactions, which it reports as events of their own.
const OF_DIESEL: &str = "diesel_savepoint_";

/// The first failed statement of a transaction that no rollback has undone.
#[derive(Clone, Default)]
pub(in crate::store) struct Failures(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Number of transactions and savepoints that are open.
    depth: u32,
    failed: Option<Failed>,
}

struct Failed {
    /// The savepoint in which it failed. Its rollback undoes the failure.
    depth: u32,
    error: String,
}

impl Failures {
    /// What records the failures of a connection. Its transaction and the receiver's savepoint have
    /// begun.
    pub(super) fn recorder(&self) -> impl Instrumentation {
        *self.lock() = State {
            depth: RECEIVER,
            failed: None,
        };
        let failures = self.clone();
        let mut default = get_default_instrumentation();
        move |event: InstrumentationEvent<'_>| {
            failures.record(&event);
            default.on_connection_event(event);
        }
    }

    /// Removes and returns the error of the failed statement.
    pub(super) fn take(&self) -> Option<String> {
        self.lock().failed.take().map(|failed| failed.error)
    }

    fn record(&self, event: &InstrumentationEvent<'_>) {
        let mut state = self.lock();
        match event {
            InstrumentationEvent::FinishQuery {
                error: Some(DieselError::DatabaseError(_, error)),
                ..
            } => {
                let depth = state.depth;
                let error = || error.message().to_owned();
                state.failed.get_or_insert_with(|| Failed {
                    depth,
                    error: error(),
                });
            }
            // A savepoint that the receiver names itself.
            InstrumentationEvent::FinishQuery { query, .. } if state.failed.is_some() => {
                let sql = query.to_string().trim_start().to_uppercase();
                if sql.starts_with("ROLLBACK") && !sql.contains(&OF_DIESEL.to_uppercase()) {
                    state.failed = None;
                }
            }
            InstrumentationEvent::BeginTransaction { depth, .. } => state.depth = depth.get(),
            InstrumentationEvent::CommitTransaction { depth, .. } => {
                let outer = depth.get() - 1;
                state.depth = outer;
                if let Some(failed) = &mut state.failed {
                    failed.depth = failed.depth.min(outer);
                }
            }
            InstrumentationEvent::RollbackTransaction { depth, .. } => {
                state.depth = depth.get() - 1;
                state.failed = state.failed.take().filter(|it| it.depth < depth.get());
            }
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
