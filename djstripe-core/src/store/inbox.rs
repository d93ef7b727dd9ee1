//! Deliveries come in: events are stored once, refused requests are kept for the operator.

use std::borrow::Cow;
#[cfg(feature = "postgres")]
use std::collections::HashSet;

#[cfg(feature = "postgres")]
use diesel::sql_types::Text;
#[cfg(feature = "postgres")]
use diesel_async::RunQueryDsl as _;

use super::connection::{Connection, Db};
use super::error::StoreError;
use super::rows::{Insertion, NewDelivery, NewEvent};
use super::statement::Statement;
use super::{Database, Store};

const INSERT_EVENTS: &str = "store events";
const RECORD_DELIVERY: &str = "record a refused delivery";

impl Store {
    /// Stores events that are not there yet, in one transaction: when this returns, they survive a power cut.
    ///
    /// The answers stand in the order of the events. Of two events with one id in the batch the second is a duplicate.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing of the batch was stored.
    pub async fn insert_events(&self, events: &[NewEvent]) -> Result<Vec<Insertion>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                insert_events_postgres(connection, events).await.map_err(StoreError::query(INSERT_EVENTS))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let events = events.to_vec();
                database.write(INSERT_EVENTS, move |raw| insert_events_sqlite(raw, &events)).await
            }
        }
    }

    /// Keeps a refused request. Beyond [`StoreOptions::refused_deliveries`](super::StoreOptions) the oldest go.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn record_delivery(&self, mut delivery: NewDelivery) -> Result<(), StoreError> {
        let options = self.options();
        delivery.body.truncate(options.refused_body_bytes);
        let kept = i64::from(options.refused_deliveries);
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let record = async {
                    insert_refused(&delivery).execute(connection).await?;
                    prune_refused(kept).execute(connection).await
                };
                record.await.map_err(StoreError::query(RECORD_DELIVERY))?;
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let record = move |raw: &mut diesel::SqliteConnection| {
                    insert_refused(&delivery).execute_on(raw)?;
                    prune_refused(kept).execute_on(raw)
                };
                database.write(RECORD_DELIVERY, record).await?;
            }
        }
        Ok(())
    }
}

impl Db<'_> {
    /// Stores events that are not there yet, in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn insert_events(&mut self, events: Vec<NewEvent>) -> Result<Vec<Insertion>, StoreError> {
        match self.connection() {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => insert_events_postgres(connection, &events).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                connection.spawn_blocking(move |raw| insert_events_sqlite(raw, &events)).await
            }
        }
        .map_err(StoreError::query(INSERT_EVENTS))
    }
}

/// The columns of an event that the database searches by. PostgreSQL's texts can't hold U+0000, which a sender can
/// put anywhere; U+FFFD stands in for it. The payload keeps it, as the escape that it is there.
struct Columns<'a> {
    id: Cow<'a, str>,
    account: Option<Cow<'a, str>>,
    name: Cow<'a, str>,
    api_version: Option<Cow<'a, str>>,
    request_id: Option<Cow<'a, str>>,
    idempotency_key: Option<Cow<'a, str>>,
    object_id: Option<String>,
    new: &'a NewEvent,
}

impl<'a> Columns<'a> {
    fn new(new: &'a NewEvent) -> Self {
        let event = &new.event;
        Self {
            id: without_nul(event.id()),
            account: event.account().map(without_nul),
            name: without_nul(event.name().as_str()),
            api_version: event.api_version().map(without_nul),
            request_id: event.request_id().map(without_nul),
            idempotency_key: event.idempotency_key().map(without_nul),
            object_id: event.object_head().id.map(|id| without_nul(&id).into_owned()),
            new,
        }
    }
}

/// `text` with U+FFFD in place of each U+0000.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

