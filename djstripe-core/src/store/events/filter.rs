//! The conditions of an [`EventFilter`] as SQL.
//!
//! A list starts from the *candidates*, which the best index of the filter finds in the list's order;
//! the other conditions are applied to them. Where the candidates are limited, so is the work, however
//! few of them meet the other conditions.

use super::error_text::ErrorPattern;
use super::name_pattern::has_name;
use super::rows::{EventFilter, EventState};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::{Database, Store};
use crate::store::error::StoreError;
use crate::webhook::event_name::EventName;

/// Few events are dead, so they are found from the queue and the outbox.
const IS_DEAD: &str = " AND event.id IN (SELECT event_id FROM djstripe_queue WHERE state = 'dead' \
     UNION SELECT event_id FROM djstripe_outbox WHERE state = 'dead')";

/// The same for one event after another.
const IS_DEAD_ITSELF: &str = " AND (queue.state = 'dead' OR EXISTS (SELECT 1 FROM djstripe_outbox AS effect \
     WHERE effect.event_id = event.id AND effect.state = 'dead'))";

/// Few runs have failed, so they are found from their index.
const FAILED_RUNS: &str = " event.id IN (SELECT event_id FROM djstripe_receiver_run AS run \
     WHERE run.outcome = 'failed' AND run.error ";

/// The same for one event after another.
const HAS_FAILED_RUN: &str = " EXISTS (SELECT 1 FROM djstripe_receiver_run AS run \
     WHERE run.event_id = event.id AND run.outcome = 'failed' AND run.error ";

const HAS_RUN: &str = " AND EXISTS (SELECT 1 FROM djstripe_receiver_run AS run \
     WHERE run.event_id = event.id AND run.receiver = ?)";

const HAS_EFFECT: &str =
    " EXISTS (SELECT 1 FROM djstripe_outbox AS effect WHERE effect.event_id = event.id)";

/// What the candidates are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Their arrival.
    Arrival,
    /// One object.
    Object,
    /// The objects of a customer.
    Customer,
    /// Their state, from the queue.
    State(EventState),
    Account,
    Name,
}

impl Source {
    fn of(filter: &EventFilter) -> Self {
        match filter.state {
            _ if filter.object_id.is_some() => Self::Object,
            _ if filter.customer.is_some() => Self::Customer,
            Some(state) if state != EventState::Processed => Self::State(state),
            _ if filter.account.is_some() => Self::Account,
            _ if exact_name(filter).is_some() => Self::Name,
            _ => Self::Arrival,
        }
    }

    /// The columns by which the candidates are sorted.
    fn order(self) -> (&'static str, &'static str) {
        match self {
            Self::State(_) => ("waiting.received_at", "waiting.event_id"),
            _ => ("event.received_at", "event.id"),
        }
    }
}

/// The name of a filter for events of one name, as events have it.
fn exact_name(filter: &EventFilter) -> Option<&str> {
    let name = filter.name.as_deref()?;
    (!name.ends_with('*') && EventName::new(name).as_str() == name).then_some(name)
}

/// A filter, and what it takes to read the database by it.
#[derive(Clone, Debug)]
pub(in crate::store) struct Search {
    pub(in crate::store) filter: EventFilter,
    /// The objects of the filter's customer.
    objects: Vec<String>,
    /// How many candidates are read; `None` for all.
    pub(in crate::store) candidates: Option<u32>,
}

impl Search {
    /// Whether all candidates are what the filter asks for.
    pub(in crate::store) fn is_covered(&self) -> bool {
        let EventFilter {
            state,
            dead,
            name,
            account,
            livemode,
            object_id,
            customer,
            receiver,
            error,
            has_effects,
            // Each source is limited to these.
            since: _,
            until: _,
            after: _,
            limit: _,
        } = &self.filter;
        let source = Source::of(&self.filter);
        let is_source = |is_set: bool, one: Source| !is_set || source == one;
        let is_checked = *dead
            || livemode.is_some()
            || receiver.is_some()
            || error.is_some()
            || has_effects.is_some();
        !is_checked
            && state.is_none_or(|state| source == Source::State(state))
            && is_source(name.is_some(), Source::Name)
            && is_source(account.is_some(), Source::Account)
            && is_source(object_id.is_some(), Source::Object)
            && is_source(customer.is_some(), Source::Customer)
    }
}

