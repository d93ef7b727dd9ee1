//! An application's receivers wait for the mirror, and for nothing else. On both backends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::models::Charge;
use djstripe_core::receiver::ReceiverInfo;
use djstripe_core::store::diesel::QueryableByName;
use djstripe_core::store::diesel::result::Error;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel::sql_types::BigInt;
use djstripe_core::store::{EventState, Rerun, Timestamp};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::{
    Db, Djstripe, DryOutcome, Event, Object, State, receivers, stripe_receiver, with_db,
};
use djstripe_tests::{TestDatabase, client, delivery, on_both_backends, registry};
use serde_json::{Value, json};

/// What the receivers saw, in the order of their runs.
type Seen = Arc<Mutex<Vec<String>>>;

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[stripe_receiver("charge.captured", id = "waiting::reads")]
async fn reads(mut db: Db<'_>, seen: State<Seen>) -> Result<(), Error> {
    let count = sql_query("SELECT count(*) AS count FROM stripe_charge");
    let rows: Rows = with_db!(db, connection => count.get_result(connection).await)?;
    seen.lock().unwrap().push(format!("{} rows", rows.count));
    Ok(())
}

#[stripe_receiver("charge.captured", id = "waiting::logs", priority = 1)]
async fn logs(_event: Event, _charge: Object<Charge>, seen: State<Seen>) {
    seen.lock().unwrap().push("logged".to_owned());
}

#[stripe_receiver("charge.captured", id = "waiting::at_once", priority = 2, mirror = optional)]
async fn at_once(seen: State<Seen>) {
    seen.lock().unwrap().push("at once".to_owned());
}

struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
    seen: Seen,
}

impl Shop {
    async fn open(database: &TestDatabase, retries: &[Duration]) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let seen = Seen::default();
        let own = registry::receivers(|id| id.starts_with("waiting::"));
        let all: Vec<&'static ReceiverInfo> = receivers::built_in().chain(own).collect();
        let app = Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .client_options(client::fast)
            .client_options(|options| options.retries = 0)
            .database_url(database.url())
            .retry_schedule(retries.iter().copied())
            .state(Arc::clone(&seen))
            .receivers(all)
            .build()
            .await
            .unwrap();
        Self { stripe, app, seen }
    }

    async fn capture(&self) -> Value {
        let charge = json!({ "id": "ch_1", "object": "charge", "amount": 7 });
        let charge = self.stripe.insert(charge);
        let event = self.stripe.emit("charge.captured", &charge);
        let delivery = delivery::signed(event.to_string(), &self.stripe.webhook_secret());
        self.app.receive(delivery).await.unwrap();
        event
    }

    fn take_seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    async fn state(&self, event: &Value) -> EventState {
        let id = event["id"].as_str().unwrap();
        let (stored, _) = self.app.store().event(id).await.unwrap().unwrap();
        stored.state
    }
}

fn unavailable(times: usize) -> Fault {
    Fault::status(503).on("/v1/charges").times(times)
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_run_once_the_mirror_has_the_row() {
    on_both_backends(async |database| {
        // The second try is long after this test.
        let shop = Shop::open(&database, &[Duration::from_secs(3_600)]).await;
        shop.stripe.fail_next(unavailable(1));
        let event = shop.capture().await;
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), ["at once"]);
        assert_eq!(shop.state(&event).await, EventState::Retrying);

        // A receiver that waits has no run, and no try of its is used up.
        let id = event["id"].as_str().unwrap();
        let runs = shop.app.store().receiver_runs(id).await.unwrap();
        let waiting = |run: &str| run == "waiting::reads" || run == "waiting::logs";
        assert!(!runs.iter().any(|run| waiting(&run.receiver)), "{runs:?}");

        let store = shop.app.store();
        store
            .rerun(&[id], Rerun::Unfinished, Timestamp::now())
            .await
            .unwrap();
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), ["1 rows", "logged"]);
        assert_eq!(shop.state(&event).await, EventState::Processed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_run_once_the_mirror_gives_up_and_the_event_stays_dead_for_it_alone() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[Duration::ZERO]).await;
        shop.stripe.fail_next(unavailable(2));
        let event = shop.capture().await;
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), ["at once", "0 rows", "logged"]);
        assert_eq!(shop.state(&event).await, EventState::Dead);

        // What the mirror missed is made up for, and nothing runs twice.
        let id = event["id"].as_str().unwrap();
        let store = shop.app.store();
        store
            .rerun(&[id], Rerun::Unfinished, Timestamp::now())
            .await
            .unwrap();
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), Vec::<String>::new());
        assert_eq!(shop.state(&event).await, EventState::Processed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_mirrored_keeps_nobody_waiting() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[Duration::from_secs(3_600)]).await;
        shop.stripe.fail_next(Fault::missing().on("/v1/charges"));
        let event = shop.capture().await;
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), ["0 rows", "logged", "at once"]);
        assert_eq!(shop.state(&event).await, EventState::Processed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_who_would_wait() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        let event = shop.capture().await;
        shop.stripe.fail_next(unavailable(1));

        let id = event["id"].as_str().unwrap();
        let runs = shop.app.dry_run(id, None).await.unwrap().unwrap();
        let outcomes: Vec<_> = runs
            .iter()
            .map(|run| (run.receiver, run.outcome == DryOutcome::Waits))
            .filter(|(receiver, _)| receiver.starts_with("waiting::"))
            .collect();
        let expected = [
            ("waiting::reads", true),
            ("waiting::logs", true),
            ("waiting::at_once", false),
        ];
        assert_eq!(outcomes, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_can_not_be_read_keeps_no_receiver_from_running() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        let mut session = shop.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        db.batch_execute("DROP TABLE stripe_charge").await.unwrap();
        drop(session);

        let event = shop.capture().await;
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.state(&event).await, EventState::Dead);
        let mut seen = shop.take_seen();
        seen.sort_unstable();
        // `waiting::reads` reads the table itself.
        assert_eq!(seen, ["at once", "logged"]);
    })
    .await;
}
