//! The events or effects that a form is about: by their ids, or all that match a filter. They are read
//! page by page, because there can be many.

use crate::page::error::PageError;
use crate::page::filter::{self, EFFECT_FIELDS, EVENT_FIELDS, EventCriteria};
use crate::page::params::Params;
use crate::page::personal::is_personal;
use crate::page::shown::shown_up_to;
use crate::page::visit::Visit;
use crate::store::operator::{OperatorQueries, PayloadCondition};
use crate::store::{EffectFilter, Store, StoredEffect, StoredEvent};
use crate::timestamp::Timestamp;

/// Ids that a form may name.
const MOST_IDS: usize = 500;

/// What a form selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::page) enum Selection {
    Ids(Vec<String>),
    /// All that match these fields.
    Filter(Params),
}

impl Selection {
    /// What the form selects: all that match, if it says so, or those whose boxes are checked.
    pub(in crate::page) fn read(params: &Params, of_effects: bool) -> Result<Self, PageError> {
        if params.get("scope") == Some("all") {
            let text = params.all_encoded("filter").concat();
            let fields: &[&str] = if of_effects {
                &EFFECT_FIELDS
            } else {
                &EVENT_FIELDS
            };
            return Ok(Self::Filter(Params::read(&text).only(fields)));
        }

        let mut ids = params.all_encoded("id");
        ids.sort_unstable();
        ids.dedup();
        match ids.len() {
            0 => Err(PageError::Invalid(
                "Nothing is selected. Go back and check some rows, or choose all that match."
                    .to_owned(),
            )),
            1..=MOST_IDS => Ok(Self::Ids(ids)),
            _ => Err(PageError::Invalid(format!(
                "More than {MOST_IDS} rows are selected. Narrow the filter and choose all that match."
            ))),
        }
    }

