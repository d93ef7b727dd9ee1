//! The database: whether it is there and up to date, whether its clock and its workers go.

use std::time::Duration;

use super::Findings;
use crate::app::Builder;
use crate::error::describe;
use crate::store::{self, Backend, Backlog, EventState, Store, StoreError};
use crate::timestamp::Timestamp;

const POINT: &str = "database";

/// Clocks that are this far apart are worth a word.
const MAX_SKEW: Duration = Duration::from_secs(5);

/// An event that waits so long for a worker has none.
const MAX_WAIT: Duration = Duration::from_secs(5 * 60);

/// The database, if it is there with all its tables.
pub(super) async fn examine(builder: &Builder, findings: &mut Findings) -> Option<Store> {
    if let Some(path) = store::missing_file(builder.url_of_database()) {
        findings.error(
            POINT,
            format!("there is no file {path}"),
            "`migrate` makes it, or set DATABASE_URL to another",
        );
        return not_looked_at(findings);
    }
    let store = match builder.open_store().await {
        Ok(store) => store,
        Err(error) => {
            findings.error(
                POINT,
                describe(&error),
                "set DATABASE_URL to a database that can be reached",
            );
            return not_looked_at(findings);
        }
    };
    let pending = match look(&store, findings).await {
        Ok(pending) => pending,
        Err(error) => {
            findings.error(POINT, describe(&error), "see what the database's log says");
            return not_looked_at(findings);
        }
    };
    if let Some(first) = pending.first() {
        let what = format!("{} migrations are pending, {first} first", pending.len());
        findings.error(POINT, what, "`migrate`");
        return not_looked_at(findings);
    }
    match store.backlog().await {
        Ok(backlog) => {
            waiting(&backlog, Timestamp::now(), findings);
            Some(store)
        }
        Err(error) => {
            findings.error(POINT, describe(&error), "see what the database's log says");
            not_looked_at(findings)
        }
    }
}

fn not_looked_at(findings: &mut Findings) -> Option<Store> {
    findings.note(
        POINT,
        "stored events, endpoints with a row and runs of receivers were not looked at",
    );
    None
}

/// Version and clock; returns the migrations that are pending.
async fn look(store: &Store, findings: &mut Findings) -> Result<Vec<String>, StoreError> {
    let before = Timestamp::now();
    let (version, clock) = store.server().await?;
    findings.note(POINT, format!("{} {version}", store.backend()));
    if store.backend() == Backend::Postgres
        && let Some(apart) = apart(before, clock, Timestamp::now())
            .filter(|apart| apart.unsigned_abs() > MAX_SKEW.as_secs())
    {
        let what = format!("its clock is {apart} s away from this machine's");
        findings.warning(
            "clock",
            what,
            "let both machines synchronise their clocks (NTP)",
        );
    }
    store.pending_migrations().await
}

/// By how many seconds a clock, read between two looks at ours, is ahead of it; `None` if it may be right.
pub(super) fn apart(before: Timestamp, other: Timestamp, after: Timestamp) -> Option<i64> {
    let micros = match other {
        other if other < before => other.micros() - before.micros(),
        other if other > after => other.micros() - after.micros(),
        _ => return None,
    };
    Some(micros / 1_000_000)
}

/// Events that nobody works on.
fn waiting(backlog: &Backlog, now: Timestamp, findings: &mut Findings) {
    let dead = backlog.counts.get(EventState::Dead);
    if dead > 0 {
        let fix = "`events --dead` lists them, `events retry --dead` runs them again";
        findings.error(
            "events",
            format!("{dead} are dead: a receiver failed for good"),
            fix,
        );
    }
    if let Some(since) = backlog.paused_since {
        findings.warning(
            "workers",
            format!("they are paused since {since}"),
            "`resume`",
        );
    } else if let Some(oldest) = backlog
        .oldest_pending
        .filter(|oldest| *oldest + MAX_WAIT < now)
    {
        let what =
            format!("no worker has taken the oldest pending event, which arrived at {oldest}");
        findings.warning("workers", what, "start `serve` or `work`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_by_what_can_not_be_the_way() {
        let check = |before: i64, other: i64, after: i64, expected: Option<i64>| {
            let at = Timestamp::from_seconds;
            assert_eq!(apart(at(before), at(other), at(after)), expected);
        };
        check(10, 10, 12, None);
        check(10, 11, 12, None);
        check(10, 20, 12, Some(8));
        check(10, 3, 12, Some(-7));
    }

    #[test]
    fn what_waits_is_told_with_what_helps() {
        let check = |backlog: Backlog, expected: &[&str]| {
            let mut findings = Findings::default();
            waiting(&backlog, Timestamp::from_seconds(10_000), &mut findings);
            let fixes: Vec<_> = findings
                .0
                .iter()
                .filter_map(|finding| finding.fix.as_deref())
                .collect();
            assert_eq!(fixes, expected);
        };
        check(Backlog::default(), &[]);
        let old = Some(Timestamp::from_seconds(9_000));
        check(
            Backlog {
                oldest_pending: old,
                ..Backlog::default()
            },
            &["start `serve` or `work`"],
        );
        check(
            Backlog {
                oldest_pending: old,
                paused_since: old,
                ..Backlog::default()
            },
            &["`resume`"],
        );
        check(
            Backlog {
                oldest_pending: Some(Timestamp::from_seconds(9_900)),
                ..Backlog::default()
            },
            &[],
        );
    }
}
