//! What a process writes while it works: its row, and what it counts by the minute.

use std::time::Duration;

use djstripe_core::store::Timestamp;
use djstripe_core::store::operator::{Bucket, MinuteCounts};
use djstripe_core::{Djstripe, Event, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::{TestDatabase, on_both_backends, registry, wait};
use tokio::sync::watch;

use super::{execute, operator};

const SECRET: &str = "whsec_minutes";

#[stripe_receiver("coupon.created", id = "minutes::fails_for_some", retries = 0)]
async fn fails_for_some(event: &Event) -> Result<(), std::io::Error> {
    match event.id().ends_with('0') {
        true => Err(std::io::Error::other("no luck")),
        false => Ok(()),
    }
}

/// An application whose worker runs.
struct Running {
    app: Djstripe,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(database: &TestDatabase) -> Self {
        let app = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .receivers(registry::receivers(|id| id == "minutes::fails_for_some"))
            .build()
            .await
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn({
            let app = app.clone();
            async move { app.work(stopped).await }
        });
        Self { app, stop, work }
    }

    async fn deliver(&self, id: &str) {
        let body = event_json(id, "coupon.created", id);
        self.app.receive(signed(body, SECRET)).await.unwrap();
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.work.await.unwrap();
    }
}

fn sum(buckets: &[Bucket], field: fn(&MinuteCounts) -> u64) -> u64 {
    buckets.iter().map(|bucket| field(&bucket.counts)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_add_up_what_they_count() {
    on_both_backends(async |database| {
        let start = Timestamp::now();
        for process in 1..=2 {
            let running = Running::start(&database).await;
            for event in [0, 1, 2] {
                running.deliver(&format!("evt_{process}{event}")).await;
            }
            running.deliver(&format!("evt_{process}1")).await;
            let forged = signed(event_json("evt_9", "coupon.created", "co_9"), "whsec_other");
            assert!(running.app.receive(forged).await.is_err());
            let store = running.app.store().clone();
            wait::until(async || {
                let unfinished = operator(&store).unfinished().await.unwrap();
                unfinished.dead.number == process
                    && unfinished.pending.number + unfinished.processing.number == 0
            })
            .await;
            running.stop().await;
        }

        let store = database.store().await;
        let to = Timestamp::now();
        for bucket in [60, 3600] {
            let bucket = Duration::from_secs(bucket);
            let buckets = operator(&store).minutes(start, to, bucket).await.unwrap();
            assert!(buckets.len() <= 3, "{buckets:?}");
            assert_eq!(sum(&buckets, |it| it.received), 8);
            assert_eq!(sum(&buckets, |it| it.refused), 2);
            assert_eq!(sum(&buckets, |it| it.processed), 4);
            assert_eq!(sum(&buckets, |it| it.failed), 2);
            assert_eq!(sum(&buckets, |it| it.dead), 2);
            assert_eq!(sum(&buckets, |it| it.acknowledgement.count), 8);
            assert_eq!(sum(&buckets, |it| it.processing.count), 4);
            let slowest = buckets
                .iter()
                .map(|it| it.counts.processing.max)
                .max()
                .unwrap();
            assert!(
                slowest > Duration::ZERO && slowest < Duration::from_secs(60),
                "{slowest:?}"
            );
        }

        let day = Duration::from_secs(24 * 60 * 60);
        for from in [start, to - 3 * day] {
            let counts = operator(&store).receiver_counts(from, to).await.unwrap();
            let [counts] = &*counts else {
                panic!("{counts:?}");
            };
            assert_eq!(counts.receiver, "minutes::fails_for_some");
            assert_eq!((counts.runs, counts.failures), (6, 2));
            assert!(counts.longest <= counts.duration && counts.mean() <= Some(counts.longest));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_seen_while_it_works() {
    on_both_backends(async |database| {
        let running = Running::start(&database).await;
        let store = running.app.store().clone();
        let processes = async || operator(&store).processes().await.unwrap();
        wait::until(async || processes().await.len() == 1).await;
        let process = processes().await.remove(0);
        assert_eq!(
            (&*process.role, process.pid),
            ("work", i64::from(std::process::id()))
        );
        assert_eq!(process.version, env!("CARGO_PKG_VERSION"));
        assert!(process.is_alive(Timestamp::now()));
        assert!(!process.is_alive(Timestamp::now() + Duration::from_secs(120)));

        running.stop().await;
        assert_eq!(processes().await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_counted_is_zero_and_what_is_too_old_is_removed() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let now = Timestamp::now();
        let hour = Duration::from_secs(60 * 60);
        let buckets = operator(&store).minutes(now - hour, now, Duration::from_secs(60)).await;
        let buckets = buckets.unwrap();
        assert_eq!(buckets.len(), 61);
        assert!(buckets.iter().all(|it| it.counts == MinuteCounts::default()));
        assert!(buckets.is_sorted_by_key(|it| it.start));

        for (days, id) in [(2, "old"), (0, "new")] {
            let at = (now - 24 * days * hour).micros();
            let sql = format!(
                "INSERT INTO djstripe_process (id, role, host, pid, version, started_at, seen_at) \
                 VALUES ('{id}', 'work', 'shop-1', 1, '1', {at}, {at})"
            );
            execute(&store, &sql).await;
            let at = (now - 40 * 24 * days * hour / 2).micros();
            let sql = format!(
                "INSERT INTO djstripe_receiver_hour (hour, receiver, runs, failures, duration_total, duration_max) \
                 VALUES ({at}, 'shop::ship', 1, 0, 1, 1)"
            );
            execute(&store, &sql).await;
        }
        djstripe_core::__internals::remove_old_records(&store, now).await.unwrap();
        let left = operator(&store).processes().await.unwrap();
        assert_eq!(left.len(), 1);
        let months = now - 24 * 60 * hour;
        let counts = operator(&store).receiver_counts(months, now).await.unwrap();
        assert_eq!(counts[0].runs, 1);
    })
    .await;
}
