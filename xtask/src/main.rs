//! Developer commands of this workspace; CONTRIBUTING.md says when to use which.

mod api;
mod backfill;
mod chaos;
mod ci;
mod codegen;
mod facts;
mod import;
mod load;
mod page;
mod spec;
mod test;
mod tidy;
mod timings;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Developer commands of this workspace.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run all tests with a throwaway PostgreSQL
    Test {
        /// Leave out the tests that need this package from outside
        #[arg(long, value_name = "NAME")]
        without: Vec<test::Package>,
        /// Arguments of every test binary: part of a test's name, or an option of the test runner
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Kill processes, cut connections and restart PostgreSQL while events come in; check that no
    /// event is lost or processed twice
    Chaos {
        /// Seed of the first run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Number of runs, each with the next seed
        #[arg(long, default_value_t = 20)]
        runs: u64,
        /// Number of events in each run
        #[arg(long, default_value_t = 300)]
        events: u32,
    },
    /// Compare the rates of acknowledged and processed events with pgbench, on a throwaway
    /// PostgreSQL
    Load {
        /// Write all figures to this file as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Seconds that each measurement takes
        #[arg(long, default_value_t = 4)]
        seconds: u64,
        /// Number of times that each ratio is measured; the result is the median
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Only measure the ratios, once, at 32 connections, one second each
        #[arg(long)]
        quick: bool,
        /// Only run measurements whose name contains this
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Measure a sync, and check one that races with events, on a throwaway PostgreSQL
    Backfill {
        /// Write all figures to this file as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Use a fraction of the objects
        #[arg(long)]
        quick: bool,
    },
    /// Measure every view of the operator's page on a large database, and what a visitor costs the
    /// worker, on a throwaway PostgreSQL
    Page {
        /// Write all figures to this file as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Number of events, a tenth of them dead
        #[arg(long, default_value_t = 10_000_000)]
        events: u64,
        /// Number of objects
        #[arg(long, default_value_t = 1_000_000)]
        objects: u64,
        /// Number of requests for each view
        #[arg(long, default_value_t = 40)]
        repeats: usize,
        /// Seconds that deliveries are sent in each round of the worker's throughput
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Number of rounds with and without a visitor; 0 leaves them out
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// Use this database instead, fill it only if it has no events, and keep it
        #[arg(long)]
        url: Option<String>,
        /// Only request views whose name contains this
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Reduce a description of Stripe's API to the facts in spec/
    #[command(group = clap::ArgGroup::new("source").required(true))]
    Import {
        /// Stripe's OpenAPI document as JSON, the public one or the one for SDKs
        #[arg(long, value_name = "FILE", group = "source")]
        openapi: Option<PathBuf>,
        /// The unpacked folder of Stripe's package for Node
        #[arg(long, value_name = "PACKAGE_DIR", group = "source")]
        npm: Option<PathBuf>,
    },
    /// Write everything under generated/ from spec/, offline
    Codegen {
        /// Change nothing; fail if a file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Write the list of public items, djstripe-core/api.txt
    Api {
        /// Change nothing; fail if a file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Check the rules that no other tool checks
    Tidy {
        /// List the long functions without a blank line
        #[arg(long)]
        verbose: bool,
    },
    /// Measure what building costs compared to diesel, and check the budgets
    Timings,
    /// Run a command and print its CPU seconds, its peak MiB and the number of crates that it
    /// compiled
    #[command(hide = true)]
    Measure {
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Run everything that must pass before a change lands
    Ci,
}

/// Cargo without the variables that `cargo run` sets for this program. ring's build script runs
/// again when they change, and everything that depends on ring is then rebuilt.
fn cargo() -> std::process::Command {
    let mut cargo =
        std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The workspace's folder, independent of the current one.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test { without, arguments } => test::run(&without, &arguments).map_err(Into::into),
        Command::Chaos { seed, runs, events } => chaos::run(seed, runs, events),
        Command::Load {
            json,
            seconds,
            rounds,
            quick,
            only,
        } => load::run(&load::Plan {
            json,
            seconds,
            rounds,
            quick,
            only,
        })
        .map(|()| ExitCode::SUCCESS),
        Command::Backfill { json, quick } => backfill::run(json.as_deref(), quick),
        Command::Page {
            json,
            events,
            objects,
            repeats,
            seconds,
            rounds,
            url,
            only,
        } => page::run(&page::Plan {
            json,
            events: events.max(1_000),
            objects: objects.max(1_000),
            repeats,
            seconds,
            rounds,
            url,
            only,
        }),
        Command::Import { openapi, npm } => {
            let openapi = openapi.as_deref().map(import::Source::OpenApi);
            let source = openapi.or(npm.as_deref().map(import::Source::Npm));
            let mut sources = source.iter();
            sources
                .try_for_each(|source| import::run(source, &root()))
                .map(|()| ExitCode::SUCCESS)
        }
        Command::Codegen { check } => codegen::run(&root(), check).map(|()| ExitCode::SUCCESS),
        Command::Api { check } => api::run(&root(), check).map(|()| ExitCode::SUCCESS),
        Command::Tidy { verbose } => tidy::run(&root(), verbose).map(|()| ExitCode::SUCCESS),
        Command::Timings => timings::run(&root()).map(|()| ExitCode::SUCCESS),
        Command::Measure { command } => timings::measure(&command).map(|()| ExitCode::SUCCESS),
        Command::Ci => ci::run().map(|()| ExitCode::SUCCESS),
    };

    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        causes.for_each(|cause| eprintln!("  caused by: {cause}"));
        ExitCode::FAILURE
    })
}
