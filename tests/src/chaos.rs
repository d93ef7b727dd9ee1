//! Chaos: processes killed and stopped, connections cut, PostgreSQL restarted, deliveries shuffled and doubled, Stripe
//! failing. Whatever was acknowledged must be stored, each effect there once, and the mirror as Stripe has it.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use djstripe_core::store::diesel::sql_types::{BigInt, Text};
use djstripe_core::store::diesel::{QueryableByName, sql_query};
use djstripe_core::store::diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use djstripe_core::store::{EventState, Store};
use djstripe_core::testing::{FakeStripe, http_client};
use djstripe_core::{Djstripe, with_db};
use serde_json::Value;

use crate::history::{History, differences};

/// Processes that receive and work.
const SERVERS: usize = 3;

/// Longest time for all events to be processed once the chaos is over.
const SETTLE: Duration = Duration::from_secs(120);

/// What one run does.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// What chances depend on.
    pub seed: u64,
    /// Events that happen at Stripe.
    pub events: usize,
    /// The `counter` program.
    pub program: PathBuf,
    /// An empty PostgreSQL database.
    pub database_url: String,
    /// A shell command that restarts PostgreSQL, if it may be restarted.
    pub restart: Option<String>,
}

/// What happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Deliveries that were acknowledged.
    pub acknowledged: usize,
    /// Deliveries that were sent, refused and doubled ones included.
    pub deliveries: usize,
    /// Processes killed with -9.
    pub kills: usize,
    /// Processes stopped past their leases and continued.
    pub stops: usize,
    /// Times that all connections were cut.
    pub cuts: usize,
    /// Times that PostgreSQL was restarted.
    pub restarts: usize,
    /// Receivers' effects that were counted.
    pub effects: usize,
    /// What is wrong; empty if all invariants hold.
    pub faults: Vec<String>,
}

struct Process {
    port: u16,
    child: Child,
}

impl Process {
    fn start(chaos: &Chaos, stripe: &FakeStripe, port: u16) -> std::io::Result<Self> {
        let child = Command::new(&chaos.program)
            .args([
                "serve",
                "--listen",
                &format!("127.0.0.1:{port}"),
                "--database-url",
                &chaos.database_url,
            ])
            .env("STRIPE_WEBHOOK_SECRET", stripe.webhook_secret())
            .env("STRIPE_SECRET_KEY", stripe.api_key())
            .env("STRIPE_API_BASE", stripe.base_url())
            .env("RUST_LOG", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { port, child })
    }

