//! Comparing stored events with Stripe's: how far it has got, and which events were missing.
//!
//! In: what a comparison has read and found. Out: where the next one starts. Invariant: no
//! comparison starts after an event that hasn't been compared, however many comparisons run at once
//! and wherever they die.

use std::collections::HashSet;

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use djstripe_models::DESCRIPTORS;

use super::backend::run::load;
use super::backend::statement::{ByName, Statement};
use super::backend::store::Store;
use super::error::StoreError;
use super::text::without_nul;
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventKind;

const LOOK_UP: &str = "find missing events";
const NOTE: &str = "record the progress of a comparison";
const GAPS: &str = "record missing events";

/// How far the events of one account and mode have been compared with Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// The connected account; empty for the platform's own events.
    pub account: String,
    /// Whether they are of live mode.
    pub livemode: bool,
    /// Id of the event after which the next comparison starts.
    pub after: Option<String>,
    /// Where the first comparison started: earlier events were never requested.
    pub began: Timestamp,
    /// All events between `began` and this time have been compared.
    pub complete_until: Timestamp,
    /// When the last comparison finished.
    pub finished_at: Option<Timestamp>,
    /// When a comparison last requested events whose deliveries failed.
    pub failed_at: Option<Timestamp>,
    /// The last period whose events Stripe had deleted before they were requested.
    pub lost: Option<(Timestamp, Timestamp)>,
}

/// An event that Stripe had and this database lacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Id of the event.
    pub event_id: String,
    /// The connected account; empty for the platform's own.
    pub account: String,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// `customer.updated`.
    pub name: String,
    /// When Stripe created it, in Unix seconds.
    pub created: i64,
    /// When a comparison found that it was missing, and stored it.
    pub found_at: Timestamp,
    /// When Stripe delivered it after all.
    pub delivered_at: Option<Timestamp>,
}

/// What the end of a comparison records.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Finish {
    /// When it finished; `None` if it was interrupted.
    pub(crate) finished_at: Option<Timestamp>,
    /// All events before this time have been compared.
    pub(crate) complete_until: Option<Timestamp>,
    /// When it requested events whose deliveries failed.
    pub(crate) failed_at: Option<Timestamp>,
}

const FIRST_EVENT: &str = "SELECT created FROM djstripe_event ORDER BY received_at, id LIMIT 1";

const SELECT: &str = "SELECT account, livemode, after_id, began, complete_until, finished_at, failed_at, lost_from, \
     lost_until FROM djstripe_reconcile";

const BEGIN: &str = "INSERT INTO djstripe_reconcile (account, livemode, began, complete_until, leased_until) \
     VALUES (?, ?, ?, ?, ?) \
     ON CONFLICT (account, livemode) DO UPDATE SET leased_until = excluded.leased_until";
const IF_DUE: &str = " WHERE (djstripe_reconcile.leased_until IS NULL OR djstripe_reconcile.leased_until <= ?) \
     AND (djstripe_reconcile.finished_at IS NULL OR djstripe_reconcile.finished_at <= ?)";

const ADVANCE: &str = ", after_id = CASE WHEN complete_until <= ? THEN ? ELSE after_id END, \
     complete_until = CASE WHEN complete_until <= ? THEN ? ELSE complete_until END";

const LOST: &str = "UPDATE djstripe_reconcile SET lost_from = ?, lost_until = ? WHERE account = ? AND livemode = ?";

