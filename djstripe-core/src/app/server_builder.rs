//! The builder's settings of the HTTP server.

use std::time::Duration;

use super::builder::Builder;
use super::facade::Djstripe;
use super::server::Server;

impl Builder {
    /// Sets for how long [`http::serve`](crate::http::serve) goes on accepting connections once it is
    /// to end. `/readyz` answers 503 meanwhile, so that load balancers send no more requests. Default:
    /// none; behind a load balancer that asks `/readyz`, set the time after which it has noticed.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use djstripe_core::Djstripe;
    ///
    /// let builder = Djstripe::builder().drain(Duration::from_secs(5));
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn drain(mut self, drain: Duration) -> Self {
        self.server.drain = drain;
        self
    }

    /// Sets how many connections [`http::serve`](crate::http::serve) has open at a time, at least one.
    /// At the limit it closes those that are idle, and further clients wait. Default: half of the files
    /// that the process may have open, or all but 256 of them, whichever is more, and at most 4096. What is
    /// left is for the database and for requests to Stripe.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().max_connections(500);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.server.max_connections = Some(connections.max(1));
        self
    }

    /// Sets how many bytes the bodies of deliveries may have together that are read or not answered
    /// yet. Above it a delivery is answered with 503, and Stripe sends it again. Default:
    /// [`DEFAULT_BODY_MEMORY`](crate::DEFAULT_BODY_MEMORY); at least one body of the [limit](Self::body_limit) fits in.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().body_memory(16 * 1024 * 1024);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn body_memory(mut self, bytes: usize) -> Self {
        self.server.body_memory = Some(bytes);
        self
    }
}

impl Djstripe {
    /// The server's settings, and what its requests share.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }
}
