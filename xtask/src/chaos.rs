//! `cargo xtask chaos`: runs `tests/src/chaos.rs` with one seed after another, against a PostgreSQL
//! that is restarted during each run.

use std::error::Error;
use std::process::{Command, ExitCode};

use crate::test::cluster::Cluster;

/// Runs each seed and stops at the first one that breaks an invariant.
///
/// # Errors
/// If the programs can't be built or PostgreSQL can't be started.
pub(crate) fn run(first_seed: u64, runs: u64, events: u32) -> Result<ExitCode, Box<dyn Error>> {
    let built = crate::cargo()
        .args(["build", "--quiet", "--package", "djstripe-tests", "--bins"])
        .status()?;
    if !built.success() {
        return Err("the programs can't be built".into());
    }

    let program = std::env::current_exe()?.with_file_name("chaos");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let cluster = runtime.block_on(Cluster::start())?;

    for seed in first_seed..first_seed + runs {
        let name = format!("chaos_{seed}");
        cluster.create_database(&name)?;

        let mut command = Command::new(&program);
        command.args([
            seed.to_string(),
            events.to_string(),
            cluster.database_url(&name),
            cluster.restart_command(),
        ]);
        if !command.status()?.success() {
            eprintln!(
                "seed {seed} failed; to repeat it: cargo xtask chaos --seed {seed} --runs 1 --events {events}"
            );
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
