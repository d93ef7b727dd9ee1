//! The rate budget of endpoints that fetch each event from Stripe.
//!
//! In: deliveries, which anybody can send there. Out: whether one may cost a request. Without this,
//! forged ones would take all requests of the account, and with them those of the receivers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::client::Client;
use crate::telemetry::repeats::Bucket;
use crate::webhook::event::Event;

/// Share of the requests for events that the client allows.
const SHARE: f64 = 0.5;

/// Seconds for which unused requests are saved up.
const SAVED_SECONDS: f64 = 4.0;

/// Longest id, account, context or API version that a request names.
const LONGEST: usize = 255;

/// The budgets of a process.
#[derive(Default)]
pub(crate) struct Retrievals(Mutex<HashMap<Scope, Bucket>>);

/// The declared own account, and the mode.
type Scope = (Option<String>, bool);

impl Retrievals {
    /// Whether a request for this event may be sent now. It counts if it may.
    pub(super) fn may_retrieve(&self, client: &Client, delivered: &Event) -> bool {
        let livemode = delivered.livemode();
        let options = client.options();
        let limits = if livemode { options.live } else { options.test };
        let rate = limits.per_second.min(limits.per_resource) * SHARE;
        let scope = (delivered.own_account().map(str::to_owned), livemode);
        let now = Instant::now();

        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = budgets.entry(scope).or_insert_with(|| {
            let burst = (rate * SAVED_SECONDS).max(1.0);
            Bucket::new(burst as u32, rate, now)
        });
        budget.take(now)
    }
}

/// Whether Stripe could have sent an event that names these. No request is sent with others: a forger
/// chooses them.
pub(super) fn is_plausible(delivered: &Event, requested_id: &str) -> bool {
    let is_name = |text: &str| {
        let mut bytes = text.bytes();
        text.len() <= LONGEST
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'))
    };
    is_name(requested_id)
        && !requested_id.contains('/')
        && is_name(delivered.mirror_account())
        && delivered.account().is_none_or(is_name)
        && delivered.context().is_none_or(is_name)
        && delivered.api_version().is_none_or(is_version)
}

/// Whether a text has the form of an API version: `2026-10-28`, or `2026-10-28.endive`.
fn is_version(text: &str) -> bool {
    let (date, name) = match text.split_once('.') {
        Some((date, name)) => (date, Some(name)),
        None => (text, None),
    };
    let is_date = date.len() == 10
        && date.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let is_word = |name: &str| {
        let mut bytes = name.bytes();
        !name.is_empty()
            && name.len() <= LONGEST
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    is_date && name.is_none_or(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_request_names_what_stripe_would_not_send() {
        let check = |id: &str, more: &str, expected: bool| {
            let json = format!(r#"{{"id":"evt_1","type":"customer.updated"{more}}}"#);
            let event = Event::from_json(&json).unwrap();
            assert_eq!(is_plausible(&event, id), expected, "{id} {more}");
        };

        check("evt_1", "", true);
        check("evt_test_61RnZ", r#","account":"acct_1N""#, true);
        check("evt_1", r#","context":"org_1/acct_2/acct_3""#, true);
        for version in ["2011-06-21", "2026-10-28.endive", "2025-03-31.preview"] {
            check("evt_1", &format!(r#","api_version":"{version}""#), true);
        }

        check("../../v1/customers/cus_1", "", false);
        check("evt_1?expand", "", false);
        check(&"e".repeat(256), "", false);
        check("evt_1", r#","account":"acct_1 acct_2""#, false);
        check("evt_1", r#","account":"acct_\u0000""#, false);
        check("evt_1", r#","context":"org_1\nacct_2""#, false);
        for version in [
            " ",
            "latest",
            "2026-10-28.",
            "2026-10-28; beta=v1",
            "2026/10/28",
        ] {
            check("evt_1", &format!(r#","api_version":"{version}""#), false);
        }
    }
}
