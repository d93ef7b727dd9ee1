//! What differs between an endpoint here and at Stripe. Does no IO.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use super::Endpoint;
use crate::webhook::{API_VERSION, mode_name};

/// An endpoint as Stripe has it, its secret left out.
///
/// Source: [The Webhook Endpoint object](https://docs.stripe.com/api/webhook_endpoints/object).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AtStripe {
    /// Its id, `we_…`.
    pub id: String,
    /// Where it delivers to.
    pub url: String,
    /// What it delivers.
    #[serde(default)]
    pub enabled_events: Vec<String>,
    /// In which version; `None` for the account's own.
    #[serde(default)]
    pub api_version: Option<String>,
    /// Mode of its events.
    #[serde(default)]
    pub livemode: bool,
    /// `enabled` or `disabled`.
    #[serde(default)]
    pub status: String,
    /// Notes; ours name the endpoint under [`AtStripe::METADATA_KEY`].
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl AtStripe {
    /// Key of the metadata under which an endpoint that djstripe made has its id.
    pub const METADATA_KEY: &str = "djstripe_endpoint";

    /// Whether it is switched on.
    pub fn is_enabled(&self) -> bool {
        self.status != "disabled"
    }
}

/// One thing that is not as it should be. `Display` says it to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// Stripe doesn't deliver events that receivers listen to.
    Missing(Vec<String>),
    /// Stripe delivers events that nobody listens to.
    Superfluous(Vec<String>),
    /// Stripe delivers somewhere else.
    Url {
        /// Where it should.
        here: String,
        /// Where it does.
        at_stripe: String,
    },
    /// It is switched on here and off there, or the other way round.
    Enabled {
        /// Whether it is on here.
        here: bool,
    },
    /// Stripe writes events in another version than the catalogue's; only a new endpoint can change that.
    ApiVersion {
        /// The version there; `None` is the account's own.
        at_stripe: Option<String>,
    },
    /// The modes differ.
    Livemode {
        /// The mode there.
        at_stripe: bool,
    },
}

/// Compares an endpoint with what Stripe has, and that with the events that are needed.
///
/// ```
/// use djstripe_core::endpoint::{AtStripe, Difference, Endpoint, differences};
///
/// let at_stripe: AtStripe = serde_json::from_str(
///     r#"{"id":"we_1","url":"https://shop.example/hook","enabled_events":["invoice.paid"],"status":"enabled"}"#,
/// )?;
/// let found = differences(&Endpoint::new(), &at_stripe, &["charge.failed".to_owned(), "invoice.paid".to_owned()]);
/// assert!(found.contains(&Difference::Missing(vec!["charge.failed".to_owned()])));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn differences(
    endpoint: &Endpoint,
    at_stripe: &AtStripe,
    needed: &[String],
) -> Vec<Difference> {
    let needed: BTreeSet<&str> = needed.iter().map(String::as_str).collect();
    let delivered: BTreeSet<&str> = at_stripe
        .enabled_events
        .iter()
        .map(String::as_str)
        .collect();
    let names = |names: Vec<&&str>| {
        names
            .into_iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let missing = if delivered.contains("*") {
        Vec::new()
    } else {
        names(needed.difference(&delivered).collect())
    };
    let superfluous = if needed.contains("*") {
        Vec::new()
    } else {
        names(delivered.difference(&needed).collect())
    };
    let mut found = Vec::new();
    let mut note =
        |is_one: bool, difference: Difference| found.extend(is_one.then_some(difference));
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
    /// Whether the endpoint at Stripe can be changed so that the difference is gone.
    pub fn can_be_synced(&self) -> bool {
        !matches!(self, Self::ApiVersion { .. } | Self::Livemode { .. })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) => write!(formatter, "Stripe doesn't send {}", listed(names)),
            Self::Superfluous(names) => write!(
                formatter,
                "Stripe sends {}, which nobody listens to",
                listed(names)
            ),
            Self::Url { here, at_stripe } => {
                write!(formatter, "Stripe delivers to {at_stripe}, not to {here}")
            }
            Self::Enabled { here: true } => formatter.write_str("it is switched off at Stripe"),
            Self::Enabled { here: false } => {
                formatter.write_str("it is switched off here, but not at Stripe")
            }
            Self::ApiVersion { at_stripe } => write!(
                formatter,
                "Stripe writes events in {}, not in {}; `endpoints roll` replaces it by one of that version",
                at_stripe.as_deref().unwrap_or("the account's version"),
                API_VERSION
            ),
            Self::Livemode { at_stripe } => {
                let mode = mode_name(*at_stripe);
                write!(
                    formatter,
                    "at Stripe it is of {mode} mode, here of the other"
                )
            }
        }
    }
}

/// The first few names, and how many more there are.
pub(crate) fn listed(names: &[String]) -> String {
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
        let check =
            |events: &[&str], needed: &[&str], change: fn(&mut AtStripe), expected: &[&str]| {
                let mut endpoint = Endpoint::new();
                endpoint.url = Some("https://shop.example/hook".to_owned());
                endpoint.livemode = Some(false);
                let texts = |names: &[&str]| {
                    names
                        .iter()
                        .map(|&name| name.to_owned())
                        .collect::<Vec<_>>()
                };
                let mut at_stripe = AtStripe {
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
        let as_it_is = |_: &mut AtStripe| {};
        check(&["a", "b"], &["b", "a"], as_it_is, &[]);
        check(&["*"], &["*"], as_it_is, &[]);
        check(&["a"], &["a", "b"], as_it_is, &["Stripe doesn't send b"]);
        check(&["a"], &["*"], as_it_is, &["Stripe doesn't send *"]);
        check(
            &["*"],
            &["a"],
            as_it_is,
            &["Stripe sends *, which nobody listens to"],
        );
        let many = ["a", "b", "c", "d", "e", "f", "g"];
        check(
            &many,
            &[],
            as_it_is,
            &["Stripe sends a, b, c, d, e and 2 more, which nobody listens to"],
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
            &["it is switched off at Stripe"],
        );
        let live = "at Stripe it is of live mode, here of the other";
        check(&["a"], &["a"], |there| there.livemode = true, &[live]);
        let version = format!(
            "Stripe writes events in the account's version, not in {}; `endpoints roll` replaces it by one of that version",
            API_VERSION
        );
        check(
            &["a"],
            &["a"],
            |there| there.api_version = None,
            &[&version],
        );
    }
}
