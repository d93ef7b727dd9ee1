//! `cargo xtask timings`: what building costs, beside the budgets. CPU seconds, as the clock depends on who else works.
#![expect(clippy::print_stdout, reason = "the figures are what is asked for")]

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

/// Receivers of the application that is built to tell what one costs.
const RECEIVERS: usize = 1_000;
/// Events that they listen to.
const NAMES: usize = 200;

/// What a command cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    cpu_seconds: f64,
    peak_mib: u64,
    crates: usize,
}

/// Measures everything and prints a table.
///
/// # Errors
/// A build that failed.
pub(crate) fn run(root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("target");
    println!("| what | CPU s | peak rustc MiB | budget |\n|---|---|---|---|");
    for (what, features, budget) in [
        (
            "djstripe-models, default features",
            "billing,checkout",
            "8 CPU s, 1536 MiB",
        ),
        (
            "djstripe-models, all features with tables",
            "all,postgres,sqlite",
            "30 CPU s, 1536 MiB",
        ),
    ] {
        let cost = models(root, &target, features)?;
        println!(
            "| {what} | {:.1} | {} | {budget} |",
            cost.cpu_seconds, cost.peak_mib
        );
    }
    let application = Application {
        root,
        folder: folder.path().join("application"),
        target,
    };
    let one = application.clean_build()?;
    println!(
        "| application with one receiver, clean, {} crates | {:.1} | {} | |",
        one.crates, one.cpu_seconds, one.peak_mib
    );
    let annotated = application.rebuild(&receivers(true)?)?;
    let plain = application.rebuild(&receivers(false)?)?;
    let each = (annotated.cpu_seconds - plain.cpu_seconds) * 1_000.0 / RECEIVERS as f64;
    println!(
        "| {RECEIVERS} receivers over {NAMES} events | {:.1} | {} | |",
        annotated.cpu_seconds, annotated.peak_mib
    );
    println!(
        "| the same functions unannotated | {:.1} | {} | |",
        plain.cpu_seconds, plain.peak_mib
    );
    println!("| each receiver | {each:.2} ms | | 5 ms |");
    Ok(())
}

/// `cargo xtask measure …`: runs a command and prints what it cost. A process of its own, as the system tells the peak
/// only of all children together.
///
/// # Errors
/// A command that can't be run or fails.
pub(crate) fn measure(command: &[String]) -> Result<(), Box<dyn Error>> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let output = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("`{}` failed:\n{log}", command.join(" ")).into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu_seconds = seconds(usage.user_time()) + seconds(usage.system_time());
    let crates = log
        .lines()
        .filter(|line| line.trim_start().starts_with("Compiling"))
        .count();
    println!("{cpu_seconds} {} {crates}", usage.max_rss() / 1024);
    Ok(())
}

fn cost_of(command: &[&str]) -> Result<Cost, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .arg("measure")
        .arg("--")
        .args(command)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let printed = String::from_utf8(output.stdout)?;
    let mut words = printed.split_whitespace();
    let mut next = || words.next().ok_or("no figure");
    Ok(Cost {
        cpu_seconds: next()?.parse()?,
        peak_mib: next()?.parse()?,
        crates: next()?.parse()?,
    })
}

/// The crate alone: what it depends on is built before.
fn models(root: &Path, target: &Path, features: &str) -> Result<Cost, Box<dyn Error>> {
    let manifest = root
        .join("djstripe-models/Cargo.toml")
        .display()
        .to_string();
    let target = target.display().to_string();
    let build = [
        "cargo",
        "build",
        "--manifest-path",
        &manifest,
        "--target-dir",
        &target,
        "--no-default-features",
        "--features",
        features,
        "--config",
        "profile.dev.incremental=false",
    ];
    cost_of(&build)?;
    let clean = [
        "cargo",
        "clean",
        "--manifest-path",
        &manifest,
        "--target-dir",
        &target,
        "--package",
        "djstripe-models",
    ];
    cost_of(&clean)?;
    cost_of(&build)
}

/// An application outside of the workspace.
struct Application<'a> {
    root: &'a Path,
    folder: PathBuf,
    target: PathBuf,
}

impl Application<'_> {
    fn clean_build(&self) -> Result<Cost, Box<dyn Error>> {
        std::fs::create_dir_all(self.folder.join("src"))?;
        let core = self.root.canonicalize()?.join("djstripe-core");
        let manifest = format!(
            "[package]\nname = \"application\"\nedition = \"2024\"\n[dependencies]\ndjstripe-core = {{ path = {core:?} }}\n\
             [workspace]\n[profile.dev]\nincremental = false\n"
        );
        std::fs::write(self.folder.join("Cargo.toml"), manifest)?;
        std::fs::copy(self.root.join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        std::fs::remove_dir_all(&self.target)?;
        let source = "#[djstripe_core::stripe_receiver(\"invoice.paid\")]\nfn ship() {}\n";
        self.rebuild(&format!("{source}{MAIN}"))
    }

    fn rebuild(&self, source: &str) -> Result<Cost, Box<dyn Error>> {
        std::fs::write(self.folder.join("src/main.rs"), source)?;
        let (manifest, target) = (
            self.folder.join("Cargo.toml"),
            self.target.display().to_string(),
        );
        cost_of(&[
            "cargo",
            "build",
            "--manifest-path",
            &manifest.display().to_string(),
            "--target-dir",
            &target,
        ])
    }
}

const MAIN: &str = "fn main() -> std::process::ExitCode {\n    \
                    djstripe_core::cli::main(djstripe_core::Djstripe::builder())\n}\n";

fn receivers(annotated: bool) -> Result<String, Box<dyn Error>> {
    let names: Vec<String> = crate::spec::Spec::read(&crate::root().join("spec"))?
        .events
        .into_iter()
        .filter(|(_, event)| event.since.is_none())
        .map(|(name, _)| name)
        .take(NAMES)
        .collect();
    let mut source = "use djstripe_core::Event;\n".to_owned();
    for number in 0..RECEIVERS {
        if annotated {
            writeln!(
                source,
                "#[djstripe_core::stripe_receiver({:?})]",
                names[number % names.len()]
            )?;
        }
        writeln!(
            source,
            "pub async fn receiver_{number}(event: &Event) -> Result<(), std::io::Error> {{ let _ = event; Ok(()) }}"
        )?;
    }
    Ok(source + MAIN)
}
