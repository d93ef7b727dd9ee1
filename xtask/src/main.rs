//! Developer commands of this workspace; CONTRIBUTING.md says when to use which.

mod ci;
mod test;
mod tidy;

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
    /// Check the rules that no other tool checks
    Tidy,
    /// Run everything that must pass before a change lands
    Ci,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test { arguments } => test::run(&arguments).map_err(Into::into),
        Command::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
        Command::Ci => ci::run().map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        causes.for_each(|cause| eprintln!("  because: {cause}"));
        ExitCode::FAILURE
    })
}
