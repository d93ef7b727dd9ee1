//! Differences between an endpoint's row and the endpoint at Stripe. Does no IO.
//!
//! In: an [`Endpoint`], a [`StripeEndpoint`] and the needed events. Out: [`Difference`]s, which
//! display for operators.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use super::webhook_endpoint::Endpoint;
use crate::webhook::event_name::is_sent;
use crate::webhook::{API_VERSION, mode_name};

/// A webhook endpoint of Stripe's API, without its secret.
///
/// Source: [The Webhook Endpoint object](https://docs.stripe.com/api/webhook_endpoints/object).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct StripeEndpoint {
    /// The id, `we_…`.
    pub(crate) id: String,
    /// The URL that it delivers to.
    pub(crate) url: String,
    /// The names of the events that it delivers; `*` for all of them.
    #[serde(default)]
    pub(crate) enabled_events: Vec<String>,
    /// The API version of these events; `None` for the account's default version.
    #[serde(default)]
    pub(crate) api_version: Option<String>,
    /// The mode of these events.
    #[serde(default)]
    pub(crate) livemode: bool,
    /// `enabled` or `disabled`.
    #[serde(default)]
    pub(crate) status: String,
    /// The metadata. Under [`StripeEndpoint::METADATA_KEY`] it has the id of the endpoint's row.
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, String>,
}

impl StripeEndpoint {
    /// The metadata key of the row's id, set on endpoints that djstripe creates.
    pub(crate) const METADATA_KEY: &str = "djstripe_endpoint";

    /// Whether it is enabled.
    pub(crate) fn is_enabled(&self) -> bool {
        self.status != "disabled"
    }
}

/// A difference between an endpoint's row and the endpoint at Stripe. `Display` describes it for
/// operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Events that receivers listen to and Stripe doesn't deliver.
    Missing(Vec<String>),
    /// Events that Stripe delivers and no receiver listens to.
    Superfluous(Vec<String>),
    /// Stripe delivers to another URL.
    Url {
        /// The URL in the row.
        here: String,
        /// The URL at Stripe.
        at_stripe: String,
    },
    /// The endpoint is enabled on one side only.
    Enabled {
        /// Whether the row is enabled.
        here: bool,
    },
    /// Stripe delivers events in another API version than the catalogue's. An endpoint's version
    /// can't be changed.
    ApiVersion {
        /// The version at Stripe; `None` for the account's default version.
        at_stripe: Option<String>,
    },
    /// The modes differ.
    Livemode {
        /// The mode at Stripe.
        at_stripe: bool,
    },
}

/// Compares the endpoint at Stripe with the endpoint's row and with the needed events.
pub(crate) fn differences(
    endpoint: &Endpoint,
    at_stripe: &StripeEndpoint,
    needed: &[String],
) -> Vec<Difference> {
    let needed: BTreeSet<&str> = needed.iter().map(String::as_str).collect();
    let delivered: BTreeSet<&str> = at_stripe
        .enabled_events
        .iter()
        .map(String::as_str)
        .collect();
    let missing_from = |events: &BTreeSet<&str>, names: &BTreeSet<&str>| -> Vec<String> {
        let is_missing = |name: &&&str| !is_sent(name, |event| events.contains(event));
        let missing = names.iter().filter(is_missing);
        missing.map(|&name| name.to_owned()).collect()
    };
    let missing = missing_from(&delivered, &needed);
    let superfluous = missing_from(&needed, &delivered);

    let mut found = Vec::new();
    let mut note =
        |differs: bool, difference: Difference| found.extend(differs.then_some(difference));
    note(!missing.is_empty(), Difference::Missing(missing));
    note(
        !superfluous.is_empty(),
        Difference::Superfluous(superfluous),
    );
    if let Some(url) = endpoint.url.as_ref().filter(|url| **url != at_stripe.url) {
        note(
            true,
            Difference::Url {
                here: url.clone(),
                at_stripe: at_stripe.url.clone(),
            },
        );
    }
    note(
        endpoint.enabled != at_stripe.is_enabled(),
        Difference::Enabled {
            here: endpoint.enabled,
        },
    );
    note(
        at_stripe.api_version.as_deref() != Some(API_VERSION),
        Difference::ApiVersion {
            at_stripe: at_stripe.api_version.clone(),
        },
    );
    note(
        endpoint
            .livemode
            .is_some_and(|livemode| livemode != at_stripe.livemode),
        Difference::Livemode {
            at_stripe: at_stripe.livemode,
        },
    );

    found
}

