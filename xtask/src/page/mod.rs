//! `cargo xtask page`: requests every view of the operator's page over HTTP on a large database, on a
//! throwaway PostgreSQL with fsync on, and measures what a visitor costs the worker.
//!
//! The server, PostgreSQL and the fake API share the machine with the visitor.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod database;
mod figure;
mod fill;
mod http;
mod throughput;
mod views;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::load::process::{self, Process, Setup};
use crate::test::cluster::Cluster;
use database::Database;
use figure::Figure;
use http::{Ask, Visitor};
use throughput::Throughput;
use views::View;

type Failure = Box<dyn Error>;

/// Receivers besides the mirror's.
const RECEIVERS: usize = 20;

/// The options of the command.
pub(crate) struct Plan {
    /// File for the figures.
    pub(crate) json: Option<PathBuf>,
    /// Events that the database is filled with.
    pub(crate) events: u64,
    /// Objects that the database is filled with.
    pub(crate) objects: u64,
    /// Requests for each view.
    pub(crate) repeats: usize,
    /// Seconds that deliveries are sent in each round.
    pub(crate) seconds: u64,
    /// Rounds with and without a visitor; 0 leaves them out.
    pub(crate) rounds: usize,
    /// A database to fill if it is empty, and to keep.
    pub(crate) url: Option<String>,
    /// Only views whose name contains this are requested.
    pub(crate) only: String,
}

/// What the measurements need besides the database.
struct Setting<'a> {
    programs: &'a Path,
    server: &'a Process,
    /// Process id of PostgreSQL.
    postgres: u32,
}

impl Setting<'_> {
    /// CPU seconds of PostgreSQL and the server up to now.
    fn cpu_seconds(&self) -> f64 {
        process::cpu_seconds(self.postgres) + process::cpu_seconds(self.server.id())
    }
}

/// Set by Ctrl-C and by a request to terminate.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Measures everything, prints a table and writes the file. The exit code is a failure if something
/// exceeds its budget.
///
/// # Errors
/// A program that can't be built or started, or that fails, and an interruption.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode, Failure> {
    let programs = process::build()?;
    std::thread::spawn(note_signals);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;

    // Dropping it stops its server and removes its folder, after an interruption too.
    let cluster = runtime.block_on(Cluster::start())?;
    let database = Database::open(&cluster, plan.url.as_deref())?;
    let fake = Process::start_fake(&programs)?;
    let setup = Setup {
        database_url: database.url.clone(),
        api: fake.url(),
        workers: true,
        receivers: RECEIVERS,
        page_password: Some(http::PASSWORD),
    };

    // The first server creates the tables.
    drop(Process::start(&programs, &setup)?);
    if database
        .texts("SELECT 1 FROM djstripe_event LIMIT 1")?
        .is_empty()
    {
        fill::fill(&database, plan)?;
    }
    let server = Process::start(&programs, &setup)?;
    let setting = Setting {
        programs: &programs,
        server: &server,
        postgres: database.server_id()?,
    };

    let views = views::all(&database, plan)?;
    let visits = visits(&views);
    if plan.rounds > 0 && visits.is_empty() {
        return Err(
            "`--only` leaves the visitor no view to open: leave it out, or add `--rounds 0`".into(),
        );
    }
    let figures = measure(&setting, &views, plan)?;
    let throughput = match plan.rounds {
        0 => Throughput::default(),
        _ => throughput::measure(&database, &setting, plan, &visits)?,
    };
    report(plan, &figures, &throughput)
}

/// Requests every view, and prints a row for each.
fn measure(setting: &Setting<'_>, views: &[View], plan: &Plan) -> Result<Vec<Figure>, Failure> {
    println!("{}", figure::HEAD);
    let mut visitor = Visitor::new(&setting.server.url());
    let mut figures = Vec::with_capacity(views.len());
    for View { name, asks } in views {
        let (mut times, mut bytes) = (Vec::new(), 0);
        let before = setting.cpu_seconds();
        for ask in asks.iter().cycle().take(plan.repeats.max(1)) {
            interrupted()?;
            let answer = visitor.ask(ask);
            let answer = answer.map_err(|error| format!("{name}: {error}"))?;
            times.push(answer.took);
            bytes = bytes.max(answer.body.len());
        }

        let cpu = setting.cpu_seconds() - before;
        let figure = Figure::new(name, times, cpu, bytes);
        println!("{figure}");
        figures.push(figure);
    }
    Ok(figures)
}

/// What somebody looks at: the first request of each view, without the forms.
fn visits(views: &[View]) -> Vec<Ask> {
    let first = views.iter().filter_map(|view| view.asks.first());
    let looks = first.filter(|ask| matches!(ask, Ask::View(_)));
    looks.cloned().collect()
}

/// Prints what exceeds its budget, and writes the file.
fn report(plan: &Plan, figures: &[Figure], throughput: &Throughput) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::SUCCESS;
    for figure in figures.iter().filter(|figure| figure.is_slow()) {
        let (Figure { name, p95_ms, .. }, budget) = (figure, figure.budget_ms());
        println!(
            "above the budget: {name}: p95 is {p95_ms:.1} ms, at most {budget:.0} ms are allowed"
        );
        code = ExitCode::FAILURE;
    }
    if let Some(ratio) = throughput.ratio() {
        println!(
            "throughput of the worker with the page in use: {ratio:.3} of that without ({} requests)",
            throughput.requests
        );
        if ratio < throughput::BUDGET {
            let budget = throughput::BUDGET;
            println!("below the budget: the ratio must be at least {budget}");
            code = ExitCode::FAILURE;
        }
    }

    if let Some(path) = &plan.json {
        let summary = json!({
            "events": plan.events, "objects": plan.objects, "repeats": plan.repeats, "seconds": plan.seconds,
            "views": figures.iter().map(Figure::json).collect::<Vec<_>>(),
            "throughput": throughput.json(),
        });
        std::fs::write(path, serde_json::to_string_pretty(&summary)? + "\n")?;
    }
    Ok(code)
}

/// Fails after Ctrl-C or a request to terminate.
fn interrupted() -> Result<(), Failure> {
    if IS_INTERRUPTED.load(Ordering::Relaxed) {
        return Err("interrupted".into());
    }
    Ok(())
}

/// Waits for Ctrl-C or a request to terminate, which then don't end this program at once.
fn note_signals() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        IS_INTERRUPTED.store(true, Ordering::Relaxed);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_sends_no_forms() {
        let view = |ask: Ask| View {
            name: String::new(),
            asks: vec![ask],
        };
        let look = Ask::View("events".to_owned());
        let views = [
            view(look.clone()),
            view(Ask::Form("propose", String::new())),
        ];
        assert_eq!(visits(&views), [look]);
    }
}
