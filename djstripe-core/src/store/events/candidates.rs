//! The candidates of a list of events: what the best index of an [`EventFilter`] finds, in the list's
//! order.

use super::rows::{EventFilter, EventState};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::{Database, Store};
use crate::store::error::StoreError;
use crate::webhook::event_name::EventName;

/// How many candidates a bounded search reads.
pub(in crate::store) const CANDIDATES: u32 = 20_000;
const FEW_CANDIDATES: u32 = 3_000;

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
    pub(super) objects: Vec<String>,
    /// How many candidates are read; `None` for all.
    pub(in crate::store) candidates: Option<u32>,
}

impl Search {
    /// The search with at most so many candidates as can be read within a moment.
    pub(in crate::store) fn bounded(self) -> Self {
        let filter = &self.filter;
        // Those of the queue and of a customer's objects lie scattered in the table of events, and some
        // conditions read other tables.
        let is_scattered = matches!(Source::of(filter), Source::State(_) | Source::Customer)
            || filter.dead
            || filter.receiver.is_some()
            || filter.error.is_some()
            || filter.has_effects.is_some();
        let candidates = match is_scattered {
            true => FEW_CANDIDATES,
            false => CANDIDATES,
        };
        Self {
            candidates: Some(candidates),
            ..self
        }
    }

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
            Source::State(state) => select
                .sql(" FROM djstripe_queue AS waiting JOIN djstripe_event AS event ON event.id = waiting.event_id")
                .sql(&in_state(state)),
        };
        in_time(select, filter, order).sql(&ending)
    }

    /// Adds a query of the `received_at` and id of at most `limit` candidates, newest first. It is cheaper
    /// than one of whole events.
    pub(in crate::store) fn candidate_positions<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
        limit: u32,
    ) -> Statement<'static, Row> {
        let source = Source::of(&search.filter);
        if let Source::State(state) = source {
            let (received_at, id) = source.order();
            let select = select
                .sql("SELECT waiting.received_at, waiting.event_id AS id FROM djstripe_queue AS waiting")
                .sql(&in_state(state));
            let ending = format!(" ORDER BY {received_at} DESC, {id} DESC LIMIT {limit}");
            return in_time(select, &search.filter, source.order()).sql(&ending);
        }
        let select = select.sql("SELECT event.received_at, event.id");
        self.candidates(select, search, Some(limit))
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

    /// The columns of a candidate. One of the queue says too how it is sorted.
    pub(super) fn candidate_columns(&self, search: &Search) -> &'static str {
        match Source::of(&search.filter) {
            Source::State(_) => {
                "waiting.received_at AS listed_at, waiting.event_id AS listed_id, event.*"
            }
            _ => "event.*",
        }
    }

    /// The order of the list, newest first, in the columns by which the candidates are sorted: PostgreSQL
    /// then reads no more of them than it needs.
    pub(in crate::store) fn newest_first(&self, search: &Search) -> &'static str {
        match Source::of(&search.filter) {
            Source::State(_) => " ORDER BY event.listed_at DESC, event.listed_id DESC",
            _ => " ORDER BY event.received_at DESC, event.id DESC",
        }
    }
}

/// The condition on the row in the queue. The state is written out, as an index of some states can't be
/// used otherwise.
fn in_state(state: EventState) -> String {
    let indexed = match state {
        EventState::Retrying | EventState::Dead => "waiting.state IN ('retrying', 'dead')",
        _ => "waiting.next_attempt_at IS NOT NULL",
    };
    format!(" WHERE waiting.state = '{state}' AND {indexed}")
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
