//! A receiver that writes in a transaction of its own, with another client: its writes and its
//! checkpoint commit together or not at all. With tokio-postgres and with rusqlite.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::mirror::MirrorError;
use djstripe_core::models::{Decoded, Product};
use djstripe_core::store::{EventState, RecordedRun, Rerun, Store};
use djstripe_core::{
    BoxError, Builder, Checkpoint, Djstripe, Object, State, Timestamp, receivers, stripe_receiver,
};
use djstripe_tests::{TestDatabase, delivery, on_both_backends, registry};
use serde_json::json;

const SECRET: &str = "whsec_own";
const CREATE: &str = "CREATE TABLE shipments (product text NOT NULL)";
const INSERT: &str = "INSERT INTO shipments (product) VALUES ('prod_1')";
const TAKE_OVER: &str = "UPDATE djstripe_queue SET fence = fence + 1";

/// What the receiver does, once for each run; then all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    WithoutCheckpoint,
    RollsBack,
    FailsBeforeItsCommit,
    FailsAfterItsCommit,
    RunsTheCheckpointTwice,
    LosesItsLease,
    IsOvertaken,
    Succeeds,
}

/// The database, through a client that is not djstripe's.
enum Own {
    Postgres(Box<tokio_postgres::Config>),
    Sqlite(PathBuf),
}

struct Shop {
    own: Own,
    store: Store,
    steps: Mutex<Vec<Step>>,
    names: Mutex<Vec<String>>,
}

impl Shop {
    fn next_step(&self) -> Step {
        let mut steps = self.steps.lock().unwrap();
        if steps.is_empty() {
            Step::Succeeds
        } else {
            steps.remove(0)
        }
    }

    /// Runs these statements in one transaction; each with its binds. Commits if told to.
    async fn run(&self, statements: &[(&str, &[String])], commit: bool) -> Result<(), BoxError> {
        match &self.own {
            Own::Postgres(config) => {
                let (mut client, connection) = config.connect(tokio_postgres::NoTls).await?;
                tokio::spawn(connection);
                let transaction = client.transaction().await?;
                for (sql, binds) in statements {
                    let binds: Vec<_> = binds.iter().map(|bind| bind as _).collect();
                    transaction.execute(*sql, &binds).await?;
                }
                if commit {
                    transaction.commit().await?;
                }
            }
            Own::Sqlite(path) => {
                let mut client = rusqlite::Connection::open(path)?;
                client.busy_timeout(Duration::from_secs(10))?;
                let transaction =
                    client.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
                for (sql, binds) in statements {
                    transaction.execute(sql, rusqlite::params_from_iter(binds.iter()))?;
                }
                if commit {
                    transaction.commit()?;
                }
            }
        }
        Ok(())
    }

    async fn overtake(&self) -> Result<(), MirrorError> {
        let newer = product("newer");
        let newer = Decoded::<Product>::from_json_text("product", &newer.to_string()).unwrap();
        let mut session = self.store.session().await?;
        let mut db = session.db()?;
        db.save(&newer, None, false, Timestamp::now()).await?;
        Ok(())
    }
}

#[stripe_receiver("product.updated", id = "own::ship", transaction = own)]
async fn ship(
    product: Object<Product>,
    shop: State<Arc<Shop>>,
    checkpoint: Checkpoint,
) -> Result<(), BoxError> {
    let name = product.name.clone().unwrap_or_default();
    shop.names.lock().unwrap().push(name);

    let write = (INSERT, &[][..]);
    let record = (checkpoint.sql(), checkpoint.binds());
    match shop.next_step() {
        Step::WithoutCheckpoint => Ok(()),
        Step::RollsBack => shop.run(&[write, record], false).await,
        Step::FailsBeforeItsCommit => Err("before".into()),
        Step::FailsAfterItsCommit => {
            shop.run(&[write, record], true).await?;
            Err("after".into())
        }
        Step::RunsTheCheckpointTwice => {
            shop.run(&[write, record], true).await?;
            shop.run(&[write, record], true).await
        }
        Step::LosesItsLease => {
            shop.run(&[(TAKE_OVER, &[])], true).await?;
            shop.run(&[write, record], true).await
        }
        Step::IsOvertaken => {
            shop.overtake().await?;
            shop.run(&[write, record], true).await
        }
        Step::Succeeds => shop.run(&[write, record], true).await,
    }
}

fn product(name: &str) -> serde_json::Value {
    json!({ "id": "prod_1", "object": "product", "name": name })
}

struct Test {
    shop: Arc<Shop>,
    app: Djstripe,
}

impl Test {
    async fn open(database: &TestDatabase) -> Self {
        Self::open_with(database, |builder| builder).await
    }

    async fn open_with(
        database: &TestDatabase,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let own = match database.path() {
            Some(path) => Own::Sqlite(path),
            None => Own::Postgres(Box::new(database.url().parse().unwrap())),
        };
        let shop = Arc::new(Shop {
            own,
            store: database.store().await,
            steps: Mutex::default(),
            names: Mutex::default(),
        });
        shop.run(&[(CREATE, &[])], true).await.unwrap();

        let wanted = registry::receivers(|id| id == "own::ship");
        let builder = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .retry_schedule([Duration::ZERO])
            .state(Arc::clone(&shop))
            .receivers(receivers::built_in().chain(wanted));
        let app = configure(builder).build().await.unwrap();
        Self { shop, app }
    }

