//! A program that serves, as a process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use djstripe_tests::TestDatabase;

use super::SECRET;

/// How long a process may take to end.
const LIMIT: Duration = Duration::from_secs(20);

/// A running program. It is killed when it isn't needed any more.
pub(super) struct Program {
    child: Child,
    log: Option<BufReader<ChildStderr>>,
    seen: String,
}

impl Program {
    pub(super) fn start(
        path: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
        database: &TestDatabase,
    ) -> Self {
        let mut command = command(path, arguments, database);
        command.envs(variables.iter().copied());
        Self::spawn(command, Stdio::piped())
    }

    /// Starts the program `counter` with a log at trace level, which goes there.
    pub(super) fn start_with_log(log: Stdio, arguments: &[&str], database: &TestDatabase) -> Self {
        let mut command = command(env!("CARGO_BIN_EXE_counter"), arguments, database);
        command.env("RUST_LOG", "trace");
        Self::spawn(command, log)
    }

    fn spawn(mut command: Command, log: Stdio) -> Self {
        let mut child = command.stderr(log).spawn().unwrap();
        let log = child.stderr.take().map(BufReader::new);
        Self {
            child,
            log,
            seen: String::new(),
        }
    }

    /// Starts `serve` of the program `counter` on a free port, and waits until it listens.
    pub(super) fn serve(arguments: &[&str], database: &TestDatabase) -> (Self, String) {
        let counter = env!("CARGO_BIN_EXE_counter");
        let arguments = [&["serve", "--listen", "127.0.0.1:0"][..], arguments].concat();
        let mut program = Self::start(counter, &arguments, &[], database);
        let base = program.wait_for_base("listening on ");
        (program, base)
    }

    /// Reads the log up to a line with an address, and returns the address without its path.
    pub(super) fn wait_for_base(&mut self, before: &str) -> String {
        let url = self.wait_for(before);
        let host = url.strip_prefix("http://").unwrap();
        format!("http://{}", host.split('/').next().unwrap())
    }

    /// Reads the log up to a line with this text, and returns what follows it in the line.
    pub(super) fn wait_for(&mut self, text: &str) -> String {
        let log = self.log.as_mut().unwrap();
        loop {
            let start = self.seen.len();
            assert_ne!(log.read_line(&mut self.seen).unwrap(), 0, "{}", self.seen);
            if let Some((_, rest)) = self.seen[start..].split_once(text) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Closes the reading end of the log.
    pub(super) fn close_log(&mut self) {
        self.log = None;
    }

    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-s", name, &id]).status();
        assert!(told.unwrap().success());
    }

    /// Waits until the process ends. Returns its status, and its whole log.
    pub(super) async fn ended(mut self) -> (ExitStatus, String) {
        let ended = tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            let status = loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    break status;
                }
                assert!(start.elapsed() < LIMIT, "it runs on: {}", self.seen);
                std::thread::sleep(Duration::from_millis(5));
            };
            if let Some(log) = &mut self.log {
                log.read_to_string(&mut self.seen).unwrap();
            }
            (status, std::mem::take(&mut self.seen))
        });
        ended.await.unwrap()
    }
}

/// A command without any setting but these.
fn command(path: &str, arguments: &[&str], database: &TestDatabase) -> Command {
    // SIGHUP may be ignored where the tests run, and children inherit that.
    let mut command = match cfg!(target_os = "linux") {
        true => {
            let mut command = Command::new("env");
            command.args(["--default-signal=HUP", path]);
            command
        }
        false => Command::new(path),
    };
    for name in ["STRIPE_SECRET_KEY", "STRIPE_API_BASE", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("DATABASE_URL", database.url())
        .env("STRIPE_WEBHOOK_SECRET", SECRET)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
