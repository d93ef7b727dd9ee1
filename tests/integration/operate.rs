//! The commands for operators, each as a process of its own. On both backends.

use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use djstripe_core::__internals::{
    EventOutcome, NewDelivery, NewEvent, ReceiverRun, Settlement, queue, record_runs,
};
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::{EventState, RunOutcome, Store, Timestamp};
use djstripe_core::{Djstripe, Event, with_db};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::Value;

/// The receiver of the program that these tests run.
pub(crate) const RECEIVER: &str = "counter::count";

/// Exit status and output of a command.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Parses its output: one JSON object per line.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect()
    }
}

fn program(database_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .env("DATABASE_URL", database_url)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    for name in [
        "STRIPE_WEBHOOK_SECRET",
        "STRIPE_SECRET_KEY",
        "STRIPE_API_BASE",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) struct Operator<'d> {
    database: &'d TestDatabase,
    pub(crate) store: Store,
}

impl<'d> Operator<'d> {
    pub(crate) async fn new(database: &'d TestDatabase) -> Self {
        let operator = Self {
            database,
            store: Djstripe::builder()
                .database_url(database.url())
                .open_store()
                .await
                .unwrap(),
        };
        assert_eq!(operator.run(&["migrate"]).await.code, 0);
        operator
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = program(self.database.url());
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Stores an event that was received this many days ago.
    pub(crate) async fn store(&self, id: &str, name: &str, days: u64) {
        let json = format!(
            r#"{{"id":"{id}","type":"{name}","created":1700000000,"api_version":null,
                "data":{{"object":{{"id":"in_{id}","object":"invoice"}}}}}}"#
        );
        let received_at = (SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60)).into();
        let new = NewEvent {
            event: Event::from_json(&json).unwrap(),
            received_at,
            remote_address: None,
            endpoint: None,
        };
        queue(&self.store).insert_events(&[new]).await.unwrap();
    }

    /// Stores an event and settles it as a worker does.
    pub(crate) async fn leave(&self, id: &str, name: &str, days: u64, outcome: EventOutcome) {
        self.store(id, name, days).await;

        let claim = queue(&self.store)
            .claim_event(id, "test", Timestamp::now(), Duration::from_secs(60))
            .await;
        let claim = claim.unwrap().unwrap();
        let at = claim.received_at;

        let error = (outcome == EventOutcome::Dead).then(|| "no luck".to_owned());
        let run = ReceiverRun {
            event_id: id.to_owned(),
            fence: claim.fence,
            receiver: RECEIVER.to_owned(),
            attempts: 8,
            outcome: match error.clone() {
                None => RunOutcome::Succeeded,
                Some(error) => RunOutcome::Failed {
                    error,
                    permanent: false,
                },
            },
            finished_at: at,
            took: None,
        };
        record_runs(&self.store, &[run]).await.unwrap();

        let settlement = Settlement {
            event_id: id.to_owned(),
            fence: claim.fence,
            outcome,
            error,
            at,
        };
        queue(&self.store).settle(&[settlement]).await.unwrap();
    }

    pub(crate) async fn state(&self, id: &str) -> EventState {
        self.store.event(id).await.unwrap().unwrap().0.state
    }

    async fn wait_until_processed(&self, id: &str) {
        for _ in 0..300 {
            if self.state(id).await == EventState::Processed {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{id} is {} after 15 s", self.state(id).await);
    }
}

pub(crate) fn ids(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_listed_and_shown() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        operator
            .leave("evt_old", "invoice.paid", 5, EventOutcome::Processed)
            .await;
        operator
            .leave("evt_dead", "invoice.paid", 1, EventOutcome::Dead)
            .await;
        operator.store("evt_new", "customer.created", 0).await;

        for (arguments, expected) in [
            (
                &["events", "--json"][..],
                &["evt_new", "evt_dead", "evt_old"][..],
            ),
            (
                &["events", "list", "--json"],
                &["evt_new", "evt_dead", "evt_old"],
            ),
            (&["events", "list", "--json", "--limit", "1"], &["evt_new"]),
            (
                &["events", "--json", "--since", "2d"],
                &["evt_new", "evt_dead"],
            ),
            (&["events", "list", "--json", "--dead"], &["evt_dead"]),
            (
                &["events", "list", "--json", "--type", "invoice.paid"],
                &["evt_dead", "evt_old"],
            ),
            (&["events", "--json", "--state", "processed"], &["evt_old"]),
        ] {
            let listed = operator.run(arguments).await;
            assert_eq!(
                (listed.code, ids(&listed.json())),
                (0, expected.to_vec()),
                "{arguments:?}"
            );
        }

        // A name that is no event's selects nothing, which would look as if there were none.
        for arguments in [
            ["events", "list", "--type", "invoice.payed"],
            ["events", "replay", "--type", "invoice.payed"],
        ] {
            let refused = operator.run(&arguments).await;
            assert_eq!(refused.code, 2, "{arguments:?}: {}", refused.err);
            let expected = "`invoice.payed` is not a Stripe event; did you mean `invoice.paid`?";
            assert!(refused.err.contains(expected), "{}", refused.err);
        }

        let shown = operator
            .run(&["events", "show", "evt_dead", "--json"])
            .await;
        assert_eq!(shown.code, 1, "a dead event is worth a look");
        let event = &shown.json()[0];
        assert_eq!(event["runs"][0]["receiver"], RECEIVER);
        assert_eq!(event["runs"][0]["error"], "no luck");
        assert_eq!(event["deliveries"].as_array().unwrap().len(), 1);
        assert!(event["payload"].as_str().unwrap().contains("in_evt_dead"));

        let shown = operator.run(&["events", "show", "evt_old"]).await;
        assert!(
            shown.code == 0 && shown.out.contains("succeeded at attempt 8"),
            "{}",
            shown.out
        );

        assert_eq!(operator.run(&["events", "show", "evt_other"]).await.code, 1);
        assert_eq!(operator.run(&["events", "--since", "never"]).await.code, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_run_again_as_selected() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        operator
            .leave("evt_old", "invoice.paid", 5, EventOutcome::Processed)
            .await;
        operator
            .leave("evt_dead", "invoice.paid", 1, EventOutcome::Dead)
            .await;
        operator
            .leave("evt_other", "customer.created", 1, EventOutcome::Processed)
            .await;

        for misuse in [
            &["events", "retry"][..],
            &["events", "replay", "--dead", "--receiver", "shop::nobody"],
        ] {
            assert_eq!(operator.run(misuse).await.code, 2, "{misuse:?}");
        }

        let retried = operator
            .run(&["events", "retry", "evt_dead", "evt_missing", "--json"])
            .await;
        assert_eq!(retried.code, 1, "one is left out");
        assert_eq!(retried.json()[0]["due"], true);
        assert_eq!(retried.json()[1]["due"], false);
        assert_eq!(
            operator.store.receiver_runs("evt_dead").await.unwrap(),
            [],
            "the failure is forgotten"
        );

        let replayed = operator
            .run(&[
                "events",
                "replay",
                "--receiver",
                RECEIVER,
                "--since",
                "9d",
                "--json",
            ])
            .await;
        let mut lines = replayed.json();
        assert_eq!(lines.pop().unwrap()["replayed"], 2);
        assert_eq!(
            (replayed.code, ids(&lines)),
            (0, vec!["evt_dead", "evt_old"]),
            "{}",
            replayed.err
        );
        assert_eq!(operator.state("evt_old").await, EventState::Pending);
        assert_eq!(
            operator.state("evt_other").await,
            EventState::Processed,
            "the receiver doesn't listen to it"
        );
        assert_eq!(operator.store.receiver_runs("evt_old").await.unwrap(), []);
        let replayed = operator
            .run(&["events", "replay", "--type", "customer.created", "--json"])
            .await;
        assert_eq!(replayed.json()[0]["id"], "evt_other");
    })
    .await;
}