impl Store {
    /// Prepares a filter.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(in crate::store) async fn search(
        &self,
        filter: &EventFilter,
        candidates: Option<u32>,
    ) -> Result<Search, StoreError> {
        let objects = match &filter.customer {
            Some(customer) => self.objects_of_customer(customer).await?,
            None => Vec::new(),
        };
        Ok(Search {
            filter: filter.clone(),
            objects,
            candidates,
        })
    }

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
    pub(in crate::store) fn filtered<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
    ) -> Statement<'static, Row> {
        let select = select.sql(" FROM (SELECT event.*");
        let select = self.candidates(select, search, search.candidates);
        let select = select.sql(
            ") AS event LEFT JOIN djstripe_queue AS queue ON queue.event_id = event.id WHERE true",
        );
        self.conditions(select, search)
    }

    /// Adds what selects the candidates, with as many of them as `limit` says, newest first. The
    /// statement has the columns so far.
    pub(in crate::store) fn candidates<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
        limit: Option<u32>,
    ) -> Statement<'static, Row> {
        let filter = &search.filter;
        let source = Source::of(filter);
        let order = source.order();
        let (received_at, id) = order;
        let ending = match limit {
            Some(limit) => format!(" ORDER BY {received_at} DESC, {id} DESC LIMIT {limit}"),
            None => String::new(),
        };

        let select = match source {
            Source::Customer => return self.of_objects(select, search, &ending),
            Source::Arrival => select.sql(" FROM djstripe_event AS event WHERE true"),
            Source::Object => select
                .sql(" FROM djstripe_event AS event WHERE event.object_id = ?")
                .bind(filter.object_id.clone()),
            Source::Account => select
                .sql(" FROM djstripe_event AS event WHERE coalesce(event.account, event.own_account) = ?")
                .bind(filter.account.clone()),
            Source::Name => select
                .sql(" FROM djstripe_event AS event WHERE event.name = ?")
                .bind(filter.name.clone()),
            // The state is written out, as an index of some states can't be used otherwise.
            Source::State(state) => select.sql(" FROM djstripe_queue AS waiting").sql(&format!(
                " JOIN djstripe_event AS event ON event.id = waiting.event_id \
                 WHERE waiting.state = '{state}'{}",
                match state {
                    EventState::Retrying | EventState::Dead => {
                        " AND waiting.state IN ('retrying', 'dead')"
                    }
                    _ => " AND waiting.next_attempt_at IS NOT NULL",
                }
            )),
        };
        in_time(select, filter, order).sql(&ending)
    }

    /// The candidates of a customer. PostgreSQL would rather read all events than those of many objects
    /// if it could choose.
    fn of_objects<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
        ending: &str,
    ) -> Statement<'static, Row> {
        let ids: Vec<&str> = search.objects.iter().map(String::as_str).collect();
        let (one_of, bound) = self.one_of(&ids);
        let (filter, order) = (&search.filter, Source::Customer.order());
        let is_lateral = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => !ending.is_empty(),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => false,
        };
        if !is_lateral {
            let select = select
                .sql(" FROM djstripe_event AS event WHERE event.object_id ")
                .sql(one_of)
                .bind(bound);
            return in_time(select, filter, order).sql(ending);
        }

        let select = select
            .sql(" FROM unnest(?) AS object (id) CROSS JOIN LATERAL (SELECT event.* FROM djstripe_event AS event \
                  WHERE event.object_id = object.id")
            .bind(bound);
        in_time(select, filter, order)
            .sql(ending)
            .sql(") AS event")
            .sql(ending)
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
        if let Some(name) = &filter.name {
            select = has_name(select, name);
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
            let ids: Vec<&str> = search.objects.iter().map(String::as_str).collect();
            let (one_of, bound) = self.one_of(&ids);
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
        let failed = if is_bounded {
            HAS_FAILED_RUN
        } else {
            FAILED_RUNS
        };
        if let Some(receiver) = receiver {
            return select
                .sql(" AND")
                .sql(failed)
                .sql(like)
                .bind(pattern)
                .sql(" AND run.receiver = ?)")
                .bind(receiver.to_owned());
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
            .sql("))")
    }
}

/// Adds the span of time, and where the page begins.
fn in_time<Row>(
    mut select: Statement<'static, Row>,
    filter: &EventFilter,
    (received_at, id): (&str, &str),
) -> Statement<'static, Row> {
    if let Some(since) = filter.since {
        select = select
            .sql(&format!(" AND {received_at} >= ?"))
            .bind(since.micros());
    }
    if let Some(until) = filter.until {
        select = select
            .sql(&format!(" AND {received_at} < ?"))
            .bind(until.micros());
    }
    if let Some((time, last)) = &filter.after {
        select = select
            .sql(&format!(" AND ({received_at}, {id}) < (?, ?)"))
            .bind(time.micros())
            .bind(last.clone());
    }
    select
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_index_finds_the_candidates() {
        let text = |text: &str| Some(text.to_owned());
        let check = |filter: EventFilter, expected: Source| {
            assert_eq!(Source::of(&filter), expected, "{filter:?}");
        };
        let filter = EventFilter::default;
        check(filter(), Source::Arrival);
        for name in ["invoice.*", "v1.billing.meter.no_meter_found"] {
            let of_name = EventFilter {
                name: text(name),
                ..filter()
            };
            let expected = match exact_name(&of_name) {
                Some(_) => Source::Name,
                None => Source::Arrival,
            };
            check(of_name, expected);
        }
        check(
            EventFilter {
                name: text("invoice.paid"),
                livemode: Some(true),
                ..filter()
            },
            Source::Name,
        );
        check(
            EventFilter {
                name: text("invoice.paid"),
                account: text("acct_1"),
                ..filter()
            },
            Source::Account,
        );
        check(
            EventFilter {
                state: Some(EventState::Dead),
                account: text("acct_1"),
                ..filter()
            },
            Source::State(EventState::Dead),
        );
        check(
            EventFilter {
                state: Some(EventState::Processed),
                ..filter()
            },
            Source::Arrival,
        );
        check(
            EventFilter {
                state: Some(EventState::Dead),
                customer: text("cus_1"),
                ..filter()
            },
            Source::Customer,
        );
        check(
            EventFilter {
                object_id: text("in_1"),
                customer: text("cus_1"),
                ..filter()
            },
            Source::Object,
        );
    }
}