    fn signal(&self, name: &str) {
        // The process is ours; if it has ended already there is nothing to tell it.
        let _ = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs chaos.
///
/// # Errors
/// If it can't be set up or the events don't settle.
pub async fn run(chaos: &Chaos) -> Result<Report, Box<dyn std::error::Error + Send + Sync>> {
    let stripe = FakeStripe::start().await?;
    stripe.fault_rate(0.05, chaos.seed);
    let app = observer(&chaos.database_url).await?;
    let mut history = History::new(chaos.seed, chaos.events / 20);
    let ports: Vec<u16> = (0..SERVERS)
        .map(|_| free_port())
        .collect::<Result<_, _>>()?;
    let mut servers: Vec<Process> = Vec::new();
    for port in &ports {
        servers.push(Process::start(chaos, &stripe, *port)?);
    }
    let mut events: Vec<Value> = (0..chaos.events).map(|_| history.change(&stripe)).collect();
    let paid: Vec<String> = events
        .iter()
        .filter(|event| event["type"] == "invoice.paid")
        .map(id_of)
        .collect();
    for last in (1..events.len()).rev() {
        events.swap(last, history.below(last + 1));
    }
    let delivery = tokio::spawn(deliver(stripe.clone(), ports.clone(), events, chaos.seed));

    let mut report = Report::default();
    while !delivery.is_finished() {
        tokio::time::sleep(Duration::from_millis(150 + history.below(400) as u64)).await;
        disturb(chaos, &stripe, &mut history, &mut servers, &mut report).await?;
    }
    (report.acknowledged, report.deliveries) = delivery.await?;
    for server in &mut servers {
        // Whoever was killed last may have left leases; everyone is there again now.
        if server.child.try_wait()?.is_some() {
            *server = Process::start(chaos, &stripe, server.port)?;
        }
    }
    wait_until_processed(&app).await?;
    drop(servers);
    check(&app, &stripe, &paid, &mut report).await?;
    Ok(report)
}

fn id_of(event: &Value) -> String {
    event["id"].as_str().unwrap_or_default().to_owned()
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// An application that only looks.
async fn observer(database_url: &str) -> Result<Djstripe, djstripe_core::BuildError> {
    Djstripe::builder()
        .secret("whsec_observer")
        .database_url(database_url)
        .receivers([])
        .build()
        .await
}

/// Delivers each event until it is acknowledged, some of them twice, to whichever process comes next.
async fn deliver(
    stripe: FakeStripe,
    ports: Vec<u16>,
    events: Vec<Value>,
    seed: u64,
) -> (usize, usize) {
    let http = http_client();
    let mut chance = History::new(seed ^ 0xD0, 1);
    let (mut acknowledged, mut deliveries) = (0, 0);
    for event in events {
        let mut copies = 1 + usize::from(chance.below(4) == 0);
        while copies > 0 {
            let port = ports[chance.below(ports.len())];
            let (body, signature) = stripe.signed(&event);
            let request = http
                .post(format!("http://127.0.0.1:{port}/stripe/webhook"))
                .header("stripe-signature", signature);
            let request = request.timeout(Duration::from_secs(3)).body(body);
            deliveries += 1;
            if request
                .send()
                .await
                .is_ok_and(|response| response.status() == 200)
            {
                acknowledged += 1;
                copies -= 1;
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    (acknowledged, deliveries)
}

async fn disturb(
    chaos: &Chaos,
    stripe: &FakeStripe,
    history: &mut History,
    servers: &mut [Process],
    report: &mut Report,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let victim = history.below(servers.len());
    match history.below(10) {
        0..=4 => {
            servers[victim].kill();
            servers[victim] = Process::start(chaos, stripe, servers[victim].port)?;
            report.kills += 1;
        }
        5 | 6 => {
            servers[victim].signal("-STOP");
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            servers[victim].signal("-CONT");
            report.stops += 1;
        }
        7 if chaos.restart.is_some() && report.restarts < 2 => {
            let command = chaos.restart.as_deref().unwrap_or_default();
            let status = tokio::process::Command::new("sh")
                .args(["-c", command])
                .stdout(Stdio::null())
                .status()
                .await?;
            if !status.success() {
                return Err(format!("`{command}` failed").into());
            }
            report.restarts += 1;
        }
        _ => {
            // A restart may be under way.
            if let Ok(mut connection) = AsyncPgConnection::establish(&chaos.database_url).await {
                let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
                connection.batch_execute(cut).await?;
                report.cuts += 1;
            }
        }
    }
    Ok(())
}

async fn wait_until_processed(
    app: &Djstripe,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let start = Instant::now();
    loop {
        // Its own connections were cut too.
        if let Ok(counts) = app.store().state_counts().await {
            let left = [
                EventState::Pending,
                EventState::Processing,
                EventState::Retrying,
            ]
            .map(|state| counts.get(state));
            if left.iter().sum::<i64>() == 0 {
                return Ok(());
            }
            if start.elapsed() > SETTLE {
                return Err(format!(
                    "after {SETTLE:?} pending, processing and retrying are {left:?}"
                )
                .into());
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[derive(Debug, QueryableByName)]
struct Effect {
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

/// How often the effect of each event is there that the `counter` program has counted.
///
/// # Errors
/// If the database can't be read.
pub async fn effects(
    store: &Store,
) -> Result<HashMap<String, i64>, Box<dyn std::error::Error + Send + Sync>> {
    let query = sql_query("SELECT event_id, count(*) AS times FROM effect GROUP BY event_id");
    let mut session = store.session().await?;
    let mut db = session.db()?;
    let effects: Vec<Effect> = with_db!(db, connection => query.load(connection).await)?;
    Ok(effects
        .into_iter()
        .map(|effect| (effect.event_id, effect.times))
        .collect())
}

async fn check(
    app: &Djstripe,
    stripe: &FakeStripe,
    paid: &[String],
    report: &mut Report,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for event in stripe.objects("event") {
        let id = id_of(&event);
        match app.store().event(&id).await? {
            None => report
                .faults
                .push(format!("{id} was acknowledged and is not stored")),
            Some((stored, _)) if stored.state != EventState::Processed => {
                report
                    .faults
                    .push(format!("{id} is {}: {:?}", stored.state, stored.last_error));
            }
            Some(_) => {}
        }
    }
    let effects = effects(app.store()).await?;
    for id in paid {
        let times = effects.get(id).copied().unwrap_or_default();
        if times != 1 {
            report
                .faults
                .push(format!("the effect of {id} is there {times} times"));
        }
    }
    report.effects = effects.len();
    report.faults.extend(differences(app, stripe).await?);
    Ok(())
}

/// The programs beside this one.
pub fn sibling(name: &str) -> std::io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().unwrap_or_else(|| Path::new(".")).join(name))
}
