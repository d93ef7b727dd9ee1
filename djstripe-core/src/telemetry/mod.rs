//! What an operator sees of a process: its metrics, what it counts by the minute, whether its tasks run,
//! and which lines of the log are left out because they repeat.

pub mod metrics;
pub(crate) mod minutes;
pub(crate) mod identity;
pub(crate) mod vitals;
pub(crate) mod repeats;