impl Store {
    /// Those of `ids` that no stored event has.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn missing_events(&self, ids: &[&str]) -> Result<Vec<String>, StoreError> {
        self.missing_where(ids, "").await
    }

    /// Those of `ids` that no stored event has of which Stripe has sent this kind.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn missing_of_kind(
        &self,
        ids: &[&str],
        kind: EventKind,
    ) -> Result<Vec<String>, StoreError> {
        let of_kind = match kind {
            EventKind::Snapshot => " AND is_snapshot",
            EventKind::Thin => " AND is_thin",
        };
        self.missing_where(ids, of_kind).await
    }

    async fn missing_where(
        &self,
        ids: &[&str],
        condition: &str,
    ) -> Result<Vec<String>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = vec!["?"; ids.len()].join(", ");
        let sql = format!("SELECT id FROM djstripe_event WHERE id IN ({places}){condition}");
        let select = ids.iter().fold(Statement::<Text>::new(sql), |select, id| {
            select.bind((*id).to_owned())
        });

        let stored: Vec<String> = load!(self, LOOK_UP, select)?;
        let stored: HashSet<&str> = stored.iter().map(String::as_str).collect();
        let missing = ids
            .iter()
            .filter(|id| !stored.contains(&*without_nul(**id)));
        Ok(missing.map(|id| (*id).to_owned()).collect())
    }

    /// Whether the mirror has an object of API v2.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn mirrors_v2(&self) -> Result<bool, StoreError> {
        let tables = self.mirror_tables().await?;
        let of_v2 = DESCRIPTORS.iter().filter(|it| it.object.starts_with("v2."));
        let of_v2 = of_v2.filter_map(|it| it.table);
        let filled = of_v2.filter(|table| tables.contains(table));
        let filled = filled.map(|table| format!("EXISTS (SELECT 1 FROM {table})"));
        let filled: Vec<String> = filled.collect();
        if filled.is_empty() {
            return Ok(false);
        }
        let select = format!("SELECT {}", filled.join(" OR "));
        let found: Vec<bool> = load!(self, LOOK_UP, Statement::<Bool>::new(select))?;
        Ok(found.contains(&true))
    }

    /// When Stripe created the event that was stored first and is still stored.
    pub(crate) async fn first_event(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = Statement::<BigInt>::new(FIRST_EVENT);
        let rows: Vec<i64> = load!(self, LOOK_UP, select)?;
        Ok(rows.first().copied().map(Timestamp::from_seconds))
    }

    /// How far the events of each account and mode have been compared.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn reconciliations(&self) -> Result<Vec<Reconciliation>, StoreError> {
        let select = Statement::<ByName>::new(SELECT).sql(" ORDER BY account, livemode");
        let rows: Vec<ReconciliationRow> = load!(self, NOTE, select)?;
        Ok(rows.into_iter().map(Reconciliation::from).collect())
    }

    /// Begins a comparison, at `from` if there was none before. With `due`, the current time and
    /// the latest acceptable end of the last comparison, it begins only if no other is running and
    /// none has finished since; otherwise it returns `None`.
    pub(crate) async fn begin_reconciliation(
        &self,
        (account, livemode): (&str, bool),
        from: Timestamp,
        leased_until: Timestamp,
        due: Option<(Timestamp, Timestamp)>,
    ) -> Result<Option<Reconciliation>, StoreError> {
        let insert = Statement::<()>::new(BEGIN)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(from.micros())
            .bind(from.micros())
            .bind(leased_until.micros());
        let insert = match due {
            None => insert,
            Some((now, ended_before)) => insert
                .sql(IF_DUE)
                .bind(now.micros())
                .bind(ended_before.micros()),
        };
        if self.execute(NOTE, insert).await? == 0 {
            return Ok(None);
        }

        let select = Statement::<ByName>::new(SELECT)
            .sql(" WHERE account = ? AND livemode = ?")
            .bind(account.to_owned())
            .bind(livemode);
        let rows: Vec<ReconciliationRow> = load!(self, NOTE, select)?;
        Ok(rows.into_iter().map(Reconciliation::from).next())
    }

    /// Extends the lease of a comparison. `after` is the last event that was compared, and the time
    /// before which all events have been; it is ignored if another comparison is further ahead.
    pub(crate) async fn note_reconciled(
        &self,
        (account, livemode): (&str, bool),
        after: Option<(&str, Timestamp)>,
        leased_until: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Statement::<()>::new("UPDATE djstripe_reconcile SET leased_until = ?")
            .bind(leased_until.micros());
        let update = match after {
            None => update,
            Some((id, until)) => update
                .sql(ADVANCE)
                .bind(until.micros())
                .bind(id.to_owned())
                .bind(until.micros())
                .bind(until.micros()),
        };

        let update = update
            .sql(" WHERE account = ? AND livemode = ?")
            .bind(account.to_owned())
            .bind(livemode);
        self.execute(NOTE, update).await.map(drop)
    }

    /// Records that Stripe no longer has the events of this period.
    pub(crate) async fn note_lost(
        &self,
        (account, livemode): (&str, bool),
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Statement::<()>::new(LOST)
            .bind(from.micros())
            .bind(until.micros())
            .bind(account.to_owned())
            .bind(livemode);
        self.execute(NOTE, update).await.map(drop)
    }

    /// Ends a comparison.
    pub(crate) async fn end_reconciliation(
        &self,
        (account, livemode): (&str, bool),
        finish: Finish,
    ) -> Result<(), StoreError> {
        let mut update = Statement::<()>::new("UPDATE djstripe_reconcile SET leased_until = NULL");
        if let Some(at) = finish.finished_at {
            update = update.sql(", finished_at = ?").bind(at.micros());
        }
        if let Some(at) = finish.failed_at {
            update = update.sql(", failed_at = ?").bind(at.micros());
        }
        if let Some(until) = finish.complete_until {
            update = update
                .sql(", complete_until = CASE WHEN complete_until < ? THEN ? ELSE complete_until END")
                .bind(until.micros())
                .bind(until.micros());
        }

        let update = update
            .sql(" WHERE account = ? AND livemode = ?")
            .bind(account.to_owned())
            .bind(livemode);
        self.execute(NOTE, update).await.map(drop)
    }
}

