//! How an application connects.

use std::time::Duration;

use secrecy::SecretString;

use crate::store::migration::sets::MigrationSet;

/// Settings of a [`Store`](super::store::Store), each with a default that fits a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Maximum number of connections to PostgreSQL; more than it has cores slow it down. Default 8.
    pub connections: u32,
    /// Whether a SQLite file that is missing is created. Default: yes.
    pub create_file: bool,
    /// Longest wait for a free or new connection. Default 10 s.
    pub connect_timeout: Duration,
    /// Longest wait for other writers of the SQLite file, in this process or in another. Default 10
    /// s.
    pub busy_timeout: Duration,
    /// Number of refused requests to keep. Default 1,000.
    pub refused_deliveries: u32,
    /// Number of bytes to keep of a refused request's body. Default 16 KiB.
    pub refused_body_bytes: usize,
    /// Schema of the PostgreSQL database that the tables are in; `None`: the first of the role's
    /// search path. Default: `None`.
    pub schema: Option<String>,
    /// Product groups whose tables a new database gets, besides the core tables; `None`: all.
    /// Default: `None`.
    pub table_groups: Option<Vec<String>>,
    /// Types of object whose versions are kept, such as `customer`; see
    /// [`Builder::keep_versions_of`](crate::Builder::keep_versions_of). Default: none.
    pub keep_versions_of: Vec<String>,
    /// The application's migrations, in the order in which they run. The inbox's own run before
    /// them.
    pub migrations: Vec<MigrationSet>,
    /// URL of the PostgreSQL server itself, if the database's leads to a pooler: to listen there.
    pub(crate) direct_url: Option<SecretString>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            create_file: true,
            connect_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(10),
            refused_deliveries: 1_000,
            refused_body_bytes: 16 * 1024,
            schema: None,
            table_groups: None,
            keep_versions_of: Vec::new(),
            migrations: Vec::new(),
            direct_url: None,
        }
    }
}
