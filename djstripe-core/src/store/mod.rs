//! Everything that knows SQL. Two backends behind one set of operations.

mod connection;

pub use connection::{Connection, Db, DbError};
