//! `cargo xtask backfill`: measures a sync into a throwaway PostgreSQL with fsync on: its speed
//! compared to plain statements, its memory, its number of requests, and its use of a rate limit.
//! One more sync races with events, and its result is compared with the fake Stripe.
//!
//! Sync, PostgreSQL and the fake Stripe share the machine, so only the ratios are meaningful.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::{Map, Value};

use crate::test::cluster::Cluster;

/// Measures everything, prints the figures and writes them to the file. The exit code is a failure
/// if the race corrupted the mirror.
///
/// # Errors
/// If a program can't be built or fails, or PostgreSQL can't be started.
pub(crate) fn run(json: Option<&Path>, quick: bool) -> Result<ExitCode, Box<dyn Error>> {
    let programs = build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let cluster = runtime.block_on(Cluster::start())?;

    let (race, speed, memory, limit) = if quick {
        (1_000, 4_000, [4_000, 20_000], 400)
    } else {
        (20_000, 20_000, [20_000, 200_000], 2_000)
    };

    let mut answers = Map::new();
    let plan = [
        ("speed", speed),
        ("memory", memory[0]),
        ("memory", memory[1]),
        ("limit", limit),
        ("race", race),
    ];

    for (command, size) in plan {
        let name = format!("{command}_{size}");
        cluster.create_database(&name)?;

        let mut measuring = Command::new(programs.join("backfill"));
        measuring
            .args([command, &cluster.database_url(&name), &size.to_string()])
            .stderr(Stdio::inherit());
        let output = measuring.output()?;
        if !output.status.success() {
            return Err(format!("{name} failed").into());
        }

        let answer: Value = serde_json::from_slice(&output.stdout)?;
        println!("{name}: {answer}");
        answers.insert(name, answer);
    }

    let answers = Value::Object(answers);
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(&answers)?)?;
    }

    let is_broken = answers[format!("race_{race}")]["broken"] != 0;
    Ok(if is_broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Builds the programs for release and returns their folder.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    let programs = [
        "--package",
        "djstripe-tests",
        "--bin",
        "backfill",
        "--bin",
        "counter",
    ];
    let status = crate::cargo()
        .args(["build", "--quiet", "--release"])
        .args(programs)
        .status()?;
    if !status.success() {
        return Err("the programs can't be built".into());
    }

    // This program runs from `target/debug`.
    let own = std::env::current_exe()?;
    Ok(own
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("target"))
        .join("release"))
}
