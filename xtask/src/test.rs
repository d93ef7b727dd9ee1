//! `cargo xtask test`: every test of the workspace, with a PostgreSQL cluster that lives as long as the tests do.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command as Plain, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Variable that tells the tests where the cluster is.
const VARIABLE: &str = "DJSTRIPE_TEST_POSTGRES";

/// Longest wait for the cluster to accept connections.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Why the tests could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TestError {
    /// A program can't be started.
    #[error("failed to run `{program}`")]
    Run {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A program that prepares the cluster failed.
    #[error("`{program}` failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// What it wrote.
        output: String,
    },
    /// There is no PostgreSQL on this machine.
    #[error(
        "PostgreSQL's server is missing: install it (Debian: `apt-get install postgresql`), or add its `bin` to PATH"
    )]
    NoPostgres,
    /// The cluster doesn't accept connections.
    #[error("PostgreSQL did not start within {START_LIMIT:?}; its last words: {log}")]
    NotStarted {
        /// End of its log.
        log: String,
    },
    /// No temporary folder, no free port, no runtime.
    #[error("failed to prepare the tests")]
    Prepare(#[from] io::Error),
}

/// Runs doc tests, then all other tests, then the integration tests; stops at the first that fails. `arguments` go to
/// every test binary, so one of them can be a filter.
///
/// # Errors
/// [`TestError`] if there is no PostgreSQL or a program can't be started. A test that fails is no error, but shows in
/// the exit code.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, TestError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run_until_interrupted(arguments))
}

async fn run_until_interrupted(arguments: &[String]) -> Result<ExitCode, TestError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Whichever branch wins, the cluster is dropped and with it stopped and removed.
    tokio::select! {
        result = run_tests(arguments) => result,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

async fn run_tests(arguments: &[String]) -> Result<ExitCode, TestError> {
    let cluster = Cluster::start().await?;
    let steps: [&[&str]; 3] = [
        &["test", "--workspace", "--doc"],
        &["test", "--workspace", "--exclude", "djstripe-tests", "--lib", "--bins", "--tests", "--examples"],
        &["test", "--package", "djstripe-tests"],
    ];
    for step in steps {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        cargo.args(step).arg("--").args(arguments).env(VARIABLE, cluster.url()).kill_on_drop(true);
        let status = cargo.status().await.map_err(|source| TestError::Run { program: "cargo".to_owned(), source })?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A PostgreSQL cluster in a temporary folder. Dropping it stops the server and removes the folder.
struct Cluster {
    binaries: PathBuf,
    user: Option<User>,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

/// The user that the server runs as when this process is root, which PostgreSQL refuses to be.
#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Cluster {
    async fn start() -> Result<Self, TestError> {
        let is_root = id(&["-u"])? == Some(0);
        let binaries = match find_binaries() {
            Some(binaries) => binaries,
            None if is_root => install()?,
            None => return Err(TestError::NoPostgres),
        };
        let user = if is_root { Some(postgres_user()?) } else { None };
        let folder = tempfile::Builder::new().prefix("djstripe-test-").tempdir()?;
        if let Some(User { uid, gid }) = user {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))?;
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut cluster = Self { binaries, user, folder, port, server: None };
        cluster.initialise()?;
        cluster.server = Some(cluster.spawn()?);
        cluster.wait_until_ready().await?;
        Ok(cluster)
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// One of PostgreSQL's programs, run as a user that it accepts.
    fn command(&self, program: &str) -> Plain {
        let mut command = Plain::new(self.binaries.join(program));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(User { uid, gid }) = self.user {
            use std::os::unix::process::CommandExt;

            command.uid(uid).gid(gid);
        }
        command
    }

    fn initialise(&self) -> Result<(), TestError> {
        let mut command = self.command("initdb");
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        succeed(command.arg("--pgdata").arg(self.data()))
    }

    fn spawn(&self) -> Result<Child, TestError> {
        let log = std::fs::File::create(self.log())?;
        let mut command = self.command("postgres");
        // A process group of its own: Ctrl-C reaches this program only, which then stops the server in order.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "fsync=on"]);
        command.stdout(log.try_clone()?).stderr(log);
        Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| TestError::Run { program: "postgres".to_owned(), source })
    }

    async fn wait_until_ready(&self) -> Result<(), TestError> {
        let start = Instant::now();
        loop {
            let mut command = self.command("pg_isready");
            command.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if output(&mut command)?.status.success() {
                return Ok(());
            }
            if start.elapsed() > START_LIMIT {
                let log = std::fs::read_to_string(self.log()).unwrap_or_default();
                return Err(TestError::NotStarted { log: log.lines().last().unwrap_or_default().to_owned() });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.is_some() {
            let mut stop = self.command("pg_ctl");
            stop.arg("--pgdata").arg(self.data()).args(["stop", "--mode=immediate", "--silent"]);
            if let Err(error) = succeed(&mut stop) {
                eprintln!("{error}");
            }
        }
    }
}

/// PATH first, then where Debian and Red Hat keep them, newest first.
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for folder in ["/usr/lib/postgresql", "/usr/pgsql"] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let version = entry.file_name().to_str().and_then(|name| name.parse().ok()).unwrap_or(0);
            versions.push((version, entry.path().join("bin")));
        }
    }
    versions.sort();
    std::env::split_paths(&path)
        .chain(versions.into_iter().rev().map(|(_, binaries)| binaries))
        .find(|folder| ["initdb", "postgres", "pg_ctl", "pg_isready"].iter().all(|name| is_file(folder, name)))
}

fn is_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

fn install() -> Result<PathBuf, TestError> {
    eprintln!("PostgreSQL's server is missing; installing it with apt-get");
    let apt =
        |arguments: &[&str]| succeed(Plain::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"));
    let installed = apt(&["update", "-qq"]).and_then(|()| apt(&["install", "-qq", "--yes", "postgresql"]));
    match installed {
        Ok(()) => find_binaries().ok_or(TestError::NoPostgres),
        Err(TestError::Run { .. }) => Err(TestError::NoPostgres),
        Err(error) => Err(error),
    }
}

/// The user that PostgreSQL's package made, or else `nobody`.
fn postgres_user() -> Result<User, TestError> {
    for name in ["postgres", "nobody"] {
        if let (Some(uid), Some(gid)) = (id(&["-u", name])?, id(&["-g", name])?) {
            return Ok(User { uid, gid });
        }
    }
    Err(TestError::NoPostgres)
}

fn id(arguments: &[&str]) -> Result<Option<u32>, TestError> {
    let answer = output(Plain::new("id").args(arguments))?;
    Ok(String::from_utf8_lossy(&answer.stdout).trim().parse().ok())
}

fn succeed(command: &mut Plain) -> Result<(), TestError> {
    let answer = output(command)?;
    if answer.status.success() {
        return Ok(());
    }
    let written = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
    Err(TestError::Failed { program: program(command), output: written })
}

fn output(command: &mut Plain) -> Result<std::process::Output, TestError> {
    command.output().map_err(|source| TestError::Run { program: program(command), source })
}

fn program(command: &Plain) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
