//! Chromium, its driver and axe-core, which are installed once below `target`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use djstripe_tests::packages;
use djstripe_tests::process::{free_port, wait_for_port};
use tempfile::TempDir;

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
const RELEASE: &str = "bookworm";
/// A mirror keeps one build of a release, which changes with Debian's point releases. `apt-cache policy
/// chromium` then names the version to write here and at [`CHROMEDRIVER`].
const CHROMIUM: &str = "chromium=150.0.7871.100-*";
const CHROMEDRIVER: &str = "chromium-driver=150.0.7871.100-*";
/// Of the fonts, one is enough, as the page takes whatever the machine has.
const FONT: &str = "fonts-dejavu-core";
const AXE: &str = "axe-core@4.14.1";

/// A running driver. Dropping it ends it, with its browsers.
pub(super) struct Driver {
    child: Child,
    port: u16,
    _temporary: TempDir,
}

impl Driver {
    /// Starts a driver, and waits until it accepts connections.
    pub(super) fn start() -> Self {
        let port = free_port().unwrap();
        // Profiles of browsers.
        let temporary = TempDir::new().unwrap();
        let child = Command::new(chromedriver())
            .arg(format!("--port={port}"))
            .env("TMPDIR", temporary.path())
            .env("HOME", temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let driver = Self {
            child,
            port,
            _temporary: temporary,
        };
        wait_for_port(port);
        driver
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets it end its browsers, which would outlive it if it was killed.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream
            .write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.shut_down();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path of Chromium.
pub(super) fn chromium() -> PathBuf {
    folder().join("browser/usr/lib/chromium/chromium")
}

/// The path of the driver.
fn chromedriver() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

    PROGRAM.get_or_init(|| {
        let folder = folder();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/browser/chromium.sh");
        fs::create_dir_all(&folder).unwrap();
        let mut install = Command::new("sh");
        install.arg(script).arg(&folder).arg(RELEASE);
        install.args([CHROMIUM, CHROMEDRIVER, FONT]);
        packages::install(CHROMIUM, "chromium", &folder, [&mut install]);
        folder.join("chromedriver")
    })
}

/// Another version gets another folder.
fn folder() -> PathBuf {
    let version = CHROMIUM.trim_end_matches("-*");
    Path::new(TARGET).join(format!("debian-{RELEASE}-{version}"))
}

/// The text of axe-core.
pub(super) fn axe() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();

    TEXT.get_or_init(|| {
        let folder = Path::new(TARGET).join(format!("node-{AXE}"));
        fs::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--prefix"]);
        npm.arg(&folder).arg(AXE);
        packages::install(AXE, "chromium", &folder, [&mut npm]);
        fs::read_to_string(folder.join("node_modules/axe-core/axe.min.js")).unwrap()
    })
}

/// The file of a picture of the page, in the folder `page` of the build.
pub(super) fn picture(name: &str) -> PathBuf {
    let target = Path::new(TARGET).parent().unwrap();
    let folder = target.join("page");
    fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}.png"))
}
