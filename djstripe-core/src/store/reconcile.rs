//! How far events were compared with Stripe's, and which ones were missing here.
//!
//! In: what a comparison has looked through and found. Out: where the next one begins. Invariant: it never begins behind
//! something that wasn't looked through, however many comparisons go on at once and wherever they die.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::Store;
use super::backend::run::load;
use super::backend::statement::Statement;
use super::error::StoreError;
use super::events::insert::without_nul;
use crate::timestamp::Timestamp;

const LOOK_UP: &str = "see which events are missing";
const NOTE: &str = "note how far events were compared";
const GAPS: &str = "record missing events";

/// How far the events of one account and mode were compared with Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// The connected account; empty for the platform's own events.
    pub account: String,
    /// Whether they are of live mode.
    pub livemode: bool,
    /// The event behind which the next comparison begins.
    pub after: Option<String>,
    /// Where the first comparison began: nobody has asked for what happened before.
    pub began: Timestamp,
    /// Nothing that happened between that and this was left out.
    pub complete_until: Timestamp,
    /// When a comparison came to its end last.
    pub finished_at: Option<Timestamp>,
    /// When one has last asked for events whose deliveries failed.
    pub failed_at: Option<Timestamp>,
    /// The last time whose events Stripe didn't keep until they were asked for.
    pub lost: Option<(Timestamp, Timestamp)>,
}

/// An event that Stripe had and this database lacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The event.
    pub event_id: String,
    /// The connected account; empty for the platform's own.
    pub account: String,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// `customer.updated`.
    pub name: String,
    /// When it happened, in Unix seconds.
    pub created: i64,
    /// When it was found to be missing, and stored.
    pub found_at: Timestamp,
    /// When Stripe delivered it all the same.
    pub delivered_at: Option<Timestamp>,
}

