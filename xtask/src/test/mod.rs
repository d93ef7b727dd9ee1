//! `cargo xtask test`: runs every test of the workspace with a PostgreSQL cluster that exists for
//! this run only.

pub(crate) mod cluster;

use std::io;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use cluster::Cluster;

/// Variable with the cluster's URL.
const CLUSTER: &str = "DJSTRIPE_TEST_POSTGRES";

/// Variable with the file of the certificate of the authority that signed the cluster's
/// certificate.
const AUTHORITY: &str = "DJSTRIPE_TEST_POSTGRES_CA";

/// Variable with the number of tests that run at once.
const THREADS: &str = "RUST_TEST_THREADS";

/// Many tests wait for a process or a time, not for a core.
const TESTS_PER_CORE: usize = 2;

/// Longest wait for the cluster to accept connections.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A package from outside that some tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Package {
    /// Stripe's package for Python
    #[value(name = "stripe-python")]
    Python,
    /// Stripe's package for Node
    #[value(name = "stripe-node")]
    Node,
    /// Stripe's command line
    #[value(name = "stripe-cli")]
    Cli,
    /// Prometheus's program for rules of alerts
    #[value(name = "promtool")]
    Promtool,
    /// PgBouncer, of two versions
    #[value(name = "pgbouncer")]
    PgBouncer,
    /// Chromium with its driver, and axe-core
    #[value(name = "chromium")]
    Chromium,
}

impl Package {
    /// What the names of its tests begin with.
    fn tests(self) -> &'static str {
        match self {
            Self::Python => "official_sdks::python_",
            Self::Node => "official_sdks::node_",
            Self::Cli => "official_cli::",
            Self::Promtool => "alerts::promtool_",
            Self::PgBouncer => "connecting::pooler::",
            Self::Chromium => "browser::",
        }
    }
}

/// A reason why the tests can't run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TestError {
    /// A program can't be started.
    #[error("failed to run `{program}`")]
    Run {
        /// The program.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// A program that prepares the cluster failed.
    #[error("`{program}` failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// Its standard error.
        output: String,
    },
    /// There is no PostgreSQL on this machine.
    #[error(
        "PostgreSQL's server is missing: install it (Debian: `apt-get install postgresql`), or add its `bin` to PATH"
    )]
    NoPostgres,
    /// The cluster doesn't accept connections.
    #[error("PostgreSQL did not start within {START_LIMIT:?}; last line of its log: {log}")]
    NotStarted {
        /// Last line of its log.
        log: String,
    },
    /// The cluster's certificate can't be created.
    #[error("failed to create a certificate")]
    Certificate(#[from] rcgen::Error),
    /// No temporary folder, no free port, no runtime.
    #[error("failed to prepare the tests")]
    Prepare(#[from] io::Error),
}

/// Runs all tests. Those of the packages in `without` are left out. `arguments` are passed to every
/// test binary, for example a part of a test's name.
///
/// # Errors
/// [`TestError`] if there is no PostgreSQL or a program can't be started. A failed test is not an
/// error; it sets the exit code.
pub(crate) fn run(without: &[Package], arguments: &[String]) -> Result<ExitCode, TestError> {
    let skipped = without.iter().flat_map(|it| ["--skip", it.tests()]);
    let skipped = skipped.map(str::to_owned);
    let arguments: Vec<String> = arguments.iter().cloned().chain(skipped).collect();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run_until_interrupted(&arguments))
}

async fn run_until_interrupted(arguments: &[String]) -> Result<ExitCode, TestError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    // Every branch drops the cluster, which stops its server and removes its folder.
    tokio::select! {
        result = run_tests(arguments) => result,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

async fn run_tests(arguments: &[String]) -> Result<ExitCode, TestError> {
    let cluster = Cluster::start_for_tests().await?;
    // One command for the whole workspace: a package that is selected alone gets other features of its
    // dependencies, which are then built once more. `--no-fail-fast` reports every failure in one run.
    let mut cargo = Command::from(crate::cargo());
    cargo
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(arguments)
        .kill_on_drop(true);
    cargo
        .env(CLUSTER, cluster.url())
        .env(AUTHORITY, cluster.authority());
    if std::env::var_os(THREADS).is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        cargo.env(THREADS, (cores * TESTS_PER_CORE).to_string());
    }

    let status = cargo.status().await.map_err(|source| TestError::Run {
        program: "cargo".to_owned(),
        source,
    })?;
    // Every test after it fails with a lost connection, which doesn't tell why.
    if let Some(line) = cluster.panic().filter(|_| !status.success()) {
        eprintln!("PostgreSQL broke down: {line}");
    }
    Ok(exit_code(status))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::Package;

    #[test]
    fn the_tests_of_a_package_tell_how_to_leave_them_out() {
        let source = |module: &str| match module {
            "official_sdks" => include_str!("../../../tests/integration/official_sdks.rs"),
            "official_cli" => include_str!("../../../tests/integration/official_cli.rs"),
            "alerts" => concat!(
                include_str!("../../../tests/integration/alerts/mod.rs"),
                include_str!("../../../tests/integration/alerts/rules.rs")
            ),
            "connecting::pooler" => include_str!("../../../tests/integration/connecting/pooler.rs"),
            "browser" => concat!(
                include_str!("../../../tests/integration/browser/chromium.rs"),
                include_str!("../../../tests/integration/browser/story.rs")
            ),
            other => panic!("{other}"),
        };
        for package in Package::value_variants() {
            let name = package.to_possible_value().unwrap();
            let (module, start) = package.tests().rsplit_once("::").unwrap();
            let source = source(module);
            assert!(
                source.contains(&format!("\"{}\"", name.get_name())),
                "{package:?}"
            );
            assert!(source.contains(&format!("fn {start}")), "{package:?}");
        }
    }
}
