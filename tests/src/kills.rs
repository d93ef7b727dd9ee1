//! Kills a process between any two statements that it sends to PostgreSQL.
//!
//! A place is a statement together with the two that were sent before it. The process is killed with
//! SIGKILL in each place in which it was not killed yet, before the statement reaches the server, and
//! is started again. This ends with the first event that is delivered and processed without a kill: in
//! all places on its way, the process has been killed before.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use djstripe_core::http::WEBHOOK_PATH;
use djstripe_core::signature::sign;
use djstripe_core::store::{EventState, Store, StoreOptions};
use djstripe_core::testing::http_client;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::TestDatabase;
use crate::database::execute;
use crate::postgres_proxy::PostgresProxy;
use crate::process::{output, own_main};

const SECRET: &str = "whsec_kills";

/// Longest wait for a step of the process.
const LIMIT: Duration = Duration::from_secs(60);

/// The leases of a killed process expire after a minute. A test does not wait for that.
const EXPIRE_LEASES: &str =
    "UPDATE djstripe_queue SET next_attempt_at = 0 WHERE state = 'processing'";

/// Statements with which a session or the process begins. They change nothing, and come in any order
/// among those of other connections, so they don't count.
const START_UP: [&str; 12] = [
    "LISTEN ",
    "NOTIFY ",
    "SELECT CAST(relname",
    "SELECT djstripe_channel()",
    "SELECT effect, count",
    "SELECT fingerprint, own_account",
    "SELECT id, stripe_id",
    "SELECT migration_set, name",
    "SELECT pg_backend_pid()",
    "SELECT to_regclass",
    "SET CLIENT_ENCODING ",
    "SET TIME ZONE ",
];

/// What is left once the process has been killed everywhere.
pub struct Survived {
    /// The database.
    pub database: TestDatabase,
    /// How many events were delivered. All are processed.
    pub events: usize,
    /// The places in which the process was killed, in order.
    pub kills: Vec<Place>,
    /// How the last process exited after SIGTERM.
    pub exit: ExitStatus,
}

impl Survived {
    /// The ids of the events' objects, each of which is the prefix and the event's number, with the
    /// number of times that an effect of each is expected: once.
    pub fn each_once(&self, prefix: &str) -> BTreeMap<String, i64> {
        let numbers = 0..self.events;
        numbers
            .map(|number| (format!("{prefix}{number}"), 1))
            .collect()
    }

    /// Asserts that the process was killed between any two statements of this transaction, and after
    /// the last. They are given by their beginnings.
    ///
    /// # Panics
    /// If it was not.
    pub fn assert_killed_within(&self, transaction: &[&str]) {
        let was_killed = |starts: [&str; 3]| {
            let mut kills = self.kills.iter();
            kills.any(|place| {
                let mut statements = place.iter().zip(starts);
                statements.all(|(statement, start)| statement.starts_with(start))
            })
        };

        for pair in transaction.windows(2) {
            let [statement, next] = [pair[0], pair[1]];
            // Another connection may have sent a statement in between.
            assert!(
                was_killed(["", statement, next]) || was_killed([statement, "", next]),
                "not killed between `{statement}` and `{next}`: {:#?}",
                self.kills
            );
        }

        let [.., record, commit] = transaction else {
            panic!("a transaction has at least two statements");
        };
        let kills = &self.kills;
        assert!(was_killed([record, commit, ""]), "after it: {kills:#?}");
    }
}

/// A statement, after the two that were sent before it on any connection.
pub type Place = [String; 3];

/// Runs a program and kills it in each place. Its settings are `DATABASE_URL`, `LISTEN` and `STRIPE_WEBHOOK_SECRET`.
/// `event` makes the JSON of the event with a number; its id is `evt_<number>`.
///
/// # Panics
/// If the process fails otherwise than by being killed, or does not process what it acknowledged.
pub async fn kill_between_any_two_statements(
    program: &Path,
    event: impl Fn(usize) -> String,
) -> Survived {
    let database = TestDatabase::postgres().await;
    let mut test = Test::start(program, &database).await;

    let mut number = 0;
    loop {
        let kills = test.victim.lock().kills.len();
        test.process(number, &event(number)).await;
        number += 1;

        let mut victim = test.victim.lock();
        if victim.kills.len() == kills {
            victim.is_armed = false;
            break;
        }
    }

    let exit = test.terminate().await;
    let kills = std::mem::take(&mut test.victim.lock().kills);
    drop(test);
    Survived {
        database,
        events: number,
        kills,
        exit,
    }
}

struct Test<'a> {
    program: &'a Path,
    victim: Arc<Victim>,
    proxy: PostgresProxy,
    /// The program's URL of the database, through the proxy.
    url: String,
    store: Store,
    listen: String,
    database: &'a TestDatabase,
}

