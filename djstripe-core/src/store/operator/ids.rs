//! What an id names, whatever kind of id it is.

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use djstripe_models::DESCRIPTORS;

use super::events::READ_LIMIT;
use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::row::TableName;

const FIND: &str = "find an id";

/// How many events of one request are named.
const OF_REQUEST: u32 = 20;

/// How many accounts an object is looked for in.
const ACCOUNTS: i64 = 20;

const SELECT_EVENTS: &str = "SELECT id FROM djstripe_event WHERE id = ? \
     UNION SELECT id FROM djstripe_event WHERE thin_id = ?";

/// The accounts of events about an object.
const SELECT_ACCOUNTS: &str = "SELECT DISTINCT coalesce(account, own_account, '') FROM ( \
     SELECT account, own_account FROM djstripe_event WHERE object_id = ? \
     ORDER BY received_at DESC, id DESC LIMIT 100) AS event LIMIT ?";

const SELECT_OTHERS: &str = "SELECT 1, key, NULL FROM djstripe_outbox WHERE key = ? \
     UNION ALL SELECT 2, id, NULL FROM djstripe_webhook_endpoint WHERE id = ? OR stripe_id = ? OR replaced_stripe_id = ? \
     UNION ALL SELECT 3, ?, NULL WHERE EXISTS (SELECT 1 FROM djstripe_event \
         WHERE coalesce(account, own_account) = ? AND coalesce(account, own_account) IS NOT NULL)";

const SELECT_DELIVERY: &str = "SELECT id, event_id FROM djstripe_delivery WHERE id = ?";

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundId {
    /// An event, by its id or that of its thin event.
    Event {
        /// The id of the stored event.
        id: String,
    },
    /// A row of the mirror.
    Object {
        /// Its type.
        object: &'static str,
        /// Its account; empty for the platform's own.
        account: String,
        /// Its mode.
        livemode: bool,
        /// Its id.
        id: String,
    },
    /// The object of events. The mirror may have no row of it.
    ObjectOfEvents {
        /// Its id.
        id: String,
    },
    /// An account that has events.
    Account {
        /// Its id.
        id: String,
    },
    /// An effect.
    Effect {
        /// Its key.
        key: String,
    },
    /// A webhook endpoint, by its id or by that at Stripe.
    Endpoint {
        /// The id of its row.
        id: String,
    },
    /// A recorded delivery.
    Delivery {
        /// Its number.
        id: i64,
        /// Its event; `None` if it was refused.
        event_id: Option<String>,
    },
    /// A request to Stripe's API, by its id or its idempotency key.
    Request {
        /// The newest events that it caused.
        event_ids: Vec<String>,
    },
}

impl OperatorQueries {
    /// All that an id names, the most specific first. A request is found if it caused one of the newest
    /// [`READ_LIMIT`] events.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn find_id(&self, id: &str) -> Result<Vec<FoundId>, StoreError> {
        let id = id.trim();
        if id.is_empty() {
            return Ok(Vec::new());
        }

        let select = Statement::<Text>::new(SELECT_EVENTS);
        let select = select.bind(id.to_owned()).bind(id.to_owned());
        let events: Vec<String> = load_limited!(self, FIND, select)?;
        let mut found: Vec<FoundId> = events.into_iter().map(|id| FoundId::Event { id }).collect();

        found.extend(self.find_object(id).await?);
        found.extend(self.find_others(id).await?);
        if let Ok(number) = id.parse::<i64>() {
            let select = Statement::<(BigInt, Nullable<Text>)>::new(SELECT_DELIVERY).bind(number);
            let rows: Vec<(i64, Option<String>)> = load_limited!(self, FIND, select)?;
            let delivery = |(id, event_id)| FoundId::Delivery { id, event_id };
            found.extend(rows.into_iter().map(delivery));
        }
        if found.is_empty() {
            found.extend(self.find_request(id).await?);
        }
        Ok(found)
    }

    /// The rows of an object, and whether there are events about it.
    async fn find_object(&self, id: &str) -> Result<Vec<FoundId>, StoreError> {
        let select = Statement::<Text>::new(SELECT_ACCOUNTS)
            .bind(id.to_owned())
            .bind(ACCOUNTS);
        let mut accounts: Vec<String> = load_limited!(self, FIND, select)?;
        let has_events = !accounts.is_empty();
        if !accounts.iter().any(String::is_empty) {
            accounts.push(String::new());
        }
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();

        let tables = self.store().mirror_tables().await?;
        let named = DESCRIPTORS
            .iter()
            .filter_map(|it| Some((it.object, it.table?)));
        let named: Vec<(&'static str, &'static str)> =
            named.filter(|(_, table)| tables.contains(table)).collect();
        let mut select = Statement::<(Integer, Text, Bool)>::new("");
        for (number, (_, table)) in named.iter().enumerate() {
            let union = if number == 0 { "" } else { " UNION ALL " };
            let (one_of, bound) = self.store().one_of(&accounts);
            let table = TableName::new(table);
            select = select
                .sql(&format!(
                    "{union}SELECT {number}, account, livemode FROM {table} \
                     WHERE account {one_of} AND livemode IN (true, false) AND id = ?"
                ))
                .bind(bound)
                .bind(id.to_owned());
        }
        let rows: Vec<(i32, String, bool)> = load_limited!(self, FIND, select)?;
        let mut found = Vec::new();
        for (number, account, livemode) in rows {
            let place = usize::try_from(number).ok();
            if let Some((object, _)) = place.and_then(|place| named.get(place)) {
                found.push(FoundId::Object {
                    object,
                    account,
                    livemode,
                    id: id.to_owned(),
                });
            }
        }
        if has_events {
            found.push(FoundId::ObjectOfEvents { id: id.to_owned() });
        }
        Ok(found)
    }

    async fn find_others(&self, id: &str) -> Result<Vec<FoundId>, StoreError> {
        let mut select = Statement::<(Integer, Text, Nullable<Text>)>::new(SELECT_OTHERS);
        for _ in 0..6 {
            select = select.bind(id.to_owned());
        }
        let rows: Vec<(i32, String, Option<String>)> = load_limited!(self, FIND, select)?;
        let found = |(kind, id, _)| match kind {
            1 => FoundId::Effect { key: id },
            2 => FoundId::Endpoint { id },
            _ => FoundId::Account { id },
        };
        Ok(rows.into_iter().map(found).collect())
    }

    async fn find_request(&self, id: &str) -> Result<Option<FoundId>, StoreError> {
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM (SELECT id, request_id, idempotency_key, received_at FROM djstripe_event \
                 ORDER BY received_at DESC, id DESC LIMIT {READ_LIMIT}) AS event \
             WHERE request_id = ? OR idempotency_key = ? ORDER BY received_at DESC, id DESC LIMIT {OF_REQUEST}"
        ))
        .bind(id.to_owned())
        .bind(id.to_owned());
        let event_ids: Vec<String> = load_limited!(self, FIND, select)?;
        Ok((!event_ids.is_empty()).then_some(FoundId::Request { event_ids }))
    }
}
