//! The row by which operators see that a process is there.
//!
//! In: what a process does. Out: its row, renewed every 15 s and deleted when it ends in an orderly way.
//! The same task removes what is too old: rows of processes that were killed, and counts of minutes.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::describe;
use crate::store::{ProcessRow, Store};
use crate::telemetry::identity::host_name;
use crate::telemetry::repeats::Repeats;
use crate::timestamp::Timestamp;

/// How often the row is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// How often old rows are removed.
const CLEAN_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long the deletion of the row may take.
const LAST_WRITE: Duration = Duration::from_secs(2);

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessRole {
    /// It receives deliveries and runs receivers.
    Serve,
    /// It runs receivers.
    Work,
}

impl ProcessRole {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Work => "work",
        }
    }
}

/// Keeps the row of this process until `shutdown` turns true.
pub(super) async fn keep(store: &Store, role: ProcessRole, mut shutdown: watch::Receiver<bool>) {
    let row = ProcessRow {
        id: Uuid::new_v4().to_string(),
        role: role.as_str(),
        host: host_name(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION"),
        started_at: Timestamp::now(),
    };
    tokio::select! {
        () = renew_forever(store, &row) => {}
        _ = shutdown.wait_for(|shutdown| *shutdown) => {}
    }

    let deleted = tokio::time::timeout(LAST_WRITE, store.delete_process(&row.id)).await;
    if let Ok(Err(error)) = deleted {
        let error = describe(&error);
        tracing::warn!(error, "the row of this process stays for a day");
    }
}

async fn renew_forever(store: &Store, row: &ProcessRow) {
    let mut repeats = Repeats::new("renewing the row of this process", RENEW_EVERY, RENEW_EVERY);
    let mut clean_at = Instant::now() + RENEW_EVERY;
    loop {
        let now = Timestamp::now();
        let mut renewed = store.renew_process(row, now).await;
        if renewed.is_ok() && Instant::now() >= clean_at {
            renewed = store.remove_old_records(now).await;
            clean_at = Instant::now() + CLEAN_EVERY;
        }
        match renewed {
            Ok(()) => {
                repeats.succeeded();
            }
            Err(error) => {
                repeats.failed(&describe(&error));
            }
        }
        tokio::time::sleep(RENEW_EVERY).await;
    }
}