impl<'a> Test<'a> {
    /// Starts the process. It creates its tables undisturbed.
    async fn start(program: &'a Path, database: &'a TestDatabase) -> Self {
        let victim = Arc::new(Victim::default());
        let passes = Arc::clone(&victim);
        let server = server_of(database.url());
        let passes = Arc::new(move |sql: &str| passes.lock().passes(sql));
        let proxy = PostgresProxy::start(server.to_owned(), passes);
        let proxy = proxy.await.expect("the proxy starts");

        let mut test = Self {
            program,
            victim,
            url: database.url().replace(server, proxy.address()),
            proxy,
            store: database.connect(StoreOptions::default()).await,
            listen: String::new(),
            database,
        };
        test.spawn();
        assert!(test.listens().await, "nothing kills the process yet");
        test.victim.lock().is_armed = true;
        test
    }

    /// Delivers an event until it is acknowledged, as Stripe does, and restarts the process until the
    /// event is processed.
    async fn process(&mut self, number: usize, event: &str) {
        let mut is_acknowledged = false;
        loop {
            if !self.victim.lock().is_alive() {
                self.proxy.all_closed().await;
                execute(self.database.url(), EXPIRE_LEASES).await;
                self.spawn();
            }

            is_acknowledged =
                is_acknowledged || (self.listens().await && self.deliver(event).await);
            let id = format!("evt_{number}");
            if is_acknowledged && self.is_processed(&id).await {
                return;
            }
        }
    }

    fn spawn(&mut self) {
        let (mut program, address) = own_main(self.program, &self.url, SECRET);
        self.listen = address;

        // Its statements wait for the lock.
        let mut victim = self.victim.lock();
        victim.start(program.spawn().expect("the program starts"));
    }

    /// Waits until the process listens. Returns false if it is killed before that.
    async fn listens(&self) -> bool {
        self.holds(async || TcpStream::connect(&self.listen).await.is_ok())
            .await
    }

    /// Waits until the event is processed. Returns false if the process is killed before that.
    async fn is_processed(&self, id: &str) -> bool {
        self.holds(async || {
            let event = self.store.event(id).await.expect("the store answers");
            event.is_some_and(|(event, _)| event.state == EventState::Processed)
        })
        .await
    }

    /// Waits until the condition holds. Returns false if the process is killed before that.
    async fn holds(&self, condition: impl AsyncFn() -> bool) -> bool {
        let start = Instant::now();
        loop {
            let is_alive = self.victim.lock().is_alive();
            if condition().await {
                return true;
            }
            if !is_alive {
                return false;
            }
            let waited = start.elapsed();
            assert!(
                waited < LIMIT,
                "waits after {:?}",
                self.victim.lock().before
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether the process acknowledges the event. A process that is killed answers nothing.
    async fn deliver(&self, event: &str) -> bool {
        let signature = sign(event.as_bytes(), SECRET, SystemTime::now());
        let request = http_client()
            .post(format!("http://{}{WEBHOOK_PATH}", self.listen))
            .header("stripe-signature", signature)
            .body(event.to_owned());
        match request.send().await {
            Ok(answer) => {
                assert_eq!(answer.status(), 200);
                true
            }
            Err(_) => {
                assert!(!self.victim.lock().is_alive(), "a living process answers");
                false
            }
        }
    }

    /// Ends the process in an orderly way.
    async fn terminate(&self) -> ExitStatus {
        let id = {
            let state = self.victim.lock();
            let process = state.process.as_ref().expect("the process is alive");
            process.id().to_string()
        };
        output(Command::new("kill").args(["-TERM", &id]));

        loop {
            if let Some(exit) = self.victim.lock().exit() {
                return exit;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The part `host:port` of a URL.
fn server_of(url: &str) -> &str {
    let address = url.rsplit_once('@').map_or(url, |(_, address)| address);
    address
        .split_once('/')
        .map_or(address, |(server, _)| server)
}

/// The process.
#[derive(Default)]
struct Victim(Mutex<State>);

#[derive(Default)]
struct State {
    process: Option<Child>,
    is_armed: bool,
    /// The last two statements of this process.
    before: [String; 2],
    known: HashSet<Place>,
    kills: Vec<Place>,
}

impl Victim {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn start(&mut self, process: Child) {
        self.process = Some(process);
        self.before = Default::default();
    }

    /// Whether the process has not been killed.
    fn is_alive(&mut self) -> bool {
        assert_eq!(self.exit(), None, "it was not killed");
        self.process.is_some()
    }

    /// How the process exited, if nothing has killed it.
    fn exit(&mut self) -> Option<ExitStatus> {
        let process = self.process.as_mut()?;
        process.try_wait().expect("the process can be watched")
    }

    /// Kills the process if it was not killed in this place yet. What a killed process has sent does not pass.
    fn passes(&mut self, sql: &str) -> bool {
        if self.process.is_none() {
            return false;
        }
        if START_UP.iter().any(|start| sql.starts_with(start)) {
            return true;
        }

        let [before_last, last] = std::mem::take(&mut self.before);
        let place = [before_last, last.clone(), sql.to_owned()];
        self.before = [last, sql.to_owned()];

        let is_new = self.is_armed && self.known.insert(place.clone());
        if is_new && let Some(mut process) = self.process.take() {
            // SIGKILL.
            process.kill().expect("the process can be killed");
            process.wait().expect("the process exits");
            self.kills.push(place);
        }
        self.process.is_some()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
