//! Webhooks over HTTP. [`serve`] is a whole server: it takes deliveries, runs the receivers, and
//! answers the application's own routes. [`router`] is the part of it that takes deliveries.

mod probes;
mod router;
mod connections;
mod serve;

pub use crate::endpoint::WEBHOOK_PATH;
pub use probes::{HEALTH_PATH, READY_PATH, probes};
pub use router::{router, router_at};
#[cfg(feature = "dev")]
pub(crate) use serve::serve_until;
pub use serve::{ServeError, serve};
