//! Deliveries come in: events are stored once, refused requests are kept for the operator.
//!
//! What is still to do about an event is a row of the queue, stored with it. Whoever stores an event may take it in the
//! same step, which spares a claim of its own.

use std::borrow::Cow;
#[cfg(feature = "postgres")]
use std::collections::HashMap;

#[cfg(feature = "postgres")]
use diesel::sql_types::Text;
#[cfg(feature = "postgres")]
use diesel_async::RunQueryDsl as _;

use super::rows::{Insertion, NewDelivery, NewEvent};
use crate::store::backend::connection::{Connection, Db};
use crate::store::backend::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

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
        let stored = self.insert_and_take(events, None).await?;
        Ok(stored.into_iter().map(Insertion::from).collect())
    }

    /// As [`insert_events`](Self::insert_events), and `taker` takes those new ones whose objects nobody else is at work on
    /// and no event waits of. They are its own at once, with the first fence.
    ///
    /// # Errors
    /// As [`insert_events`](Self::insert_events).
    pub(crate) async fn insert_and_take(
        &self,
        events: &[NewEvent],
        taker: Option<Taker>,
    ) -> Result<Vec<Stored>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let stored = insert_events_postgres(connection, events, taker.as_ref()).await;
                stored.map_err(StoreError::query(INSERT_EVENTS))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let events = events.to_vec();
                let insert = move |raw: &mut diesel::SqliteConnection| {
                    insert_events_sqlite(raw, &events, taker.as_ref())
                };
                database.write(INSERT_EVENTS, insert).await
            }
        }
    }

    /// Keeps a refused request. Beyond [`StoreOptions::refused_deliveries`](crate::store::StoreOptions) the oldest go.
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

/// Who takes events while they are stored.
#[derive(Clone, Debug)]
pub(crate) struct Taker {
    /// As for a claim.
    pub(crate) worker: String,
    /// The present.
    pub(crate) now: Timestamp,
    /// Until when the events are its own.
    pub(crate) until: Timestamp,
}

/// What became of an event that was to be stored, and perhaps taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is new, and the taker's, with the fence [`FIRST_FENCE`].
    Taken,
    /// It is new, and waits for a claim.
    Waiting,
    /// It was there already.
    Duplicate,
}

impl From<Stored> for Insertion {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Taken | Stored::Waiting => Self::New,
            Stored::Duplicate => Self::Duplicate,
        }
    }
}

/// Fence of the first lease of an event, which nobody had before.
pub(crate) const FIRST_FENCE: i64 = 1;

impl Db<'_> {
    /// Stores events that are not there yet, in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn insert_events(
        &mut self,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Insertion>, StoreError> {
        match self.connection() {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                insert_events_postgres(connection, &events, None).await
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                connection
                    .spawn_blocking(move |raw| insert_events_sqlite(raw, &events, None))
                    .await
            }
        }
        .map(|stored| stored.into_iter().map(Insertion::from).collect())
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
            object_id: event
                .object_head()
                .id
                .map(|id| without_nul(&id).into_owned()),
            new,
        }
    }
}

