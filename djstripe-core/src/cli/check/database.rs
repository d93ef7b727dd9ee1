//! The database: whether it is reachable, up to date and writable, whether its clock is right and its
//! workers run.

use std::time::Duration;

use super::findings::{Findings, Severity};
use crate::app::Builder;
use crate::endpoint::abbreviate;
use crate::error::describe;
use crate::store::{Backend, Backlog, EffectState, EventState, Store, StoreError, Unready};
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
    let store = match builder.open_store().await {
        Ok(store) => store,
        Err(StoreError::NoFile { path }) => {
            let fix = "run `migrate` to create it, or set DATABASE_URL to another";
            findings.error(POINT, format!("there is no file {path}"), fix);
            return None;
        }
        Err(error) => {
            let fix = "set DATABASE_URL to a database that is reachable";
            findings.error(POINT, describe(&error), fix);
            return None;
        }
    };

    if let Err(error) = check_server(&store, findings).await {
        findings.error(POINT, describe(&error), SEE_LOG);
        return None;
    }
    check_rights(&store, findings).await;
    if !check_readiness(&store, findings).await {
        return None;
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

/// Checks version, encoding and clock.
async fn check_server(store: &Store, findings: &mut Findings) -> Result<(), StoreError> {
    let before = Timestamp::now();
    let (version, clock) = store.server().await?;
    findings.note(POINT, format!("{} {version}", store.backend()));

    match store.check_server().await {
        Err(error @ (StoreError::ServerVersion { .. } | StoreError::Encoding { .. })) => {
            let fix = "set DATABASE_URL to a database on a server that fits";
            findings.error(POINT, describe(&error), fix);
        }
        checked => checked?,
    }
    if store.has_no_encoding().await? {
        let what = "its encoding is SQL_ASCII: what another program writes may not be UTF-8";
        findings.warning(POINT, what, "move it to a database with the encoding UTF8");
    }

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
    Ok(())
}

/// Checks what the role may do, and who may read the file.
async fn check_rights(store: &Store, findings: &mut Findings) {
    match store.missing_rights().await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => {
            let what = format!("the role lacks {}", abbreviate(&missing));
            findings.error("rights", what, "grant them, as docs/databases.md shows");
        }
        Err(error) => findings.error("rights", describe(&error), SEE_LOG),
    }
    if let Some(path) = store.file_open_to_others() {
        let what = format!("users other than its owner may read or write {path}");
        findings.warning("rights", what, format!("run `chmod 600 {path}`"));
    }
}

/// Checks whether a delivery could be stored.
async fn check_readiness(store: &Store, findings: &mut Findings) -> bool {
    match store.readiness().await {
        Ok(newer) => {
            if !newer.is_empty() {
                let newer = newer.join(", ");
                let what = format!("a newer program has run {newer}, with which this one works");
                findings.add(Severity::Note, POINT, what, None);
            }
            true
        }
        Err(unready) => {
            let (what, fix) = explain(store, &unready).await;
            findings.error(POINT, what, fix);
            false
        }
    }
}

/// What is wrong, and what fixes it.
async fn explain(store: &Store, unready: &Unready) -> (String, &'static str) {
    match unready {
        Unready::Pending(pending) => {
            let first = pending.first().map_or("", String::as_str);
            let what = format!("{} migrations are pending, {first} first", pending.len());
            let fix = match store.may_create_tables().await {
                Ok(false) => "run `migrate` as a role that may create tables, as this one may not",
                _ => "run `migrate`",
            };
            (what, fix)
        }
        Unready::Newer(_) => (unready.to_string(), "run the newer program"),
        Unready::FileGone(error) => (describe(error), "restore the file, then restart"),
        Unready::NotWritable(..) | Unready::NoAnswer(_) => {
            let what = match unready.error() {
                Some(error) => describe(error),
                None => unready.to_string(),
            };
            let fix = match unready {
                Unready::NoAnswer(_) => SEE_LOG,
                _ => "connect to the primary, and see that its disk and its rights allow writes",
            };
            (what, fix)
        }
    }
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
