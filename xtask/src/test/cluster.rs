//! A PostgreSQL cluster for one run of the tests.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Plain, Output, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{START_LIMIT, TestError};

/// A PostgreSQL cluster in a temporary folder. Dropping it stops the server and removes the folder.
pub(crate) struct Cluster {
    binaries: PathBuf,
    user: Option<User>,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

/// Settings of a cluster whose speed is measured.
const FSYNC: &[&str] = &["fsync=on"];

/// Settings of a cluster for tests, most of whose time would be spent syncing the files of their
/// databases.
const NO_FSYNC: &[&str] = &["fsync=off", "full_page_writes=off"];

/// File of the authority's certificate.
const AUTHORITY: &str = "authority.pem";

/// File of the server's certificate.
const CERTIFICATE: &str = "server.pem";

/// File of the certificate's key.
const KEY: &str = "server.key";

/// File of a certificate with which the role [`CLIENT`] may log in, and of its key.
const CLIENT_CERTIFICATE: &str = "client.pem";
const CLIENT_KEY: &str = "client.key";

/// A role that logs in with a certificate only.
const CLIENT: &str = "djstripe_certificate";

/// Roles that don't get in as the others do, who are trusted: the tests that need them create them.
const ACCESS: &str = "\
    hostssl all djstripe_certificate 127.0.0.1/32 cert\n\
    host all djstripe_certificate 127.0.0.1/32 reject\n\
    host all djstripe_password 127.0.0.1/32 scram-sha-256\n";

/// The user that the server runs as if this process runs as root, which PostgreSQL refuses to do.
#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Creates a cluster and starts its server; installs PostgreSQL if this process runs as root
    /// and there is none. It syncs its files as in production, so that it can be measured.
    pub(crate) async fn start() -> Result<Self, TestError> {
        Self::start_with(FSYNC).await
    }

    /// As [`start`](Self::start), but the cluster leaves syncing to the operating system: what it has
    /// committed survives the end of the server, not that of the machine.
    pub(crate) async fn start_for_tests() -> Result<Self, TestError> {
        Self::start_with(NO_FSYNC).await
    }

    async fn start_with(settings: &[&str]) -> Result<Self, TestError> {
        let is_root = id(&["-u"])? == Some(0);
        let binaries = match find_binaries() {
            Some(binaries) => binaries,
            None if is_root => install()?,
            None => return Err(TestError::NoPostgres),
        };

        let user = if is_root {
            Some(postgres_user()?)
        } else {
            None
        };

        let folder = tempfile::Builder::new()
            .prefix("djstripe-test-")
            .tempdir()?;
        if let Some(User { uid, gid }) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }

        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut cluster = Self {
            binaries,
            user,
            folder,
            port,
            server: None,
        };

