//! Real processes: the quickstart server, and commands whose output a test reads.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use djstripe_core::http::WEBHOOK_PATH;
use serde_json::Value;

/// A running `… serve` on a free port. Dropping it kills the process.
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

    /// Starts a program with djstripe's command line, and waits until it listens.
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
        let mut output = String::new();
        let url = loop {
            let start = output.len();
            if log.read_line(&mut output).expect("the log is UTF-8") == 0 {
                panic!("the server exited before it listened:\n{output}");
            }
            if let Some((_, url)) = output[start..].split_once("listening on ") {
                break url.trim().to_owned();
            }
        };

        // The rest of the log is read too: the server would block on a full pipe.
        std::thread::spawn(move || log.read_to_string(&mut String::new()));

        Self {
            program: program.to_owned(),
            child,
            url,
            database_url: database_url.to_owned(),
        }
    }

    /// Starts a program with a `main` of its own, and waits until it listens.
    ///
    /// # Panics
    /// If it exits, or does not listen within a minute.
    pub fn start_own_main(program: &Path, database_url: &str, secret: &str) -> Self {
        let (mut command, address) = own_main(program, database_url, secret);
        let mut server = Self {
            program: program.to_owned(),
            child: command.spawn().expect("the server starts"),
            url: format!("http://{address}{WEBHOOK_PATH}"),
            database_url: database_url.to_owned(),
        };

        let start = Instant::now();
        while TcpStream::connect(&address).is_err() {
            let exited = server.child.try_wait().expect("the server can be watched");
            assert_eq!(exited, None, "the server exited before it listened");
            assert!(start.elapsed() < Duration::from_secs(60), "it listens");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// The URL of the webhook endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id of the server.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the server with SIGKILL, which has the effect of a power cut.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server exits");
    }

    /// Waits until no event is pending, processing or retrying.
    ///
    /// # Panics
    /// If there still is one after 30 seconds.
    pub fn wait_until_processed(&self) {
        let is_open = |event: &Value| {
            matches!(
                event["state"].as_str(),
                Some("pending" | "processing" | "retrying")
            )
        };

        for _ in 0..300 {
            let events = self.list(&["events", "--json", "--limit", "1000000"]);
            if !events.iter().any(is_open) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }

        panic!("events are still open after 30 s");
    }

    /// Terminates the server with SIGTERM and returns its exit status.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        output(Command::new("kill").args(["-TERM", &self.id().to_string()]));
        self.child.wait().expect("the server exits")
    }

    /// Runs a command that prints one JSON object per line, on the server's database.
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

/// A command that starts a program with a `main` of its own, which listens on a free port, and the
/// address that this is.
///
/// # Panics
/// If no port can be opened.
pub fn own_main(program: &Path, database_url: &str, secret: &str) -> (Command, String) {
    let port = free_port().expect("a port is free");
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(program);
    command
        .env("DATABASE_URL", database_url)
        .env("LISTEN", &address)
        .env("STRIPE_WEBHOOK_SECRET", secret)
        .env_remove("STRIPE_SECRET_KEY")
        .stdin(Stdio::null());
    (command, address)
}

/// The quickstart program. Cargo builds it if it is not up to date.
pub fn quickstart() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();

    PATH.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // With the features that it has in the whole workspace, which is built already.
        let build = ["build", "--quiet", "--workspace", "--bin", "quickstart"];
        output(Command::new(cargo).args(build));

        // The test binary is in `target/<profile>/deps`.
        let test = std::env::current_exe().expect("the test knows its path");
        test.ancestors()
            .nth(2)
            .expect("target folder")
            .join("quickstart")
    })
    .clone()
}

/// Waits until a port of 127.0.0.1 accepts connections.
///
/// # Panics
/// If it does not within a minute.
pub fn wait_for_port(port: u16) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "it listens");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs a command without input. Returns its exit status, standard output and standard error.
pub async fn run(mut command: Command) -> (i32, String, String) {
    command.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("the thread does not panic")
        .expect("the command starts");

    let decode = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    let status = output.status.code().expect("no signal ends the command");
    (status, decode(output.stdout), decode(output.stderr))
}

/// A port of 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// If no port can be opened.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Runs a command and returns its standard output; panics unless it exits with status 0.
pub fn output(command: &mut Command) -> String {
    output_with_input(command, "")
}

/// As [`output`], with this standard input.
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
    let output = child.wait_with_output().expect("the command exits");

    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?} failed:\n{out}{err}");
    out.into_owned()
}
