//! Selects the receivers of an event. Does no IO.
//!
//! In: an event and the registry. Out: the receivers that listen to the event's name and whose
//! filters match.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::info::{AccountFilter, ReceiverInfo, ReceiverOptions};
use super::registry::Registry;
use crate::webhook::event::Event;

/// The receivers of `event`, in the order in which they run.
pub fn dispatch<'r>(
    registry: &'r Registry,
    event: &'r Event,
) -> impl Iterator<Item = &'static ReceiverInfo> + 'r {
    registry
        .receivers_for(event.name())
        .iter()
        .copied()
        .filter(|receiver| accepts(&receiver.options, event))
}

/// Whether an event passes the filters of a receiver.
fn accepts(options: &ReceiverOptions, event: &Event) -> bool {
    let account = match options.account {
        AccountFilter::Any => true,
        AccountFilter::Platform => event.account().is_none(),
        AccountFilter::Connected => event.account().is_some(),
    };
    let livemode = options
        .livemode
        .is_none_or(|livemode| livemode == event.livemode());

    // A backfilled object comes from one of Stripe's lists, which don't say what changed.
    let is_backfilled = event.name().backfilled().is_some();
    account && livemode && (is_backfilled || has_changed(options.changed, event))
}

/// Whether one of `fields` is among the changed fields of the event's object. True without fields.
fn has_changed(fields: &[&str], event: &Event) -> bool {
    if fields.is_empty() {
        return true;
    }

    event.previous_json().is_some_and(|json| {
        let previous: HashMap<String, IgnoredAny> =
            HashMap::deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap_or_default();
        fields.iter().any(|field| previous.contains_key(*field))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: ReceiverOptions, fields: &str, expected: bool) {
        let json = format!(r#"{{"id":"evt_1","type":"customer.updated"{fields}}}"#);
        assert_eq!(
            accepts(&options, &Event::from_json(&json).unwrap()),
            expected,
            "{options:?} {fields}"
        );
    }

    #[test]
    fn filters_narrow_what_a_receiver_gets() {
        let default = ReceiverOptions::DEFAULT;
        check(default, "", true);

        let live = ReceiverOptions {
            livemode: Some(true),
            ..default
        };
        check(live, r#","livemode":true"#, true);
        check(live, r#","livemode":false"#, false);

        let platform = ReceiverOptions {
            account: AccountFilter::Platform,
            ..default
        };
        let connected = ReceiverOptions {
            account: AccountFilter::Connected,
            ..default
        };
        for (options, of_platform) in [(platform, true), (connected, false)] {
            check(options, "", of_platform);
            check(options, r#","account":null"#, of_platform);
            check(options, r#","account":"acct_1""#, !of_platform);
        }

        let status = ReceiverOptions {
            changed: &["status", "items"],
            ..default
        };
        let changed = |previous: &str, expected: bool| {
            let fields = format!(r#","data":{{"object":{{}},"previous_attributes":{previous}}}"#);
            check(status, &fields, expected);
        };
        changed(r#"{"items":null}"#, true);
        changed(r#"{"email":"a"}"#, false);
        changed("null", false);
        changed(r#""odd""#, false);
        check(status, r#","data":{"object":{}}"#, false);

        let backfilled =
            Event::from_json(r#"{"id":"backfill_1","type":"customer.backfilled"}"#).unwrap();
        assert!(accepts(&status, &backfilled));
        assert!(accepts(&platform, &backfilled));
        assert!(!accepts(&connected, &backfilled));
    }
}
