//! Differences between an endpoint's row and the endpoint at Stripe. Does no IO.
//!
//! In: an [`Endpoint`], a [`StripeEndpoint`] and the needed events. Out: [`Difference`]s, which
//! display for operators.

use std::collections::BTreeSet;
use std::fmt;

use super::stripe_endpoint::StripeEndpoint;
use super::webhook_endpoint::Endpoint;
use crate::webhook::event_name::is_sent;
use crate::webhook::{API_VERSION, mode_name};

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
        /// Why it is disabled at Stripe, as far as Stripe says.
        reason: Option<String>,
    },
    /// Stripe delivers events of other accounts. An event destination's accounts can't be changed.
    Scope {
        /// Where they come from according to the row.
        here: &'static str,
        /// Where they come from at Stripe.
        at_stripe: Vec<String>,
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

/// Compares the endpoint at Stripe with the endpoint's row and with the needed events. If there are
/// none, the events of an endpoint that is disabled don't matter.
pub(crate) fn differences(
    endpoint: &Endpoint,
    at_stripe: &StripeEndpoint,
    needed: &[String],
) -> Vec<Difference> {
    let is_unused = needed.is_empty() && !endpoint.enabled;
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
        !superfluous.is_empty() && !is_unused,
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
            reason: at_stripe.reason.clone(),
        },
    );
    let scope = endpoint.events_from();
    note(
        !at_stripe.events_from.is_empty() && at_stripe.events_from != [scope],
        Difference::Scope {
            here: scope,
            at_stripe: at_stripe.events_from.clone(),
        },
    );
    note(
        !endpoint.kind.is_thin() && at_stripe.api_version.as_deref() != Some(API_VERSION),
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
        match self {
            Self::ApiVersion { .. } | Self::Livemode { .. } | Self::Scope { .. } => false,
            Self::Missing(_) | Self::Superfluous(_) | Self::Url { .. } | Self::Enabled { .. } => {
                true
            }
        }
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
            Self::Enabled {
                here: true,
                reason: None,
            } => formatter.write_str("disabled at Stripe"),
            Self::Enabled {
                here: true,
                reason: Some(reason),
            } => write!(formatter, "disabled at Stripe, reason: {reason}"),
            Self::Enabled { here: false, .. } => {
                formatter.write_str("enabled at Stripe, but disabled here")
            }
            Self::Scope { here, at_stripe } => write!(
                formatter,
                "Stripe sends events from {}, not from {here}; delete the destination and create another",
                at_stripe.join(", ")
            ),
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::endpoint::EndpointKind;

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
                kind: EndpointKind::WebhookEndpoint,
                events_from: Vec::new(),
                reason: None,
                created: None,
                id: "we_1".to_owned(),
                url: "https://shop.example/hook".to_owned(),
                enabled_events: texts(events),
                api_version: Some(API_VERSION.to_owned()),
                livemode: false,
                status: "enabled".to_owned(),
                metadata: BTreeMap::new(),
            };
            change(&mut at_stripe);
            endpoint.kind = at_stripe.kind;

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

        let by_user = |there: &mut StripeEndpoint| {
            there.status = "disabled".to_owned();
            there.reason = Some("user".to_owned());
        };
        check(
            &["a"],
            &["a"],
            by_user,
            &["disabled at Stripe, reason: user"],
        );
        let scope = "Stripe sends events from @accounts, not from @self; delete the destination and \
                     create another";
        let of_others = |there: &mut StripeEndpoint| there.events_from = vec!["@accounts".into()];
        check(&["a"], &["a"], of_others, &[scope]);
        let thin = |there: &mut StripeEndpoint| {
            there.kind = EndpointKind::ThinDestination;
            there.api_version = None;
        };
        check(&["v1.a"], &["v1.a"], thin, &[]);

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
