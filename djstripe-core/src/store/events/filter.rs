//! The conditions of an [`EventFilter`](super::rows::EventFilter) as SQL.
//!
//! A list starts from the *candidates*, which the best index of the filter finds in the list's order;
//! the other conditions are applied to them. Where the candidates are limited, so is the work, however
//! few of them meet the other conditions.

use super::candidates::Search;
use super::error_text::ErrorPattern;
use super::rows::EventState;
use crate::store::backend::connection::Backend;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::{Database, Store};

/// Few events are dead, so they are found from the queue and the outbox.
const IS_DEAD: &str = " AND event.id IN (SELECT event_id FROM djstripe_queue WHERE state = 'dead' \
     UNION SELECT event_id FROM djstripe_outbox WHERE state = 'dead')";

/// The same for one event after another. The offset keeps PostgreSQL from reading the whole table once
/// instead; the same holds for the conditions below.
const IS_DEAD_ITSELF: &str = " AND (queue.state = 'dead' OR EXISTS (SELECT 1 FROM djstripe_outbox AS effect \
     WHERE effect.event_id = event.id AND effect.state = 'dead' LIMIT 1 OFFSET 0))";

/// Few runs have failed, so they are found from their index.
const FAILED_RUNS: &str = " event.id IN (SELECT event_id FROM djstripe_receiver_run AS run \
     WHERE run.outcome = 'failed' AND run.error ";

/// The same for one event after another.
const HAS_FAILED_RUN: &str = " EXISTS (SELECT 1 FROM djstripe_receiver_run AS run \
     WHERE run.event_id = event.id AND run.outcome = 'failed' AND run.error ";

const HAS_RUN: &str = " AND EXISTS (SELECT 1 FROM djstripe_receiver_run AS run \
     WHERE run.event_id = event.id AND run.receiver = ? LIMIT 1 OFFSET 0)";

const HAS_EFFECT: &str = " EXISTS (SELECT 1 FROM djstripe_outbox AS effect \
     WHERE effect.event_id = event.id LIMIT 1 OFFSET 0)";

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

    /// Adds what follows a list of columns of `event` and `queue`, up to the order.
    pub(in crate::store) fn filtered<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
    ) -> Statement<'static, Row> {
        self.selected(select, search, self.join_queue(search))
    }

    /// As [`filtered`](Self::filtered), for columns of `event` alone.
    pub(in crate::store) fn filtered_events<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
    ) -> Statement<'static, Row> {
        let filter = &search.filter;
        let reads_queue = filter.state.is_some() || filter.dead || filter.error.is_some();
        let join = match reads_queue {
            true => self.join_queue(search),
            false => "",
        };
        self.selected(select, search, join)
    }

    fn selected<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
        join: &str,
    ) -> Statement<'static, Row> {
        let select = select
            .sql(" FROM (SELECT ")
            .sql(self.candidate_columns(search));
        let select = self.candidates(select, search, search.candidates);
        let select = select.sql(") AS event").sql(join);
        self.conditions(select.sql(" WHERE true"), search)
    }

    /// The join of the queue's rows. PostgreSQL would rather read the whole queue than look up those of a
    /// few thousand candidates.
    fn join_queue(&self, search: &Search) -> &'static str {
        if self.backend() == Backend::Postgres && search.candidates.is_some() {
            " LEFT JOIN LATERAL (SELECT * FROM djstripe_queue WHERE djstripe_queue.event_id = event.id \
             LIMIT 1 OFFSET 0) AS queue ON true"
        } else {
            " LEFT JOIN djstripe_queue AS queue ON queue.event_id = event.id"
        }
    }

    /// Adds the conditions that the candidates may not meet.
    fn conditions<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
    ) -> Statement<'static, Row> {
        let Search {
            filter, candidates, ..
        } = search;
        let is_bounded = candidates.is_some();
        let mut select = match filter.state {
            None => select,
            Some(EventState::Processed) => select.sql(" AND queue.event_id IS NULL"),
            Some(state) => select.sql(" AND queue.state = ?").bind(state.as_str()),
        };
        if filter.dead {
            select = select.sql(if is_bounded { IS_DEAD_ITSELF } else { IS_DEAD });
        }
        if filter.name.is_some() && !search.is_by_name() {
            let (one_of, bound) = self.one_of(&search.names);
            select = select.sql(" AND event.name ").sql(one_of).bind(bound);
        }
        if let Some(account) = &filter.account {
            select = select
                .sql(" AND coalesce(event.account, event.own_account) = ?")
                .bind(account.clone());
        }
        if let Some(livemode) = filter.livemode {
            select = select.sql(" AND event.livemode = ?").bind(livemode);
        }
        if filter.customer.is_some() && filter.object_id.is_some() {
            let (one_of, bound) = self.one_of(&search.objects);
            select = select.sql(" AND event.object_id ").sql(one_of).bind(bound);
        }

        select = match (&filter.error, &filter.receiver) {
            (Some(error), receiver) => {
                self.has_error(select, error, receiver.as_deref(), is_bounded)
            }
            (None, Some(receiver)) => select.sql(HAS_RUN).bind(receiver.clone()),
            (None, None) => select,
        };
        match filter.has_effects {
            None => select,
            Some(true) => select.sql(" AND").sql(HAS_EFFECT),
            Some(false) => select.sql(" AND NOT").sql(HAS_EFFECT),
        }
    }

    fn has_error<Row>(
        &self,
        select: Statement<'static, Row>,
        error: &str,
        receiver: Option<&str>,
        is_bounded: bool,
    ) -> Statement<'static, Row> {
        let (like, pattern) = (self.like(), ErrorPattern::new(error).like());
        let (failed, end) = match is_bounded {
            true => (HAS_FAILED_RUN, " LIMIT 1 OFFSET 0)"),
            false => (FAILED_RUNS, ")"),
        };
        if let Some(receiver) = receiver {
            return select
                .sql(" AND")
                .sql(failed)
                .sql(like)
                .bind(pattern)
                .sql(" AND run.receiver = ?")
                .bind(receiver.to_owned())
                .sql(end);
        }

        // What kept all receivers from running is in the queue alone.
        select
            .sql(" AND (queue.last_error ")
            .sql(like)
            .bind(pattern.clone())
            .sql(" OR")
            .sql(failed)
            .sql(like)
            .bind(pattern)
            .sql(end)
            .sql(")")
    }
}