/// `text` with U+FFFD in place of each U+0000.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(feature = "postgres")]
async fn insert_events_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    events: &[NewEvent],
    taker: Option<&Taker>,
) -> diesel::QueryResult<Vec<Stored>> {
    use diesel::sql_types::Bool;

    use crate::store::backend::statement::Bind;

    let rows: Vec<Columns<'_>> = events.iter().map(Columns::new).collect();
    let mut sorted: Vec<&Columns<'_>> = rows.iter().collect();
    // Two batches that share events must take them in one order, or each waits for the other.
    sorted.sort_by(|left, right| left.id.cmp(&right.id));
    fn texts<'r>(
        rows: &[&'r Columns<'_>],
        column: impl Fn(&'r Columns<'_>) -> Option<&'r str>,
    ) -> Bind<'r> {
        Bind::Texts(
            rows.iter()
                .map(|row| column(row).map(Cow::Borrowed))
                .collect(),
        )
    }
    let is_first =
        (0..sorted.len()).map(|index| index == 0 || sorted[index - 1].id != sorted[index].id);
    let remote = |row: &&Columns<'_>| {
        row.new
            .remote_address
            .clone()
            .map(|address| without_nul(&address).into_owned().into())
    };
    let free = match taker {
        None => "NULL::boolean[]",
        Some(_) => {
            "djstripe_free_objects(?, ?, ARRAY(SELECT coalesce(account, '') FROM input ORDER BY number), \
                 ARRAY(SELECT object_id FROM input ORDER BY number))"
        }
    };
    let statement = Statement::<(Text, Bool, diesel::sql_types::Nullable<Text>)>::new(format!(
        "WITH input AS MATERIALIZED ( \
             SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY AS input (id, account, name, \
                 api_version, created, livemode, request_id, idempotency_key, object_id, payload, received_at, \
                 remote_address, is_first, number) \
         ), stored AS ( \
             INSERT INTO djstripe_event (id, account, name, api_version, created, livemode, request_id, \
                 idempotency_key, object_id, payload, received_at) \
             SELECT id, account, name, api_version, created, livemode, request_id, idempotency_key, object_id, payload, \
                 received_at FROM input \
             ON CONFLICT (id) DO NOTHING \
             RETURNING id \
         ), delivered AS ( \
             INSERT INTO djstripe_delivery (event_id, received_at, remote_address) \
             SELECT id, received_at, remote_address FROM input \
         ), free AS MATERIALIZED ( \
             SELECT {free} AS objects \
         ), queued AS ( \
             INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, \
                 next_attempt_at, lease_owner, fence) \
             SELECT input.id, coalesce(account, ''), object_id, created, received_at, \
                 CASE WHEN taken THEN 'processing' ELSE 'pending' END, taken::integer, \
                 CASE WHEN taken THEN ? ELSE received_at END, CASE WHEN taken THEN ? END, taken::integer \
             FROM input JOIN stored ON stored.id = input.id AND input.is_first \
             CROSS JOIN LATERAL (SELECT coalesce((SELECT objects FROM free)[number], false) AS taken) AS free \
             RETURNING event_id, state = 'processing' AS taken \
         ) \
         SELECT event_id, taken, \
             (SELECT pg_notify(?, '')::text FROM queued WHERE NOT taken LIMIT 1) \
         FROM queued"
    ));
    let statement = statement
        .bind(texts(&sorted, |row| Some(&row.id)))
        .bind(texts(&sorted, |row| row.account.as_deref()))
        .bind(texts(&sorted, |row| Some(&row.name)))
        .bind(texts(&sorted, |row| row.api_version.as_deref()))
        .bind(Bind::BigInts(
            sorted
                .iter()
                .map(|row| Some(row.new.event.created()))
                .collect(),
        ))
        .bind(Bind::Bools(
            sorted.iter().map(|row| row.new.event.livemode()).collect(),
        ))
        .bind(texts(&sorted, |row| row.request_id.as_deref()))
        .bind(texts(&sorted, |row| row.idempotency_key.as_deref()))
        .bind(texts(&sorted, |row| row.object_id.as_deref()))
        .bind(texts(&sorted, |row| Some(row.new.event.json())))
        .bind(Bind::BigInts(
            sorted
                .iter()
                .map(|row| Some(row.new.received_at.micros()))
                .collect(),
        ))
        .bind(Bind::Texts(sorted.iter().map(remote).collect()))
        .bind(Bind::Bools(is_first.collect()));
    let statement = match taker {
        None => statement,
        Some(taker) => statement.bind(&*taker.worker).bind(taker.now.micros()),
    };
    let statement = statement
        .bind(Bind::BigInt(taker.map(|taker| taker.until.micros())))
        .bind(taker.map(|taker| &*taker.worker))
        .bind(crate::store::backend::listen::CHANNEL);
    let stored: Vec<(String, bool, Option<String>)> = statement.load(connection).await?;
    let mut stored: HashMap<String, bool> = stored
        .into_iter()
        .map(|(id, taken, _)| (id, taken))
        .collect();
    let outcome = |row: &Columns<'_>| match stored.remove(row.id.as_ref()) {
        Some(true) => Stored::Taken,
        Some(false) => Stored::Waiting,
        None => Stored::Duplicate,
    };
    Ok(rows.iter().map(outcome).collect())
}

