//! The conditions of an [`EventFilter`] as SQL.

use super::error_text::ErrorPattern;
use super::rows::{EventFilter, EventState};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::{Database, Store};
use crate::webhook::event_name::EventName;

/// Few events are dead, so they are found from the queue and the outbox.
const IS_DEAD: &str = " AND id IN (SELECT event_id FROM djstripe_queue WHERE state = 'dead' \
     UNION SELECT event_id FROM djstripe_outbox WHERE state = 'dead')";

/// Few runs have failed, so they are found from their index.
const FAILED_RUNS: &str = " id IN (SELECT event_id FROM djstripe_receiver_run \
     WHERE outcome = 'failed' AND error ";

const HAS_RUN: &str =
    " AND EXISTS (SELECT 1 FROM djstripe_receiver_run WHERE event_id = id AND receiver = ?)";

impl Store {
    /// The operator that compares a text with an [`ErrorPattern`], whatever its case.
    pub(in crate::store) fn like(&self) -> &'static str {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => "ILIKE ? ESCAPE '!'",
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => "LIKE ? ESCAPE '!'",
        }
    }

    /// Adds what follows the list of columns, up to the order.
    pub(super) fn filtered<Row>(
        &self,
        select: Statement<'static, Row>,
        filter: &EventFilter,
    ) -> Statement<'static, Row> {
        let select = select.sql(" FROM djstripe_event AS event");
        // The queue is short, so events in it are found from there.
        let mut select = match filter.state {
            None => select.sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE true"),
            Some(EventState::Processed) => {
                select.sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE event_id IS NULL")
            }
            Some(state) => select
                .sql(" JOIN djstripe_queue ON event_id = id WHERE state = ?")
                .bind(state.as_str()),
        };

        if filter.dead {
            select = select.sql(IS_DEAD);
        }
        if let Some(name) = &filter.name {
            select = has_name(select, name);
        }
        if let Some(account) = &filter.account {
            select = select
                .sql(" AND coalesce(event.account, event.own_account) = ?")
                .bind(account.clone());
        }
        if let Some(id) = &filter.object_id {
            select = select.sql(" AND event.object_id = ?").bind(id.clone());
        }
        select = match (&filter.error, &filter.receiver) {
            (Some(error), receiver) => self.has_error(select, error, receiver.as_deref()),
            (None, Some(receiver)) => select.sql(HAS_RUN).bind(receiver.clone()),
            (None, None) => select,
        };

        if let Some(since) = filter.since {
            select = select
                .sql(" AND event.received_at >= ?")
                .bind(since.micros());
        }
        if let Some((received_at, id)) = &filter.after {
            select = select
                .sql(" AND (event.received_at, id) < (?, ?)")
                .bind(received_at.micros())
                .bind(id.clone());
        }
        select
    }

    fn has_error<Row>(
        &self,
        select: Statement<'static, Row>,
        error: &str,
        receiver: Option<&str>,
    ) -> Statement<'static, Row> {
        let (like, pattern) = (self.like(), ErrorPattern::new(error).like());
        if let Some(receiver) = receiver {
            return select
                .sql(" AND")
                .sql(FAILED_RUNS)
                .sql(like)
                .bind(pattern)
                .sql(" AND receiver = ?)")
                .bind(receiver.to_owned());
        }

        // What kept all receivers from running is in the queue alone.
        select
            .sql(" AND (last_error ")
            .sql(like)
            .bind(pattern.clone())
            .sql(" OR")
            .sql(FAILED_RUNS)
            .sql(like)
            .bind(pattern)
            .sql("))")
    }
}

/// Adds the condition on the name, which may be that of a thin event or `invoice.*`.
fn has_name<Row>(select: Statement<'static, Row>, name: &str) -> Statement<'static, Row> {
    let Some(prefix) = name.strip_suffix('*').filter(|rest| rest.ends_with('.')) else {
        return select
            .sql(" AND (name = ? OR name = ?)")
            .bind(EventName::new(name).as_str().to_owned())
            .bind(name.to_owned());
    };

    let prefix_pattern = prefix
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
        + "%";
    let mut select = select
        .sql(" AND (name LIKE ? ESCAPE '!'")
        .bind(prefix_pattern);
    // An event is stored under the name of its snapshot event.
    for name in EventName::known() {
        let is_other = !name.as_str().starts_with(prefix);
        if is_other
            && name
                .thin_name()
                .is_some_and(|thin| thin.starts_with(prefix))
        {
            select = select.sql(" OR name = ?").bind(name.as_str().to_owned());
        }
    }
    select.sql(")")
}
