//! The fields of the forms above the lists, as filters. Does no IO.
//!
//! In: fields of a request. Out: a filter, or which field can't be read and how to write it.

use std::time::SystemTime;

use super::error::PageError;
use super::params::Params;
use crate::store::operator::{PayloadCondition, Position};
use crate::store::{EffectFilter, EventFilter};
use crate::timestamp::Timestamp;

/// The fields that narrow events.
pub(super) const EVENT_FIELDS: [&str; 12] = [
    "state", "name", "account", "mode", "object", "customer", "receiver", "error", "effects",
    "since", "until", "payload",
];

/// The fields that narrow effects.
pub(super) const EFFECT_FIELDS: [&str; 5] = ["state", "name", "receiver", "event", "error"];

/// Which events are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct EventCriteria {
    pub(super) filter: EventFilter,
    pub(super) payload: Option<PayloadCondition>,
}

impl EventCriteria {
    pub(super) fn read(params: &Params, now: Timestamp) -> Result<Self, PageError> {
        let text = |name: &str| params.get(name).map(str::to_owned);
        let filter = EventFilter {
            state: params.get("state").map(parsed).transpose()?,
            name: text("name"),
            account: text("account"),
            livemode: mode(params)?,
            object_id: text("object"),
            customer: text("customer"),
            receiver: text("receiver"),
            error: text("error"),
            has_effects: match params.get("effects") {
                None => None,
                Some("yes") => Some(true),
                Some("no") => Some(false),
                Some(_) => return Err(unknown("effects", "yes or no")),
            },
            since: point(params, "since", now)?,
            until: point(params, "until", now)?,
            after: position(params)?,
            ..EventFilter::default()
        };

        let payload = params.get("payload").map(str::parse::<PayloadCondition>);
        let payload = payload.transpose().map_err(|error| {
            PageError::Invalid(format!(
                "The condition on the payload can't be read: {error}."
            ))
        })?;
        Ok(Self { filter, payload })
    }
}

/// Which effects are meant.
pub(super) fn effects(params: &Params) -> Result<EffectFilter, PageError> {
    let text = |name: &str| params.get(name).map(str::to_owned);
    Ok(EffectFilter {
        state: params.get("state").map(parsed).transpose()?,
        name: text("name"),
        receiver: text("receiver"),
        event_id: text("event"),
        error: text("error"),
        after: position(params)?,
        ..EffectFilter::default()
    })
}

/// The mode, `live` or `test`; `None` for both.
pub(super) fn mode(params: &Params) -> Result<Option<bool>, PageError> {
    match params.get("mode") {
        None => Ok(None),
        Some("live") => Ok(Some(true)),
        Some("test") => Ok(Some(false)),
        Some(_) => Err(unknown("mode", "live or test")),
    }
}

/// Where a page of a list begins, as [`after`] writes it.
pub(super) fn position(params: &Params) -> Result<Option<Position>, PageError> {
    let Some(text) = params.get("after") else {
        return Ok(None);
    };
    let read = text.split_once('.').and_then(|(micros, id)| {
        let micros = micros.parse().ok()?;
        Some((Timestamp::from_micros(micros), id.to_owned()))
    });
    let wrong = || unknown("after", "what a link to the next page has");
    read.map(Some).ok_or_else(wrong)
}

/// A position as a field.
pub(super) fn after((time, id): &Position) -> String {
    format!("{}.{id}", time.micros())
}

fn parsed<T: std::str::FromStr<Err = crate::store::StoreError>>(
    word: &str,
) -> Result<T, PageError> {
    word.parse()
        .map_err(|error| PageError::Invalid(format!("The state can't be read: {error}.")))
}

fn unknown(field: &str, expected: &str) -> PageError {
    PageError::Invalid(format!(
        "The field `{field}` can't be read; write {expected}."
    ))
}

/// A point in time: `2d` before now, `2026-01-31`, `2026-01-31T12:00` or `…:05`, in UTC.
fn point(params: &Params, field: &str, now: Timestamp) -> Result<Option<Timestamp>, PageError> {
    let Some(text) = params.get(field) else {
        return Ok(None);
    };
    if let Ok(before) = humantime::parse_duration(text) {
        return Ok(Some((now - before).max(Timestamp::from_micros(0))));
    }

    let zone = text.trim_end_matches('Z').replace(' ', "T");
    let whole = match zone.len() {
        10 => format!("{zone}T00:00:00Z"),
        16 => format!("{zone}:00Z"),
        _ => format!("{zone}Z"),
    };
    let time = humantime::parse_rfc3339(&whole).ok();
    let micros = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let micros = micros.and_then(|since| i64::try_from(since.as_micros()).ok());
    let wrong = || unknown(field, "2d, 3h, 2026-01-31 or 2026-01-31T12:00, in UTC");
    micros
        .map(|micros| Some(Timestamp::from_micros(micros)))
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::EventState;

    fn read(query: &str) -> Result<EventCriteria, PageError> {
        EventCriteria::read(&Params::read(query), Timestamp::from_seconds(1_700_000_000))
    }

    #[test]
    fn fields_narrow_events() {
        let criteria = read(
            "state=dead&name=invoice.*&mode=live&effects=yes&since=1h&until=2023-11-14T22:00&after=5.evt.1",
        )
        .unwrap();
        let filter = criteria.filter;
        assert_eq!(filter.state, Some(EventState::Dead));
        assert_eq!(filter.name.as_deref(), Some("invoice.*"));
        assert_eq!(filter.livemode, Some(true));
        assert_eq!(filter.has_effects, Some(true));
        assert_eq!(filter.since, Some(Timestamp::from_seconds(1_699_996_400)));
        assert_eq!(filter.until, Some(Timestamp::from_seconds(1_699_999_200)));
        let position = (Timestamp::from_micros(5), "evt.1".to_owned());
        assert_eq!(filter.after.as_ref(), Some(&position));
        assert_eq!(after(&position), "5.evt.1");
        assert!(read("").unwrap().payload.is_none());
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let check = |text: &str, seconds: Option<i64>| {
            let found = read(&format!("since={text}")).ok();
            let found = found.and_then(|criteria| criteria.filter.since);
            assert_eq!(found, seconds.map(Timestamp::from_seconds), "{text}");
        };
        check("2023-11-14", Some(1_699_920_000));
        check("2023-11-14T22:13", Some(1_699_999_980));
        check("2023-11-14 22:13:20", Some(1_700_000_000));
        check("2023-11-14T22:13:20Z", Some(1_700_000_000));
        check("2d", Some(1_699_827_200));
        check("100000y", Some(0));
        for wrong in ["yesterday", "2023-13-14", "-1", "2023-11-14T22"] {
            check(wrong, None);
        }
    }

    #[test]
    fn what_can_t_be_read_says_how_to_write_it() {
        for query in [
            "state=odd",
            "mode=both",
            "effects=1",
            "after=x",
            "since=x",
            "payload=x",
        ] {
            let error = read(query).unwrap_err();
            assert!(matches!(error, PageError::Invalid(_)), "{query}: {error:?}");
        }
    }
}
