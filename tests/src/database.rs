//! Throwaway databases, one for each test.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use djstripe_core::store::diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
};
use djstripe_core::store::{Store, StoreOptions};
use djstripe_core::{Djstripe, receivers};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Environment variable with the URL of the cluster. `cargo xtask test` sets it.
const CLUSTER: &str = "DJSTRIPE_TEST_POSTGRES";

/// A database with all tables and no rows, or an empty one. It is removed when this is dropped.
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
    /// A SQLite file in a temporary folder, with all tables.
    ///
    /// # Panics
    /// If the folder or the tables can't be created.
    pub fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

        let database = Self::empty_sqlite();
        let path = database.path().expect("a SQLite database is a file");
        let template = TEMPLATE.get_or_init(sqlite_template);
        std::fs::write(path, template).expect("the database can be copied");
        database
    }

    /// A SQLite file in a temporary folder that doesn't exist yet.
    ///
    /// # Panics
    /// If the folder can't be created.
    pub fn empty_sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be created");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self {
            url,
            storage: Storage::Folder(folder),
        }
    }

    /// A PostgreSQL database in the cluster of this test run, with all tables.
    ///
    /// # Panics
    /// If there is no cluster: `cargo xtask test` starts one.
    pub async fn postgres() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();

        // To copy a database takes a fraction of the time of the migrations.
        let template = TEMPLATE.get_or_init(postgres_template).await;
        Self::created(&format!("TEMPLATE {template}")).await
    }

    /// An empty PostgreSQL database in the cluster of this test run.
    ///
    /// # Panics
    /// If there is no cluster: `cargo xtask test` starts one.
    pub async fn empty_postgres() -> Self {
        Self::created("").await
    }

    async fn created(options: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);

        let cluster = cluster();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        execute(&cluster, &format!("CREATE DATABASE {name} {options}")).await;
        Self {
            url: url_of(&cluster, &name),
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

    /// Connects to the database and creates the tables that it lacks.
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
        let thread = std::thread::spawn(move || block_on(execute(&cluster, &drop_database)));

        // A test that has failed already keeps its own message.
        assert!(
            thread.join().is_ok() || std::thread::panicking(),
            "the test's database can be dropped"
        );
    }
}

/// The URL of the cluster.
fn cluster() -> String {
    std::env::var(CLUSTER)
        .unwrap_or_else(|_| panic!("this test needs PostgreSQL: run `cargo xtask test`"))
}

/// The URL of a database of the cluster.
fn url_of(cluster: &str, name: &str) -> String {
    let address = cluster
        .rsplit_once('/')
        .map_or(cluster, |(address, _)| address);
    format!("{address}/{name}")
}

/// Creates a database with all tables to which nothing is connected, and returns its name.
async fn postgres_template() -> String {
    let (cluster, name) = (cluster(), format!("template_{}", std::process::id()));
    execute(&cluster, &format!("CREATE DATABASE {name}")).await;
    let url = url_of(&cluster, &name);
    on_own_runtime(migrate(url));
    // The server may not have noticed yet that the connections are closed.
    let disconnect = format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false; \
         SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    execute(&cluster, &disconnect).await;
    name
}

/// The bytes of a SQLite file with all tables.
fn sqlite_template() -> Vec<u8> {
    let database = TestDatabase::empty_sqlite();
    on_own_runtime(migrate(database.url.clone()));
    let path = database.path().expect("a SQLite database is a file");
    std::fs::read(path).expect("the file can be read")
}

async fn migrate(url: String) {
    let builder = Djstripe::builder().workers_only().database_url(url);
    let app = builder.receivers(receivers::built_in()).build().await;
    app.expect("the migrations run");
}

/// Runs to the end, also within a runtime. Then all that it has opened is closed.
fn on_own_runtime<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| block_on(future));
        thread.join().expect("the future does not panic")
    })
}

/// Runs to the end, on a thread that is in no runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be started")
        .block_on(future)
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

/// Runs a test on SQLite, then on PostgreSQL, each with a database that has all tables and no rows.
///
/// # Panics
/// If the test fails on one of them.
pub async fn on_both_backends(test: impl AsyncFn(TestDatabase)) {
    eprintln!("on SQLite");
    test(TestDatabase::sqlite()).await;
    eprintln!("on PostgreSQL");
    test(TestDatabase::postgres().await).await;
}

/// As [`on_both_backends`], each with an empty database.
///
/// # Panics
/// If the test fails on one of them.
pub async fn on_both_empty(test: impl AsyncFn(TestDatabase)) {
    eprintln!("on SQLite");
    test(TestDatabase::empty_sqlite()).await;
    eprintln!("on PostgreSQL");
    test(TestDatabase::empty_postgres().await).await;
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
    /// Creates two databases without rows and calls `open` on each.
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
