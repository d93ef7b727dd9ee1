//! Forgetting a customer: which objects are theirs, what is personal in them, and the marks that keep
//! it from coming back.
//!
//! In: a customer. Out: blanked rows, events, effects and records. Whatever writes a row or an event
//! looks for marks in the same transaction. While there are none, that is one condition of a
//! statement that runs anyway.
//!
//! Invariant: marks come first. Once one is committed, nothing personal of its object is written.

pub(in crate::store) mod known;
mod personal;
mod blank;
pub(in crate::store) mod owner;
pub(in crate::store) mod marks;
pub(in crate::store) mod screen;
pub(in crate::store) mod arrivals;
pub(in crate::store) mod find;
pub(in crate::store) mod rows;
pub(in crate::store) mod versions;
pub(in crate::store) mod events;
pub(in crate::store) mod texts;
mod deliveries;

/// Loads the rows of a statement on a [`Db`](super::backend::connection::Db), in its transaction.
macro_rules! load_in {
    ($db:expr, $operation:expr, $statement:expr) => {{
        let statement = $statement;
        $crate::store::backend::run::on_connection!(
            $db, $operation,
            postgres(connection) => diesel_async::RunQueryDsl::load(statement, connection),
            sqlite => move |raw| statement.load_on(raw),
        )
    }};
}
use load_in;