impl Difference {
    /// Whether updating the endpoint at Stripe removes the difference.
    pub(crate) fn can_be_synced(&self) -> bool {
        !matches!(self, Self::ApiVersion { .. } | Self::Livemode { .. })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) => write!(formatter, "Stripe doesn't send {}", abbreviate(names)),
            Self::Superfluous(names) => write!(
                formatter,
                "Stripe sends {}, which no receiver listens to",
                abbreviate(names)
            ),
            Self::Url { here, at_stripe } => {
                write!(formatter, "Stripe delivers to {at_stripe}, not to {here}")
            }
            Self::Enabled { here: true } => formatter.write_str("disabled at Stripe"),
            Self::Enabled { here: false } => {
                formatter.write_str("enabled at Stripe, but disabled here")
            }
            Self::ApiVersion { at_stripe } => write!(
                formatter,
                "Stripe sends events in {}, not in API version {API_VERSION}; `endpoints roll` replaces the endpoint",
                at_stripe.as_deref().map_or_else(
                    || "the account's default version".to_owned(),
                    |version| format!("API version {version}")
                ),
            ),
            Self::Livemode { at_stripe } => {
                let (there, here) = (mode_name(*at_stripe), mode_name(!*at_stripe));
                write!(
                    formatter,
                    "in {there} mode at Stripe, but in {here} mode here"
                )
            }
        }
    }
}

/// The first names, joined by commas, and how many more there are.
pub(crate) fn abbreviate(names: &[String]) -> String {
    const SHOWN: usize = 5;

    let shown = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told() {
        let check = |events: &[&str],
                     needed: &[&str],
                     change: fn(&mut StripeEndpoint),
                     expected: &[&str]| {
            let mut endpoint = Endpoint::new();
            endpoint.url = Some("https://shop.example/hook".to_owned());
            endpoint.livemode = Some(false);
            let texts = |names: &[&str]| {
                names
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>()
            };
            let mut at_stripe = StripeEndpoint {
                id: "we_1".to_owned(),
                url: "https://shop.example/hook".to_owned(),
                enabled_events: texts(events),
                api_version: Some(API_VERSION.to_owned()),
                livemode: false,
                status: "enabled".to_owned(),
                metadata: BTreeMap::new(),
            };
            change(&mut at_stripe);

            let found = differences(&endpoint, &at_stripe, &texts(needed));
            assert_eq!(
                found.iter().map(ToString::to_string).collect::<Vec<_>>(),
                expected
            );
        };

        let as_it_is = |_: &mut StripeEndpoint| {};
        check(&["a", "b"], &["b", "a"], as_it_is, &[]);
        check(&["*"], &["*"], as_it_is, &[]);
        check(&["a"], &["a", "b"], as_it_is, &["Stripe doesn't send b"]);
        check(&["a"], &["*"], as_it_is, &["Stripe doesn't send *"]);
        check(
            &["*"],
            &["a"],
            as_it_is,
            &["Stripe sends *, which no receiver listens to"],
        );

        let request = "issuing_authorization.request";
        let redacted = "identity.verification_session.redacted";
        check(&["*", redacted], &["*", redacted], as_it_is, &[]);
        check(
            &["*"],
            &["*", redacted],
            as_it_is,
            &["Stripe doesn't send identity.verification_session.redacted"],
        );
        check(
            &["*", request],
            &["*"],
            as_it_is,
            &["Stripe sends issuing_authorization.request, which no receiver listens to"],
        );

        let many = ["a", "b", "c", "d", "e", "f", "g"];
        check(
            &many,
            &[],
            as_it_is,
            &["Stripe sends a, b, c, d, e and 2 more, which no receiver listens to"],
        );

        let elsewhere =
            "Stripe delivers to https://other.example, not to https://shop.example/hook";

        check(
            &["a"],
            &["a"],
            |there| there.url = "https://other.example".to_owned(),
            &[elsewhere],
        );
        check(
            &["a"],
            &["a"],
            |there| there.status = "disabled".to_owned(),
            &["disabled at Stripe"],
        );

        let live = "in live mode at Stripe, but in test mode here";
        check(&["a"], &["a"], |there| there.livemode = true, &[live]);

        let version = format!(
            "Stripe sends events in the account's default version, not in API version {API_VERSION}; `endpoints roll` \
             replaces the endpoint"
        );

        check(
            &["a"],
            &["a"],
            |there| there.api_version = None,
            &[&version],
        );
    }
}
