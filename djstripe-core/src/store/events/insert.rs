//! Events are stored once, however often they are delivered.
//!
//! In: deliveries. Out: for each event whether it is new. A row of the queue, stored together with
//! the event, holds its state until it is processed. A worker may lease an event in the same
//! statement, which saves a claim.
//!
//! Once a customer was forgotten, what the events say about them is blanked before they are stored.

use std::borrow::Cow;
use std::time::Instant;

use super::work::{Insertion, Lease, NewEvent};
use crate::store::backend::connection::Db;
use crate::store::backend::run::{on_backend, on_connection};
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::store::text::without_nul;
use crate::timestamp::Timestamp;

const INSERT_EVENTS: &str = "store events";

impl Queue {
    /// Stores new events, in one transaction: when this returns, they survive a power cut.
    ///
    /// The results are in the order of the events. Of two events with one id in the batch the
    /// second is a duplicate.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing of the batch was stored.
    pub async fn insert_events(&self, events: &[NewEvent]) -> Result<Vec<Insertion>, StoreError> {
        self.insert_and_lease(&mut events.to_vec(), None).await
    }

    /// As [`insert_events`](Self::insert_events). New events whose object has no pending event, and
    /// no event that another worker runs, are leased to the worker at once, with the first fence.
    ///
    /// Afterwards the events are as they are stored: blanked, if they are about a forgotten customer.
    ///
    /// # Errors
    /// As [`insert_events`](Self::insert_events).
    pub async fn insert_and_lease(
        &self,
        events: &mut [NewEvent],
        lease: Option<Lease>,
    ) -> Result<Vec<Insertion>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let inserted = self.try_insert(events, lease).await;
        match &inserted {
            Ok(_) => self.0.writes().stored(Instant::now()),
            Err(_) => self.0.writes().not_stored(Instant::now()),
        }
        inserted
    }

    async fn try_insert(
        &self,
        events: &mut [NewEvent],
        lease: Option<Lease>,
    ) -> Result<Vec<Insertion>, StoreError> {
        let (insertions, blanked) = on_backend!(
            self.0, INSERT_EVENTS,
            postgres(connection) => {
                let has_marks = &self.0.writes().has_marks;
                postgres::insert_events(connection, events, lease.as_ref(), Some(has_marks))
            },
            sqlite.write => {
                let events = events.to_vec();
                move |raw| sqlite::insert_events(raw, &events, lease.as_ref())
            },
        )?;
        if let Some(blanked) = blanked {
            events.clone_from_slice(&blanked);
        }
        Ok(insertions)
    }
}

impl Db<'_> {
    /// Stores new events, in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn insert_events(
        &mut self,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Insertion>, StoreError> {
        let (insertions, _) = on_connection!(
            self, INSERT_EVENTS,
            postgres(connection) => postgres::insert_events(connection, &events, None, None),
            sqlite => move |raw| sqlite::insert_events(raw, &events, None),
        )?;
        Ok(insertions)
    }
}

/// The events that were stored, if they were blanked.
type Inserted = (Vec<Insertion>, Option<Vec<NewEvent>>);

/// The columns of an event that the database searches by.
struct Columns<'a> {
    /// As it is stored: without U+0000. The payload keeps it, as the escape by which JSON writes it.
    id: Cow<'a, str>,
    account: Option<&'a str>,
    own_account: Option<&'a str>,
    name: &'a str,
    api_version: Option<&'a str>,
    request_id: Option<&'a str>,
    idempotency_key: Option<&'a str>,
    object_id: Option<String>,
    thin_id: Option<&'a str>,
    thin_created: Option<i64>,
    remote_address: Option<&'a str>,
    endpoint: Option<String>,
    new: &'a NewEvent,
}

