//! A PgBouncer in front of the cluster, of a version that keeps prepared statements or of one that
//! doesn't.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use djstripe_tests::process::{free_port, output, wait_for_port};
use djstripe_tests::{TestDatabase, packages};
use tempfile::TempDir;

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

/// A version of PgBouncer, and the release of Debian that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// 1.18, of Debian 12: the last but two without prepared statements.
    Old,
    /// 1.24, of Debian 13.
    New,
}

/// Connections to the server for each database, and how they are dealt out.
#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) version: Version,
    pub(super) pool_mode: &'static str,
    /// More lines of the configuration.
    pub(super) more: &'static str,
}

/// A running PgBouncer. Dropping it ends it.
pub(super) struct Bouncer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Version {
    fn package(self) -> &'static str {
        match self {
            Self::Old => "pgbouncer=1.18.0-*",
            Self::New => "pgbouncer=1.24.1-*",
        }
    }

    fn release(self) -> &'static str {
        match self {
            Self::Old => "bookworm",
            Self::New => "trixie",
        }
    }

    /// What PgBouncer is linked with.
    fn libraries(self) -> &'static [&'static str] {
        match self {
            Self::Old => &[
                "libc6",
                "libaudit1",
                "libc-ares2",
                "libcap-ng0",
                "libcap2",
                "libevent-2.1-7",
                "libgcrypt20",
                "libgpg-error0",
                "liblz4-1",
                "liblzma5",
                "libpam0g",
                "libssl3",
                "libsystemd0",
                "libzstd1",
            ],
            Self::New => &[
                "libc6",
                "libaudit1",
                "libcap-ng0",
                "libcap2",
                "libcares2",
                "libevent-2.1-7t64",
                "libpam0g",
                "libssl3t64",
                "libsystemd0",
                "libzstd1",
                "zlib1g",
            ],
        }
    }

    /// The path of its program, which is installed once.
    fn program(self) -> &'static Path {
        static PROGRAMS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];

        PROGRAMS[usize::from(self == Self::New)].get_or_init(|| {
            let folder = Path::new(TARGET).join(format!("debian-{}-pgbouncer", self.release()));
            let script =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/connecting/pgbouncer.sh");
            fs::create_dir_all(&folder).unwrap();
            let mut install = Command::new("sh");
            install.arg(script).arg(&folder).arg(self.release());
            install.arg(self.package()).args(self.libraries());
            packages::install(self.package(), "pgbouncer", &folder, [&mut install]);
            folder.join("pgbouncer")
        })
    }
}

impl Bouncer {
    /// Starts a PgBouncer, and waits until it accepts connections.
    pub(super) fn start(setup: Setup) -> Self {
        let cluster = std::env::var("DJSTRIPE_TEST_POSTGRES")
            .expect("this test needs PostgreSQL: run `cargo xtask test`");
        let (_, server) = cluster.rsplit_once('@').unwrap();
        let server = server.split('/').next().unwrap();
        let (host, server_port) = server.split_once(':').unwrap();
        let port = free_port().unwrap();
        let Setup {
            pool_mode, more, ..
        } = setup;
        let folder = TempDir::new().unwrap();
        let configuration = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n\
             * = host={host} port={server_port} user=postgres\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = {pool_mode}\n\
             default_pool_size = 20\n\
             {more}\n"
        );
        fs::write(&configuration, text).unwrap();

        let mut command = Command::new(setup.version.program());
        command.arg("--quiet").arg(&configuration);
        if output(Command::new("id").arg("-u")).trim() == "0" {
            command.args(["--user", "nobody"]);
        }
        let child = command.stdin(Stdio::null()).stderr(Stdio::null());
        let child = child.stdout(Stdio::null()).spawn().unwrap();
        let bouncer = Self {
            child,
            port,
            _folder: folder,
        };
        wait_for_port(port);
        bouncer
    }

    /// The URL of a database behind it.
    pub(super) fn url(&self, database: &TestDatabase) -> String {
        let (_, name) = database.url().rsplit_once('/').unwrap();
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
