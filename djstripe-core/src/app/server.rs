//! Settings of the HTTP server, and what its requests share.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::Semaphore;

use super::defaults::DEFAULT_BODY_MEMORY;
use crate::webhook::delivery::Delivery;

/// What a builder is told about the server.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerSettings {
    pub(super) drain: Duration,
    pub(super) max_connections: Option<usize>,
    pub(super) body_memory: Option<usize>,
}

/// The server's settings, and the memory that bodies share.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) drain: Duration,
    /// `None`: as many as the limit of open files allows.
    pub(crate) max_connections: Option<usize>,
    /// Bytes that bodies under way may have together.
    pub(crate) body_memory: usize,
    /// A permit for each of those bytes.
    pub(crate) free_body_memory: Arc<Semaphore>,
    trusted_proxies: Vec<IpNet>,
}

impl Server {
    pub(super) fn new(
        settings: ServerSettings,
        body_limit: usize,
        trusted_proxies: Vec<IpNet>,
    ) -> Self {
        // The longest body fits in, and the byte that shows that a body is too long.
        let memory = settings.body_memory.unwrap_or(DEFAULT_BODY_MEMORY);
        let memory = memory.max(body_limit.saturating_add(1));
        let body_memory = memory.min(Semaphore::MAX_PERMITS);
        Self {
            drain: settings.drain,
            max_connections: settings.max_connections,
            body_memory,
            free_body_memory: Arc::new(Semaphore::new(body_memory)),
            trusted_proxies,
        }
    }

    /// The address of a delivery's sender, past the trusted proxies.
    pub(crate) fn sender(&self, delivery: &Delivery) -> String {
        delivery.remote_address(&self.trusted_proxies).to_string()
    }
}
