//! The alert rules of `docs/operating.md`: Prometheus's own `promtool` runs them on the series that a
//! started program exports.

mod exported;
mod rules;
mod scenarios;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use djstripe_core::{Djstripe, metrics, receivers};
use djstripe_tests::postgres_proxy::PostgresProxy;
use djstripe_tests::wait::until;
use djstripe_tests::{TestDatabase, on_both_backends};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::sync::watch;

use exported::Exported;

/// How often the database is read here.
const INTERVAL: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn promtool_proves_that_each_alert_fires_and_stays_quiet() {
    let exported = Exported::after_an_event().await;
    let rules = rules::of_the_page();
    exported.check_rules(&rules);
    rules::check(&rules, &exported);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_counter_begins_at_0() {
    let exported = Exported::at_the_start().await;
    let receivers = ["counter::count", "djstripe::handle_other_event"];
    for expected in exported::counters_of_the_page(&receivers) {
        assert_eq!(exported.value(&expected), Some("0"), "{expected}");
    }

    let buckets = exported.names_of(metrics::ACKNOWLEDGEMENT);
    assert_eq!(buckets, metrics::ACKNOWLEDGEMENT_BUCKETS.len() + 3);
    let [version, api] = [env!("CARGO_PKG_VERSION"), djstripe_core::API_VERSION];
    let build = format!(r#"djstripe_build_info{{version="{version}",api_version="{api}"}}"#);
    assert_eq!(exported.value(&build), Some("1"));

    // The page names the metrics of the process, and they are what they say.
    for name in exported::process_metrics_of_the_page() {
        let value: f64 = exported.value(name).expect(name).parse().unwrap();
        assert!(value > 0.0 || name == "process_cpu_seconds_total", "{name}");
    }
    let memory: f64 = exported
        .value("process_resident_memory_bytes")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1e6..1e10).contains(&memory), "{memory}");
    let started: f64 = exported
        .value("process_start_time_seconds")
        .unwrap()
        .parse()
        .unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((now - 60.0..now + 2.0).contains(&started), "{started}");
}

#[tokio::test]
async fn the_age_of_the_backlog_grows_while_the_database_is_away() {
    on_both_backends(async |database| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recording = ::metrics::set_default_local_recorder(&recorder);
        let read = |name: &str| -> Option<f64> {
            let text = recorder.handle().render();
            let value = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.map(|value| value.parse().unwrap())
        };
        let age = || read(metrics::BACKLOG_READ_AGE).unwrap();

        let connection = Switch::new(&database).await;
        let builder = Djstripe::builder().webhook_secret("whsec_1");
        let builder = builder.database_url(&*connection.url);
        let app = builder
            .receivers(receivers::built_in())
            .build()
            .await
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let watching =
            tokio::spawn(async move { app.watch_backlog_every(INTERVAL, stopped).await });
        until(async || read(metrics::PAUSED) == Some(0.0)).await;
        let healthy = age();
        assert!(healthy < 1.0, "{healthy}");

        // The other gauges keep their values, and their age grows with each interval.
        connection.set_away(true).await;
        let mut last = age();
        for _ in 0..5 {
            until(async || age() > last + INTERVAL.as_secs_f64() / 2.0).await;
            last = age();
        }
        assert_eq!(read(metrics::PAUSED), Some(0.0));

        connection.set_away(false).await;
        until(async || age() < last).await;

        // A task that is dead reads nothing, and can't say so later.
        watching.abort();
        assert!(watching.await.unwrap_err().is_cancelled());
        assert_eq!(age(), f64::INFINITY);
        drop(stop);
    })
    .await;
}

/// A database that a test takes away and gives back.
struct Switch<'d> {
    database: &'d TestDatabase,
    url: String,
    is_away: Arc<AtomicBool>,
    _proxy: Option<PostgresProxy>,
}

impl<'d> Switch<'d> {
    async fn new(database: &'d TestDatabase) -> Self {
        let is_away = Arc::new(AtomicBool::new(false));
        let (mut url, mut proxy) = (database.url().to_owned(), None);
        if database.path().is_none() {
            let (_, rest) = url.split_once('@').unwrap();
            let server = rest.split('/').next().unwrap().to_owned();
            let passes = Arc::clone(&is_away);
            let passes = move |_: &str| !passes.load(Ordering::Relaxed);
            let started = PostgresProxy::start(server.clone(), Arc::new(passes));
            let started = started.await.unwrap();
            url = url.replace(&server, started.address());
            proxy = Some(started);
        }
        Self {
            database,
            url,
            is_away,
            _proxy: proxy,
        }
    }

    /// PostgreSQL closes connections instead of answering; the tables of SQLite are elsewhere.
    async fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
        let Some(path) = self.database.path() else {
            return;
        };
        let (from, to) = match is_away {
            true => ("djstripe_queue", "elsewhere"),
            false => ("elsewhere", "djstripe_queue"),
        };
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        let rename = format!("ALTER TABLE {from} RENAME TO {to}");
        connection.execute_batch(&rename).unwrap();
    }
}
