//! `cargo xtask load`: acknowledgement and full processing beside pgbench, in one run on one durable PostgreSQL.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod pgbench;
mod processes;

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::test::cluster::Cluster;
use processes::{Server, Stripe, program, send};

/// Connections at a time.
const CONNECTIONS: [u32; 3] = [1, 8, 32];

/// Server processes on one PostgreSQL.
const PROCESSES: [usize; 3] = [1, 2, 4];

/// Events that are stored before the cost of further ones is measured.
const STORED: [u32; 3] = [10_000, 100_000, 1_000_000];

/// What to measure, and where to write it.
pub(crate) struct Load {
    pub(crate) seconds: u32,
    pub(crate) quick: bool,
    pub(crate) json: Option<PathBuf>,
}

/// Measures, prints a table, and writes the figures as JSON.
///
/// # Errors
/// If the programs can't be built or a process fails.
pub(crate) fn run(load: &Load) -> Result<(), Box<dyn Error>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "djstripe-tests", "--bins"])
        .status()?;
    if !built.success() {
        return Err("the programs can't be built".into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cluster = runtime.block_on(Cluster::start())?;
    let stripe = Stripe::start()?;
    let mut figures = json!({ "seconds": load.seconds });
    let seconds = load.seconds;

    cluster.create_database("bench")?;
    for connections in CONNECTIONS {
        let insert = pgbench::insert(&cluster, "bench", connections, seconds)?;
        let upsert = pgbench::insert_and_upsert(&cluster, "bench", connections, seconds)?;
        let (ack, _) = acknowledge(&cluster, connections, 1, seconds)?;
        let (full, rss) = process(&cluster, &stripe, connections, 1, 0, seconds)?;
        figures["postgres"][connections.to_string()] = json!({
            "pgbench_insert": insert, "pgbench_txn": upsert, "ack": ack, "full": full, "server_rss_mib": rss,
            "ratio_ack_vs_pgbench_insert": rate(&ack) / insert, "ratio_full_vs_pgbench_txn": rate(&full) / upsert,
        });
        println!(
            "{connections:>3} connections: insert {insert:>6.0}/s, acknowledged {:>6.0}/s ({:.2} x, p50 {} ms, p99 {} ms); \
             event and upsert {upsert:>6.0}/s, processed {:>6.0}/s ({:.2} x); server {rss:.0} MiB",
            rate(&ack),
            rate(&ack) / insert,
            ack["p50_ms"],
            ack["p99_ms"],
            rate(&full),
            rate(&full) / upsert,
        );
    }
    let at_32 = figures["postgres"]["32"].clone();
    for name in ["ratio_ack_vs_pgbench_insert", "ratio_full_vs_pgbench_txn", "server_rss_mib"] {
        figures[name] = at_32[name].clone();
    }
    if !load.quick {
        for processes in PROCESSES {
            let (ack, _) = acknowledge(&cluster, 32, processes, seconds)?;
            let (full, _) = process(&cluster, &stripe, 32, processes, 0, seconds)?;
            println!("{processes} processes: acknowledged {:>6.0}/s, processed {:>6.0}/s", rate(&ack), rate(&full));
            figures["processes"][processes.to_string()] = json!({ "ack": ack, "full": full });
        }
        for receivers in [1, 500] {
            let (full, _) = process(&cluster, &stripe, 32, 1, receivers, seconds)?;
            println!("{receivers} more receivers: processed {:>6.0}/s", rate(&full));
            figures["receivers"][receivers.to_string()] = full;
        }
        for stored in STORED {
            let full = process_after(&cluster, &stripe, stored, seconds)?;
            println!("{stored} events stored: processed {:>6.0}/s", rate(&full));
            figures["stored"][stored.to_string()] = full;
        }
        for connections in CONNECTIONS {
            let (ack, full) = sqlite(&stripe, connections, seconds)?;
            println!(
                "SQLite, {connections} connections: acknowledged {:>6.0}/s, processed {:>6.0}/s",
                rate(&ack),
                rate(&full)
            );
            figures["sqlite"][connections.to_string()] = json!({ "ack": ack, "full": full });
        }
    }
    if let Some(file) = &load.json {
        std::fs::write(file, serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}

fn rate(figures: &Value) -> f64 {
    figures["per_second"].as_f64().unwrap_or_default()
}

/// A database that nothing was measured on before.
fn fresh(cluster: &Cluster) -> Result<String, Box<dyn Error>> {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let name = format!("load_{}", NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    cluster.create_database(&name)?;
    Ok(cluster.database_url(&name))
}

fn acknowledge(
    cluster: &Cluster,
    connections: u32,
    processes: usize,
    seconds: u32,
) -> Result<(Value, f64), Box<dyn Error>> {
    let url = fresh(cluster)?;
    let servers = Server::start_all("ack", &url, None, processes, 0)?;
    let figures = send(&servers, connections, seconds)?;
    Ok((figures, servers[0].peak_mib()?))
}

/// Events are sent for so many seconds; what counts is when the last of them is processed.
fn process(
    cluster: &Cluster,
    stripe: &Stripe,
    connections: u32,
    processes: usize,
    receivers: u32,
    seconds: u32,
) -> Result<(Value, f64), Box<dyn Error>> {
    process_on(&fresh(cluster)?, stripe, connections, processes, receivers, 0, seconds)
}

fn process_on(
    url: &str,
    stripe: &Stripe,
    connections: u32,
    processes: usize,
    receivers: u32,
    stored: u32,
    seconds: u32,
) -> Result<(Value, f64), Box<dyn Error>> {
    let servers = Server::start_all("full", url, Some(stripe), processes, receivers)?;
    let start = std::time::Instant::now();
    let mut figures = send(&servers, connections, seconds)?;
    let sent = figures["acknowledged"].as_u64().unwrap_or_default();
    let count = (sent + u64::from(stored)).to_string();
    if !program("load").args(["wait", url, &count]).status()?.success() {
        return Err("the events were not processed".into());
    }
    let elapsed = start.elapsed().as_secs_f64();
    figures["acknowledged_per_second"] = figures["per_second"].clone();
    figures["per_second"] = (sent as f64 / elapsed).into();
    Ok((figures, servers[0].peak_mib()?))
}

/// The same with events that are there already.
fn process_after(cluster: &Cluster, stripe: &Stripe, stored: u32, seconds: u32) -> Result<Value, Box<dyn Error>> {
    let url = fresh(cluster)?;
    drop(Server::start_all("ack", &url, None, 1, 0)?);
    let name = url.rsplit('/').next().unwrap_or_default();
    pgbench::fill(cluster, name, stored)?;
    Ok(process_on(&url, stripe, 32, 1, 0, stored, seconds)?.0)
}

fn sqlite(stripe: &Stripe, connections: u32, seconds: u32) -> Result<(Value, Value), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let servers = Server::start_all("ack", &url("ack.db"), None, 1, 0)?;
    let ack = send(&servers, connections, seconds)?;
    drop(servers);
    let (full, _) = process_on(&url("full.db"), stripe, connections, 1, 0, 0, seconds)?;
    Ok((ack, full))
}
