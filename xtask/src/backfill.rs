//! `cargo xtask backfill`: filling the mirror under fire, how fast it is beside plain statements, what memory and how many
//! requests it takes, and how much of a rate limit it uses. On a PostgreSQL of this run, with fsync.
//!
//! Sync, PostgreSQL and the fake Stripe share the machine: what counts are the ratios.
#![expect(clippy::print_stdout, reason = "the figures are what is asked for")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::{Map, Value};

use crate::test::cluster::Cluster;

/// Measures everything, prints it, and writes the file.
///
/// # Errors
/// If the programs can't be built or PostgreSQL can't be started.
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
    if !crate::cargo()
        .args(["build", "--quiet", "--release"])
        .args(programs)
        .status()?
        .success()
    {
        return Err("the programs can't be built".into());
    }
    // This one runs from `target/debug`.
    let own = std::env::current_exe()?;
    Ok(own
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("target"))
        .join("release"))
}
