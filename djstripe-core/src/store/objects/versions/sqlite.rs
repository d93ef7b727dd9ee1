//! Versions on SQLite: each observation is placed on its own.

use diesel::{QueryResult, SqliteConnection as Raw};

use super::place::{Change, Confirmed, Neighbours, Observed, Row, Version, append, insert};
use super::snapshot;
use super::statements::{ObjectKey, SeenRow, VersionRow};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::objects::observation::Observation;
use crate::store::row::TableName;

/// Stores what the row of an observation holds, if that is no version yet.
pub(in crate::store::objects) fn before_write(
    raw: &mut Raw,
    table: TableName,
    object: &'static str,
    row: &Observation,
    now: i64,
) -> QueryResult<()> {
    snapshot::before_write(table, object, &row.key, now)
        .execute_on(raw)
        .map(drop)
}

/// Adds what a row holds now. `previous` is what it held before.
pub(in crate::store::objects) fn add_current(
    raw: &mut Raw,
    table: TableName,
    object: &'static str,
    row: &Observation,
    previous: Option<&Observation>,
    now: i64,
) -> QueryResult<()> {
    let key = ObjectKey::of(object, row);
    let latest = versions(raw, key.latest())?.into_iter().next();
    let seen = previous.filter(|it| !it.is_copy).map(|it| Confirmed {
        at: it.observed_at,
        event_id: it.only_event().map(str::to_owned),
    });
    match append(latest.as_ref(), &Observed::of(row), seen) {
        None => place(raw, table, key, &Observed::of(row), Row::Holds, now)?,
        Some(changes) => make(raw, key, &changes, now)?,
    }
    add_end(raw, table, key, row, now)
}

/// Puts an observation that is not what its row holds into its place.
pub(in crate::store::objects) fn add_earlier(
    raw: &mut Raw,
    table: TableName,
    object: &'static str,
    row: &Observation,
    now: i64,
) -> QueryResult<()> {
    let key = ObjectKey::of(object, row);
    place(raw, table, key, &Observed::of(row), Row::HoldsOther, now)?;
    add_end(raw, table, key, row, now)
}

/// Adds the end of a child that was observed before it ended.
fn add_end(
    raw: &mut Raw,
    table: TableName,
    key: ObjectKey<'_>,
    row: &Observation,
    now: i64,
) -> QueryResult<()> {
    match Observed::end_of(row) {
        Some(end) => place(raw, table, key, &end, Row::HoldsOther, now),
        None => Ok(()),
    }
}

fn place(
    raw: &mut Raw,
    table: TableName,
    key: ObjectKey<'_>,
    observed: &Observed<'_>,
    row: Row,
    now: i64,
) -> QueryResult<()> {
    let at = observed.at;
    let seen: Vec<SeenRow> = match row {
        Row::Holds => Vec::new(),
        Row::HoldsOther => key.row_seen(table).load_on(raw)?,
    };
    let around = Neighbours {
        of_moment: versions(raw, key.of_moment(at))?,
        before: versions(raw, key.before(at))?.into_iter().next(),
        after: versions(raw, key.after(at))?.into_iter().next(),
        row: seen.into_iter().next().map(Confirmed::from),
    };
    make(raw, key, &insert(&around, observed), now)
}

fn make(raw: &mut Raw, key: ObjectKey<'_>, changes: &[Change], now: i64) -> QueryResult<()> {
    let mut changes = changes.iter();
    changes.try_for_each(|change| key.change(change, now).execute_on(raw).map(drop))
}

fn versions(raw: &mut Raw, select: Statement<'_, ByName>) -> QueryResult<Vec<Version>> {
    let rows: Vec<VersionRow> = select.load_on(raw)?;
    Ok(rows.into_iter().map(Version::from).collect())
}
