//! Real processes: the quickstart server, and tools whose output a test reads.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

/// A running `… serve` on a free port. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    child: Child,
    url: String,
    database_url: String,
}

impl Server {
    /// Starts `quickstart` with these signing secrets and waits until it listens.
    pub fn start(database_url: &str, secrets: &str) -> Self {
        Self::start_program(&quickstart(), database_url, secrets)
    }

    /// Starts a program that has djstripe's command line.
    pub fn start_program(program: &Path, database_url: &str, secrets: &str) -> Self {
        let mut child = Command::new(program)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                database_url,
            ])
            .env("STRIPE_WEBHOOK_SECRET", secrets)
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut log = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut seen = String::new();
        let url = loop {
            let start = seen.len();
            if log.read_line(&mut seen).expect("the log is text") == 0 {
                panic!("the server ended before it listened:\n{seen}");
            }
            if let Some((_, url)) = seen[start..].split_once("listening on ") {
                break url.trim().to_owned();
            }
        };
        // A full pipe would stop the server.
        std::thread::spawn(move || log.read_to_string(&mut String::new()));
        Self {
            program: program.to_owned(),
            child,
            url,
            database_url: database_url.to_owned(),
        }
    }

    /// Where events are posted to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Process id of the server.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the server at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server is ours");
        self.child.wait().expect("the server ends");
    }

    /// Waits until no event is pending or in work.
    pub fn wait_until_processed(&self) {
        let is_open = |event: &Value| {
            matches!(
                event["state"].as_str(),
                Some("pending" | "processing" | "retrying")
            )
        };
        for _ in 0..300 {
            if !self
                .list(&["events", "--json", "--limit", "1000000"])
                .iter()
                .any(is_open)
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("events are still open after 30 s");
    }

    /// Asks the server to stop and returns its exit status.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        output(Command::new("kill").args(["-TERM", &self.id().to_string()]));
        self.child.wait().expect("the server ends")
    }

    /// Runs a listing command on the server's database; it prints one JSON object a line.
    pub fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let mut command = Command::new(&self.program);
        let printed = output(
            command
                .args(arguments)
                .args(["--database-url", &self.database_url]),
        );
        printed
            .lines()
            .map(|line| serde_json::from_str(line).expect("each line is JSON"))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The quickstart program, built by cargo if it is not up to date.
pub fn quickstart() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        output(Command::new(cargo).args(["build", "--quiet", "--package", "quickstart"]));
        // This test runs from `target/<profile>/deps`.
        let test = std::env::current_exe().expect("the test knows its path");
        test.ancestors()
            .nth(2)
            .expect("target folder")
            .join("quickstart")
    })
    .clone()
}

/// Runs a command to its end and returns what it printed.
pub fn output(command: &mut Command) -> String {
    output_with_input(command, "")
}

/// Runs a command on this standard input and returns what it printed; panics unless it ends well.
pub fn output_with_input(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(input.as_bytes())
        .expect("the command reads its input");
    let output = child.wait_with_output().expect("the command ends");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?} failed:\n{out}{err}");
    out.into_owned()
}
