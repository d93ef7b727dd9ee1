//! A database that fails has one line at the beginning and one at the end, and names what was lost.

use djstripe_core::store::EventState;
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::on_both_backends;
use djstripe_tests::wait::until;
use futures_util::future::join_all;
use tracing::Level;

use super::{SECRET, STRANGER, builder, delivery, execute, status};
use crate::log::Log;

/// The lines with all of these words, without colors.
fn lines(log: &Log, words: &[&str]) -> Vec<String> {
    let colored = log.text();
    let mut parts = colored.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('m').unwrap().1);
    }
    let lines = text.lines();
    let found = lines.filter(|line| words.iter().all(|word| line.contains(word)));
    found.map(str::to_owned).collect()
}

#[tokio::test]
async fn events_that_are_not_stored_are_one_error_with_their_ids_and_number() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        execute(app.store(), "ALTER TABLE djstripe_event RENAME TO away").await;
        let log = Log::default();
        let _guard = log.start(Level::INFO);

        let deliver = async |number: usize| {
            let body = event_json(&format!("evt_{number}"), "customer.updated", "cus_1");
            let delivery = signed(body, SECRET).from_peer(STRANGER.parse().unwrap());
            status(&app, delivery).await
        };
        let answers = join_all((0..20).map(deliver)).await;
        assert_eq!(answers, [503; 20]);
        let errors = lines(&log, &["ERROR"]);
        assert_eq!(errors.len(), 1, "{}", log.text());
        for part in [
            "could not be stored",
            "djstripe_event",
            "count=20",
            "evt_0 evt_1 evt_2 ",
            "and 10 more",
        ] {
            assert!(errors[0].contains(part), "{part}: {}", errors[0]);
        }

        // Further batches are counted, and each delivery has a line of its own up to the limit.
        assert_eq!(deliver(20).await, 503);
        assert_eq!(lines(&log, &["ERROR"]).len(), 1, "{}", log.text());
        let refusals = lines(
            &log,
            &["delivery refused", "status=503", "endpoint=\"default\""],
        );
        assert_eq!(refusals.len(), 10, "{}", log.text());
        assert!(refusals[0].contains("203.0.113.9"), "{}", refusals[0]);
        assert!(refusals[0].contains("event=\"evt_"), "{}", refusals[0]);

        execute(app.store(), "ALTER TABLE away RENAME TO djstripe_event").await;
        assert_eq!(deliver(21).await, 200);
        let over = lines(&log, &["INFO", "storing deliveries works again after"]);
        assert_eq!(over.len(), 1, "{}", log.text());
    })
    .await;
}

#[tokio::test]
async fn a_worker_says_once_that_claims_fail_and_once_that_they_work_again() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let log = Log::default();
        let _guard = log.start(Level::INFO);
        execute(app.store(), "ALTER TABLE djstripe_queue RENAME TO away").await;

        let (stop, stopped) = tokio::sync::watch::channel(false);
        let worker = tokio::spawn({
            let app = app.clone();
            async move { app.work(stopped).await }
        });
        until(async || !lines(&log, &["claiming events failed"]).is_empty()).await;
        execute(app.store(), "ALTER TABLE away RENAME TO djstripe_queue").await;
        until(async || !lines(&log, &["claiming events works again after"]).is_empty()).await;
        assert_eq!(lines(&log, &["ERROR"]).len(), 1, "{}", log.text());

        let body = event_json("evt_1", "customer.updated", "cus_1");
        assert_eq!(status(&app, signed(body, SECRET)).await, 200);
        let state = async || app.store().event("evt_1").await.unwrap().unwrap().0.state;
        until(async || state().await == EventState::Processed).await;
        stop.send_replace(true);
        worker.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn each_refusal_names_its_reason_sender_endpoint_event_and_record() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let log = Log::default();
        let _guard = log.start(Level::INFO);

        let forged = [("stripe-signature", "t=1,v1=00")];
        let body = event_json("evt_1", "customer.updated", "cus_1");
        assert_eq!(status(&app, delivery(&forged, body, STRANGER)).await, 400);
        let record = super::refused(app.store()).await.remove(0).id;
        let line = lines(&log, &["delivery refused"]).remove(0);
        for part in [
            "no signature matches the body".to_owned(),
            "status=400".to_owned(),
            "remote_address=\"203.0.113.9\"".to_owned(),
            "endpoint=\"default\"".to_owned(),
            format!("delivery={record}"),
        ] {
            assert!(line.contains(&part), "{part}: {line}");
        }

        let unknown = djstripe_core::uuid::Uuid::new_v4();
        let received = app.receive_at(unknown, delivery(&[], "", STRANGER)).await;
        assert!(received.is_err());
        assert_eq!(
            lines(&log, &["delivery refused", &unknown.to_string()]).len(),
            1
        );

        // A flood has ten lines in ten seconds.
        for _ in 0..500 {
            assert_eq!(status(&app, delivery(&[], "", STRANGER)).await, 400);
        }
        assert_eq!(lines(&log, &["delivery refused"]).len(), 10);
    })
    .await;
}
