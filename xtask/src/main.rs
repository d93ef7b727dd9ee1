//! Developer commands of this workspace; CONTRIBUTING.md says when to use which.

mod api;
mod backfill;
mod chaos;
mod ci;
mod codegen;
mod import;
mod load;
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
    /// Run all tests, with a throwaway PostgreSQL
    Test {
        /// Passed to every test binary: a part of a test's name, or an option of the test runner
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Kill processes, cut connections and restart PostgreSQL while events come in; check that nothing is lost or doubled
    Chaos {
        /// Seed of the first run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Runs, each from the next seed
        #[arg(long, default_value_t = 20)]
        runs: u64,
        /// Events in each run
        #[arg(long, default_value_t = 300)]
        events: u32,
    },
    /// Measure acknowledgement and processing beside pgbench, on a PostgreSQL of this run
    Load {
        /// Write all figures to this file
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Length of each measurement
        #[arg(long, default_value_t = 4)]
        seconds: u64,
        /// How often each ratio is measured; the median counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// One round of a second each, at 32 connections, and nothing else
        #[arg(long)]
        quick: bool,
        /// Only measurements with this in their name
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Fill the mirror under fire, and measure how fast that is, on a PostgreSQL of this run
    Backfill {
        /// Write all figures to this file
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// A twentieth of it
        #[arg(long)]
        quick: bool,
    },
    /// Reduce an OpenAPI document of Stripe to the facts in spec/
    Import {
        /// The document, public or for SDKs, as JSON
        #[arg(long, value_name = "FILE")]
        openapi: PathBuf,
    },
    /// Write everything under generated/ from spec/, offline
    Codegen {
        /// Change nothing; fail if there is something to change
        #[arg(long)]
        check: bool,
    },
    /// Write the list of public items, djstripe-core/api.txt
    Api {
        /// Change nothing; fail if there is something to change
        #[arg(long)]
        check: bool,
    },
    /// Check the rules that no other tool checks
    Tidy {
        /// List the long functions without a blank line
        #[arg(long)]
        verbose: bool,
    },
    /// Measure what building costs, beside the budgets
    Timings,
    /// Run a command and print its CPU seconds, its peak MiB and how many crates it compiled
    #[command(hide = true)]
    Measure {
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Run everything that must pass before a change lands
    Ci,
}

/// Cargo, without what the run of this program has told its environment: ring's build script runs again when that changes,
/// and everything above ring is built anew with it.
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

/// The workspace, wherever the command was called.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test { arguments } => test::run(&arguments).map_err(Into::into),
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
        Command::Import { openapi } => {
            import::run(&openapi, &root().join("spec")).map(|()| ExitCode::SUCCESS)
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
        causes.for_each(|cause| eprintln!("  because: {cause}"));
        ExitCode::FAILURE
    })
}
