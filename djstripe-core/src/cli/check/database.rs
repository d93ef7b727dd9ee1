//! The database: whether it is reachable and up to date, whether its clock is right and its workers run.

use std::time::Duration;

use super::findings::Findings;
use crate::app::Builder;
use crate::error::describe;
use crate::store::{self, Backend, Backlog, EffectState, EventState, Store, StoreError};
use crate::timestamp::Timestamp;

const POINT: &str = "database";

/// How far its clock may differ from this machine's.
const MAX_SKEW: Duration = Duration::from_secs(5);

/// How long an event may wait for a worker.
const MAX_WAIT: Duration = Duration::from_secs(5 * 60);

const SEE_LOG: &str = "see the database's log";

/// Returns the database if it is reachable and up to date.
pub(super) async fn check(builder: &Builder, findings: &mut Findings) -> Option<Store> {
    let store = open(builder, findings).await;
    if store.is_none() {
        let skipped =
            "stored events, endpoints of the database and runs of receivers were not checked";
        findings.note(POINT, skipped);
    }
    store
}

async fn open(builder: &Builder, findings: &mut Findings) -> Option<Store> {
    if let Some(path) = builder.url_of_database().and_then(store::missing_file) {
        let fix = "run `migrate` to create it, or set DATABASE_URL to another";
        findings.error(POINT, format!("there is no file {path}"), fix);
        return None;
    }
    let store = match builder.open_store().await {
        Ok(store) => store,
        Err(error) => {
            let fix = "set DATABASE_URL to a database that is reachable";
            findings.error(POINT, describe(&error), fix);
            return None;
        }
    };

    match check_server(&store, findings).await {
        Ok(pending) => {
            if let Some(first) = pending.first() {
                let what = format!("{} migrations are pending, {first} first", pending.len());
                findings.error(POINT, what, "run `migrate`");
                return None;
            }
        }
        Err(error) => {
            findings.error(POINT, describe(&error), SEE_LOG);
            return None;
        }
    }

    match store.backlog().await {
        Ok(backlog) => {
            check_backlog(&backlog, Timestamp::now(), findings);
            Some(store)
        }
        Err(error) => {
            findings.error(POINT, describe(&error), SEE_LOG);
            None
        }
    }
}

/// Checks version and clock; returns the pending migrations.
async fn check_server(store: &Store, findings: &mut Findings) -> Result<Vec<String>, StoreError> {
    let before = Timestamp::now();
    let (version, clock) = store.server().await?;
    findings.note(POINT, format!("{} {version}", store.backend()));

    // SQLite has no clock of its own.
    let skew = skew(before, clock, Timestamp::now())
        .filter(|skew| skew.unsigned_abs() > MAX_SKEW.as_secs());
    if store.backend() == Backend::Postgres
        && let Some(skew) = skew
    {
        let what = format!("its clock differs by {skew} s from this machine's");
        findings.warning(
            "clock",
            what,
            "synchronize the clocks of both machines (NTP)",
        );
    }
    store.pending_migrations().await
}

/// By how many seconds a clock, read between two readings of ours, is ahead of ours; `None` if it lies
/// between them.
pub(super) fn skew(before: Timestamp, other: Timestamp, after: Timestamp) -> Option<i64> {
    let micros = match other {
        other if other < before => other.micros() - before.micros(),
        other if other > after => other.micros() - after.micros(),
        _ => return None,
    };
    Some(micros / 1_000_000)
}

/// Finds dead events and effects, and events that no worker processes.
fn check_backlog(backlog: &Backlog, now: Timestamp, findings: &mut Findings) {
    let dead = backlog.counts.get(EventState::Dead);
    if dead > 0 {
        let what = format!("{dead} are dead: a receiver failed for the last time");
        let fix = "`events --dead` lists them, `events retry --dead` runs them again";
        findings.error("events", what, fix);
    }
    let dead = backlog.effects.get(EffectState::Dead);
    if dead > 0 {
        let what = format!("{dead} are dead: they failed for the last time");
        let fix = "`effects list --dead` lists them, `effects retry --dead` runs them again";
        findings.error("effects", what, fix);
    }

    let oldest = backlog.oldest_pending;
    if let Some(since) = backlog.paused_since {
        let what = format!("they have been paused since {since}");
        findings.warning("workers", what, "run `resume`");
    } else if let Some(since) = backlog.unattended_since {
        let what = format!(
            "no worker of any process takes the events that wait, the oldest since {since}"
        );
        let fix = "start `serve` or `work`; a web server of your own calls `http::serve`";
        findings.error("workers", what, fix);
    } else if let Some(oldest) = oldest.filter(|oldest| *oldest + MAX_WAIT < now) {
        let what = format!("they have not taken the oldest event yet, received at {oldest}");
        findings.warning("workers", what, "start more `work` processes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_by_what_can_not_be_the_way() {
        let check = |before: i64, other: i64, after: i64, expected: Option<i64>| {
            let at = Timestamp::from_seconds;
            assert_eq!(skew(at(before), at(other), at(after)), expected);
        };

        check(10, 10, 12, None);
        check(10, 11, 12, None);
        check(10, 20, 12, Some(8));
        check(10, 3, 12, Some(-7));
    }

    #[test]
    fn what_waits_is_told_with_what_helps() {
        let check =
            |oldest: Option<i64>, paused: Option<i64>, unattended: bool, expected: &[&str]| {
                let oldest_pending = oldest.map(Timestamp::from_seconds);
                let backlog = Backlog {
                    oldest_pending,
                    paused_since: paused.map(Timestamp::from_seconds),
                    unattended_since: oldest_pending.filter(|_| unattended),
                    ..Backlog::default()
                };
                let mut findings = Findings::default();
                check_backlog(&backlog, Timestamp::from_seconds(10_000), &mut findings);

                let fixes: Vec<_> = findings
                    .iter()
                    .filter_map(|finding| finding.fix.as_deref())
                    .collect();
                assert_eq!(fixes, expected);
            };

        let no_worker = "start `serve` or `work`; a web server of your own calls `http::serve`";
        check(None, None, false, &[]);
        check(Some(9_000), None, false, &["start more `work` processes"]);
        check(Some(9_900), None, true, &[no_worker]);
        check(Some(9_000), Some(9_000), false, &["run `resume`"]);
        check(Some(9_900), None, false, &[]);
    }
}
