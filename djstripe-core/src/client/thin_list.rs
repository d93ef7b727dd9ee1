//! Stripe's list of thin events, newest first, page by page.
//!
//! In: which events to list. Out: their pages, each requested by the URL that the page before it
//! names. Each item is the whole event, with what its notification lacks.

#[cfg(feature = "cli")]
use std::collections::BTreeMap;

use serde_json::Value;
#[cfg(feature = "cli")]
use serde_json::value::RawValue;

use super::request::{Method, Request};
use super::stripe_client::Client;
use super::url_list::UrlList;
use crate::timestamp::Timestamp;
use crate::webhook::amend::with_fields;
use crate::webhook::event::{DecodeError, Event};

/// The path of the list.
const PATH: &str = "/v2/core/events";

/// Page size, which is the largest that Stripe allows.
const PAGE_SIZE: u64 = 100;

/// The most names in one request.
///
/// Source: [List Events](https://docs.stripe.com/api/v2/core/events/list).
const MAX_TYPES: usize = 20;

/// The thin events to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThinFilter<'a> {
    /// Names as Stripe writes them, `v1.customer.updated`; `None` for all.
    pub(crate) names: Option<&'a [String]>,
    /// The object that they are about.
    pub(crate) object_id: Option<&'a str>,
    /// The first second in which they were created.
    pub(crate) from: Option<i64>,
    /// The second before which they were created.
    pub(crate) before: Option<i64>,
}

impl ThinFilter<'_> {
    /// The lists that have these events, as one request has few names.
    pub(crate) fn lists(&self) -> Vec<UrlList> {
        let mut list = Request::new(Method::Get, PATH).param("limit", PAGE_SIZE);
        if let Some(id) = self.object_id {
            list = list.param("object_id", id);
        }
        let created = created(self.from, self.before);
        if !created.is_empty() {
            list = list.param("created", created);
        }

        match self.names {
            None => vec![UrlList::new(list)],
            Some(names) => names
                .chunks(MAX_TYPES)
                .map(|names| UrlList::new(list.clone().param("types", names)))
                .collect(),
        }
    }
}

fn created(from: Option<i64>, before: Option<i64>) -> serde_json::Map<String, Value> {
    let bounds = [("gte", from), ("lt", before)];
    let time = |second| Value::from(Timestamp::from_seconds(second).to_string());
    bounds
        .into_iter()
        .filter_map(|(name, second)| Some((name.to_owned(), time(second?))))
        .collect()
}

/// A thin event that Stripe listed for `account`, as Stripe would have delivered it: with the
/// connected account that it belongs to. `client` is bound to the mode.
///
/// # Errors
/// [`DecodeError`].
pub(crate) fn thin_as_delivered(
    json: &str,
    account: &str,
    client: &Client,
) -> Result<Event, DecodeError> {
    let own = Some(client.own_account()).filter(|account| !account.is_empty());
    let event = Event::from_json(json)?;
    let is_own = |id: &str| client.is_own(id, event.livemode());
    let named = event.account().filter(|named| !is_own(named));
    if named.is_some() || is_own(account) {
        let named = named.map(str::to_owned);
        return Ok(event.received_for(own, named.as_deref()));
    }

    let event = Event::from_json(&with_fields(json, &[("context", account)])?)?;
    Ok(event.received_for(own, Some(account)))
}

/// The notification of a whole thin event: without what only Stripe's API has.
///
/// # Errors
/// If it is not a JSON object.
#[cfg(feature = "cli")]
pub(crate) fn notification_of(json: &str) -> serde_json::Result<String> {
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json)?;
    fields.retain(|name, _| !["changes", "data"].contains(&&**name));
    serde_json::to_string(&fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_at_most_twenty_names() {
        let check = |names: usize, expected: &[usize]| {
            let names: Vec<String> = (0..names).map(|number| format!("v2.n{number}")).collect();
            let filter = ThinFilter {
                names: Some(&names),
                from: Some(1_767_225_600),
                ..ThinFilter::default()
            };
            let base = "https://stripe.test".parse().unwrap();
            let urls = filter.lists().into_iter().map(|list| {
                let url = list.request().unwrap().url(&base);
                assert_eq!(url.path(), "/v2/core/events");
                let pairs: Vec<_> = url.query_pairs().into_owned().collect();
                let created = ("created[gte]".into(), "2026-01-01T00:00:00.000000Z".into());
                assert!(pairs.contains(&created), "{pairs:?}");
                let types = pairs.iter().filter(|(name, _)| name.starts_with("types["));
                types.count()
            });
            assert_eq!(urls.collect::<Vec<_>>(), expected);
        };
        check(0, &[]);
        check(1, &[1]);
        check(20, &[20]);
        check(41, &[20, 20, 1]);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_notification_lacks_what_only_the_api_has() {
        let whole = r#"{"id":"evt_1","changes":{"before":{}},"data":null,"amount":1.10}"#;
        let thin = notification_of(whole).unwrap();
        assert_eq!(thin, r#"{"amount":1.10,"id":"evt_1"}"#);
    }
}
