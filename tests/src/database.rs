//! Throwaway databases, one for each test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use djstripe_core::store::diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
};
use djstripe_core::store::{Store, StoreOptions};
use tempfile::TempDir;

/// Variable that names the cluster; `cargo xtask test` sets it.
const CLUSTER: &str = "DJSTRIPE_TEST_POSTGRES";

/// An empty database. Dropping it removes it.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    remover: Remover,
}

#[derive(Debug)]
enum Remover {
    Folder(TempDir),
    Database { cluster: String, name: String },
}

impl TestDatabase {
    /// A SQLite file in a temporary folder.
    ///
    /// # Panics
    /// When the folder can't be made.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self {
            url,
            remover: Remover::Folder(folder),
        }
    }

    /// A database of its own in the cluster of this run.
    ///
    /// # Panics
    /// When there is no cluster: database tests are run by `cargo xtask test`.
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
        administrate(&cluster, &format!("CREATE DATABASE {name}")).await;
        let address = cluster
            .rsplit_once('/')
            .map_or(&*cluster, |(address, _)| address);
        Self {
            url: format!("{address}/{name}"),
            remover: Remover::Database { cluster, name },
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.remover {
            Remover::Folder(folder) => Some(folder.path().join("test.db")),
            Remover::Database { .. } => None,
        }
    }

    /// Connects to it, as a process of its own would.
    ///
    /// # Panics
    /// When that fails.
    pub async fn connect(&self, options: StoreOptions) -> Store {
        Store::connect(&self.url, options)
            .await
            .expect("the test's database can be reached")
    }

    /// Connects to it and creates the tables.
    ///
    /// # Panics
    /// When that fails.
    pub async fn store(&self) -> Store {
        let store = self.connect(StoreOptions::default()).await;
        store.migrate().await.expect("the migrations run");
        store
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Remover::Database { cluster, name } = &self.remover else {
            return;
        };
        let (cluster, drop_database) = (
            cluster.clone(),
            format!("DROP DATABASE {name} WITH (FORCE)"),
        );
        // A thread of its own, as this one may be inside a runtime.
        let remover = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime can be built")
                .block_on(administrate(&cluster, &drop_database));
        });
        assert!(
            remover.join().is_ok() || std::thread::panicking(),
            "the test's database can be dropped"
        );
    }
}

async fn administrate(cluster: &str, sql: &str) {
    let mut connection = AsyncPgConnection::establish(cluster)
        .await
        .expect("the cluster can be reached");
    connection
        .batch_execute(sql)
        .await
        .expect("the cluster lets its databases be managed");
}

/// Runs a test on SQLite, then on PostgreSQL, each with an empty database.
///
/// # Panics
/// When the test fails on either.
pub async fn on_both_backends(test: impl AsyncFn(TestDatabase)) {
    eprintln!("on SQLite");
    test(TestDatabase::sqlite()).await;
    eprintln!("on PostgreSQL");
    test(TestDatabase::postgres().await).await;
}
