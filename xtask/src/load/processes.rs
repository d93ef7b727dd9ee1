//! The processes that are measured, and those that measure.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One of the programs of `djstripe-tests`, built for release.
pub(super) fn program(name: &str) -> Command {
    Command::new(crate::root().join("target/release").join(name))
}

fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// A Stripe that knows the objects of all events.
pub(super) struct Stripe {
    child: Child,
    base: String,
}

impl Stripe {
    pub(super) fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = program("load").args(["stripe", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
        let mut base = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut base)?;
        Ok(Self { child, base: base.trim().to_owned() })
    }
}

impl Drop for Stripe {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// A server that is measured.
pub(super) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(super) fn start_all(
        mode: &str,
        database_url: &str,
        stripe: Option<&Stripe>,
        count: usize,
        receivers: u32,
    ) -> Result<Vec<Self>, Box<dyn Error>> {
        let start = || -> Result<Self, Box<dyn Error>> {
            let address = free_address()?;
            let mut command = program("load-server");
            command
                .args([mode, &address])
                .env("DATABASE_URL", database_url)
                .env("LOAD_RECEIVERS", receivers.to_string());
            if let Some(stripe) = stripe {
                command.env("STRIPE_API_BASE", &stripe.base);
            }
            let server = Self { child: command.spawn()?, address };
            server.wait_until_it_listens()?;
            Ok(server)
        };
        (0..count).map(|_| start()).collect()
    }

    fn wait_until_it_listens(&self) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            if start.elapsed() > Duration::from_secs(30) {
                return Err("the server does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The most memory that it has had, in MiB.
    pub(super) fn peak_mib(&self) -> Result<f64, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

fn stop(child: &mut Child) {
    // It may have ended by itself; then there is nothing to stop.
    let _ = child.kill();
    let _ = child.wait();
}

/// Sends events to the servers in turn.
pub(super) fn send(servers: &[Server], connections: u32, seconds: u32) -> Result<Value, Box<dyn Error>> {
    let mut command = program("load");
    command.args(["send", &seconds.to_string(), &connections.to_string()]);
    command.args(servers.iter().map(|server| format!("http://{}/stripe/webhook", server.address)));
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("the load generator failed".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