impl<'a> Columns<'a> {
    fn new(new: &'a NewEvent) -> Self {
        let event = &new.event;
        Self {
            id: without_nul(event.id()),
            account: event.account(),
            own_account: event.own_account(),
            name: event.name().as_str(),
            api_version: event.api_version(),
            request_id: event.request_id(),
            idempotency_key: event.idempotency_key(),
            object_id: event.object_head().id,
            thin_id: event.thin_id(),
            thin_created: event.thin_created().map(Timestamp::micros),
            remote_address: new.remote_address.as_deref(),
            endpoint: new.endpoint.map(|id| id.to_string()),
            new,
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicBool, Ordering};

    use diesel::QueryResult;
    use diesel::sql_types::{Bool, Nullable, Text};
    use diesel_async::{
        AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
    };

    use super::{Columns, Inserted, Insertion, Lease, NewEvent};
    use crate::store::backend::statement::{Bind, Statement};
    use crate::store::redaction::arrivals;
    use crate::store::redaction::marks::{self, MarkRow, Marks};
    use crate::timestamp::Timestamp;

    const INSERT: &str = "WITH input AS MATERIALIZED ( \
             SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY AS input (id, account, \
                 own_account, name, api_version, created, livemode, request_id, idempotency_key, object_id, payload, received_at, \
                 remote_address, endpoint, is_thin, thin_id, thin_created, is_first, number)";
    const REST: &str = " \
         ), stored AS ( \
             INSERT INTO djstripe_event (id, account, own_account, name, api_version, created, livemode, request_id, \
                 idempotency_key, object_id, payload, received_at, is_thin, is_snapshot, thin_id, thin_created) \
             SELECT id, account, own_account, name, api_version, created, livemode, request_id, idempotency_key, \
                 object_id, payload, received_at, is_thin, NOT is_thin, thin_id, thin_created FROM input \
             ON CONFLICT (id) DO NOTHING \
             RETURNING id \
         ), delivered AS ( \
             INSERT INTO djstripe_delivery (event_id, received_at, remote_address, endpoint, api_version) \
             SELECT id, received_at, remote_address, endpoint, api_version FROM input \
         ), free AS MATERIALIZED ( \
             SELECT ";

    const NONE_FREE: &str = "NULL::boolean[]";
    const FREE_OBJECTS: &str = "djstripe_free_objects(?, ?, \
                 ARRAY(SELECT coalesce(account, own_account, '') FROM input ORDER BY number), \
                 ARRAY(SELECT object_id FROM input ORDER BY number))";

    const QUEUE: &str = " AS objects \
         ), queued AS ( \
             INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, \
                 next_attempt_at, lease_owner, fence) \
             SELECT input.id, coalesce(account, own_account, ''), object_id, created, received_at, \
                 CASE WHEN leased THEN 'processing' ELSE 'pending' END, leased::integer, \
                 CASE WHEN leased THEN ? ELSE received_at END, CASE WHEN leased THEN ? END, leased::integer \
             FROM input JOIN stored ON stored.id = input.id AND input.is_first \
             CROSS JOIN LATERAL (SELECT coalesce((SELECT objects FROM free)[number], false) AS leased) AS free \
             RETURNING event_id, state = 'processing' AS leased \
         ) \
         SELECT event_id, leased, \
             (SELECT pg_notify(djstripe_channel(), '')::text FROM queued WHERE NOT leased LIMIT 1) \
         FROM queued";
    /// Once a customer was forgotten, nothing is stored, and a row without an id says why.
    const GUARD: &str = " WHERE NOT EXISTS (SELECT 1 FROM djstripe_redaction)";
    const GUARD_ROW: &str =
        " UNION ALL SELECT NULL, false, NULL WHERE EXISTS (SELECT 1 FROM djstripe_redaction)";

    const WAIT: &str = "SELECT pg_advisory_xact_lock_shared(djstripe_claim_lock())";

    pub(super) async fn insert_events(
        connection: &mut AsyncPgConnection,
        events: &[NewEvent],
        lease: Option<&Lease>,
        has_marks: Option<&AtomicBool>,
    ) -> QueryResult<Inserted> {
        // Once refused, the statement would be refused each time.
        if has_marks.is_none_or(|it| !it.load(Ordering::Relaxed)) {
            if let Some(insertions) = store_guarded(connection, events, lease).await? {
                return Ok((insertions, None));
            }
            has_marks.inspect(|it| it.store(true, Ordering::Relaxed));
        }

        // No mark is added before the end of this transaction.
        let mut events = events.to_vec();
        let insertions = connection
            .transaction(async |connection| {
                let ids = arrivals::ids(events.iter().map(|new| &new.event));
                let marks: Vec<MarkRow> = marks::select_postgres(&ids).load(connection).await?;
                let new = arrivals::blank_all(&mut events, &Marks::of(marks))?;
                if !new.is_empty() {
                    let now = Timestamp::now().micros();
                    marks::insert_postgres(&new, now)
                        .execute(connection)
                        .await?;
                }
                store(connection, &events, lease).await
            })
            .await?;
        Ok((insertions, Some(events)))
    }

    /// Stores the events as they are.
    async fn store(
        connection: &mut AsyncPgConnection,
        events: &[NewEvent],
        lease: Option<&Lease>,
    ) -> QueryResult<Vec<Insertion>> {
        let rows: Vec<Columns<'_>> = events.iter().map(Columns::new).collect();
        let stored = insert(connection, &rows, lease, false).await?;
        Ok(insertions(&rows, stored))
    }

    /// Stores the events as they are, while no customer was ever forgotten; `None` if one was.
    async fn store_guarded(
        connection: &mut AsyncPgConnection,
        events: &[NewEvent],
        lease: Option<&Lease>,
    ) -> QueryResult<Option<Vec<Insertion>>> {
        let rows: Vec<Columns<'_>> = events.iter().map(Columns::new).collect();
        let stored = insert(connection, &rows, lease, true).await?;
        let is_refused = stored.iter().any(|(id, ..)| id.is_none());
        Ok((!is_refused).then(|| insertions(&rows, stored)))
    }

    /// Id of an event that was stored, and whether it is leased. The last column is of no use.
    type Stored = (Option<String>, bool, Option<String>);

    async fn insert(
        connection: &mut AsyncPgConnection,
        rows: &[Columns<'_>],
        lease: Option<&Lease>,
        guarded: bool,
    ) -> QueryResult<Vec<Stored>> {
        let mut sorted: Vec<&Columns<'_>> = rows.iter().collect();
        // Two batches that share events lock them in the same order, so that they can't deadlock.
        sorted.sort_by(|left, right| left.id.cmp(&right.id));

        let insert = bind_rows(
            Statement::<(Nullable<Text>, Bool, Nullable<Text>)>::new(INSERT),
            &sorted,
        );
        let insert = insert.sql(if guarded { GUARD } else { "" }).sql(REST);
        let insert = match lease {
            None => insert.sql(NONE_FREE),
            Some(lease) => insert
                .sql(FREE_OBJECTS)
                .bind(&*lease.worker)
                .bind(lease.now.micros()),
        };
        let insert = insert
            .sql(QUEUE)
            .bind(Bind::BigInt(lease.map(|lease| lease.until.micros())))
            .bind(lease.map(|lease| &*lease.worker))
            .sql(if guarded { GUARD_ROW } else { "" });

        let waits = lease.is_some_and(|lease| lease.waits_for_claims);
        if !waits {
            return insert.load(connection).await;
        }
        // `djstripe_free_objects` tries to take this lock too, and then has it already.
        connection
            .transaction(async |connection| {
                connection.batch_execute(WAIT).await?;
                insert.load(connection).await
            })
            .await
    }

    fn insertions(rows: &[Columns<'_>], stored: Vec<Stored>) -> Vec<Insertion> {
        let mut stored: HashMap<String, bool> = stored
            .into_iter()
            .filter_map(|(id, leased, _)| Some((id?, leased)))
            .collect();
        // The first of several events with one id takes its entry; the others are duplicates.
        let insertion = |row: &Columns<'_>| match stored.remove(row.id.as_ref()) {
            Some(true) => Insertion::Leased,
            Some(false) => Insertion::Waiting,
            None => Insertion::Duplicate,
        };
        rows.iter().map(insertion).collect()
    }

    /// Binds the arrays of `input`, in the order of its columns.
    fn bind_rows<'r, Types>(
        statement: Statement<'r, Types>,
        rows: &[&'r Columns<'_>],
    ) -> Statement<'r, Types> {
        let is_first =
            (0..rows.len()).map(|index| index == 0 || rows[index - 1].id != rows[index].id);
        let texts = |column: fn(&'r Columns<'_>) -> &'r str| {
            Bind::texts(rows.iter().map(|row| column(row)))
        };
        let optional = |column: fn(&'r Columns<'_>) -> Option<&'r str>| {
            Bind::optional_texts(rows.iter().map(|row| column(row)))
        };

        statement
            .bind(texts(|row| &row.id))
            .bind(optional(|row| row.account))
            .bind(optional(|row| row.own_account))
            .bind(texts(|row| row.name))
            .bind(optional(|row| row.api_version))
            .bind(Bind::big_ints(
                rows.iter().map(|row| row.new.event.created()),
            ))
            .bind(Bind::bools(rows.iter().map(|row| row.new.event.livemode())))
            .bind(optional(|row| row.request_id))
            .bind(optional(|row| row.idempotency_key))
            .bind(optional(|row| row.object_id.as_deref()))
            .bind(texts(|row| row.new.event.json()))
            .bind(Bind::big_ints(
                rows.iter().map(|row| row.new.received_at.micros()),
            ))
            .bind(optional(|row| row.remote_address))
            .bind(optional(|row| row.endpoint.as_deref()))
            .bind(Bind::bools(
                rows.iter().map(|row| row.new.event.has_thin_payload()),
            ))
            .bind(optional(|row| row.thin_id))
            .bind(Bind::BigInts(
                rows.iter().map(|row| row.thin_created).collect(),
            ))
            .bind(Bind::bools(is_first))
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::QueryResult;
    use diesel::SqliteConnection as Raw;
    use diesel::sql_types::BigInt;

    use super::super::work::FIRST_FENCE;
    use super::{Columns, Inserted, Insertion, Lease, NewEvent};
    use crate::store::backend::statement::{Bind, Statement};
    use crate::store::redaction::arrivals;
    use crate::store::redaction::marks::{self, MarkRow, Marks};
    use crate::timestamp::Timestamp;

    const DELIVER: &str = "INSERT INTO djstripe_delivery (event_id, received_at, remote_address, endpoint, \
             api_version) VALUES (?, ?, ?, ?, ?)";
    const INSERT: &str = "INSERT INTO djstripe_event (id, account, own_account, name, api_version, created, livemode, \
             request_id, idempotency_key, object_id, payload, received_at, is_thin, is_snapshot, thin_id, thin_created) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO NOTHING";
    const QUEUE: &str = "INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, \
             attempts, next_attempt_at, lease_owner, fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const BUSY: &str = "SELECT 1 FROM djstripe_queue WHERE object_id = ? AND account = ? AND (state = 'pending' \
             OR state = 'processing' AND (lease_owner <> ? OR next_attempt_at <= ?)) LIMIT 1";

    pub(super) fn insert_events(
        raw: &mut Raw,
        events: &[NewEvent],
        lease: Option<&Lease>,
    ) -> QueryResult<Inserted> {
        if !marks::is_any(raw)? {
            return Ok((store(raw, events, lease)?, None));
        }
        let mut events = events.to_vec();
        let ids = arrivals::ids(events.iter().map(|new| &new.event));
        let marks: Vec<MarkRow> = marks::select_sqlite(&ids).load_on(raw)?;
        let new = arrivals::blank_all(&mut events, &Marks::of(marks))?;
        marks::insert_sqlite(raw, &new, Timestamp::now().micros())?;
        Ok((store(raw, &events, lease)?, Some(events)))
    }

    /// Stores the events as they are.
    fn store(
        raw: &mut Raw,
        events: &[NewEvent],
        lease: Option<&Lease>,
    ) -> QueryResult<Vec<Insertion>> {
        let paused =
            Statement::<BigInt>::new("SELECT since FROM djstripe_pause").load_on::<i64>(raw)?;
        let lease = lease.filter(|_| paused.is_empty());
        events
            .iter()
            .map(|event| insert_event(raw, &Columns::new(event), lease))
            .collect()
    }

    fn insert_event(
        raw: &mut Raw,
        row: &Columns<'_>,
        lease: Option<&Lease>,
    ) -> QueryResult<Insertion> {
        let received_at = row.new.received_at.micros();
        Statement::<()>::new(DELIVER)
            .bind(&*row.id)
            .bind(received_at)
            .bind(row.remote_address)
            .bind(row.endpoint.as_deref())
            .bind(row.api_version)
            .execute_on(raw)?;
        let is_thin = row.new.event.has_thin_payload();
        let stored = Statement::<()>::new(INSERT)
            .bind(&*row.id)
            .bind(row.account)
            .bind(row.own_account)
            .bind(row.name)
            .bind(row.api_version)
            .bind(row.new.event.created())
            .bind(row.new.event.livemode())
            .bind(row.request_id)
            .bind(row.idempotency_key)
            .bind(row.object_id.as_deref())
            .bind(row.new.event.json())
            .bind(received_at)
            .bind(is_thin)
            .bind(!is_thin)
            .bind(row.thin_id)
            .bind(Bind::BigInt(row.thin_created))
            .execute_on(raw)?;
        if stored == 0 {
            return Ok(Insertion::Duplicate);
        }

        let account = row.account.or(row.own_account);
        let account = account.unwrap_or_default();
        let lease = match (lease, &row.object_id) {
            (Some(lease), Some(object_id)) if is_busy(raw, lease, account, object_id)? => None,
            (lease, _) => lease,
        };
        let (insertion, state, fence) = match lease {
            Some(_) => (Insertion::Leased, "processing", FIRST_FENCE),
            None => (Insertion::Waiting, "pending", 0),
        };
        Statement::<()>::new(QUEUE)
            .bind(&*row.id)
            .bind(account)
            .bind(row.object_id.as_deref())
            .bind(row.new.event.created())
            .bind(received_at)
            .bind(state)
            .bind(i32::from(lease.is_some()))
            .bind(lease.map_or(received_at, |lease| lease.until.micros()))
            .bind(lease.map(|lease| &*lease.worker))
            .bind(fence)
            .execute_on(raw)?;
        Ok(insertion)
    }

    /// Whether the object has a pending event, or one that another worker runs.
    fn is_busy(raw: &mut Raw, lease: &Lease, account: &str, object_id: &str) -> QueryResult<bool> {
        let select = Statement::<BigInt>::new(BUSY)
            .bind(object_id)
            .bind(account)
            .bind(&*lease.worker)
            .bind(lease.now.micros());
        Ok(!select.load_on::<i64>(raw)?.is_empty())
    }
}
