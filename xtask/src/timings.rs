//! `cargo xtask timings`: what building costs, as a ratio to what building diesel costs in the same
//! run.
//!
//! CPU seconds, because the wall clock depends on what else the machine does; ratios, because CPU
//! seconds differ from machine to machine.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

/// Receivers of the application that shows what one of them costs.
const RECEIVERS: usize = 1_000;
/// Events that they listen to.
const NAMES: usize = 200;

/// Most MiB that a rustc may need for the models.
const MOST_MIB: u64 = 1_536;

/// Features of the models to measure, with the most that building them may cost in relation to
/// diesel.
const MODELS: [(&str, &str, f64); 2] = [
    (
        "djstripe-models, default features",
        "billing,checkout",
        0.75,
    ),
    (
        "djstripe-models, all features with tables",
        "all,postgres,sqlite",
        1.4,
    ),
];

/// The most that the attributes of all [`RECEIVERS`] may cost in relation to diesel.
const RECEIVERS_BUDGET: f64 = 0.5;

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
/// A build that failed, and what is over its budget.
pub(crate) fn run(root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("target");
    let mut table = Table {
        yardstick: diesel(root, &folder.path().join("diesel"), &target)?,
        over: Vec::new(),
    };
    println!("| what | CPU s | ratio to diesel | peak rustc MiB | budget |\n|---|---|---|---|---|");
    table.row(
        "diesel, the features that djstripe uses",
        table.yardstick,
        None,
    );

    for (what, features, budget) in MODELS {
        let cost = models(root, &target, features)?;
        table.row(what, cost, Some(budget));
        if cost.peak_mib > MOST_MIB {
            table
                .over
                .push(format!("{what}: {} MiB of {MOST_MIB}", cost.peak_mib));
        }
    }

    let application = Application {
        root,
        folder: folder.path().join("application"),
        target,
    };
    let one = application.clean_build()?;
    let name = format!(
        "application with one receiver, clean, {} crates",
        one.crates
    );
    table.row(&name, one, None);

    let annotated = application.rebuild(&receivers(true)?)?;
    let plain = application.rebuild(&receivers(false)?)?;
    let name = format!("{RECEIVERS} receivers over {NAMES} events");
    table.row(&name, annotated, None);
    table.row("the same functions without the attribute", plain, None);

    let attributes = Cost {
        cpu_seconds: annotated.cpu_seconds - plain.cpu_seconds,
        ..annotated
    };
    let each = attributes.cpu_seconds * 1_000.0 / RECEIVERS as f64;
    let name = format!("the difference, {each:.2} ms a receiver");
    table.row(&name, attributes, Some(RECEIVERS_BUDGET));

    if table.over.is_empty() {
        Ok(())
    } else {
        Err(format!("over budget:\n  {}", table.over.join("\n  ")).into())
    }
}

/// The rows are printed as they are measured.
struct Table {
    yardstick: Cost,
    /// What is over its budget.
    over: Vec<String>,
}

impl Table {
    fn row(&mut self, what: &str, cost: Cost, budget: Option<f64>) {
        let ratio = cost.cpu_seconds / self.yardstick.cpu_seconds;
        let budget_cell = budget.map_or_else(String::new, |budget| format!("{budget:.2}"));
        println!(
            "| {what} | {:.1} | {ratio:.2} | {} | {budget_cell} |",
            cost.cpu_seconds, cost.peak_mib
        );

        if let Some(budget) = budget.filter(|budget| ratio > *budget) {
            self.over.push(format!("{what}: {ratio:.2} of {budget:.2}"));
        }
    }
}

/// `cargo xtask measure …`: runs a command and prints what it cost. A process of its own, because
/// the system reports the peak of all children together only.
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

/// diesel alone, in the version, with the features and with the profile that the models use.
fn diesel(root: &Path, folder: &Path, target: &Path) -> Result<Cost, Box<dyn Error>> {
    std::fs::create_dir_all(folder.join("src"))?;
    let manifest = "[package]\nname = \"yardstick\"\nedition = \"2024\"\n\
                    [dependencies.diesel]\nversion = \"2\"\ndefault-features = false\n\
                    features = [\"32-column-tables\", \"postgres_backend\", \"sqlite\"]\n\
                    [workspace]\n[profile.dev]\ndebug = \"line-tables-only\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("src/lib.rs"), "")?;
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    alone("diesel", &folder.join("Cargo.toml"), target, &[])
}

fn models(root: &Path, target: &Path, features: &str) -> Result<Cost, Box<dyn Error>> {
    let manifest = root.join("djstripe-models/Cargo.toml");
    let features = ["--no-default-features", "--features", features];
    alone("djstripe-models", &manifest, target, &features)
}

/// The cost of one package: its dependencies are built first.
fn alone(
    package: &str,
    manifest: &Path,
    target: &Path,
    features: &[&str],
) -> Result<Cost, Box<dyn Error>> {
    let (manifest, target) = (manifest.display().to_string(), target.display().to_string());
    let place = ["--manifest-path", &manifest, "--target-dir", &target];
    let mut build = vec![
        "cargo",
        "build",
        "--config",
        "profile.dev.incremental=false",
    ];
    build.extend(place);
    build.extend(features);
    let mut clean = vec!["cargo", "clean", "--package", package];
    clean.extend(place);

    cost_of(&build)?;
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
