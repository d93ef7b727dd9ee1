//! Chaos: several processes work while they are killed and stopped, connections are cut, PostgreSQL
//! restarts, deliveries arrive shuffled and twice, and Stripe fails.
//!
//! Invariant: every acknowledged event is stored, every effect happened once, and the mirror is
//! equal to Stripe.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use djstripe_core::store::diesel::sql_types::{BigInt, Text};
use djstripe_core::store::diesel::{QueryableByName, sql_query};
use djstripe_core::store::diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
};
use djstripe_core::store::{EventState, Store};
use djstripe_core::testing::{FakeStripe, http_client};
use djstripe_core::{Djstripe, EventName, with_db};
use serde_json::Value;

use crate::history::{History, differences};
use crate::process::free_port;
use crate::wait;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Processes that receive and work.
const SERVERS: usize = 3;

/// Longest time until all events are processed, once the chaos has ended.
const SETTLE: Duration = Duration::from_secs(120);

/// Cuts all connections to the database but the one that runs it.
const CUT_CONNECTIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Parameters of a run.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// Seed of all random decisions.
    pub seed: u64,
    /// Number of events.
    pub events: usize,
    /// The `counter` program.
    pub program: PathBuf,
    /// An empty PostgreSQL database.
    pub database_url: String,
    /// A shell command that restarts PostgreSQL, if the run may do that.
    pub restart: Option<String>,
}

/// What happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Deliveries that were acknowledged.
    pub acknowledged: usize,
    /// Deliveries sent, refused ones and duplicates included.
    pub deliveries: usize,
    /// Processes killed with SIGKILL.
    pub kills: usize,
    /// Processes that were stopped for longer than a lease, and continued.
    pub stops: usize,
    /// How often all connections were cut.
    pub cuts: usize,
    /// How often PostgreSQL was restarted.
    pub restarts: usize,
    /// Effects of receivers found in the database.
    pub effects: usize,
    /// The violations of the invariant; empty if it holds.
    pub violations: Vec<String>,
}

struct Process {
    port: u16,
    child: Child,
}

impl Process {
    fn start(chaos: &Chaos, stripe: &FakeStripe, port: u16) -> std::io::Result<Self> {
        let listen = format!("127.0.0.1:{port}");
        let child = Command::new(&chaos.program)
            .args(["serve", "--listen", &listen])
            .args(["--database-url", &chaos.database_url])
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
        // It fails if the process has exited, which is fine.
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

/// Runs chaos and checks the invariant afterwards.
///
/// # Errors
/// If the run can't be set up, or if events are still open at the end.
pub async fn run(chaos: &Chaos) -> Result<Report, Failure> {
    let stripe = FakeStripe::start().await?;
    stripe.fault_rate(0.05, chaos.seed);
    let app = observer(&chaos.database_url).await?;

    let ports: Vec<u16> = (0..SERVERS)
        .map(|_| free_port())
        .collect::<Result<_, _>>()?;
    let mut servers: Vec<Process> = Vec::new();
    for port in &ports {
        servers.push(Process::start(chaos, &stripe, *port)?);
    }

    let mut history = History::new(chaos.seed, chaos.events / 20);
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

    // A process that was killed may hold leases until they expire, so all processes run again
    // before the wait for the open events.
    for server in &mut servers {
        if server.child.try_wait()?.is_some() {
            *server = Process::start(chaos, &stripe, server.port)?;
        }
    }

    wait::until_processed(&app, SETTLE).await?;
    drop(servers);

    check(&app, &stripe, &paid, &mut report).await?;
    Ok(report)
}

fn id_of(event: &Value) -> String {
    event["id"].as_str().unwrap_or_default().to_owned()
}

/// An application that reads the database and neither receives nor works.
async fn observer(database_url: &str) -> Result<Djstripe, djstripe_core::BuildError> {
    Djstripe::builder()
        .webhook_secret("whsec_observer")
        .database_url(database_url)
        .receivers([])
        .build()
        .await
}

/// Delivers each event until it is acknowledged, some of them twice and some as thin events, to a random process each time.
/// Returns the number of acknowledged deliveries and the number of all deliveries.
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
            let (body, signature) = stripe.signed(&form(&stripe, &event, chance.below(6)));
            let response = http
                .post(format!("http://127.0.0.1:{port}/stripe/webhook"))
                .header("stripe-signature", signature)
                .timeout(Duration::from_secs(3))
                .body(body)
                .send()
                .await;

            deliveries += 1;
            if response.is_ok_and(|response| response.status() == 200) {
                acknowledged += 1;
                copies -= 1;
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    (acknowledged, deliveries)
}

/// An event as Stripe may send it: as a snapshot event, or as a thin event with or without the id of
/// that.
fn form(stripe: &FakeStripe, event: &Value, choice: usize) -> Value {
    let name = EventName::new(event["type"].as_str().unwrap_or_default());
    match choice {
        0 | 1 if name.thin_name().is_some() => stripe.thin(event),
        2 if name.thin_name().is_some() => stripe.thin_without_snapshot_id(event),
        _ => event.clone(),
    }
}

/// Kills or stops a process, restarts PostgreSQL, or cuts all connections.
async fn disturb(
    chaos: &Chaos,
    stripe: &FakeStripe,
    history: &mut History,
    servers: &mut [Process],
    report: &mut Report,
) -> Result<(), Failure> {
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
            // PostgreSQL does not accept connections while it restarts.
            if let Ok(mut connection) = AsyncPgConnection::establish(&chaos.database_url).await {
                connection.batch_execute(CUT_CONNECTIONS).await?;
                report.cuts += 1;
            }
        }
    }

    Ok(())
}

#[derive(Debug, QueryableByName)]
struct Effect {
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

/// How often the `counter` program's effect happened, by event id.
///
/// # Errors
/// If the database can't be read.
pub async fn effects(store: &Store) -> Result<HashMap<String, i64>, Failure> {
    let query = sql_query("SELECT event_id, count(*) AS times FROM effect GROUP BY event_id");
    let mut session = store.session().await?;
    let mut db = session.db()?;
    let effects: Vec<Effect> = with_db!(db, connection => query.load(connection).await)?;

    Ok(effects
        .into_iter()
        .map(|effect| (effect.event_id, effect.times))
        .collect())
}

/// Adds the violations of the invariant to the report.
async fn check(
    app: &Djstripe,
    stripe: &FakeStripe,
    paid: &[String],
    report: &mut Report,
) -> Result<(), Failure> {
    let violations = &mut report.violations;

    for event in stripe.objects("event") {
        let id = id_of(&event);
        match app.store().event(&id).await? {
            None => violations.push(format!("{id} was acknowledged but is not stored")),
            Some((stored, _)) if stored.state != EventState::Processed => {
                violations.push(format!("{id} is {}: {:?}", stored.state, stored.last_error));
            }
            Some(_) => {}
        }
    }

    let effects = effects(app.store()).await?;
    for id in paid {
        let times = effects.get(id).copied().unwrap_or_default();
        if times != 1 {
            violations.push(format!("the effect of {id} happened {times} times"));
        }
    }

    report.effects = effects.len();
    violations.extend(differences(app, stripe).await?);
    Ok(())
}

/// The path of a program in the same folder as this one.
///
/// # Errors
/// If the path of this program is unknown.
pub fn sibling(name: &str) -> std::io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().unwrap_or_else(|| Path::new(".")).join(name))
}
