//! As events of which kinds happenings arrived, counted for the move to thin events.
//!
//! In: a span of time and what the events belong to. Out: by name, how many happenings arrived as
//! both kinds or as one, and the ids of some that arrived as one.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Bool, Text};
use uuid::Uuid;

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const COUNT: &str = "count events by the kinds in which they arrived";

/// Ids of each name and kind.
const SHOWN_IDS: i64 = 5;

const SELECT: &str = "SELECT name, is_snapshot, is_thin, count(*) FROM djstripe_event";
const SELECT_IDS: &str = "SELECT name, is_thin, id FROM (SELECT name, is_thin, id, \
         row_number() OVER (PARTITION BY name, is_thin ORDER BY created, id) AS place \
     FROM djstripe_event";
const IN_SPAN: &str = " WHERE created > ? AND created <= ? AND received_at <= ?";
/// A thin event that `reconcile` found and stored has not arrived.
const HAS_ARRIVED: &str = " AND (is_snapshot OR EXISTS (SELECT 1 FROM djstripe_delivery AS delivery \
     WHERE delivery.event_id = djstripe_event.id AND delivery.endpoint = ?))";

/// Which events are counted.
#[derive(Clone, Debug)]
pub(crate) struct ArrivalFilter {
    /// Events that happened after this second.
    pub(crate) since: i64,
    /// Events that happened in this second or earlier.
    pub(crate) until: i64,
    /// Events that were received until then: the other kind of a later one may be on its way.
    pub(crate) received_until: Timestamp,
    /// The mode; `None` for both.
    pub(crate) livemode: Option<bool>,
    /// Whether the events are those of all own accounts.
    pub(crate) of_all_own_accounts: bool,
    /// The declared own account, unless they are those of all.
    pub(crate) own_account: Option<String>,
    /// Whether the events are those of other accounts; `None` for all.
    pub(crate) of_other_accounts: Option<bool>,
    /// The endpoint that gets the thin events.
    pub(crate) thin_endpoint: Uuid,
}

/// How the happenings of one name arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrivals {
    pub(crate) both: i64,
    pub(crate) only_snapshot: i64,
    pub(crate) only_thin: i64,
    /// Ids of some that arrived as a snapshot event only.
    pub(crate) snapshot_ids: Vec<String>,
    /// Ids of some that arrived as a thin event only.
    pub(crate) thin_ids: Vec<String>,
}

impl Store {
    /// How happenings arrived, by name.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn arrivals(
        &self,
        filter: &ArrivalFilter,
    ) -> Result<BTreeMap<String, Arrivals>, StoreError> {
        let select = Statement::<(Text, Bool, Bool, BigInt)>::new(SELECT).sql(IN_SPAN);
        let select = filter
            .add_to(select)
            .sql(" GROUP BY name, is_snapshot, is_thin");
        let counted: Vec<(String, bool, bool, i64)> = load!(self, COUNT, select)?;

        let mut found: BTreeMap<String, Arrivals> = BTreeMap::new();
        for (name, is_snapshot, is_thin, count) in counted {
            let arrivals = found.entry(name).or_default();
            match (is_snapshot, is_thin) {
                (true, true) => arrivals.both += count,
                (true, false) => arrivals.only_snapshot += count,
                (false, _) => arrivals.only_thin += count,
            }
        }

        let select = Statement::<(Text, Bool, Text)>::new(SELECT_IDS).sql(IN_SPAN);
        let select = filter
            .add_to(select)
            .sql(" AND is_snapshot <> is_thin) AS numbered WHERE place <= ? ORDER BY name, place")
            .bind(SHOWN_IDS);
        let ids: Vec<(String, bool, String)> = load!(self, COUNT, select)?;
        for (name, is_thin, id) in ids {
            let arrivals = found.entry(name).or_default();
            if is_thin {
                arrivals.thin_ids.push(id);
            } else {
                arrivals.snapshot_ids.push(id);
            }
        }
        Ok(found)
    }
}

impl ArrivalFilter {
    /// Binds the values of [`IN_SPAN`] and adds further conditions.
    fn add_to<Row>(&self, select: Statement<'static, Row>) -> Statement<'static, Row> {
        let mut select = select
            .bind(self.since)
            .bind(self.until)
            .bind(self.received_until.micros())
            .sql(HAS_ARRIVED)
            .bind(self.thin_endpoint.to_string());
        if let Some(livemode) = self.livemode {
            select = select.sql(" AND livemode = ?").bind(livemode);
        }
        select = match &self.own_account {
            _ if self.of_all_own_accounts => select,
            None => select.sql(" AND own_account IS NULL"),
            Some(account) => select.sql(" AND own_account = ?").bind(account.clone()),
        };
        match self.of_other_accounts {
            None => select,
            Some(true) => select.sql(" AND account IS NOT NULL"),
            Some(false) => select.sql(" AND account IS NULL"),
        }
    }
}
