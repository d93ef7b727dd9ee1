//! Throwaway databases, one for each test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use djstripe_core::store::diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
};
use djstripe_core::store::{Store, StoreOptions};
use tempfile::TempDir;

/// Environment variable with the URL of the cluster. `cargo xtask test` sets it.
const CLUSTER: &str = "DJSTRIPE_TEST_POSTGRES";

/// An empty database. It is removed when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    Folder(TempDir),
    Database { cluster: String, name: String },
}

impl TestDatabase {
    /// A SQLite file in a temporary folder.
    ///
    /// # Panics
    /// If the folder can't be created.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be created");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self {
            url,
            storage: Storage::Folder(folder),
        }
    }

    /// A PostgreSQL database in the cluster of this test run.
    ///
    /// # Panics
    /// If there is no cluster: `cargo xtask test` starts one.
    pub async fn postgres() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);

        let Ok(cluster) = std::env::var(CLUSTER) else {
            panic!("this test needs PostgreSQL: run `cargo xtask test`");
        };

        let name = format!(
            "test_{}_{}",
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        execute(&cluster, &format!("CREATE DATABASE {name}")).await;

        let address = cluster
            .rsplit_once('/')
            .map_or(&*cluster, |(address, _)| address);
        Self {
            url: format!("{address}/{name}"),
            storage: Storage::Database { cluster, name },
        }
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.storage {
            Storage::Folder(folder) => Some(folder.path().join("test.db")),
            Storage::Database { .. } => None,
        }
    }

    /// Connects to the database with a connection pool of its own.
    ///
    /// # Panics
    /// If that fails.
    pub async fn connect(&self, options: StoreOptions) -> Store {
        Store::connect(&self.url, options)
            .await
            .expect("the test's database can be reached")
    }

    /// Connects to the database and creates the tables.
    ///
    /// # Panics
    /// If that fails.
    pub async fn store(&self) -> Store {
        let store = self.connect(StoreOptions::default()).await;
        store.migrate().await.expect("the migrations run");
        store
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Storage::Database { cluster, name } = &self.storage else {
            return;
        };

        let (cluster, drop_database) = (
            cluster.clone(),
            format!("DROP DATABASE {name} WITH (FORCE)"),
        );

        // This thread may be inside a runtime, where another one can't block.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime can be built")
                .block_on(execute(&cluster, &drop_database));
        });

        // A test that has failed already keeps its own message.
        assert!(
            thread.join().is_ok() || std::thread::panicking(),
            "the test's database can be dropped"
        );
    }
}

/// Runs statements on a connection of their own.
pub(crate) async fn execute(url: &str, sql: &str) {
    let mut connection = AsyncPgConnection::establish(url)
        .await
        .expect("the server can be reached");
    connection
        .batch_execute(sql)
        .await
        .expect("the statements run");
}

/// Runs a test on SQLite, then on PostgreSQL, each with an empty database.
///
/// # Panics
/// If the test fails on one of them.
pub async fn on_both_backends(test: impl AsyncFn(TestDatabase)) {
    eprintln!("on SQLite");
    test(TestDatabase::sqlite()).await;
    eprintln!("on PostgreSQL");
    test(TestDatabase::postgres().await).await;
}

/// A SQLite and a PostgreSQL database at once, and what a test opened on each. For tests that run
/// many cases on the same databases.
pub struct BothBackends<T> {
    /// Runs the cases.
    pub runtime: tokio::runtime::Runtime,
    /// What was opened, on SQLite and on PostgreSQL.
    pub opened: [T; 2],
    _databases: [TestDatabase; 2],
}

impl<T> BothBackends<T> {
    /// Creates two empty databases and calls `open` on each.
    ///
    /// # Panics
    /// If a database can't be created, or `open` fails.
    pub fn open(open: impl AsyncFn(&TestDatabase) -> T) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("a runtime can be started");
        let databases = [
            TestDatabase::sqlite(),
            runtime.block_on(TestDatabase::postgres()),
        ];
        let opened = databases
            .each_ref()
            .map(|database| runtime.block_on(open(database)));
        Self {
            runtime,
            opened,
            _databases: databases,
        }
    }
}
