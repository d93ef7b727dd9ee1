//! The candidates of a list of events: what the best index of an [`EventFilter`] finds, in the list's
//! order.

use diesel::sql_types::BigInt;

use super::rows::{EventFilter, EventState};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::{Database, Store};
use crate::store::error::StoreError;

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
    /// Their names.
    Names,
}

impl Source {
    /// The best one for a filter whose name stands for so many names.
    fn of(filter: &EventFilter, names: usize) -> Self {
        match filter.state {
            _ if filter.object_id.is_some() => Self::Object,
            _ if filter.customer.is_some() => Self::Customer,
            Some(state) if state != EventState::Processed => Self::State(state),
            _ if filter.account.is_some() => Self::Account,
            // Of several names, as many candidates are read of each.
            _ if filter.name.is_some() && (names <= 1 || has_nothing_to_check(filter)) => {
                Self::Names
            }
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

/// Whether nothing is asked for that no index finds.
fn has_nothing_to_check(filter: &EventFilter) -> bool {
    let EventFilter {
        state,
        dead,
        livemode,
        receiver,
        error,
        has_effects,
        // Each of these has an index.
        name: _,
        account: _,
        object_id: _,
        customer: _,
        // Each index is limited to these.
        since: _,
        until: _,
        after: _,
        limit: _,
    } = filter;
    !dead
        && *state != Some(EventState::Processed)
        && livemode.is_none()
        && receiver.is_none()
        && error.is_none()
        && has_effects.is_none()
}

/// A filter, and what it takes to read the database by it.
#[derive(Clone, Debug)]
pub(in crate::store) struct Search {
    pub(in crate::store) filter: EventFilter,
    /// The names that the filter's name stands for.
    pub(super) names: Vec<String>,
    /// The objects of the filter's customer.
    pub(super) objects: Vec<String>,
    /// How many candidates are read; `None` for all.
    pub(in crate::store) candidates: Option<u32>,
    source: Source,
}

impl Search {
    /// The search with at most so many candidates as can be read within a moment.
    pub(in crate::store) fn bounded(self) -> Self {
        let filter = &self.filter;
        // Only in the order of their arrival events lie together in the table. Some conditions read other
        // tables.
        let is_scattered = self.source != Source::Arrival
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
        let Self { filter, source, .. } = self;
        let is_source = |is_set: bool, one: Source| !is_set || *source == one;
        has_nothing_to_check(filter)
            && filter
                .state
                .is_none_or(|state| *source == Source::State(state))
            && is_source(filter.name.is_some(), Source::Names)
            && is_source(filter.account.is_some(), Source::Account)
            && is_source(filter.object_id.is_some(), Source::Object)
            && is_source(filter.customer.is_some(), Source::Customer)
    }

    /// Whether candidates may leave those that the search finds: events of a state do.
    pub(in crate::store) fn is_of_state(&self) -> bool {
        matches!(self.source, Source::State(_))
    }

    /// Whether all candidates have one of the filter's names.
    pub(super) fn is_by_name(&self) -> bool {
        self.source == Source::Names
    }

    /// The search that reads so many candidates at a time, of all names together.
    pub(in crate::store) fn in_steps(self, step: u32) -> Self {
        let source = match self.source {
            Source::Names if self.names.len() > 1 => Source::Arrival,
            source => source,
        };
        Self {
            candidates: Some(step),
            source,
            ..self
        }
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
    ) -> Result<Search, StoreError> {
        let objects = match &filter.customer {
            Some(customer) => self.objects_of_customer(customer).await?,
            None => Vec::new(),
        };
        let names = match &filter.name {
            Some(name) => self.names_of(name).await?,
            None => Vec::new(),
        };
        Ok(Search {
            source: Source::of(filter, names.len()),
            filter: filter.clone(),
            names,
            objects,
            candidates: None,
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
        let order = search.source.order();
        let (received_at, id) = order;
        let ending = match limit {
            Some(limit) => format!(" ORDER BY {received_at} DESC, {id} DESC LIMIT {limit}"),
            None => String::new(),
        };

        let select = match search.source {
            Source::Customer => return self.of_objects(select, search, &ending),
            Source::Arrival => select.sql(" FROM djstripe_event AS event WHERE true"),
            Source::Object => select
                .sql(" FROM djstripe_event AS event WHERE event.object_id = ?")
                .bind(filter.object_id.clone()),
            Source::Account => select
                .sql(" FROM djstripe_event AS event WHERE coalesce(event.account, event.own_account) = ?")
                .bind(filter.account.clone()),
            Source::Names => match search.names.as_slice() {
                [name] => select
                    .sql(" FROM djstripe_event AS event WHERE event.name = ?")
                    .bind(name.clone()),
                [_, _, ..] if limit.is_some() => {
                    return of_names(select, search, "event.*", &ending).sql(&ending);
                }
                names => {
                    let (one_of, bound) = self.one_of(names);
                    select
                        .sql(" FROM djstripe_event AS event WHERE event.name ")
                        .sql(one_of)
                        .bind(bound)
                }
            },
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
        if let Source::State(state) = search.source {
            let order = search.source.order();
            let (received_at, id) = order;
            let select = select
                .sql("SELECT waiting.received_at, waiting.event_id AS id FROM djstripe_queue AS waiting")
                .sql(&in_state(state));
            let ending = format!(" ORDER BY {received_at} DESC, {id} DESC LIMIT {limit}");
            return in_time(select, &search.filter, order).sql(&ending);
        }
        let select = select.sql("SELECT event.received_at, event.id");
        self.candidates(select, search, Some(limit))
    }

    /// A query that counts the candidates, at most `most`.
    pub(in crate::store) fn count_of_candidates(
        &self,
        search: &Search,
        most: u32,
    ) -> Statement<'static, BigInt> {
        // Without the id, the index of the names has all that it takes. With the order, PostgreSQL reads it
        // and not the table.
        let newest = format!(" ORDER BY event.received_at DESC LIMIT {most}");
        let select = Statement::<BigInt>::new("SELECT count(*) FROM (");
        let select = match search.source {
            Source::State(_) | Source::Customer => self.candidate_positions(select, search, most),
            Source::Names if search.names.len() > 1 => {
                of_names(select.sql("SELECT 1"), search, "1", &newest)
                    .sql(&format!(" LIMIT {most}"))
            }
            _ => self
                .candidates(select.sql("SELECT 1"), search, None)
                .sql(&newest),
        };
        select.sql(") AS counted")
    }

    /// The candidates of a customer. PostgreSQL would rather read all events than those of many objects
    /// if it could choose.
    fn of_objects<Row>(
        &self,
        select: Statement<'static, Row>,
        search: &Search,
        ending: &str,
    ) -> Statement<'static, Row> {
        let (one_of, bound) = self.one_of(&search.objects);
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
        match search.source {
            Source::State(_) => {
                "waiting.received_at AS listed_at, waiting.event_id AS listed_id, event.*"
            }
            _ => "event.*",
        }
    }

    /// The order of the list, newest first, in the columns by which the candidates are sorted: PostgreSQL
    /// then reads no more of them than it needs.
    pub(in crate::store) fn newest_first(&self, search: &Search) -> &'static str {
        match search.source {
            Source::State(_) => " ORDER BY event.listed_at DESC, event.listed_id DESC",
            _ => " ORDER BY event.received_at DESC, event.id DESC",
        }
    }
}

/// Columns of the candidates of each of several names, with the same ending.
fn of_names<Row>(
    mut select: Statement<'static, Row>,
    search: &Search,
    columns: &str,
    ending: &str,
) -> Statement<'static, Row> {
    let mut union = " FROM (";
    for name in &search.names {
        select = select
            .sql(union)
            .sql("SELECT * FROM (SELECT ")
            .sql(columns)
            .sql(" FROM djstripe_event AS event WHERE event.name = ?")
            .bind(name.clone());
        select = in_time(select, &search.filter, Source::Names.order())
            .sql(ending)
            .sql(") AS of_name");
        union = " UNION ALL ";
    }
    select.sql(") AS event")
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
        let check = |filter: EventFilter, names: usize, expected: Source| {
            assert_eq!(Source::of(&filter, names), expected, "{filter:?}");
        };
        let filter = EventFilter::default;
        check(filter(), 0, Source::Arrival);
        let name = || EventFilter {
            name: text("invoice.*"),
            ..filter()
        };
        for names in [0, 1, 2] {
            check(name(), names, Source::Names);
        }
        let name_and_mode = || EventFilter {
            livemode: Some(true),
            ..name()
        };
        check(name_and_mode(), 0, Source::Names);
        check(name_and_mode(), 1, Source::Names);
        check(name_and_mode(), 2, Source::Arrival);
        check(
            EventFilter {
                account: text("acct_1"),
                ..name()
            },
            1,
            Source::Account,
        );
        check(
            EventFilter {
                state: Some(EventState::Dead),
                account: text("acct_1"),
                ..filter()
            },
            0,
            Source::State(EventState::Dead),
        );
        check(
            EventFilter {
                state: Some(EventState::Processed),
                ..filter()
            },
            0,
            Source::Arrival,
        );
        check(
            EventFilter {
                state: Some(EventState::Dead),
                customer: text("cus_1"),
                ..filter()
            },
            0,
            Source::Customer,
        );
        check(
            EventFilter {
                object_id: text("in_1"),
                customer: text("cus_1"),
                ..filter()
            },
            0,
            Source::Object,
        );
    }
}
