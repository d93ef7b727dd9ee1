//! `cargo xtask ci`: everything that must pass before a change lands, in the order in which it fails fastest.

use std::error::Error;
use std::process::Command;

/// Feature sets that must compile alone, beside the defaults.
const FEATURE_SETS: [(&str, &str); 4] = [
    ("djstripe-core", "sqlite"),
    ("djstripe-core", "postgres"),
    ("djstripe-core", "sqlite,cli"),
    ("djstripe-models", ""),
];

/// Runs every step; the first that fails ends it.
///
/// # Errors
/// The step that failed.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    cargo(&["fmt", "--all", "--check"])?;
    crate::tidy::run()?;
    cargo(&["xtask", "codegen", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    for (package, features) in FEATURE_SETS {
        cargo(&["check", "--package", package, "--no-default-features", "--features", features])?;
    }
    step("cargo", &["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "--deny warnings")])?;
    cargo(&["xtask", "test"])
}

fn cargo(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    step("cargo", arguments, &[])
}

fn step(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Box<dyn Error>> {
    let line = format!("{program} {}", arguments.join(" "));
    eprintln!("ci: {line}");
    let status = Command::new(program).args(arguments).envs(variables.iter().copied()).status()?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed: {status}").into()) }
}
