//! Webhooks over HTTP. [`serve`] is a whole server: it takes deliveries, runs the receivers, and
//! answers the application's own routes. [`router`] is the part of it that takes deliveries.

mod probes;
mod body;
mod router;
mod strays;
mod descriptors;
mod connections;
mod parts;
mod serve;

pub use crate::endpoint::WEBHOOK_PATH;
#[cfg(feature = "cli")]
pub(crate) use connections::{Limits, serve as serve_connections};
pub use parts::ServeError;
pub use probes::{HEALTH_PATH, READY_PATH, probes};
pub use router::{router, router_at};
pub use serve::serve;
#[cfg(feature = "dev")]
pub(crate) use serve::serve_until;
#[cfg(feature = "cli")]
pub(crate) use serve::{serve_with_probes, work};
