//! Selects the receivers of an event. Does no IO.
//!
//! In: an event and the registry. Out: the receivers that listen to the event's name and whose
//! filters match.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::info::{AccountFilter, ReceiverInfo, ReceiverOptions};
use super::registry::Registry;
use crate::webhook::event::{Event, EventKinds};
use crate::webhook::event_name::EventKind;

/// The receivers of `event`, in the order in which they run.
pub fn dispatch<'r>(
    registry: &'r Registry,
    event: &'r Event,
) -> impl Iterator<Item = &'static ReceiverInfo> + 'r {
    registry
        .receivers_for(event.name())
        .iter()
        .copied()
        .filter(|receiver| skipped(&receiver.options, event).is_none())
}

/// Why a receiver that listens to an event's name does not run for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// It takes events of other accounts.
    Account(AccountFilter),
    /// It takes events of the other mode.
    Livemode(bool),
    /// It takes events of this kind, and Stripe has sent the other one.
    Kind(EventKind),
    /// None of these fields changed.
    Unchanged(&'static [&'static str]),
    /// Something was updated, but the event does not say what.
    Untold(&'static [&'static str]),
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = |fields| ReceiverOptions {
            changed: fields,
            ..ReceiverOptions::DEFAULT
        };
        match *self {
            Self::Account(account) => write!(formatter, "account = {}", account.as_str()),
            Self::Livemode(livemode) => write!(formatter, "livemode = {livemode}"),
            Self::Kind(kind) => {
                let kind = kind.as_str();
                write!(formatter, "only = {kind}, and no {kind} event has arrived")
            }
            Self::Unchanged(fields) => {
                write!(formatter, "{}, and nothing of it changed", changed(fields))
            }
            Self::Untold(fields) => write!(
                formatter,
                "{}, and the event has no previous_attributes",
                changed(fields)
            ),
        }
    }
}

/// The filter of a receiver that keeps an event from it; `None` if the event passes all filters.
pub(crate) fn skipped(options: &ReceiverOptions, event: &Event) -> Option<Skipped> {
    let is_connected = event.account().is_some();
    let by_origin = skipped_by_origin(options, is_connected, event.kinds(), event.livemode());
    by_origin.or_else(|| unchanged(options.changed, event))
}

/// As [`skipped`], without the filter that looks at the event's content.
pub(crate) fn skipped_by_origin(
    options: &ReceiverOptions,
    is_connected: bool,
    kinds: EventKinds,
    livemode: bool,
) -> Option<Skipped> {
    let is_taken = match options.account {
        AccountFilter::Any => true,
        AccountFilter::Platform => !is_connected,
        AccountFilter::Connected => is_connected,
    };
    if !is_taken {
        return Some(Skipped::Account(options.account));
    }

    if let Some(kind) = options.only.filter(|kind| !kinds.contain(*kind)) {
        return Some(Skipped::Kind(kind));
    }

    let other_mode = options.livemode.filter(|wanted| *wanted != livemode);
    other_mode.map(Skipped::Livemode)
}

/// Whether it is known that none of `fields` changed. The notification of a thin event says nothing of
/// them. Only an update leaves fields as they were: of
/// an object that was created or deleted, that was paid or listed by a backfill, Stripe says
/// nothing about its fields unless the event has `previous_attributes`.
///
/// Source: [The Event object](https://docs.stripe.com/api/events/object#event_object-data-previous_attributes).
fn unchanged(fields: &'static [&'static str], event: &Event) -> Option<Skipped> {
    if fields.is_empty() {
        return None;
    }
    if !event.is_whole() {
        return None;
    }
    let Some(previous) = previous_fields(event) else {
        let is_update = event.name().as_str().ends_with(".updated");
        return is_update.then_some(Skipped::Untold(fields));
    };

    let has_changed = fields.iter().any(|field| previous.contains_key(*field));
    (!has_changed).then_some(Skipped::Unchanged(fields))
}

/// The fields of `data.previous_attributes`, if it is an object.
fn previous_fields(event: &Event) -> Option<HashMap<String, IgnoredAny>> {
    let json = event.previous_json()?;
    HashMap::deserialize(&mut serde_json::Deserializer::from_str(json)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: ReceiverOptions, name: &str, fields: &str, expected: Option<Skipped>) {
        let json = format!(r#"{{"id":"evt_1","type":"{name}"{fields}}}"#);
        assert_eq!(
            skipped(&options, &Event::from_json(&json).unwrap()),
            expected,
            "{options:?} {name} {fields}"
        );
    }

    #[test]
    fn filters_narrow_what_a_receiver_gets() {
        let check = |options, fields: &str, expected| {
            check(options, "customer.updated", fields, expected);
        };
        let default = ReceiverOptions::DEFAULT;
        check(default, "", None);

        let live = ReceiverOptions {
            livemode: Some(true),
            ..default
        };
        check(live, r#","livemode":true"#, None);
        let skipped = Some(Skipped::Livemode(true));
        check(live, r#","livemode":false"#, skipped);

        for (account, of_platform) in [
            (AccountFilter::Platform, true),
            (AccountFilter::Connected, false),
        ] {
            let options = ReceiverOptions { account, ..default };
            let skipped = |is_taken: bool| (!is_taken).then_some(Skipped::Account(account));
            check(options, "", skipped(of_platform));
            check(options, r#","account":null"#, skipped(of_platform));
            check(options, r#","account":"acct_1""#, skipped(!of_platform));
        }
    }

    #[test]
    fn only_what_is_known_to_be_unchanged_is_skipped() {
        const FIELDS: &[&str] = &["status", "items"];
        let options = ReceiverOptions {
            changed: FIELDS,
            ..ReceiverOptions::DEFAULT
        };
        let updated = "customer.subscription.updated";
        let unchanged = Some(Skipped::Unchanged(FIELDS));
        let untold = Some(Skipped::Untold(FIELDS));

        let told = |name: &str, previous: &str, expected| {
            let fields = format!(r#","data":{{"object":{{}},"previous_attributes":{previous}}}"#);
            check(options, name, &fields, expected);
        };
        told(updated, r#"{"items":null}"#, None);
        told(updated, r#"{"email":"a"}"#, unchanged);
        told(updated, "{}", unchanged);
        told(updated, "null", untold);
        told(updated, r#""odd""#, untold);
        // Other events are judged by `previous_attributes` too, if they have them.
        told("invoice.paid", r#"{"status":"open"}"#, None);
        told("invoice.paid", r#"{"email":"a"}"#, unchanged);
        told("invoice.paid", "null", None);

        let without = r#","data":{"object":{}}"#;
        check(options, updated, without, untold);
        check(options, "customer.source.updated", without, untold);
        for name in [
            "customer.subscription.created",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "subscription.backfilled",
            "payment_method.automatically_updated",
            "nobody.knows",
        ] {
            check(options, name, without, None);
        }
    }

    #[test]
    fn a_skipped_receiver_is_told_by_its_filter() {
        let check = |skipped: Skipped, expected: &str| assert_eq!(skipped.to_string(), expected);
        check(
            Skipped::Account(AccountFilter::Connected),
            "account = connected",
        );
        check(Skipped::Livemode(true), "livemode = true");
        check(
            Skipped::Kind(EventKind::Thin),
            "only = thin, and no thin event has arrived",
        );
        check(
            Skipped::Unchanged(&["status", "items"]),
            r#"when(changed("status", "items")), and nothing of it changed"#,
        );
        check(
            Skipped::Untold(&["status"]),
            r#"when(changed("status")), and the event has no previous_attributes"#,
        );
    }
}
