//! What an operator sees of a process: its metrics, whether its tasks run, and which lines of the log
//! are left out because they repeat.

pub mod metrics;
pub(crate) mod vitals;
pub(crate) mod repeats;