        cluster.initialise()?;
        cluster.certify()?;
        cluster.server = Some(cluster.spawn(settings)?);
        cluster.wait_until_ready().await?;
        Ok(cluster)
    }

    /// The URL of one of its databases.
    pub(crate) fn database_url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Creates an empty database.
    pub(crate) fn create_database(&self, name: &str) -> Result<(), TestError> {
        let mut command = self.command("createdb");
        command.args([
            "--host=127.0.0.1",
            "--username=postgres",
            &format!("--port={}", self.port),
            name,
        ]);
        succeed(&mut command)
    }

    /// Process id of the server.
    pub(crate) fn server_id(&self) -> Option<u32> {
        self.server.as_ref().and_then(Child::id)
    }

    /// A shell command that restarts the server without a clean shutdown, as after a power cut.
    pub(crate) fn restart_command(&self) -> String {
        let run_as = self.user.map_or_else(String::new, |User { uid, gid }| {
            format!("setpriv --reuid={uid} --regid={gid} --clear-groups ")
        });
        // The first log can belong to another user.
        let log = self.folder.path().join("restarted.log");
        let (pg_ctl, data) = (self.binaries.join("pg_ctl"), self.data());
        let (pg_ctl, data, log) = (pg_ctl.display(), data.display(), log.display());
        format!(
            "cd / && {run_as}'{pg_ctl}' restart --pgdata='{data}' --log='{log}' --mode=immediate --wait --silent"
        )
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The certificate of the authority that signed the cluster's certificate.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.path().join(AUTHORITY)
    }

    /// The line of the log that tells why the server broke down, for example on a full disk.
    pub(super) fn panic(&self) -> Option<String> {
        let log = std::fs::read(self.log()).ok()?;
        let log = String::from_utf8_lossy(&log);
        let mut lines = log.lines();
        lines
            .find(|line| line.contains("PANIC:"))
            .map(str::to_owned)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// One of PostgreSQL's programs, run as the server's user.
    pub(crate) fn command(&self, program: &str) -> Plain {
        let mut command = Plain::new(self.binaries.join(program));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn initialise(&self) -> Result<(), TestError> {
        let mut command = self.command("initdb");
        command.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        succeed(command.arg("--pgdata").arg(self.data()))?;

        // The first line that fits counts.
        let access = self.data().join("pg_hba.conf");
        let trusting = std::fs::read_to_string(&access)?;
        std::fs::write(&access, format!("{ACCESS}{trusting}"))?;
        Ok(())
    }

    /// Creates an authority, a certificate for the cluster's address, and one for a client.
    fn certify(&self) -> Result<(), TestError> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate =
            CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;

        let client_key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, CLIENT);
        let client = params.signed_by(&client_key, &authority)?;

        std::fs::write(self.authority(), authority.pem())?;
        for (name, pem) in [
            (CERTIFICATE, certificate.pem()),
            (KEY, key.serialize_pem()),
            (CLIENT_CERTIFICATE, client.pem()),
            (CLIENT_KEY, client_key.serialize_pem()),
        ] {
            let path = self.folder.path().join(name);
            std::fs::write(&path, pem)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            if let Some(User { uid, gid }) = self.user {
                chown(&path, Some(uid), Some(gid))?;
            }
        }
        Ok(())
    }

    fn spawn(&self, settings: &[&str]) -> Result<Child, TestError> {
        let log = std::fs::File::create(self.log())?;
        let mut command = self.command("postgres");

        // With a process group of its own, Ctrl-C only reaches this program, which then stops the
        // server.
        command.process_group(0);
        command
            .arg("-D")
            .arg(self.data())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);

        command.args([
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=400",
        ]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        command.args(["-c", "ssl=on"]);
        for (setting, name) in [
            ("ssl_cert_file", CERTIFICATE),
            ("ssl_key_file", KEY),
            ("ssl_ca_file", AUTHORITY),
        ] {
            command.arg("-c").arg(format!(
                "{setting}={}",
                self.folder.path().join(name).display()
            ));
        }

        command.stdout(log.try_clone()?).stderr(log);
        Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| TestError::Run {
                program: "postgres".to_owned(),
                source,
            })
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
                return Err(TestError::NotStarted {
                    log: log.lines().last().unwrap_or_default().to_owned(),
                });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.is_some() {
            let mut stop = self.command("pg_ctl");
            stop.arg("--pgdata")
                .arg(self.data())
                .args(["stop", "--mode=immediate", "--silent"]);
            if let Err(error) = succeed(&mut stop) {
                eprintln!("{error}");
            }
        }
    }
}

/// The folder of PostgreSQL's programs: in PATH, else where Debian and Red Hat install them, the
/// newest version first.
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for folder in ["/usr/lib/postgresql", "/usr/pgsql"] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let version = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
                .unwrap_or(0);
            versions.push((version, entry.path().join("bin")));
        }
    }

    versions.sort();
    std::env::split_paths(&path)
        .chain(versions.into_iter().rev().map(|(_, binaries)| binaries))
        .find(|folder| {
            ["initdb", "postgres", "pg_ctl", "pg_isready"]
                .iter()
                .all(|name| is_file(folder, name))
        })
}

fn is_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

fn install() -> Result<PathBuf, TestError> {
    eprintln!("PostgreSQL's server is missing; installing it with apt-get");
    let apt = |arguments: &[&str]| {
        succeed(
            Plain::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };

    let installed =
        apt(&["update", "-qq"]).and_then(|()| apt(&["install", "-qq", "--yes", "postgresql"]));

    match installed {
        Ok(()) => find_binaries().ok_or(TestError::NoPostgres),
        Err(TestError::Run { .. }) => Err(TestError::NoPostgres),
        Err(error) => Err(error),
    }
}

/// The user that PostgreSQL's package created, else `nobody`.
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
    Err(TestError::Failed {
        program: program(command),
        output: written,
    })
}

fn output(command: &mut Plain) -> Result<Output, TestError> {
    command.output().map_err(|source| TestError::Run {
        program: program(command),
        source,
    })
}

fn program(command: &Plain) -> String {
    Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
