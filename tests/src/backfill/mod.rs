//! A sync under adverse conditions: its process is killed repeatedly, Stripe fails from time to
//! time, and webhooks race with it.
//!
//! Invariant: afterwards the mirror is equal to Stripe, and no page was fetched more often than
//! once plus once for each kill.

mod changes;
mod compare;
pub mod measure;
pub mod stripe;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use djstripe_core::testing::FakeStripe;
use djstripe_core::verify::VerifyOptions;
use djstripe_core::{AccountScope, Djstripe, receivers};
use serde_json::Value;
use tokio::sync::watch;

use crate::client;
use stripe::Sizes;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The types of object that are synced.
pub const OBJECTS: [&str; 5] = [
    "account",
    "product",
    "customer",
    "subscription",
    "payment_method",
];

/// Lease of a list: how long the list of a killed process stays locked.
const LEASE: &str = "400ms";

/// Parameters of a run.
#[derive(Clone, Debug)]
pub struct Backfill {
    /// Seed of all random decisions.
    pub seed: u64,
    /// Numbers of objects at Stripe.
    pub sizes: Sizes,
    /// Fraction of the requests that fail.
    pub faults: f64,
    /// How often the sync is killed with SIGKILL.
    pub kills: u32,
    /// The `counter` program.
    pub program: PathBuf,
    /// An empty database.
    pub database_url: String,
}

/// What happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How often the sync was killed.
    pub kills: u32,
    /// Changes at Stripe during the sync, of which webhooks were delivered.
    pub webhooks: usize,
    /// Successful list requests.
    pub pages: usize,
    /// Successful requests of the page that was fetched most often.
    pub most_for_one_page: usize,
    /// Objects that `verify` compared afterwards.
    pub verified: u64,
    /// Duration of the run.
    pub took: Duration,
    /// The violations of the invariant; empty if it holds.
    pub violations: Vec<String>,
}

/// A sync in a process of its own. Dropping it kills the process.
pub(crate) struct SyncProcess {
    child: Child,
    output: Option<JoinHandle<Vec<String>>>,
}

impl SyncProcess {
    /// Starts a sync; `arguments` follow `sync` on the command line.
    pub(crate) fn start(
        program: &Path,
        database_url: &str,
        stripe_url: &str,
        arguments: &[&str],
    ) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .args(["sync", "--json", "--database-url", database_url])
            .args(arguments)
            .env("STRIPE_SECRET_KEY", "sk_test_fake")
            .env("STRIPE_API_BASE", stripe_url)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;

        // A thread reads the output, because the process would block on a full pipe.
        let stdout = child.stdout.take();
        let output = std::thread::spawn(move || {
            let lines = stdout
                .into_iter()
                .flat_map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok));
            lines
                .filter(|line| !line.contains(r#""event":"stored""#))
                .collect()
        });

