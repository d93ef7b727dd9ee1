//! `cargo xtask load`: measures the rates of acknowledged and of processed events, and the rates
//! that pgbench reaches with one statement per event on the same PostgreSQL in the same run, with
//! fsync on.
//!
//! Server, load, PostgreSQL and the fake API share the machine, so only the ratios and the CPU time
//! per event are meaningful.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod database;
pub(crate) mod figure;
pub(crate) mod process;

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::test::cluster::Cluster;
use database::{Database, Script};
use figure::{Figure, median};
use process::{Process, Setup, run_client};

type Failure = Box<dyn Error>;

/// The options of the command.
pub(crate) struct Plan {
    /// File for the figures.
    pub(crate) json: Option<PathBuf>,
    /// Seconds that each measurement takes.
    pub(crate) seconds: u64,
    /// Number of times that each ratio is measured.
    pub(crate) rounds: usize,
    /// Whether to measure only the ratios at 32 connections, once and for a second each.
    pub(crate) quick: bool,
    /// Only measurements whose name contains this are run.
    pub(crate) only: String,
}

/// Measures everything, prints a table and writes the file.
///
/// # Errors
/// A program that can't be built or started, or that fails.
pub(crate) fn run(plan: &Plan) -> Result<(), Failure> {
    let programs = process::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let cluster = runtime.block_on(Cluster::start())?;
    let fake = Process::start_fake(&programs)?;
    let mut bench = Bench {
        plan,
        cluster: &cluster,
        programs,
        api: fake.url(),
        figures: Vec::new(),
    };

    bench.compare_with_pgbench()?;
    if !plan.quick {
        bench.processes()?;
        bench.stored()?;
        bench.receivers()?;
        bench.sqlite()?;
    }
    bench.report()
}

struct Bench<'a> {
    plan: &'a Plan,
    cluster: &'a Cluster,
    programs: PathBuf,
    /// URL of the fake API.
    api: String,
    figures: Vec<Figure>,
}

/// The point until which an event is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Acknowledged,
    Processed,
}