#[cfg(feature = "postgres")]
async fn insert_events_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    events: &[NewEvent],
) -> diesel::QueryResult<Vec<Insertion>> {
    use super::statement::Bind;

    let rows: Vec<Columns<'_>> = events.iter().map(Columns::new).collect();
    let mut sorted: Vec<&Columns<'_>> = rows.iter().collect();
    // Two batches that share events must take them in one order, or each waits for the other.
    sorted.sort_by(|left, right| left.id.cmp(&right.id));
    fn texts<'r>(rows: &[&'r Columns<'_>], column: impl Fn(&'r Columns<'_>) -> Option<&'r str>) -> Bind<'r> {
        Bind::Texts(rows.iter().map(|row| column(row).map(Cow::Borrowed)).collect())
    }
    let received = || Bind::BigInts(sorted.iter().map(|row| Some(row.new.received_at.micros())).collect());
    let statement = Statement::<(Text, Text)>::new(
        "WITH stored AS ( \
             INSERT INTO djstripe_event (id, account, name, api_version, created, livemode, request_id, \
                 idempotency_key, object_id, payload, received_at, next_attempt_at, state) \
             SELECT input.*, input.received_at, 'pending' \
             FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS input (id, account, name, api_version, created, \
                 livemode, request_id, idempotency_key, object_id, payload, received_at) \
             ON CONFLICT (id) DO NOTHING \
             RETURNING id \
         ), delivered AS ( \
             INSERT INTO djstripe_delivery (event_id, received_at, remote_address) SELECT * FROM unnest(?, ?, ?) \
         ) \
         SELECT id, pg_notify(?, '')::text FROM stored",
    )
    .bind(texts(&sorted, |row| Some(&row.id)))
    .bind(texts(&sorted, |row| row.account.as_deref()))
    .bind(texts(&sorted, |row| Some(&row.name)))
    .bind(texts(&sorted, |row| row.api_version.as_deref()))
    .bind(Bind::BigInts(sorted.iter().map(|row| Some(row.new.event.created())).collect()))
    .bind(Bind::Bools(sorted.iter().map(|row| row.new.event.livemode()).collect()))
    .bind(texts(&sorted, |row| row.request_id.as_deref()))
    .bind(texts(&sorted, |row| row.idempotency_key.as_deref()))
    .bind(texts(&sorted, |row| row.object_id.as_deref()))
    .bind(texts(&sorted, |row| Some(row.new.event.json())))
    .bind(received())
    .bind(texts(&sorted, |row| Some(&row.id)))
    .bind(received())
    .bind(Bind::Texts(sorted.iter().map(|row| row.new.remote_address.as_deref().map(without_nul)).collect()))
    .bind(super::listen::CHANNEL);
    let stored: Vec<(String, String)> = statement.load(connection).await?;
    let mut stored: HashSet<String> = stored.into_iter().map(|(id, _)| id).collect();
    let insertion = |row: &Columns<'_>| match stored.remove(row.id.as_ref()) {
        true => Insertion::New,
        false => Insertion::Duplicate,
    };
    Ok(rows.iter().map(insertion).collect())
}

#[cfg(feature = "sqlite")]
fn insert_events_sqlite(
    raw: &mut diesel::SqliteConnection,
    events: &[NewEvent],
) -> diesel::QueryResult<Vec<Insertion>> {
    let mut insert = |new: &NewEvent| {
        let row = Columns::new(new);
        let received_at = new.received_at.micros();
        let deliver = Statement::<()>::new(
            "INSERT INTO djstripe_delivery (event_id, received_at, remote_address) VALUES (?, ?, ?)",
        );
        deliver
            .bind(&*row.id)
            .bind(received_at)
            .bind(new.remote_address.as_deref().map(without_nul))
            .execute_on(raw)?;
        let store = Statement::<()>::new(
            "INSERT INTO djstripe_event (id, account, name, api_version, created, livemode, request_id, \
                 idempotency_key, object_id, payload, received_at, next_attempt_at, state) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending') \
             ON CONFLICT (id) DO NOTHING",
        );
        let stored = store
            .bind(row.id)
            .bind(row.account)
            .bind(row.name)
            .bind(row.api_version)
            .bind(new.event.created())
            .bind(new.event.livemode())
            .bind(row.request_id)
            .bind(row.idempotency_key)
            .bind(row.object_id)
            .bind(row.new.event.json())
            .bind(received_at)
            .bind(received_at)
            .execute_on(raw)?;
        Ok(if stored == 1 { Insertion::New } else { Insertion::Duplicate })
    };
    events.iter().map(&mut insert).collect()
}

fn insert_refused(delivery: &NewDelivery) -> Statement<'_> {
    let headers = serde_json::Value::from_iter(delivery.headers.iter().map(|(name, value)| vec![&**name, &**value]));
    Statement::new(
        "INSERT INTO djstripe_delivery (received_at, reason, remote_address, headers, body) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(delivery.received_at.micros())
    .bind(without_nul(&delivery.reason))
    .bind(delivery.remote_address.as_deref().map(without_nul))
    .bind(headers.to_string())
    .bind(&*delivery.body)
}

fn prune_refused(kept: i64) -> Statement<'static> {
    Statement::new(
        "DELETE FROM djstripe_delivery WHERE event_id IS NULL AND id <= \
             (SELECT id FROM djstripe_delivery WHERE event_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?)",
    )
    .bind(kept)
}
