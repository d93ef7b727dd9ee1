//! Which receivers an event goes to: the registry's list, less those whose filters say no. Does no IO.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

use crate::receiver::registry::Registry;
use crate::receiver::{AccountFilter, ReceiverInfo, ReceiverOptions};
use crate::webhook::event::Event;

/// The receivers that `event` goes to, in the order in which they run.
pub fn dispatch<'r>(
    registry: &'r Registry,
    event: &'r Event,
) -> impl Iterator<Item = &'static ReceiverInfo> + 'r {
    registry
        .receivers_for(event.name())
        .iter()
        .copied()
        .filter(|receiver| wants(&receiver.options, event))
}

fn wants(options: &ReceiverOptions, event: &Event) -> bool {
    let account = match options.account {
        AccountFilter::Any => true,
        AccountFilter::Platform => event.account().is_none(),
        AccountFilter::Connected => event.account().is_some(),
    };
    // What is listed says nothing of how it was before.
    let is_listed = event.name().backfilled().is_some();
    account
        && options
            .livemode
            .is_none_or(|livemode| livemode == event.livemode())
        && (is_listed || changed(options.changed, event))
}

/// Whether one of `fields` is among those that the event says have changed.
fn changed(fields: &[&str], event: &Event) -> bool {
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

    #[test]
    fn filters_narrow_what_a_receiver_gets() {
        let check = |options: ReceiverOptions, fields: &str, expected: bool| {
            let json = format!(r#"{{"id":"evt_1","type":"customer.updated"{fields}}}"#);
            assert_eq!(
                wants(&options, &Event::from_json(&json).unwrap()),
                expected,
                "{options:?} {fields}"
            );
        };
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
        check(
            status,
            r#","data":{"object":{},"previous_attributes":{"items":null}}"#,
            true,
        );
        check(
            status,
            r#","data":{"object":{},"previous_attributes":{"email":"a"}}"#,
            false,
        );
        check(
            status,
            r#","data":{"object":{},"previous_attributes":null}"#,
            false,
        );
        check(status, r#","data":{"object":{}}"#, false);
        check(
            status,
            r#","data":{"object":{},"previous_attributes":"odd"}"#,
            false,
        );
        let listed =
            Event::from_json(r#"{"id":"backfill_1","type":"customer.backfilled"}"#).unwrap();
        assert!(
            wants(&status, &listed) && wants(&platform, &listed) && !wants(&connected, &listed)
        );
    }
}
