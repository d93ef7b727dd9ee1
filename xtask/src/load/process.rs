//! The server and the client from `tests/src/bin`, and the system's figures about processes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::Failure;

const SECRET: &str = "whsec_load";

/// Ticks per second in `/proc`; the same on every Linux.
const TICKS: f64 = 100.0;

/// Builds the programs for release and returns their folder.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let programs = [
        "--package",
        "djstripe-tests",
        "--bin",
        "load-server",
        "--bin",
        "load-client",
    ];
    let mut build = crate::cargo();
    build.args(["build", "--quiet", "--release"]).args(programs);
    let status = build.status()?;
    if !status.success() {
        return Err("the programs can't be built".into());
    }

    // This program runs from `target/debug`.
    let own = std::env::current_exe()?;
    Ok(own
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("target"))
        .join("release"))
}

/// The settings of a server.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) database_url: String,
    pub(crate) api: String,
    pub(crate) workers: bool,
    pub(crate) receivers: usize,
    /// Serves the operator's page, behind this password.
    pub(crate) page_password: Option<&'static str>,
}

/// A process that listens. It is killed when dropped.
pub(crate) struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(programs: &Path, setup: &Setup) -> Result<Self, Failure> {
        let mut command = Command::new(programs.join("load-server"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", &setup.database_url)
            .env("STRIPE_WEBHOOK_SECRET", SECRET)
            .env("STRIPE_SECRET_KEY", "sk_test_load")
            .env("STRIPE_API_BASE", &setup.api)
            .env("LOAD_WORKERS", if setup.workers { "on" } else { "off" })
            .env("LOAD_RECEIVERS", setup.receivers.to_string())
            .env("RUST_LOG", "djstripe_core::http=info,warn")
            .env("NO_COLOR", "1");
        if let Some(password) = setup.page_password {
            command
                .arg("--page")
                .env("DJSTRIPE_PAGE_PASSWORD", password);
        }
        Self::spawn(command)
    }

    /// Starts the fake API that objects are fetched from.
    pub(crate) fn start_fake(programs: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(programs.join("load-client"));
        command.arg("fake");
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;

        let mut log = BufReader::new(child.stderr.take().ok_or("stderr is piped")?);
        let mut seen = String::new();
        let url = loop {
            let start = seen.len();
            if log.read_line(&mut seen)? == 0 {
                return Err(format!("the server exited before it listened:\n{seen}").into());
            }
            if let Some((_, url)) = seen[start..].split_once("listening on ") {
                break url.trim().to_owned();
            }
        };

        // Keeps reading, because a full pipe would block the server.
        std::thread::spawn(move || {
            log.lines()
                .map_while(Result::ok)
                .take(5)
                .for_each(|line| eprintln!("{line}"))
        });
        Ok(Self { child, url })
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the client and returns its figures.
pub(crate) fn run_client(
    programs: &Path,
    command: &str,
    urls: &str,
    connections: usize,
    events: u64,
    seconds: u64,
    database_url: &str,
) -> Result<Value, Failure> {
    let mut client = Command::new(programs.join("load-client"));
    client.args([
        command,
        urls,
        &connections.to_string(),
        &events.to_string(),
        &seconds.to_string(),
    ]);

    if command == "full" {
        client.arg(database_url);
    }
    answer_of(client.env("STRIPE_WEBHOOK_SECRET", SECRET))
}

/// An event and its object, as JSON.
pub(super) fn sample(programs: &Path) -> Result<(String, String), Failure> {
    let sample = answer_of(Command::new(programs.join("load-client")).arg("sample"))?;
    let text = |key: &str| sample[key].as_str().map(str::to_owned).ok_or("no sample");
    Ok((text("event")?, text("object")?))
}

fn answer_of(command: &mut Command) -> Result<Value, Failure> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The peak of a process's resident memory.
pub(super) fn peak_mib(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// CPU time of a process and its children, including children that have exited.
pub(crate) fn cpu_seconds(process: u32) -> f64 {
    let ended_too = ticks(process).map_or(0.0, |(_, own, ended)| own + ended);
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(ticks);
    let running: f64 = children
        .filter(|(parent, ..)| *parent == process)
        .map(|(_, own, _)| own)
        .sum();
    (ended_too + running) / TICKS
}

/// The parent of a process, its own ticks, and the ticks of its children that have exited.
fn ticks(process: u32) -> Option<(u32, f64, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses can contain any character.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((
        fields.get(1)?.parse().ok()?,
        number(11)? + number(12)?,
        number(13)? + number(14)?,
    ))
}
