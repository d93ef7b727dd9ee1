//! Metrics and probes over HTTP. On both backends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use djstripe_core::__internals::{
    EffectNames, EffectOutcome, NewEffect, begin, queue, request_effect,
};
use djstripe_core::signature::sign;
use djstripe_core::store::{Store, Timestamp};
use djstripe_core::testing::{FakeStripe, http_client};
use djstripe_core::{Djstripe, http, metrics, receivers};
use djstripe_tests::on_both_backends;
use tokio::net::TcpListener;

pub(crate) const SECRET: &str = "whsec_watch";

/// A server with metrics. Killed when dropped.
pub(crate) struct Watched {
    child: Child,
    webhook: String,
    metrics: String,
}

impl Watched {
    fn start(database_url: &str, stripe: &FakeStripe) -> Self {
        Self::start_with(database_url, stripe, [])
    }

    /// With these variables too.
    pub(crate) fn start_with<const N: usize>(
        database_url: &str,
        stripe: &FakeStripe,
        variables: [(&str, &str); N],
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_counter"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--metrics",
                "127.0.0.1:0",
                "--database-url",
                database_url,
            ])
            .envs([
                ("STRIPE_WEBHOOK_SECRET", SECRET),
                ("STRIPE_SECRET_KEY", &stripe.api_key()),
            ])
            .envs([
                ("STRIPE_API_BASE", stripe.base_url()),
                ("RUST_LOG", "info"),
                ("NO_COLOR", "1"),
            ])
            .envs(variables)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();

        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let mut address_after = |words: &str| loop {
            let start = seen.len();
            assert_ne!(log.read_line(&mut seen).unwrap(), 0, "{seen}");
            if let Some((_, url)) = seen[start..].split_once(words) {
                break url.trim().to_owned();
            }
        };
        let (metrics, webhook) = (address_after("metrics at "), address_after("listening on "));

        // A full pipe would stop the server.
        std::thread::spawn(move || log.read_to_string(&mut String::new()));
        Self {
            child,
            webhook,
            metrics,
        }
    }

    pub(crate) async fn deliver(&self, id: &str, secret: &str) -> u16 {
        let body = format!(
            r#"{{"id":"{id}","type":"invoice.paid","data":{{"object":{{"id":"in_1","object":"invoice"}}}}}}"#
        );
        let signature = sign(body.as_bytes(), secret, SystemTime::now());
        let request = http_client()
            .post(&self.webhook)
            .header("stripe-signature", signature)
            .body(body);
        request.send().await.unwrap().status().as_u16()
    }

    /// Polls the metrics until one of their lines is `awaited`.
    pub(crate) async fn metrics(&self, awaited: &str) -> String {
        let mut text = String::new();
        for _ in 0..200 {
            text = http_client()
                .get(&self.metrics)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap();
            if text.lines().any(|line| line == awaited) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("`{awaited}` is not there after 10 s:\n{text}");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Stores an effect that has failed for the last time.
async fn leave_dead_effect(store: &Store) {
    let effect = NewEffect {
        key: "key_1".to_owned(),
        event_id: "evt_before".to_owned(),
        receiver: "shop::welcome".to_owned(),
        effect: "mail".to_owned(),
        payload: "null".to_owned(),
    };
    let mut transaction = begin(store).await.unwrap();
    let mut db = transaction.db().await.unwrap();
    request_effect(&mut db, effect).await.unwrap();
    transaction.commit().await.unwrap();

    let (queue, names, now) = (queue(store), EffectNames::new(["mail"]), Timestamp::now());
    let until = now + Duration::from_secs(60);
    let claimed = queue.claim_effects(&names, 1, now, until).await;
    let claimed = claimed.unwrap().pop().unwrap();
    let error = "no such address".to_owned();
    let dead = EffectOutcome::Dead { error };
    let settled = queue.settle_effect("key_1", claimed.fence, &dead);
    assert!(settled.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        leave_dead_effect(&database.store().await).await;

        let server = Watched::start(database.url(), &stripe);
        // The backlog is counted at the start, then every 15 seconds.
        server.metrics("djstripe_paused 0").await;

        for (id, secret, expected) in [
            ("evt_1", SECRET, 200),
            ("evt_1", SECRET, 200),
            ("evt_2", "whsec_of_nobody", 400),
        ] {
            assert_eq!(server.deliver(id, secret).await, expected);
        }

        let text = server
            .metrics(
                r#"djstripe_receiver_runs_total{receiver="counter::count",outcome="succeeded"} 1"#,
            )
            .await;
        for expected in [
            r#"djstripe_deliveries_received_total{outcome="stored"} 1"#,
            r#"djstripe_deliveries_received_total{outcome="duplicate"} 1"#,
            r#"djstripe_deliveries_refused_total{reason="signature"} 1"#,
            "djstripe_acknowledgement_seconds_count 2",
            r#"djstripe_receiver_run_seconds_count{receiver="counter::count"} 1"#,
            r#"djstripe_refetches_total{outcome="gone"} 1"#,
            r#"djstripe_receiver_runs_total{receiver="djstripe::handle_other_event",outcome="not_mirrored"} 1"#,
            r#"djstripe_stripe_requests_total{status="404"} 1"#,
            r#"djstripe_unfinished_events{state="dead"} 0"#,
            r#"djstripe_unfinished_effects{state="dead"} 1"#,
            r#"djstripe_unfinished_effects{state="pending"} 0"#,
            "djstripe_oldest_pending_seconds 0",
            "djstripe_paused 0",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "`{expected}` is not in:\n{text}"
            );
        }

        // Nothing reconciles.
        let all = metrics::ALL.into_iter().map(|(name, ..)| name);
        for name in all.filter(|name| *name != metrics::RECONCILE_AGE) {
            assert!(
                text.contains(&format!("# TYPE {name} ")),
                "`{name}` is not in:\n{text}"
            );
        }
        assert!(
            text.contains("djstripe_acknowledgement_seconds_bucket{le=\"0.005\"}"),
            "{text}"
        );

        for address in [&server.webhook, &server.metrics] {
            let (base, _) = address
                .split_once("/stripe")
                .or(address.split_once("/metrics"))
                .unwrap();
            for path in [http::HEALTH_PATH, http::READY_PATH] {
                let answer = http_client()
                    .get(format!("{base}{path}"))
                    .send()
                    .await
                    .unwrap();
                assert_eq!(answer.status(), 200, "{base}{path}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_its_tables_is_alive_but_not_ready() {
    on_both_backends(async |database| {
        let builder = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url());
        let app = builder
            .receivers(receivers::built_in())
            .build()
            .await
            .unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(axum::serve(listener, http::probes(app.clone())).into_future());

        let status = async |path: &str| {
            let answer = http_client()
                .get(format!("{base}{path}"))
                .send()
                .await
                .unwrap();
            answer.status().as_u16()
        };

        assert_eq!(
            (status("/healthz").await, status("/readyz").await),
            (200, 200)
        );

        let mut session = app.store().session().await.unwrap();
        session
            .db()
            .unwrap()
            .batch_execute("DELETE FROM djstripe_migration WHERE name = '0001_inbox'")
            .await
            .unwrap();

        assert_eq!(
            (status("/healthz").await, status("/readyz").await),
            (200, 503)
        );
        server.abort();
    })
    .await;
}