    /// The selection in words, for the record of actions.
    pub(in crate::page) fn words(&self) -> String {
        match self {
            Self::Ids(ids) => match &ids[..] {
                [id] => shown_up_to(id, 200),
                ids => {
                    let first: Vec<String> =
                        ids.iter().take(5).map(|id| shown_up_to(id, 60)).collect();
                    let more = ids.len().saturating_sub(5);
                    let more = if more > 0 {
                        format!(" and {more} more")
                    } else {
                        String::new()
                    };
                    format!("{}{more}", first.join(" "))
                }
            },
            Self::Filter(params) if params.is_empty() => "all".to_owned(),
            Self::Filter(params) => {
                let fields = params.iter();
                let fields = fields.map(|(name, value)| match value.parse::<PayloadCondition>() {
                    // Everybody who sees the page sees the record of actions.
                    Ok(condition) if name == "payload" && names_personal(&condition) => {
                        "payload=(of a personal field)".to_owned()
                    }
                    _ => format!("{name}={}", shown_up_to(value, 100)),
                });
                fields.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// Refuses a condition on a personal field from somebody who may not read it: the answer would tell.
pub(in crate::page) fn check_payload(
    visit: &Visit,
    criteria: &EventCriteria,
) -> Result<(), PageError> {
    let Some(condition) = &criteria.payload else {
        return Ok(());
    };
    if names_personal(condition) && !visit.sees_personal() {
        return Err(PageError::Lacks(crate::page::access::Right::Personal));
    }
    Ok(())
}

/// Whether a personal field is on the path. The value counts too: what is in quotes may look like the end
/// of the path.
fn names_personal(condition: &PayloadCondition) -> bool {
    let written = condition.to_string();
    written.split(['.', '"', ' ', '=']).any(is_personal)
}

/// The selected events, page by page, without those that were received at `before` or later.
pub(in crate::page) struct EventPages {
    store: Store,
    queries: OperatorQueries,
    source: Source<EventCriteria>,
    limit: u32,
}

enum Source<Filter> {
    Ids(Vec<String>),
    Filter(Box<Filter>),
    Done,
}

impl EventPages {
    pub(in crate::page) fn new(
        visit: &Visit,
        selection: &Selection,
        before: Timestamp,
        limit: u32,
    ) -> Result<Self, PageError> {
        let source = match selection {
            Selection::Ids(ids) => Source::Ids(ids.clone()),
            Selection::Filter(params) => {
                let mut criteria = EventCriteria::read(params, visit.now)?;
                check_payload(visit, &criteria)?;
                criteria.filter.after = Some((before, String::new()));
                Source::Filter(Box::new(criteria))
            }
        };
        Ok(Self {
            store: visit.store().clone(),
            queries: visit.queries().clone(),
            source,
            limit,
        })
    }

    /// Whether there is no next page.
    pub(in crate::page) fn is_done(&self) -> bool {
        matches!(self.source, Source::Done)
    }

    /// The next page, which can be empty; `None` after the last. Ids of which no event is stored are
    /// left out.
    pub(in crate::page) async fn next(&mut self) -> Result<Option<Vec<StoredEvent>>, PageError> {
        match &mut self.source {
            Source::Done => Ok(None),
            Source::Ids(ids) => {
                let mut events = Vec::with_capacity(ids.len());
                for id in ids.iter() {
                    events.extend(self.store.event(id).await?.map(|(event, _)| event));
                }
                self.source = Source::Done;
                Ok(Some(events))
            }
            Source::Filter(criteria) => {
                criteria.filter.limit = Some(self.limit);
                let (events, next) = match &criteria.payload {
                    None => {
                        let page = self.queries.event_page(&criteria.filter).await?;
                        (page.events, page.next)
                    }
                    Some(condition) => {
                        let searched = self.queries.search_payloads(&criteria.filter, condition);
                        let page = searched.await?;
                        (page.events, page.next)
                    }
                };
                match next {
                    Some(position) => criteria.filter.after = Some(position),
                    None => self.source = Source::Done,
                }
                Ok(Some(events))
            }
        }
    }
}

/// The selected effects, page by page, without those that were requested at `before` or later.
pub(in crate::page) struct EffectPages {
    store: Store,
    queries: OperatorQueries,
    source: Source<EffectFilter>,
    limit: u32,
}

impl EffectPages {
    pub(in crate::page) fn new(
        visit: &Visit,
        selection: &Selection,
        before: Timestamp,
        limit: u32,
    ) -> Result<Self, PageError> {
        let source = match selection {
            Selection::Ids(keys) => Source::Ids(keys.clone()),
            Selection::Filter(params) => {
                let mut filter = filter::effects(params)?;
                filter.after = Some((before, String::new()));
                Source::Filter(Box::new(filter))
            }
        };
        Ok(Self {
            store: visit.store().clone(),
            queries: visit.queries().clone(),
            source,
            limit,
        })
    }

    /// Whether there is no next page.
    pub(in crate::page) fn is_done(&self) -> bool {
        matches!(self.source, Source::Done)
    }

    /// The next page, which can be empty; `None` after the last.
    pub(in crate::page) async fn next(&mut self) -> Result<Option<Vec<StoredEffect>>, PageError> {
        match &mut self.source {
            Source::Done => Ok(None),
            Source::Ids(keys) => {
                let mut effects = Vec::with_capacity(keys.len());
                for key in keys.iter() {
                    effects.extend(self.store.effect(key).await?);
                }
                self.source = Source::Done;
                Ok(Some(effects))
            }
            Source::Filter(filter) => {
                filter.limit = Some(self.limit);
                let page = self.queries.effect_page(filter).await?;
                match page.next {
                    Some(position) => filter.after = Some(position),
                    None => self.source = Source::Done,
                }
                Ok(Some(page.effects))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_selects_what_is_checked_or_all_that_match() {
        let read = |query: &str| Selection::read(&Params::read(query), false);
        let ids = read("id=evt_2&id=evt_1&id=evt_2&filter=state%253Ddead").unwrap();
        assert_eq!(
            ids,
            Selection::Ids(vec!["evt_1".to_owned(), "evt_2".to_owned()])
        );
        assert_eq!(ids.words(), "evt_1 evt_2");

        let all =
            read("scope=all&id=evt_1&filter=state%253Ddead%2526name%253Dinvoice.paid%2526x%253D1");
        let Ok(Selection::Filter(params)) = all else {
            panic!("a filter");
        };
        let words = Selection::Filter(params).words();
        assert_eq!(words, "state=dead name=invoice.paid");
        assert!(read("").is_err());
        assert!(read("filter=state%253Ddead").is_err());
        assert!(read("id=&id=").is_err());
        let many: Vec<String> = (0..501).map(|number| format!("id=evt_{number}")).collect();
        assert!(read(&many.join("&")).is_err());
    }
}