    /// Delivers an event, in whose runs the receiver takes these steps.
    async fn deliver(&self, number: i64, steps: &[Step]) -> String {
        *self.shop.steps.lock().unwrap() = steps.to_vec();
        let id = format!("evt_{number}");
        let event = json!({
            "id": id, "object": "event", "type": "product.updated",
            "created": 1_700_000_000 + number, "livemode": false,
            "api_version": djstripe_core::API_VERSION,
            "data": { "object": product("first"), "previous_attributes": { "name": "old" } },
        });
        let delivery = delivery::signed(event.to_string(), SECRET);
        self.app.receive(delivery).await.unwrap();
        id
    }

    async fn run_of(&self, event: &str) -> Option<RecordedRun> {
        let runs = self.app.store().receiver_runs(event).await.unwrap();
        runs.into_iter().find(|run| run.receiver == "own::ship")
    }

    async fn state(&self, event: &str) -> EventState {
        let (stored, _) = self.app.store().event(event).await.unwrap().unwrap();
        stored.state
    }

    async fn shipments(&self) -> i64 {
        match &self.shop.own {
            Own::Postgres(config) => {
                let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                let row = client
                    .query_one("SELECT count(*) FROM shipments", &[])
                    .await;
                row.unwrap().get(0)
            }
            Own::Sqlite(path) => rusqlite::Connection::open(path)
                .unwrap()
                .query_row("SELECT count(*) FROM shipments", [], |row| row.get(0))
                .unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_and_checkpoint_of_an_own_transaction_commit_together() {
    // The steps of the runs, how many runs count, and the error that is left.
    let cases: [(&[Step], i32, Option<&str>); 7] = [
        (&[], 1, None),
        (&[Step::FailsBeforeItsCommit], 2, None),
        (&[Step::WithoutCheckpoint], 2, None),
        (&[Step::RollsBack], 2, None),
        (&[Step::FailsAfterItsCommit], 1, None),
        (&[Step::RunsTheCheckpointTwice], 1, None),
        (
            &[Step::RollsBack, Step::WithoutCheckpoint],
            2,
            Some("without its checkpoint"),
        ),
    ];
    on_both_backends(async |database| {
        let test = Test::open(&database).await;
        for (number, (steps, attempts, error)) in (0..).zip(cases) {
            let before = test.shipments().await;
            let event = test.deliver(number, steps).await;
            test.app.work_until_idle().await.unwrap();

            let run = test.run_of(&event).await.unwrap();
            assert_eq!(run.attempts, attempts, "{steps:?}: {run:?}");
            // A success is recorded by its own checkpoint.
            assert_eq!(run.took.is_none(), error.is_none(), "{steps:?}: {run:?}");
            let is_expected = match (run.outcome.error(), error) {
                (None, None) => true,
                (Some(recorded), Some(error)) => recorded.contains(error),
                _ => false,
            };
            assert!(is_expected, "{steps:?}: {run:?}");

            let is_done = error.is_none();
            let written = test.shipments().await - before;
            assert_eq!(written, i64::from(is_done), "{steps:?}");
            let is_processed = test.state(&event).await == EventState::Processed;
            assert_eq!(is_processed, is_done, "{steps:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checkpoint_names_its_schema() {
    let database = TestDatabase::postgres().await;
    let test = Test::open_with(&database, |builder| builder.schema("billing")).await;
    let event = test.deliver(0, &[Step::FailsAfterItsCommit]).await;
    test.app.work_until_idle().await.unwrap();
    assert_eq!(test.shipments().await, 1);
    assert_eq!(test.state(&event).await, EventState::Processed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_transaction_cannot_commit_after_its_lease_is_lost() {
    on_both_backends(async |database| {
        let test = Test::open(&database).await;
        let event = test.deliver(0, &[Step::LosesItsLease]).await;
        assert!(test.app.work_until_idle().await.is_err());
        assert_eq!(test.shipments().await, 0);
        assert_eq!(test.run_of(&event).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_transaction_cannot_commit_after_its_object_has_changed() {
    on_both_backends(async |database| {
        let test = Test::open(&database).await;
        let event = test
            .deliver(0, &[Step::IsOvertaken, Step::IsOvertaken])
            .await;
        test.app.work_until_idle().await.unwrap();

        assert_eq!(test.shipments().await, 1);
        assert_eq!(
            *test.shop.names.lock().unwrap(),
            ["first", "newer", "newer"]
        );
        let run = test.run_of(&event).await.unwrap();
        assert!(run.outcome.is_success() && run.attempts == 1, "{run:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_runs_an_own_transaction_again() {
    on_both_backends(async |database| {
        let test = Test::open(&database).await;
        let event = test.deliver(0, &[]).await;
        test.app.work_until_idle().await.unwrap();
        let store = test.app.store();
        store
            .rerun(&[&event], Rerun::All, Timestamp::now())
            .await
            .unwrap();
        test.app.work_until_idle().await.unwrap();
        assert_eq!(test.shipments().await, 2);
    })
    .await;
}