impl<'a> Bench<'a> {
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.plan.only)
    }

    fn seconds(&self) -> u64 {
        if self.plan.quick {
            1
        } else {
            self.plan.seconds.max(1)
        }
    }

    fn connections(&self) -> &'static [usize] {
        if self.plan.quick { &[32] } else { &[1, 8, 32] }
    }

    /// The scripts of a round run directly one after another, so that a disturbance of the machine
    /// affects all of them.
    fn compare_with_pgbench(&mut self) -> Result<(), Failure> {
        if !self.wants("one process") {
            return Ok(());
        }
        let rounds = if self.plan.quick {
            1
        } else {
            self.plan.rounds.max(1)
        };

        let database = self.database("beside")?;
        let only_receiving = self.setup(&database.url, false, 0);
        let working = self.setup(&database.url, true, 0);
        database.prepare_pgbench(
            &Process::start(&self.programs, &only_receiving)?,
            &self.programs,
        )?;

        for &connections in self.connections() {
            for round in 0..rounds {
                for script in [
                    Script::Insert,
                    Script::Transaction,
                    Script::BareInsert,
                    Script::BareTransaction,
                ] {
                    let figure = database.pgbench(script, connections, self.seconds())?;
                    self.note(figure);

                    let until = match script {
                        Script::Insert => Until::Acknowledged,
                        Script::Transaction => Until::Processed,
                        Script::BareInsert | Script::BareTransaction => continue,
                    };

                    let setup = if until == Until::Processed {
                        &working
                    } else {
                        &only_receiving
                    };

                    let servers = [Process::start(&self.programs, setup)?];
                    self.deliver(
                        "one process",
                        until,
                        &servers,
                        connections,
                        &database.url,
                        round == 0,
                    )?;
                    drop(servers);
                    database.empty()?;
                }
            }
        }
        Ok(())
    }

    fn processes(&mut self) -> Result<(), Failure> {
        for count in [1, 2, 4] {
            let name = format!("{count} processes");
            if !self.wants(&name) {
                continue;
            }

            let database = self.database(&format!("processes_{count}"))?;

            for until in [Until::Processed, Until::Acknowledged] {
                let setup = self.setup(&database.url, until == Until::Processed, 0);
                let servers: Vec<Process> = (0..count)
                    .map(|_| Process::start(&self.programs, &setup))
                    .collect::<Result<_, _>>()?;
                self.deliver(&name, until, &servers, 32, &database.url, true)?;
            }
        }
        Ok(())
    }

    /// The cost of an event must not depend on the number of stored events.
    fn stored(&mut self) -> Result<(), Failure> {
        if !self.wants("stored") {
            return Ok(());
        }
        let database = self.database("stored")?;
        let mut there = 0;
        for target in [10_000, 100_000, 1_000_000] {
            let (receiving, working) = (
                self.setup(&database.url, false, 0),
                self.setup(&database.url, true, 0),
            );

            // The first server creates the tables.
            drop(Process::start(&self.programs, &receiving)?);
            database.fill(there, target, &self.programs)?;
            there = target;

            let name = format!("{target} stored");
            let servers = [Process::start(&self.programs, &working)?];
            self.deliver(&name, Until::Processed, &servers, 32, &database.url, true)?;
            drop(servers);

            let servers = [Process::start(&self.programs, &receiving)?];
            self.deliver(
                &name,
                Until::Acknowledged,
                &servers,
                32,
                &database.url,
                true,
            )?;
            drop(servers);
            database.delete_unprocessed()?;
        }
        Ok(())
    }

    fn receivers(&mut self) -> Result<(), Failure> {
        for count in [1, 500] {
            let name = format!("{count} receivers");
            if !self.wants(&name) {
                continue;
            }

            let database = self.database(&format!("receivers_{count}"))?;
            let servers = [Process::start(
                &self.programs,
                &self.setup(&database.url, true, count),
            )?];
            self.deliver(&name, Until::Processed, &servers, 32, &database.url, true)?;
        }
        Ok(())
    }

    fn sqlite(&mut self) -> Result<(), Failure> {
        if !self.wants("SQLite") {
            return Ok(());
        }

        for connections in [1, 8, 32] {
            for until in [Until::Acknowledged, Until::Processed] {
                let folder = tempfile::tempdir()?;
                let url = format!("sqlite:{}", folder.path().join("load.db").display());
                let servers = [Process::start(
                    &self.programs,
                    &self.setup(&url, until == Until::Processed, 0),
                )?];
                self.deliver("SQLite", until, &servers, connections, &url, true)?;
            }
        }
        Ok(())
    }

    fn database(&self, name: &str) -> Result<Database<'a>, Failure> {
        Database::create(self.cluster, name)
    }

    fn setup(&self, database_url: &str, workers: bool, receivers: usize) -> Setup {
        Setup {
            database_url: database_url.to_owned(),
            api: self.api.clone(),
            workers,
            receivers,
            page_password: None,
        }
    }

    fn deliver(
        &mut self,
        name: &str,
        until: Until,
        servers: &[Process],
        connections: usize,
        database_url: &str,
        warm: bool,
    ) -> Result<(), Failure> {
        let urls = servers
            .iter()
            .map(Process::url)
            .collect::<Vec<_>>()
            .join(",");

        let (command, most) = match until {
            Until::Acknowledged => ("ack", if connections == 1 { 4_000 } else { 25_000 }),
            Until::Processed => ("full", if connections == 1 { 1_500 } else { 5_000 }),
        };

        let run = |events: u64| {
            run_client(
                &self.programs,
                command,
                &urls,
                connections,
                events,
                self.seconds(),
                database_url,
            )
        };

        // Creates the mirror's rows, as in a system that has been running for a while.
        run(if warm { 1_000 } else { 200 })?;

        let before = self.costs(servers);
        let answer = run(most * self.seconds())?;
        let after = self.costs(servers);

        let number = |key: &str| answer[key].as_f64().unwrap_or_default();
        let refused = answer["refused"].as_u64().unwrap_or_default();
        if refused > 0 {
            eprintln!("{name}: {refused} deliveries were refused");
        }

        let events = number("events").max(1.0);
        let cost = |before: f64, after: f64| Some((after - before) * 1e6 / events);

        self.note(Figure {
            name: format!(
                "{name}, {}",
                if until == Until::Processed {
                    "processed"
                } else {
                    "acknowledged"
                }
            ),
            connections,
            per_second: number(if until == Until::Processed {
                "processed_per_second"
            } else {
                "acknowledged_per_second"
            }),
            p50_ms: Some(number("p50_ms")),
            p99_ms: Some(number("p99_ms")),
            postgres_cpu_us: cost(before.0, after.0)
                .filter(|_| !database_url.starts_with("sqlite")),
            server_cpu_us: cost(before.1, after.1),
            server_rss_mib: servers
                .iter()
                .filter_map(|server| process::peak_mib(server.id()))
                .max_by(f64::total_cmp),
        });
        Ok(())
    }

    /// CPU seconds of PostgreSQL and of the servers up to now.
    fn costs(&self, servers: &[Process]) -> (f64, f64) {
        let postgres = self.cluster.server_id().map_or(0.0, process::cpu_seconds);
        (
            postgres,
            servers
                .iter()
                .map(|server| process::cpu_seconds(server.id()))
                .sum(),
        )
    }

    fn note(&mut self, figure: Figure) {
        if self.figures.is_empty() {
            println!("{}", figure::HEAD);
        }
        println!("{figure}");
        self.figures.push(figure);
    }

    fn rate(&self, name: &str, connections: usize) -> Option<f64> {
        median(self.of(name, connections).map(|figure| figure.per_second))
    }

    fn of<'f>(&'f self, name: &'f str, connections: usize) -> impl Iterator<Item = &'f Figure> {
        self.figures
            .iter()
            .filter(move |figure| figure.name == name && figure.connections == connections)
    }

    fn report(&self) -> Result<(), Failure> {
        let mut summary = Map::new();
        let (acknowledged, processed) = ("one process, acknowledged", "one process, processed");
        println!("\n| ratios of medians, fsync on | value |\n|---|---|");

        for connections in [32, 8, 1] {
            let suffix = if connections == 32 {
                String::new()
            } else {
                format!("_at_{connections}")
            };
            for (key, ours, theirs) in [
                ("ratio_ack_vs_pgbench_insert", acknowledged, Script::Insert),
                ("ratio_full_vs_pgbench_txn", processed, Script::Transaction),
                (
                    "ratio_ack_vs_pgbench_bare_insert",
                    acknowledged,
                    Script::BareInsert,
                ),
                (
                    "ratio_full_vs_pgbench_bare_txn",
                    processed,
                    Script::BareTransaction,
                ),
            ] {
                let pair = self
                    .rate(ours, connections)
                    .zip(self.rate(theirs.name(), connections));
                if let Some((ours, theirs)) = pair {
                    println!("| {key}{suffix} | {:.2} |", ours / theirs);
                    summary.insert(format!("{key}{suffix}"), json!(rounded(ours / theirs)));
                }
            }
        }

        let peak = |name| {
            self.of(name, 32)
                .filter_map(|figure| figure.server_rss_mib)
                .max_by(f64::total_cmp)
        };

        if let Some(mib) = peak(acknowledged)
            .into_iter()
            .chain(peak(processed))
            .max_by(f64::total_cmp)
        {
            println!("| server_rss_mib | {mib:.1} |");
            summary.insert("server_rss_mib".to_owned(), json!(rounded(mib)));
        }

        if let Some(path) = &self.plan.json {
            summary.insert("seconds".to_owned(), json!(self.seconds()));
            summary.insert(
                "figures".to_owned(),
                self.figures.iter().map(Figure::json).collect(),
            );
            write(path, &Value::Object(summary))?;
        }
        Ok(())
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn write(path: &Path, summary: &Value) -> Result<(), Failure> {
    Ok(std::fs::write(
        path,
        serde_json::to_string_pretty(summary)? + "\n",
    )?)
}
