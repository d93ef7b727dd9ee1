//! Filling the mirror under fire: a sync in a process of its own that is killed again and again, a Stripe that fails now and
//! then, webhooks that race with it. In the end the mirror must be as Stripe has it, and no page fetched more often than once
//! and once more for each kill.

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

use djstripe_core::client::RateLimits;
use djstripe_core::testing::FakeStripe;
use djstripe_core::verify::VerifyOptions;
use djstripe_core::{AccountScope, Djstripe, receivers};
use serde_json::Value;
use tokio::sync::watch;

use stripe::Sizes;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is synced, and how often.
pub const OBJECTS: [&str; 5] = [
    "account",
    "product",
    "customer",
    "subscription",
    "payment_method",
];

/// How long a list stays with a process that was killed.
const LEASE: &str = "400ms";

/// What one run does.
#[derive(Clone, Debug)]
pub struct Backfill {
    /// What chances depend on.
    pub seed: u64,
    /// How much there is at Stripe.
    pub sizes: Sizes,
    /// Part of the requests that fail.
    pub faults: f64,
    /// Times that the sync is killed with -9.
    pub kills: u32,
    /// The `counter` program.
    pub program: PathBuf,
    /// An empty database.
    pub database_url: String,
}

/// What happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Times that the sync was killed.
    pub kills: u32,
    /// Webhooks that were received meanwhile.
    pub webhooks: usize,
    /// Requests of lists that were answered.
    pub pages: usize,
    /// Times that one page was answered, at most.
    pub most: usize,
    /// Objects that `verify` has compared afterwards.
    pub verified: u64,
    /// How long it took.
    pub took: Duration,
    /// What is wrong; empty if all invariants hold.
    pub faults: Vec<String>,
}

/// A sync in a process of its own. Killed when dropped.
pub(crate) struct Syncing {
    child: Child,
    told: Option<JoinHandle<Vec<String>>>,
}

impl Syncing {
    /// Starts it; `arguments` come behind `sync`.
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
        let output = child.stdout.take();
        // A full pipe would stop it.
        let told = std::thread::spawn(move || {
            let lines = output
                .into_iter()
                .flat_map(|output| BufReader::new(output).lines().map_while(Result::ok));
            lines
                .filter(|line| !line.contains(r#""event":"stored""#))
                .collect()
        });
        Ok(Self {
            child,
            told: Some(told),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has told, but for how far it was, once it has ended.
    pub(crate) fn told(&mut self) -> Vec<String> {
        self.told
            .take()
            .and_then(|told| told.join().ok())
            .unwrap_or_default()
    }

    /// Whether it has ended, and well.
    pub(crate) fn ended(&mut self) -> std::io::Result<Option<bool>> {
        Ok(self.child.try_wait()?.map(|status| status.success()))
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An application in this process that receives webhooks.
async fn receiving(
    database_url: &str,
    stripe: &FakeStripe,
) -> Result<Djstripe, djstripe_core::BuildError> {
    Djstripe::builder()
        .secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .client_options(|options| {
            options.min_delay = Duration::from_millis(5);
            options.max_delay = Duration::from_millis(50);
            options.test = RateLimits {
                per_second: 1e4,
                per_resource: 1e4,
                in_flight: 64,
            };
        })
        .retry_schedule([Duration::from_millis(200); 30])
        .database_url(database_url)
        .receivers(receivers::built_in())
        .build()
        .await
}

/// Runs a sync under fire.
///
/// # Errors
/// If it can't be set up, or the sync fails by itself.
pub async fn run(backfill: &Backfill) -> Result<Report, Failure> {
    let started = Instant::now();
    let stripe = FakeStripe::start().await?;
    stripe::fill(&stripe, &backfill.sizes, backfill.seed);
    let app = receiving(&backfill.database_url, &stripe).await?;
    stripe.fault_rate(backfill.faults, backfill.seed);
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn({
        let (app, stopped) = (app.clone(), stopped.clone());
        async move { app.work(stopped).await }
    });
    let racing = tokio::spawn(changes::race(
        app.clone(),
        stripe.clone(),
        backfill.clone(),
        stopped,
    ));
    let mut report = Report::default();
    let synced = sync(backfill, &stripe, &mut report).await;
    stop.send_replace(true);
    report.webhooks = racing.await??;
    working.await?;
    synced?;
    app.work_until_idle().await?;
    let answered = stripe
        .requests()
        .into_iter()
        .filter(|request| request.status == 200 && request.method == "GET");
    let mut pages: HashMap<String, usize> = HashMap::new();
    for request in answered.filter(|request| request.query.contains("limit=")) {
        let account = request.account.unwrap_or_default();
        *pages
            .entry(format!("{account} {}?{}", request.path, request.query))
            .or_default() += 1;
    }
    report.pages = pages.values().sum();
    report.most = pages.values().copied().max().unwrap_or_default();
    for (page, times) in pages
        .iter()
        .filter(|(_, times)| **times > 1 + report.kills as usize)
    {
        report
            .faults
            .push(format!("{page} was answered {times} times"));
    }
    report
        .faults
        .extend(compare::differences(&app, &stripe, &backfill.sizes).await?);
    let objects = [&OBJECTS[..], &["subscription_item"]]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let options = VerifyOptions {
        objects,
        accounts: AccountScope::All,
        ..VerifyOptions::default()
    };
    let mut findings = Vec::new();
    let verified = app
        .verify(&options, |finding| {
            findings.push(format!("verify: {finding}"))
        })
        .await?;
    report.verified = verified.types.values().map(|of| of.compared).sum();
    report.faults.extend(findings);
    report.took = started.elapsed();
    Ok(report)
}

/// Syncs, with all the kills that are asked for.
async fn sync(
    backfill: &Backfill,
    stripe: &FakeStripe,
    report: &mut Report,
) -> Result<(), Failure> {
    let concurrency = ["--lease", LEASE, "--concurrency", "8", "--all-accounts"];
    let arguments = [&concurrency[..], &OBJECTS].concat();
    let start = || {
        Syncing::start(
            &backfill.program,
            &backfill.database_url,
            stripe.base_url(),
            &arguments,
        )
    };
    let needed = backfill.sizes.pages();
    let mut syncing = start()?;
    for kill in 1..=backfill.kills {
        let until = needed * kill as usize / (backfill.kills as usize + 1);
        while lists(stripe) < until && syncing.ended()?.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if syncing.ended()?.is_some() {
            break;
        }
        drop(syncing);
        report.kills += 1;
        syncing = start()?;
    }
    loop {
        match syncing.ended()? {
            Some(true) => return Ok(()),
            Some(false) => {
                let told = syncing.told();
                let last = told[told.len().saturating_sub(10)..].join("\n");
                return Err(format!("the sync failed: {last}").into());
            }
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Requests of lists so far.
fn lists(stripe: &FakeStripe) -> usize {
    stripe.count_requests(|request| request.query.contains("limit="))
}

/// The id of an object.
fn id_of(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_default()
}
