//! The commands `reconcile` and `serve --reconcile`, in processes.

use std::process::{Child, Command, Stdio};

use djstripe_core::testing::http_client;
use djstripe_tests::process::{self, free_port};

use super::*;

fn program(database: &TestDatabase, stripe: &FakeStripe) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .envs([
            ("DATABASE_URL", database.url()),
            ("NO_COLOR", "1"),
            ("RUST_LOG", "off"),
        ])
        .envs([
            ("STRIPE_WEBHOOK_SECRET", stripe.webhook_secret()),
            ("STRIPE_SECRET_KEY", stripe.api_key()),
        ])
        .env("STRIPE_API_BASE", stripe.base_url())
        .stdin(Stdio::null());

    command
}

/// Runs a command. A line of its output that is not JSON becomes a JSON string.
async fn run(command: Command) -> (i32, Vec<Value>, String) {
    let (code, out, err) = process::run(command).await;
    let lines = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()));
    (code, lines.collect(), err)
}

async fn reconcile(
    database: &TestDatabase,
    stripe: &FakeStripe,
    arguments: &[&str],
) -> (i32, Vec<Value>, String) {
    let mut command = program(database, stripe);
    command.arg("reconcile").args(arguments);
    run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_what_it_found_and_how_it_ended() {
    on_both_backends(async |database| {
        drop(database.store().await);
        let stripe = FakeStripe::start().await.unwrap();
        happened(&stripe, "evt_1", HOUR);
        happened(&stripe, "evt_2", 5);
        let (code, out, err) = reconcile(&database, &stripe, &["--json"]).await;
        assert_eq!((code, out.len()), (0, 1), "{out:?} {err}");

        let line = &out[0];
        assert_eq!(
            (&line["missing"], &line["young"], &line["listed"]),
            (&json!(1), &json!(1), &json!(2))
        );
        assert_eq!(
            (&line["account"], &line["livemode"]),
            (&json!(null), &json!(false))
        );

        let (code, out, _) = reconcile(&database, &stripe, &["--min-age", "0s"]).await;
        let out = out[0].as_str().unwrap();
        assert!(code == 0 && out.contains("1 missing, stored now"), "{out}");

        let (code, out, _) = reconcile(&database, &stripe, &["--gaps", "--json"]).await;

        let ids: Vec<_> = out
            .iter()
            .map(|gap| (&gap["id"], &gap["delivered_at"]))
            .collect();
        assert_eq!(
            (code, ids),
            (
                0,
                vec![
                    (&json!("evt_2"), &json!(null)),
                    (&json!("evt_1"), &json!(null))
                ]
            )
        );

        let (code, out, _) = reconcile(
            &database,
            &stripe,
            &["--gaps", "--since", "2100-01-01T00:00:00Z"],
        )
        .await;

        assert_eq!((code, out.len()), (0, 0));

        let (code, _, err) = reconcile(&database, &stripe, &["--since", "60d"]).await;
        assert!(
            code == 1 && err.contains("`sync` brings the objects up to date"),
            "{code} {err}"
        );

        let (code, _, err) = reconcile(&database, &stripe, &["--account", "acct_of_nobody"]).await;
        assert!(
            code == 1 && err.contains("acct_of_nobody test: comparison stopped early"),
            "{code} {err}"
        );
        assert_eq!(
            reconcile(
                &database,
                &stripe,
                &["--account", "acct_1", "--all-accounts"]
            )
            .await
            .0,
            2
        );

        let mut keyless = program(&database, &stripe);
        keyless.arg("reconcile").env_remove("STRIPE_SECRET_KEY");
        let (code, _, err) = run(keyless).await;
        assert!(
            code == 1 && err.contains("STRIPE_SECRET_KEY"),
            "{code} {err}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_five_times_it_fetches_no_page_more_than_once_a_kill() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.deliver(&happened(&shop.stripe, "evt_0", 3 * DAY))
            .await;
        for number in 1..=1_500 {
            happened(&shop.stripe, &format!("evt_{number:04}"), 2 * DAY - number);
        }

        // Stripe is slow, so that a kill comes in the middle of a run.
        shop.stripe
            .fail_next(Fault::slow(Duration::from_millis(60)).times(1_000));

        for _ in 0..5 {
            let before = shop.stripe.requests().len();
            let mut child = program(&database, &shop.stripe)
                .arg("reconcile")
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            while shop.stripe.requests().len() < before + 3 {
                assert!(
                    child.try_wait().unwrap().is_none(),
                    "the process exited before the kill"
                );
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            child.kill().unwrap();
            child.wait().unwrap();
        }

        let (code, out, err) = reconcile(&database, &shop.stripe, &["--json"]).await;
        assert_eq!(code, 0, "{out:?} {err}");

        let pages = shop
            .queries()
            .0
            .into_iter()
            .filter(|query| query.contains("ending_before"))
            .collect::<Vec<_>>();

        assert!(pages.len() <= 15 + 5, "{} pages", pages.len());

        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.processed().await.len(), 1_501);
    })
    .await;
}

/// A process that is killed when this is dropped.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_reconcile_now_and_then_one_at_a_time() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        happened(&shop.stripe, "evt_before", DAY);
        let start = |port: u16, metrics: u16| {
            let mut command = program(&database, &shop.stripe);
            command.args([
                "serve",
                "--reconcile",
                "1s",
                "--listen",
                &format!("127.0.0.1:{port}"),
            ]);
            command.args(["--metrics", &format!("127.0.0.1:{metrics}")]);

            KillOnDrop(command.spawn().unwrap())
        };

        let ports: Vec<u16> = (0..6).map(|_| free_port().unwrap()).collect();
        let servers: Vec<KillOnDrop> = (0..3)
            .map(|index| start(ports[index], ports[index + 3]))
            .collect();
        let started = std::time::Instant::now();
        tokio::time::sleep(Duration::from_secs(2)).await;
        happened(&shop.stripe, "evt_missed", 10 * MINUTE);

        let is_processed = async || {
            let stored = shop.app.store().event("evt_missed").await.unwrap();
            stored.is_some_and(|(event, _)| event.state == EventState::Processed)
        };

        while !is_processed().await {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the missed event was not found"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        let rounds = shop
            .stripe
            .requests()
            .iter()
            .filter(|request| request.path == "/v1/events")
            .count();

        let limit = started.elapsed().as_secs() as usize + 2;
        assert!(
            rounds <= limit,
            "{rounds} requests in {:?}: three servers must reconcile as often as one",
            started.elapsed()
        );

        // Servers that start on a new database do not report older events as missing.
        assert!(
            shop.app
                .store()
                .event("evt_before")
                .await
                .unwrap()
                .is_none()
        );

        let mut found = 0;
        for port in &ports[3..] {
            found += metrics_of(*port)
                .await
                .lines()
                .filter(|line| *line == "djstripe_reconciled_events_total 1")
                .count();
        }

        assert_eq!(found, 1, "one server has counted the event");

        drop(servers);
        let _another = start(ports[0], ports[3]);
        let started = std::time::Instant::now();
        while !metrics_of(ports[3])
            .await
            .contains("djstripe_reconcile_age_seconds ")
        {
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "the metric of the last reconciliation is absent"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        let mut command = program(&database, &shop.stripe);
        command
            .args(["work", "--reconcile", "5m"])
            .env_remove("STRIPE_SECRET_KEY");

        let (code, _, err) = run(command).await;
        assert!(
            code == 1 && err.contains("STRIPE_SECRET_KEY"),
            "{code} {err}"
        );
    })
    .await;
}

/// The metrics of a server; empty before it listens.
async fn metrics_of(port: u16) -> String {
    match http_client()
        .get(format!("http://127.0.0.1:{port}/metrics"))
        .send()
        .await
    {
        Ok(response) => response.text().await.unwrap(),
        Err(_) => String::new(),
    }
}