async fn count_effects(store: &Store) -> i64 {
    #[derive(djstripe_core::store::diesel::QueryableByName)]
    #[diesel(check_for_backend(djstripe_core::store::diesel::pg::Pg))]
    struct Count {
        #[diesel(sql_type = djstripe_core::store::diesel::sql_types::BigInt)]
        number: i64,
    }
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let select = sql_query("SELECT count(*) AS number FROM effect");
    let counts: Vec<Count> = with_db!(db, connection => select.load(connection).await).unwrap();
    counts[0].number
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_changes_nothing() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        operator
            .leave("evt_1", "invoice.paid", 1, EventOutcome::Processed)
            .await;

        let dry = operator
            .run(&["events", "replay", "evt_1", "--dry-run", "--json"])
            .await;
        assert_eq!(dry.code, 0, "{}", dry.err);
        let runs = dry.json()[0]["runs"].clone();
        let of = |receiver: &str| {
            runs.as_array()
                .unwrap()
                .iter()
                .find(|run| run["receiver"] == receiver)
                .unwrap_or_else(|| panic!("{runs}"))
        };

        assert_eq!(of("djstripe::handle_other_event")["outcome"], "succeeds");
        let row = &of("djstripe::handle_other_event")["rows"][0];
        assert_eq!(
            (&row["table"], &row["outcome"]),
            (&"stripe_invoice".into(), &"inserted".into())
        );
        assert_eq!(of(RECEIVER)["outcome"], "succeeds");

        assert_eq!(operator.state("evt_1").await, EventState::Processed);
        assert_eq!(count_effects(&operator.store).await, 0);
        assert_eq!(operator.run(&["objects", "invoice"]).await.out, "");

        let again = operator
            .run(&["events", "replay", "evt_1", "--dry-run"])
            .await;
        assert!(again.out.contains("inserted"), "{}", again.out);
        assert_eq!(
            operator
                .run(&["events", "replay", "evt_2", "--dry-run"])
                .await
                .code,
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_respects_the_pause_and_ends_when_told() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        operator.store("evt_1", "invoice.paid", 0).await;
        assert_eq!(operator.run(&["pause"]).await.out, "paused\n");

        let mut worker = program(database.url())
            .arg("work")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();

        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(operator.state("evt_1").await, EventState::Pending);

        assert_eq!(operator.run(&["resume"]).await.out, "resumed\n");
        operator.wait_until_processed("evt_1").await;
        assert_eq!(count_effects(&operator.store).await, 1);

        let told = Command::new("kill")
            .args(["-TERM", &worker.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success());
        let ended = tokio::task::spawn_blocking(move || worker.wait().unwrap())
            .await
            .unwrap();
        assert!(ended.success(), "{ended}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_deliveries_and_retention() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        assert_eq!(operator.run(&["stats"]).await.code, 0);
        operator
            .leave("evt_old", "invoice.paid", 100, EventOutcome::Processed)
            .await;
        operator
            .leave("evt_dead", "invoice.paid", 100, EventOutcome::Dead)
            .await;
        operator.store("evt_new", "invoice.paid", 0).await;
        let refused = NewDelivery {
            received_at: Timestamp::now(),
            reason: "no signature matches the body".to_owned(),
            remote_address: Some("192.0.2.1".to_owned()),
            endpoint: None,
            headers: vec![("user-agent".to_owned(), "forger".to_owned())],
            body: b"{}\xff".to_vec(),
        };
        queue(&operator.store)
            .record_delivery(refused)
            .await
            .unwrap();

        let stats = operator.run(&["stats", "--json"]).await;
        assert_eq!(stats.code, 1, "an event is dead");
        let stats = &stats.json()[0];
        assert_eq!(
            (&stats["events"]["dead"], &stats["events"]["processed"]),
            (&1.into(), &1.into())
        );
        assert_eq!(stats["receivers"][0]["receiver"], RECEIVER);
        assert!(
            stats["oldest_pending_seconds"]
                .as_i64()
                .is_some_and(|age| age < 60),
            "{stats}"
        );

        let refused = &operator.run(&["deliveries", "--json"]).await.json()[0];
        assert_eq!(refused["headers"][0][1], "forger");
        assert_eq!(refused["body"], "{}\u{fffd}");
        let accepted = operator.run(&["deliveries", "--event", "evt_old"]).await;
        assert!(accepted.out.contains("accepted"), "{}", accepted.out);

        assert_eq!(
            operator.run(&["prune"]).await.code,
            2,
            "how old is not guessed"
        );
        let pruned = operator
            .run(&["prune", "--older-than", "90d", "--json"])
            .await;
        assert_eq!(
            (pruned.code, &pruned.json()[0]["events"]),
            (0, &1.into()),
            "{}",
            pruned.err
        );
        assert_eq!(
            ids(&operator.run(&["events", "--json"]).await.json()),
            ["evt_new", "evt_dead"]
        );
        let pruned = operator
            .run(&["prune", "--older-than", "1d", "--dead", "--yes"])
            .await;
        assert!(
            pruned.err.contains("warning") && pruned.out.contains("deleted 1 events"),
            "{}",
            pruned.out
        );
        assert_eq!(operator.run(&["stats"]).await.code, 0);
    })
    .await;
}
