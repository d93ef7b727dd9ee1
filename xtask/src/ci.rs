//! `cargo xtask ci`: everything that must pass before a change lands, the fastest checks first.

use std::error::Error;
use std::process::Command;
use std::time::Instant;

/// Sets of features with which djstripe-core must compile.
const CORE_FEATURES: [&str; 7] = [
    "sqlite",
    "postgres",
    "sqlite,cli",
    "sqlite,dev",
    "sqlite,page",
    "sqlite,testing",
    "postgres,testing",
];

/// Sets of features with which djstripe-models must compile: no product group, each group alone,
/// all with tables.
const MODELS_FEATURES: [&str; 17] = [
    "",
    "billing",
    "checkout",
    "climate",
    "connect",
    "financial_connections",
    "identity",
    "issuing",
    "payments",
    "radar",
    "reporting",
    "tax",
    "terminal",
    "treasury",
    "v2",
    "webhooks",
    "all,postgres,sqlite",
];

/// Runs all steps until one fails.
///
/// # Errors
/// The step that failed.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    cargo(&["fmt", "--all", "--check"])?;
    crate::tidy::run(&crate::root(), false)?;
    cargo(&["xtask", "codegen", "--check"])?;
    cargo(&["xtask", "api", "--check"])?;

    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ])?;

    for (package, sets) in [
        ("djstripe-core", &CORE_FEATURES[..]),
        ("djstripe-models", &MODELS_FEATURES[..]),
    ] {
        for features in sets {
            cargo(&[
                "clippy",
                "--package",
                package,
                "--no-default-features",
                "--features",
                features,
                "--",
                "--deny",
                "warnings",
            ])?;
        }
    }

    step(
        "cargo",
        &["doc", "--workspace", "--no-deps"],
        &[("RUSTDOCFLAGS", "--deny warnings")],
    )?;
    cargo(&["xtask", "test"])
}

fn cargo(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    step("cargo", arguments, &[])
}

fn step(
    program: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<(), Box<dyn Error>> {
    let line = format!("{program} {}", arguments.join(" "));
    eprintln!("ci: {line}");

    let started = Instant::now();
    // A clean clone is built once: what makes the next build faster only takes time and space.
    let status = Command::new(program)
        .args(arguments)
        .env("CARGO_INCREMENTAL", "0")
        .envs(variables.iter().copied())
        .status()?;
    eprintln!("ci: {line}: {} s", started.elapsed().as_secs());
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{line}` failed: {status}").into())
    }
}
