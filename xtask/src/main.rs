//! Developer commands of this workspace; CONTRIBUTING.md says when to use which.

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
    /// Measure acknowledgement and processing beside pgbench, in one run
    Load {
        /// Seconds of each measurement
        #[arg(long, default_value_t = 10)]
        seconds: u32,
        /// One process on PostgreSQL only
        #[arg(long)]
        quick: bool,
        /// Where to write the figures
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
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
    /// Check the rules that no other tool checks
    Tidy,
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

/// The workspace, wherever the command was called.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test { arguments } => test::run(&arguments).map_err(Into::into),
        Command::Chaos { seed, runs, events } => chaos::run(seed, runs, events),
        Command::Load { seconds, quick, json } => {
            load::run(&load::Load { seconds, quick, json }).map(|()| ExitCode::SUCCESS)
        }
        Command::Import { openapi } => import::run(&openapi, &root().join("spec")).map(|()| ExitCode::SUCCESS),
        Command::Codegen { check } => codegen::run(&root(), check).map(|()| ExitCode::SUCCESS),
        Command::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
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
