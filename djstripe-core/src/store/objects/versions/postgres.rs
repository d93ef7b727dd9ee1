//! Versions on PostgreSQL: one statement for what a batch wrote into rows, and a few for each
//! observation that came late.
//!
//! They run after the upsert, in its transaction: the rows that it locked keep other writers of the
//! same objects waiting, and a later statement sees what those had committed before.

use diesel::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::place::{Confirmed, Neighbours, Observed, Row, Version, insert};
use super::statements::{ObjectKey, SeenRow, VersionRow};
use crate::store::backend::statement::{Bind, ByName, Statement};
use crate::store::objects::observation::{Key, Observation};
use crate::store::row::TableName;

/// What a row holds now, and when it was observed before.
pub(in crate::store::objects) struct Current<'b> {
    pub(in crate::store::objects) row: &'b Observation,
    pub(in crate::store::objects) seen_at: Option<i64>,
    pub(in crate::store::objects) seen_by: Option<String>,
}

/// Adds what rows hold now.
pub(in crate::store::objects) async fn add_current(
    connection: &mut AsyncPgConnection,
    table: TableName,
    object: &'static str,
    current: &[Current<'_>],
    now: i64,
) -> QueryResult<()> {
    if current.is_empty() {
        return Ok(());
    }
    let rows = || current.iter().map(|current| current.row);
    let append = Statement::<(Text, Bool, Text)>::new(append_sql(object))
        .bind(Bind::texts(rows().map(|row| &*row.key.0)))
        .bind(Bind::bools(rows().map(|row| row.key.1)))
        .bind(Bind::texts(rows().map(|row| &*row.key.2)))
        .bind(Bind::texts(rows().map(|row| &*row.stripe_data)))
        .bind(Bind::big_ints(rows().map(|row| row.observed_at)))
        .bind(Bind::bools(rows().map(|row| Observed::of(row).is_deleted)))
        .bind(Bind::optional_texts(
            rows().map(|row| row.event_id.as_deref()),
        ))
        .bind(Bind::BigInts(current.iter().map(|it| it.seen_at).collect()))
        .bind(Bind::optional_texts(
            current.iter().map(|it| it.seen_by.as_deref()),
        ))
        .bind(now);
    let older: Vec<Key> = append.load(connection).await?;

    for row in rows() {
        let key = ObjectKey::of(object, row);
        if older.contains(&row.key) {
            place(connection, table, key, &Observed::of(row), Row::Holds, now).await?;
        }
        add_end(connection, table, key, row, now).await?;
    }
    Ok(())
}

/// Puts an observation that is not what its row holds into its place.
pub(in crate::store::objects) async fn add_earlier(
    connection: &mut AsyncPgConnection,
    table: TableName,
    object: &'static str,
    row: &Observation,
    now: i64,
) -> QueryResult<()> {
    let key = ObjectKey::of(object, row);
    place(
        connection,
        table,
        key,
        &Observed::of(row),
        Row::HoldsOther,
        now,
    )
    .await?;
    add_end(connection, table, key, row, now).await
}

/// Adds the end of a child that was observed before it ended.
async fn add_end(
    connection: &mut AsyncPgConnection,
    table: TableName,
    key: ObjectKey<'_>,
    row: &Observation,
    now: i64,
) -> QueryResult<()> {
    match Observed::end_of(row) {
        Some(end) => place(connection, table, key, &end, Row::HoldsOther, now).await,
        None => Ok(()),
    }
}

async fn place(
    connection: &mut AsyncPgConnection,
    table: TableName,
    key: ObjectKey<'_>,
    observed: &Observed<'_>,
    row: Row,
    now: i64,
) -> QueryResult<()> {
    let at = observed.at;
    let seen: Vec<SeenRow> = match row {
        Row::Holds => Vec::new(),
        Row::HoldsOther => key.row_seen(table).load(connection).await?,
    };
    let around = Neighbours {
        of_moment: versions(connection, key.of_moment(at)).await?,
        before: versions(connection, key.before(at))
            .await?
            .into_iter()
            .next(),
        after: versions(connection, key.after(at))
            .await?
            .into_iter()
            .next(),
        row: seen.into_iter().next().map(Confirmed::from),
    };
    for change in &insert(&around, observed) {
        key.change(change, now).execute(connection).await?;
    }
    Ok(())
}

async fn versions(
    connection: &mut AsyncPgConnection,
    select: Statement<'_, ByName>,
) -> QueryResult<Vec<Version>> {
    let rows: Vec<VersionRow> = select.load(connection).await?;
    Ok(rows.into_iter().map(Version::from).collect())
}

/// The same as [`append`](super::place::append), for a batch. Returns the keys of observations that are
/// older than the last version. A version that was seen again is updated by its place in the table: it
/// is found at once, whatever the planner believes about the table, and only the transaction that
/// holds the object's row moves it.
fn append_sql(object: &str) -> String {
    format!(
        "WITH given AS ( \
             SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) \
                 AS given (account, livemode, id, content, observed_at, deleted, event_id, seen_at, seen_by)), \
         placed AS ( \
             SELECT given.*, latest.place, latest.observed_at AS latest_at, latest.number, latest.confirmed_at \
             FROM given LEFT JOIN LATERAL ( \
                 SELECT known.ctid AS place, known.observed_at, known.number, known.content, known.deleted, known.confirmed_at \
                 FROM djstripe_object_version AS known \
                 WHERE known.object = '{object}' AND known.id = given.id AND known.account = given.account \
                     AND known.livemode = given.livemode \
                 ORDER BY known.observed_at DESC, known.number DESC LIMIT 1) AS latest ON true \
             WHERE latest.observed_at IS NULL OR latest.deleted <> given.deleted OR latest.content <> given.content), \
         seen AS ( \
             UPDATE djstripe_object_version AS known SET confirmed_at = placed.seen_at, confirmed_by = placed.seen_by \
             FROM placed WHERE known.ctid = placed.place AND placed.latest_at <= placed.observed_at \
                 AND placed.seen_at > placed.confirmed_at AND placed.seen_at < placed.observed_at), \
         added AS ( \
             INSERT INTO djstripe_object_version (object, id, account, livemode, observed_at, number, recorded_at, \
                 event_id, content, deleted, confirmed_at) \
             SELECT '{object}', id, account, livemode, observed_at, \
                 CASE WHEN latest_at = observed_at THEN number + 1 ELSE 0 END, ?, event_id, content, deleted, observed_at \
             FROM placed WHERE latest_at IS NULL OR latest_at <= observed_at) \
         SELECT account, livemode, id FROM placed WHERE latest_at > observed_at"
    )
}
