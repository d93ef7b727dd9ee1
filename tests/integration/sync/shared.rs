//! Syncs that are interrupted, and concurrent ones.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use djstripe_core::Djstripe;
use djstripe_core::sync::{Progress, Summary};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::on_both_backends;
use serde_json::json;
use tokio::task::JoinHandle;

use super::{app, at_stripe, fill, only, pages, rows, slow, sync};

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_resumes_and_fetches_again_only_below_parents_under_way() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        fill(&stripe, "charge", 1_000, 50);
        for number in 0..40 {
            stripe.insert(json!({ "object": "customer", "id": format!("cus_{number:02}") }));
        }
        let app = app(&database, &stripe).await;
        let wanted = only(&["charge", "customer", "payment_method"]);
        slow(&stripe);

        // After some pages every request fails.
        let stored = AtomicUsize::new(0);
        let observe = |progress: &Progress| {
            if matches!(progress, Progress::Stored { .. })
                && stored.fetch_add(1, Ordering::Relaxed) == 3
            {
                stripe.clear_faults();
                stripe.fail_next(Fault::status(500).should_retry(false).times(1_000_000));
            }
        };

        let summary = app.sync(&wanted, observe).await.unwrap();
        assert!(!summary.is_complete(), "{summary:#?}");

        stripe.clear_faults();
        let (summary, reports) = sync(&app, &wanted).await;
        assert!(summary.is_complete(), "{summary:#?}");
        assert!(
            reports
                .iter()
                .any(|report| matches!(report, Progress::Started { resumed: true, .. })),
            "{reports:#?}"
        );
        assert_eq!(rows(&app, "charge", "").await, at_stripe(&stripe, "charge"));

        // The checkpoint of lists below parents is a parent up to which every list is stored. The
        // second run reads the lists of all later parents, also of those that were stored already.
        for (page, times) in pages(&stripe.requests()) {
            let most = if page.contains("/payment_methods?") {
                2
            } else {
                1
            };
            assert!(times <= most, "{page}: {times} times");
        }

        // A sync after a complete one starts from the beginning.
        let (summary, _) = sync(&app, &wanted).await;
        assert_eq!(summary.total().counts.unchanged, 1_040);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_share_the_lists() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let objects = ["charge", "product", "refund", "dispute", "payout"];
        for object in objects {
            fill(&stripe, object, 700, 50);
        }
        slow(&stripe);
        let (one, other) = (app(&database, &stripe).await, app(&database, &stripe).await);
        let (one_started, one_start) = mpsc::channel();
        let (other_started, other_start) = mpsc::channel();
        let one_task = spawn_sync(one.clone(), &objects, one_started, other_start);
        let other_task = spawn_sync(other, &objects, other_started, one_start);
        let (left, right) = (one_task.await.unwrap(), other_task.await.unwrap());

        for object in objects {
            assert_eq!(
                rows(&one, object, "").await,
                at_stripe(&stripe, object),
                "{object}"
            );
        }

        let (left, right) = (left.total(), right.total());
        assert_eq!(left.counts.inserted + right.counts.inserted, 3_500);
        assert!(
            left.counts.inserted > 0 && right.counts.inserted > 0,
            "{left:?} {right:?}"
        );
        // Products have a second list, of the archived ones.
        assert_eq!(left.by_another + right.by_another, 5 + 1);

        for (page, times) in pages(&stripe.requests()) {
            assert_eq!(times, 1, "{page}");
        }
    })
    .await;
}

/// Starts a sync that fetches nothing before the other one has a list, too. If the other one ends
/// without, this one panics.
fn spawn_sync(
    app: Djstripe,
    objects: &[&str],
    started: Sender<()>,
    other_start: Receiver<()>,
) -> JoinHandle<Summary> {
    let mut options = only(objects);
    options.concurrency = 2;
    tokio::spawn(async move {
        let mut other_start = Some(other_start);
        let observe = move |progress: &Progress| {
            if matches!(progress, Progress::Started { .. })
                && let Some(other_start) = other_start.take()
            {
                started.send(()).unwrap();
                tokio::task::block_in_place(|| other_start.recv()).unwrap();
            }
        };
        app.sync(&options, observe).await.unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_run_goes_silent_is_taken_over() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        fill(&stripe, "charge", 1_000, 50);
        slow(&stripe);
        let app = app(&database, &stripe).await;
        let mut options = only(&["charge"]);
        options.lease = Duration::from_secs(2);
        options.concurrency = 1;

        // A sync whose future is dropped stops without releasing its lists.
        let (stored, mut first) = tokio::sync::mpsc::unbounded_channel();
        let silent = app.sync(&options, |progress| {
            if matches!(progress, Progress::Stored { .. }) {
                stored.send(()).unwrap();
            }
        });
        tokio::select! {
            result = silent => panic!("the sync finished: {result:?}"),
            _ = first.recv() => {}
        }

        let (summary, reports) = sync(&app, &options).await;
        assert!(
            matches!(reports[0], Progress::Waiting { .. }),
            "{reports:#?}"
        );
        assert!(
            matches!(reports[1], Progress::Started { resumed: true, .. }),
            "{reports:#?}"
        );
        assert!(summary.is_complete());
        assert_eq!(rows(&app, "charge", "").await, at_stripe(&stripe, "charge"));

        for (page, times) in pages(&stripe.requests()) {
            assert!(times <= 2, "{page}");
        }
    })
    .await;
}
