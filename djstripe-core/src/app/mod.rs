//! The facade: settings come in through the [`Builder`], a ready [`Djstripe`] goes out.
//!
//! Each stage has a handle with what it needs. `Djstripe` holds the handles and forwards to them.

mod account;
pub(crate) mod own_accounts;
mod build_error;
mod defaults;
mod facade;
mod effects;
mod database;
mod builder;
mod environment;
mod effect_builder;
mod database_builder;
pub(crate) mod credentials;
mod hooks;
mod receive;
mod work;
mod maintain;
mod watch;
mod users;
mod reconciling;
mod jobs;
mod interrupt;
pub(crate) mod server;
mod server_builder;

pub(crate) use crate::processing::presence::ProcessRole;
pub use account::OwnAccount;
pub use build_error::BuildError;
pub use builder::Builder;
pub use defaults::{
    DEFAULT_BODY_LIMIT, DEFAULT_BODY_MEMORY, DEFAULT_DATABASE_URL, DEFAULT_GRACE, DEFAULT_LEASE,
    DEFAULT_RETRIEVE_LIMIT,
};
pub use facade::Djstripe;
pub(crate) use interrupt::Interrupt;
pub(crate) use jobs::stopped;
pub use own_accounts::OwnAccountError;
pub use watch::BACKLOG_INTERVAL;