#[cfg(feature = "sqlite")]
fn insert_events_sqlite(
    raw: &mut diesel::SqliteConnection,
    events: &[NewEvent],
    taker: Option<&Taker>,
) -> diesel::QueryResult<Vec<Stored>> {
    use diesel::sql_types::BigInt;

    use crate::store::backend::statement::Bind;

    let paused =
        Statement::<BigInt>::new("SELECT since FROM djstripe_pause").load_on::<i64>(raw)?;
    let taker = taker.filter(|_| paused.is_empty());
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
                 idempotency_key, object_id, payload, received_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (id) DO NOTHING",
        );
        let account = row.account.clone().unwrap_or_default();
        let stored = store
            .bind(&*row.id)
            .bind(row.account)
            .bind(row.name)
            .bind(row.api_version)
            .bind(new.event.created())
            .bind(new.event.livemode())
            .bind(row.request_id)
            .bind(row.idempotency_key)
            .bind(row.object_id.as_deref())
            .bind(row.new.event.json())
            .bind(received_at)
            .execute_on(raw)?;
        if stored == 0 {
            return Ok(Stored::Duplicate);
        }
        let taker = match (taker, &row.object_id) {
            (Some(taker), Some(object_id)) if !is_free(raw, taker, &account, object_id)? => None,
            (taker, _) => taker,
        };
        let queue = Statement::<()>::new(
            "INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, \
                 next_attempt_at, lease_owner, fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        queue
            .bind(row.id)
            .bind(account)
            .bind(row.object_id)
            .bind(new.event.created())
            .bind(received_at)
            .bind(if taker.is_some() {
                "processing"
            } else {
                "pending"
            })
            .bind(i32::from(taker.is_some()))
            .bind(taker.map_or(received_at, |taker| taker.until.micros()))
            .bind(taker.map(|taker| &*taker.worker))
            .bind(Bind::BigInt(Some(if taker.is_some() {
                FIRST_FENCE
            } else {
                0
            })))
            .execute_on(raw)?;
        Ok(if taker.is_some() {
            Stored::Taken
        } else {
            Stored::Waiting
        })
    };
    events.iter().map(&mut insert).collect()
}

/// Whether nobody else is at work on the object and no event of it waits.
#[cfg(feature = "sqlite")]
fn is_free(
    raw: &mut diesel::SqliteConnection,
    taker: &Taker,
    account: &str,
    object_id: &str,
) -> diesel::QueryResult<bool> {
    use diesel::sql_types::BigInt;

    let select = Statement::<BigInt>::new(
        "SELECT 1 FROM djstripe_queue WHERE object_id = ? AND account = ? AND (state = 'pending' \
             OR state = 'processing' AND (lease_owner <> ? OR next_attempt_at <= ?)) LIMIT 1",
    );
    let select = select
        .bind(object_id)
        .bind(account)
        .bind(&*taker.worker)
        .bind(taker.now.micros());
    Ok(select.load_on::<i64>(raw)?.is_empty())
}

fn insert_refused(delivery: &NewDelivery) -> Statement<'_> {
    let headers = serde_json::Value::from_iter(
        delivery
            .headers
            .iter()
            .map(|(name, value)| vec![&**name, &**value]),
    );
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