/// An event without a sender was stored by this program itself.
const SELECT_GAPS: &str = "SELECT event_id, account, livemode, name, created, found_at, \
         (SELECT min(delivery.received_at) FROM djstripe_delivery AS delivery \
          WHERE delivery.event_id = djstripe_gap.event_id AND delivery.remote_address IS NOT NULL \
          AND delivery.received_at >= djstripe_gap.found_at) AS delivered_at \
     FROM djstripe_gap WHERE found_at >= ? \
     ORDER BY found_at DESC, event_id DESC LIMIT ?";

const PRUNE_GAPS: &str = "DELETE FROM djstripe_gap WHERE event_id IN (SELECT event_id FROM djstripe_gap \
     WHERE found_at < ? ORDER BY found_at, event_id LIMIT ?)";

impl Store {
    /// Records missing events. One that was recorded before is left unchanged.
    pub(crate) async fn record_gaps(&self, gaps: &[Gap]) -> Result<(), StoreError> {
        if gaps.is_empty() {
            return Ok(());
        }
        let places = vec!["(?, ?, ?, ?, ?, ?)"; gaps.len()].join(", ");
        let mut insert = Statement::<()>::new(format!(
            "INSERT INTO djstripe_gap (event_id, account, livemode, name, created, found_at) VALUES {places} \
             ON CONFLICT (event_id) DO NOTHING"
        ));
        for gap in gaps {
            insert = insert
                .bind(gap.event_id.clone())
                .bind(gap.account.clone())
                .bind(gap.livemode)
                .bind(gap.name.clone())
                .bind(gap.created)
                .bind(gap.found_at.micros());
        }
        self.execute(GAPS, insert).await.map(drop)
    }

    /// Deletes gaps that were found before this time, in batches.
    pub(super) async fn prune_gaps(&self, before: Timestamp, batch: u32) -> Result<(), StoreError> {
        loop {
            let delete = Statement::new(PRUNE_GAPS)
                .bind(before.micros())
                .bind(i64::from(batch.max(1)));
            if self.execute(GAPS, delete).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Lists up to `limit` events that were missing, the last found first; only those found at
    /// `since` or later.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn gaps(&self, since: Option<Timestamp>, limit: u32) -> Result<Vec<Gap>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_GAPS)
            .bind(since.map_or(i64::MIN, Timestamp::micros))
            .bind(i64::from(limit));
        let rows: Vec<GapRow> = load!(self, GAPS, select)?;
        Ok(rows.into_iter().map(Gap::from).collect())
    }
}

#[derive(diesel::QueryableByName)]
struct GapRow {
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    created: i64,
    #[diesel(sql_type = BigInt)]
    found_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    delivered_at: Option<i64>,
}

impl From<GapRow> for Gap {
    fn from(row: GapRow) -> Self {
        Self {
            event_id: row.event_id,
            account: row.account,
            livemode: row.livemode,
            name: row.name,
            created: row.created,
            found_at: Timestamp::from_micros(row.found_at),
            delivered_at: row.delivered_at.map(Timestamp::from_micros),
        }
    }
}

#[derive(diesel::QueryableByName)]
struct ReconciliationRow {
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Nullable<Text>)]
    after_id: Option<String>,
    #[diesel(sql_type = BigInt)]
    began: i64,
    #[diesel(sql_type = BigInt)]
    complete_until: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    finished_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    failed_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    lost_from: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    lost_until: Option<i64>,
}

impl From<ReconciliationRow> for Reconciliation {
    fn from(row: ReconciliationRow) -> Self {
        let lost = row.lost_from.zip(row.lost_until);
        Self {
            account: row.account,
            livemode: row.livemode,
            after: row.after_id,
            began: Timestamp::from_micros(row.began),
            complete_until: Timestamp::from_micros(row.complete_until),
            finished_at: row.finished_at.map(Timestamp::from_micros),
            failed_at: row.failed_at.map(Timestamp::from_micros),
            lost: lost
                .map(|(from, until)| (Timestamp::from_micros(from), Timestamp::from_micros(until))),
        }
    }
}