/// Which [`Gap`]s to list.
#[derive(Clone, Debug, Default)]
pub struct GapFilter {
    /// Only those that were found at this time or later.
    pub since: Option<Timestamp>,
    /// At most so many; 100 unless told.
    pub limit: Option<u32>,
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended {
    /// When, if it came to its end.
    pub(crate) finished_at: Option<Timestamp>,
    /// Nothing before this was left out.
    pub(crate) complete_until: Option<Timestamp>,
    /// When it has asked for events whose deliveries failed.
    pub(crate) failed_at: Option<Timestamp>,
}

impl Store {
    /// Those of `ids` that no stored event has.
    ///
    /// ```
    /// use djstripe_core::store::{Store, StoreOptions};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    /// let store = Store::connect(&url, StoreOptions::default()).await?;
    /// store.migrate().await?;
    /// assert_eq!(store.missing_events(&["evt_1"]).await?, ["evt_1"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn missing_events(&self, ids: &[&str]) -> Result<Vec<String>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = vec!["?"; ids.len()].join(", ");
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM djstripe_event WHERE id IN ({places})"
        ));
        let select = ids.iter().fold(select, |select, id| {
            select.bind(without_nul(id).into_owned())
        });
        let stored: Vec<String> = load!(self, LOOK_UP, select);
        let is_missing = |id: &&&str| !stored.iter().any(|stored| *stored == without_nul(id));
        Ok(ids
            .iter()
            .filter(is_missing)
            .map(|id| (*id).to_owned())
            .collect())
    }

    /// When the first event happened that was ever stored here and still is.
    pub(crate) async fn first_event(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = Statement::<BigInt>::new(
            "SELECT created FROM djstripe_event ORDER BY received_at, id LIMIT 1",
        );
        let rows: Vec<i64> = load!(self, LOOK_UP, select);
        Ok(rows.first().copied().map(Timestamp::from_seconds))
    }

    /// How far each account and mode was compared.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn reconciliations(&self) -> Result<Vec<Reconciliation>, StoreError> {
        let select = Statement::<Types>::new(SELECT).sql(" ORDER BY account, livemode");
        let rows: Vec<Row> = load!(self, NOTE, select);
        Ok(rows.into_iter().map(reconciliation).collect())
    }

    /// Begins a comparison, from `from` on if there was none before. With `due` it begins only if no other is under way
    /// and none has ended since; `None` is returned otherwise.
    pub(crate) async fn begin_reconciliation(
        &self,
        (account, livemode): (&str, bool),
        from: Timestamp,
        leased_until: Timestamp,
        due: Option<(Timestamp, Timestamp)>,
    ) -> Result<Option<Reconciliation>, StoreError> {
        let insert = Statement::<()>::new(
            "INSERT INTO djstripe_reconcile (account, livemode, began, complete_until, leased_until) \
             VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (account, livemode) DO UPDATE SET leased_until = excluded.leased_until",
        )
        .bind(account.to_owned())
        .bind(livemode)
        .bind(from.micros())
        .bind(from.micros())
        .bind(leased_until.micros());
        let insert = match due {
            None => insert,
            Some((now, ended_before)) => insert
                .sql(
                    " WHERE (djstripe_reconcile.leased_until IS NULL OR djstripe_reconcile.leased_until <= ?) \
                     AND (djstripe_reconcile.finished_at IS NULL OR djstripe_reconcile.finished_at <= ?)",
                )
                .bind(now.micros())
                .bind(ended_before.micros()),
        };
        if self.execute(NOTE, insert).await? == 0 {
            return Ok(None);
        }
        let select = Statement::<Types>::new(SELECT).sql(" WHERE account = ? AND livemode = ?");
        let select = select.bind(account.to_owned()).bind(livemode);
        let rows: Vec<Row> = load!(self, NOTE, select);
        Ok(rows.into_iter().map(reconciliation).next())
    }

    /// Notes that everything up to this event was looked through, unless others are further, and that the comparison goes
    /// on.
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
                .sql(
                    ", after_id = CASE WHEN complete_until <= ? THEN ? ELSE after_id END, \
                     complete_until = CASE WHEN complete_until <= ? THEN ? ELSE complete_until END",
                )
                .bind(until.micros())
                .bind(without_nul(id).into_owned())
                .bind(until.micros())
                .bind(until.micros()),
        };
        let update = update
            .sql(" WHERE account = ? AND livemode = ?")
            .bind(account.to_owned())
            .bind(livemode);
        self.execute(NOTE, update).await.map(drop)
    }

    /// Notes that Stripe doesn't have the events of this time any more.
    pub(crate) async fn note_lost(
        &self,
        (account, livemode): (&str, bool),
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Statement::<()>::new(
            "UPDATE djstripe_reconcile SET lost_from = ?, lost_until = ? WHERE account = ? AND livemode = ?",
        )
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
        ended: Ended,
    ) -> Result<(), StoreError> {
        let mut update = Statement::<()>::new("UPDATE djstripe_reconcile SET leased_until = NULL");
        for (column, at) in [
            ("finished_at", ended.finished_at),
            ("failed_at", ended.failed_at),
        ] {
            if let Some(at) = at {
                update = update.sql(&format!(", {column} = ?")).bind(at.micros());
            }
        }
        if let Some(until) = ended.complete_until {
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

    /// Records events that are missing; one that was recorded before keeps its record.
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
                .bind(without_nul(&gap.event_id).into_owned())
                .bind(without_nul(&gap.account).into_owned())
                .bind(gap.livemode)
                .bind(without_nul(&gap.name).into_owned())
                .bind(gap.created)
                .bind(gap.found_at.micros());
        }
        self.execute(GAPS, insert).await.map(drop)
    }

    /// Forgets gaps that were found before this, some at a time.
    pub(super) async fn prune_gaps(&self, before: Timestamp, batch: u32) -> Result<(), StoreError> {
        loop {
            let delete = Statement::new(
                "DELETE FROM djstripe_gap WHERE event_id IN (SELECT event_id FROM djstripe_gap \
                 WHERE found_at < ? ORDER BY found_at, event_id LIMIT ?)",
            );
            let delete = delete.bind(before.micros()).bind(i64::from(batch.max(1)));
            if self.execute(GAPS, delete).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Lists events that were missing, those found last first.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn gaps(&self, filter: &GapFilter) -> Result<Vec<Gap>, StoreError> {
        type Types = (Text, Text, Bool, Text, BigInt, BigInt, Nullable<BigInt>);
        type Row = (String, String, bool, String, i64, i64, Option<i64>);
        // What this program stores by itself has no sender.
        let select = Statement::<Types>::new(
            "SELECT event_id, account, livemode, name, created, found_at, \
                 (SELECT min(delivery.received_at) FROM djstripe_delivery AS delivery \
                  WHERE delivery.event_id = djstripe_gap.event_id AND delivery.remote_address IS NOT NULL) \
             FROM djstripe_gap WHERE true",
        );
        let select = match filter.since {
            None => select,
            Some(since) => select.sql(" AND found_at >= ?").bind(since.micros()),
        };
        let limit = i64::from(filter.limit.unwrap_or(100));
        let select = select
            .sql(" ORDER BY found_at DESC, event_id DESC LIMIT ?")
            .bind(limit);
        let rows: Vec<Row> = load!(self, GAPS, select);
        let gap = |(event_id, account, livemode, name, created, found_at, delivered_at): Row| Gap {
            event_id,
            account,
            livemode,
            name,
            created,
            found_at: Timestamp::from_micros(found_at),
            delivered_at: delivered_at.map(Timestamp::from_micros),
        };
        Ok(rows.into_iter().map(gap).collect())
    }
}

const SELECT: &str = "SELECT account, livemode, after_id, began, complete_until, finished_at, failed_at, lost_from, \
     lost_until FROM djstripe_reconcile";

type Types = (
    Text,
    Bool,
    Nullable<Text>,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
);

type Row = (
    String,
    bool,
    Option<String>,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

fn reconciliation(row: Row) -> Reconciliation {
    let (
        account,
        livemode,
        after,
        began,
        complete_until,
        finished_at,
        failed_at,
        lost_from,
        lost_until,
    ) = row;
    Reconciliation {
        account,
        livemode,
        after,
        began: Timestamp::from_micros(began),
        complete_until: Timestamp::from_micros(complete_until),
        finished_at: finished_at.map(Timestamp::from_micros),
        failed_at: failed_at.map(Timestamp::from_micros),
        lost: lost_from
            .map(Timestamp::from_micros)
            .zip(lost_until.map(Timestamp::from_micros)),
    }
}
