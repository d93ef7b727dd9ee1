//! The settings of an application that sets none.

use std::time::Duration;

/// Largest body that is accepted unless the builder sets another limit: 3 MiB. The
/// largest events that Stripe documents have less than 2 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Bytes that the bodies of deliveries under way may have together unless the builder sets another
/// number: 64 MiB.
pub const DEFAULT_BODY_MEMORY: usize = 64 * 1024 * 1024;

/// How long a delivery may wait for Stripe's copy of its event unless the builder sets another time:
/// 8 s. Stripe waits for an answer about twice as long.
pub const DEFAULT_RETRIEVE_LIMIT: Duration = Duration::from_secs(8);

/// How long a lease lasts unless the builder sets another time: 60 s. A worker extends the leases of
/// the events that it processes; after a crash they expire, and another worker claims the events.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(60);

/// How long a server or a worker that shuts down may take to finish its requests and events, unless
/// the builder sets another time: 8 s. Docker kills a container after 10 s, Kubernetes a pod after
/// 30 s.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(8);

/// The database of an application that names none.
pub const DEFAULT_DATABASE_URL: &str = "sqlite:djstripe.db";
