//! Where secrets come from, that none is shown, and that a wrong one stops no more than it must. Most
//! commands are processes.

mod empty;
mod encryption;
mod misplaced;
mod settings;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use djstripe_tests::TestDatabase;
use djstripe_tests::process::run;
use tempfile::TempDir;

/// A signing secret that must be shown nowhere.
const SECRET: &str = "whsec_shown_nowhere";

/// Every variable that a command reads.
const VARIABLES: [&str; 21] = [
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DIRECT_DATABASE_URL",
    "DIRECT_DATABASE_URL_FILE",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_WEBHOOK_SECRET_FILE",
    "STRIPE_SECRET_KEY",
    "STRIPE_SECRET_KEY_FILE",
    "STRIPE_TEST_SECRET_KEY",
    "STRIPE_TEST_SECRET_KEY_FILE",
    "STRIPE_LIVE_SECRET_KEY",
    "STRIPE_LIVE_SECRET_KEY_FILE",
    "STRIPE_ACCOUNT_KEYS",
    "STRIPE_ACCOUNT_KEYS_FILE",
    "STRIPE_API_BASE",
    "DJSTRIPE_ENCRYPTION_KEY",
    "DJSTRIPE_ENCRYPTION_KEY_FILE",
    "DJSTRIPE_LISTEN",
    "DJSTRIPE_METRICS",
    "DJSTRIPE_RECONCILE",
    "RUST_LOG",
];

/// A folder in which commands run, with files for secrets.
struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// A place whose commands use this database, which is migrated.
    async fn of(database: &TestDatabase) -> Self {
        let mut place = Self::new();
        place.set("DATABASE_URL", database.url());
        let (code, _, err) = place.run(&["migrate"], &[]).await;
        assert_eq!(code, 0, "{err}");
        place
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Writes a file and returns its path.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command with the settings of the place alone.
    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
        for name in VARIABLES {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .envs(self.variables.iter().cloned())
            .envs(variables.iter().copied())
            .env("NO_COLOR", "1")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command; returns its exit status, its output and its errors.
    async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        run(self.command(arguments, variables)).await
    }
}

/// A server or worker, which is killed when it isn't needed any more.
struct Running {
    child: Child,
    /// Lines of its log, which a thread reads: a full pipe would stop the process.
    log: Receiver<String>,
    seen: String,
}

impl Running {
    /// Starts a command and waits until it logs this.
    fn until(mut command: Command, expected: &str) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).unwrap() > 0 {
                // An error means that the test is over.
                let _ = sender.send(std::mem::take(&mut line));
            }
        });
        let mut running = Self {
            child,
            log,
            seen: String::new(),
        };
        while !running.seen.contains(expected) {
            match running.log.recv() {
                Ok(line) => running.seen += &line,
                Err(_) => panic!("{expected} is missing:\n{}", running.seen),
            }
        }
        running
    }

    /// The address that a server listens on.
    fn url(&self) -> &str {
        let (_, url) = self.seen.split_once("listening on ").unwrap();
        url.trim()
    }

    /// Ends it and returns its log.
    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.seen.extend(self.log.iter());
        std::mem::take(&mut self.seen)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