        Ok(Self {
            child,
            output: Some(output),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The output without progress reports. Blocks until the process has exited.
    pub(crate) fn output(&mut self) -> Vec<String> {
        self.output
            .take()
            .and_then(|output| output.join().ok())
            .unwrap_or_default()
    }

    /// Whether the process was successful. `None` if it still runs.
    pub(crate) fn finished(&mut self) -> std::io::Result<Option<bool>> {
        Ok(self.child.try_wait()?.map(|status| status.success()))
    }
}

impl Drop for SyncProcess {
    fn drop(&mut self) {
        // This sends SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An application in this process that receives webhooks.
async fn receiver(
    database_url: &str,
    stripe: &FakeStripe,
) -> Result<Djstripe, djstripe_core::BuildError> {
    Djstripe::builder()
        .webhook_secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .client_options(client::fast)
        .retry_schedule([Duration::from_millis(200); 30])
        .database_url(database_url)
        .receivers(receivers::built_in())
        .build()
        .await
}

/// Runs a sync with kills, faults and webhooks, and checks the invariant afterwards.
///
/// # Errors
/// If the run can't be set up, or if the sync fails for another reason than a kill.
pub async fn run(backfill: &Backfill) -> Result<Report, Failure> {
    let started = Instant::now();
    let stripe = FakeStripe::start().await?;
    stripe::fill(&stripe, &backfill.sizes, backfill.seed);
    let app = receiver(&backfill.database_url, &stripe).await?;
    stripe.fault_rate(backfill.faults, backfill.seed);

    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn({
        let (app, stopped) = (app.clone(), stopped.clone());
        async move { app.work(stopped).await }
    });
    let changes = tokio::spawn(changes::race(
        app.clone(),
        stripe.clone(),
        backfill.clone(),
        stopped,
    ));

    let mut report = Report::default();
    let synced = sync(backfill, &stripe, &mut report).await;

    // The tasks are stopped first, so that a failed sync does not leave them running.
    stop.send_replace(true);
    report.webhooks = changes.await??;
    worker.await?;
    synced?;
    app.work_until_idle().await?;

    count_pages(&stripe, &mut report);
    let differences = compare::differences(&app, &stripe, &backfill.sizes).await?;
    report.violations.extend(differences);
    verify(&app, &mut report).await?;
    report.took = started.elapsed();

    Ok(report)
}

/// Counts how often each page was fetched successfully.
fn count_pages(stripe: &FakeStripe, report: &mut Report) {
    let mut pages: HashMap<String, usize> = HashMap::new();
    for request in stripe.requests() {
        let is_success = request.status == 200 && request.method == "GET";
        if is_success && request.query.contains("limit=") {
            let account = request.account.unwrap_or_default();
            let page = format!("{account} {}?{}", request.path, request.query);
            *pages.entry(page).or_default() += 1;
        }
    }

    report.pages = pages.values().sum();
    report.most_for_one_page = pages.values().copied().max().unwrap_or_default();

    let allowed = 1 + report.kills as usize;
    for (page, times) in pages {
        if times > allowed {
            report
                .violations
                .push(format!("{page} was fetched {times} times"));
        }
    }
}

/// Adds the findings of `verify` to the report.
async fn verify(app: &Djstripe, report: &mut Report) -> Result<(), Failure> {
    let objects = [&OBJECTS[..], &["subscription_item"]].concat();
    let options = VerifyOptions {
        objects: objects.into_iter().map(str::to_owned).collect(),
        accounts: AccountScope::All,
        ..VerifyOptions::default()
    };

    let violations = &mut report.violations;
    let verified = app
        .verify(&options, |finding| {
            violations.push(format!("verify: {finding}"))
        })
        .await?;
    report.verified = verified.types.values().map(|of| of.compared).sum();

    Ok(())
}

/// Syncs, and kills the process as often as the run demands.
async fn sync(
    backfill: &Backfill,
    stripe: &FakeStripe,
    report: &mut Report,
) -> Result<(), Failure> {
    let options = ["--lease", LEASE, "--concurrency", "8", "--all-accounts"];
    let arguments = [&options[..], &OBJECTS].concat();
    let start = || {
        SyncProcess::start(
            &backfill.program,
            &backfill.database_url,
            stripe.base_url(),
            &arguments,
        )
    };

    // The kills are spread evenly over the pages that the sync needs.
    let needed = backfill.sizes.pages();
    let mut process = start()?;

    for kill in 1..=backfill.kills {
        let until = needed * kill as usize / (backfill.kills as usize + 1);
        while count_list_requests(stripe) < until && process.finished()?.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if process.finished()?.is_some() {
            break;
        }
        drop(process);
        report.kills += 1;
        process = start()?;
    }

    loop {
        match process.finished()? {
            Some(true) => return Ok(()),
            Some(false) => {
                let output = process.output();
                let last = output[output.len().saturating_sub(10)..].join("\n");
                return Err(format!("the sync failed: {last}").into());
            }
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn count_list_requests(stripe: &FakeStripe) -> usize {
    stripe.count_requests(|request| request.query.contains("limit="))
}

fn id_of(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_default()
}
