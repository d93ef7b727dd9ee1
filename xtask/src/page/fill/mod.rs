//! Fills a database on the server's side, as an application of some years would have filled it.
//!
//! The statements name the columns of `djstripe-core/migrations/postgres` and of the mirror's tables: a
//! migration that renames or drops one changes them too. A new column with a default needs nothing, and
//! indexes stay as the migrations made them. psql puts the numbers in place of `:first` and the like.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::database::Database;
use super::{Failure, Plan, interrupted};

/// Ten events in a row about one object, with their deliveries, runs, work and effects.
const EVENTS: &str = include_str!("events.sql");

/// Rows of the mirror, and the versions of some of them.
const OBJECTS: &str = include_str!("objects.sql");

/// What does not grow with the events.
const REST: &str = include_str!("rest.sql");

/// Rows that one statement inserts.
const STEP: u64 = 100_000;

/// The days that the events arrived in.
const DAYS: u64 = 90;

/// What the filled tables need of the server: a log that is not written to the tables all the time.
const SETTINGS: [&str; 2] = [
    "ALTER SYSTEM SET max_wal_size = '4GB'",
    "SELECT pg_reload_conf()",
];

/// Fills the database with as many events and objects as the plan says.
///
/// # Errors
/// A statement that fails, or an interruption.
pub(super) fn fill(database: &Database<'_>, plan: &Plan) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    let span = DAYS * 24 * 60 * 60 * 1_000_000 / plan.events.max(1);
    let numbers = [
        ("events", plan.events.to_string()),
        ("objects", plan.objects.to_string()),
        ("now", now.to_string()),
        ("span", span.to_string()),
    ];
    // A server that is not this command's own keeps its settings.
    if plan.url.is_none() {
        for setting in SETTINGS {
            database.run(setting, &[])?;
        }
    }

    steps(database, "objects", OBJECTS, plan.objects, &numbers)?;
    steps(database, "events", EVENTS, plan.events, &numbers)?;
    database.run(REST, &numbers)?;
    eprintln!("filled; vacuuming and analyzing");
    database.run("VACUUM ANALYZE", &[])?;
    database.run("CHECKPOINT", &[])
}

/// Runs statements for one part of the rows after another.
fn steps(
    database: &Database<'_>,
    what: &str,
    sql: &str,
    rows: u64,
    numbers: &[(&str, String)],
) -> Result<(), Failure> {
    let start = Instant::now();
    let mut done = 0;
    while done < rows {
        interrupted()?;
        let last = rows.min(done + STEP);
        let mut with_part = numbers.to_vec();
        with_part.push(("first", (done + 1).to_string()));
        with_part.push(("last", last.to_string()));
        database.run(sql, &with_part)?;

        done = last;
        let seconds = start.elapsed().as_secs();
        let left = seconds * (rows - done) / done;
        eprintln!("{done} of {rows} {what} after {seconds} s, about {left} s left");
    }
    Ok(())
}
