//! The rules of an endpoint: how its deliveries are validated, and which events belong to it.

use std::fmt;
use std::str::FromStr;

use crate::webhook::event::Event;

/// How an endpoint makes sure that a delivery comes from Stripe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidationMethod {
    /// Verifies the signature with the endpoint's secrets.
    #[default]
    VerifySignature,
    /// Fetches the event from Stripe and compares it. Slower, and needs an API key, but no secret.
    RetrieveEvent,
    /// Accepts unverified deliveries from any sender. For development only.
    None,
}

/// What happens to an event of a mode or account that the endpoint is not for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnMismatch {
    /// The event is accepted, and the mismatch is recorded.
    #[default]
    Accept,
    /// The event is refused with status 400, and the delivery is kept for the operator.
    Reject,
}

/// A value, in the database or on the command line, that is not one of the expected ones.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown value `{value}`; expected one of {}", expected.join(", "))]
pub struct UnknownValue {
    /// The unknown value.
    pub value: String,
    /// The expected values.
    pub expected: &'static [&'static str],
}

/// Implements `as_str`, `FromStr` and `Display` for an enum without fields.
macro_rules! string_enum {
    ($type:ident { $($variant:ident = $value:literal),+ }) => {
        impl $type {
            /// The values of all variants, in the database and on the command line.
            pub const VALUES: &'static [&'static str] = &[$($value),+];

            /// The value of the variant.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $value),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::endpoint::UnknownValue;

            fn from_str(value: &str) -> Result<Self, $crate::endpoint::UnknownValue> {
                match value {
                    $($value => Ok(Self::$variant),)+
                    _ => Err($crate::endpoint::UnknownValue { value: value.to_owned(), expected: Self::VALUES }),
                }
            }
        }
    };
}

pub(super) use string_enum;

string_enum!(ValidationMethod { VerifySignature = "verify_signature", RetrieveEvent = "retrieve_event", None = "none" });
string_enum!(OnMismatch { Accept = "accept", Reject = "reject" });

/// The accounts whose events an endpoint is for: `any`, or a list of `platform`, `connected` and
/// account ids.
///
/// ```
/// use djstripe_core::endpoint::Accounts;
///
/// let accounts: Accounts = "platform,acct_1".parse()?;
/// assert!(accounts.include(None));
/// assert!(accounts.include(Some("acct_1")));
/// assert!(!accounts.include(Some("acct_2")));
/// assert!(Accounts::default().include(Some("acct_2")));
/// # Ok::<(), djstripe_core::endpoint::UnknownValue>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts(Vec<String>);

impl Accounts {
    const ANY: &'static str = "any";
    const PLATFORM: &'static str = "platform";
    const CONNECTED: &'static str = "connected";

    /// Whether events of `account` are included; `None` is the platform itself.
    pub fn include(&self, account: Option<&str>) -> bool {
        let lists = |name: &str| self.0.iter().any(|entry| entry == name);
        match account {
            _ if self.0.is_empty() => true,
            None => lists(Self::PLATFORM),
            Some(id) => lists(Self::CONNECTED) || lists(id),
        }
    }
}

impl fmt::Display for Accounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            formatter.pad(Self::ANY)
        } else {
            formatter.pad(&self.0.join(","))
        }
    }
}

impl FromStr for Accounts {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        if text.trim() == Self::ANY {
            return Ok(Self::default());
        }
        let parse_entry = |entry: &str| match entry.trim() {
            group @ (Self::PLATFORM | Self::CONNECTED) => Ok(group.to_owned()),
            id if id.len() > "acct_".len() && id.starts_with("acct_") => Ok(id.to_owned()),
            value => Err(UnknownValue {
                value: value.to_owned(),
                expected: &[Self::ANY, Self::PLATFORM, Self::CONNECTED, "acct_…"],
            }),
        };
        text.split(',')
            .map(parse_entry)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Why an event doesn't belong to the endpoint that received it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The event is of the other mode.
    #[error("event with livemode {livemode} delivered to an endpoint with livemode {}", !livemode)]
    Livemode {
        /// The event's mode.
        livemode: bool,
    },
    /// The event is of an account that the endpoint is not for.
    #[error("event of {} delivered to an endpoint for {accounts}", account.as_deref().unwrap_or("the platform itself"))]
    Account {
        /// The event's account; `None` for the platform itself.
        account: Option<String>,
        /// The accounts that the endpoint is for.
        accounts: Accounts,
    },
}

impl Mismatch {
    /// Why `event` doesn't belong to an endpoint with this mode and these accounts; `None` if it
    /// does.
    pub(super) fn find(event: &Event, livemode: Option<bool>, accounts: &Accounts) -> Option<Self> {
        if livemode.is_some_and(|livemode| livemode != event.livemode()) {
            return Some(Self::Livemode {
                livemode: event.livemode(),
            });
        }
        let account = event.account();
        (!accounts.include(account)).then(|| Self::Account {
            account: account.map(str::to_owned),
            accounts: accounts.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_fits_by_mode_and_account() {
        let check =
            |event: &str, livemode: Option<bool>, accounts: &str, expected: Option<&str>| {
                let event = Event::from_json(&format!(r#"{{"id":"evt_1","type":"ping",{event}}}"#))
                    .unwrap();
                let mismatch = Mismatch::find(&event, livemode, &accounts.parse().unwrap());
                assert_eq!(
                    mismatch.map(|mismatch| mismatch.to_string()).as_deref(),
                    expected,
                    "{event:?}"
                );
            };

        check(r#""livemode":true"#, None, "any", None);
        check(r#""livemode":true"#, Some(true), "any", None);

        let other_mode = "event with livemode true delivered to an endpoint with livemode false";
        check(r#""livemode":true"#, Some(false), "any", Some(other_mode));
        check(r#""account":"acct_1""#, Some(false), "connected", None);
        check(r#""account":"acct_1""#, Some(false), "acct_2, acct_1", None);

        let other_account = "event of acct_1 delivered to an endpoint for platform,acct_2";
        check(
            r#""account":"acct_1""#,
            Some(false),
            "platform,acct_2",
            Some(other_account),
        );
        check(r#""account":null"#, None, "platform", None);

        let platform = "event of the platform itself delivered to an endpoint for connected";
        check(r#""account":null"#, None, "connected", Some(platform));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        let check = |text: &str, fits: bool| {
            let accounts = text.parse::<Accounts>();
            assert_eq!(accounts.is_ok(), fits, "{text}");
            assert!(
                accounts.is_err() || accounts.unwrap().to_string() == text,
                "{text}"
            );
        };

        check("any", true);
        check("platform,acct_1", true);
        check("", false);
        check("acct_", false);
        check("everybody", false);
        check("any,platform", false);

        for value in ValidationMethod::VALUES {
            assert_eq!(value.parse::<ValidationMethod>().unwrap().as_str(), *value);
        }
        let error = "trust".parse::<ValidationMethod>().unwrap_err();

        assert_eq!(
            error.to_string(),
            "unknown value `trust`; expected one of verify_signature, retrieve_event, none"
        );
        assert_eq!("reject".parse::<OnMismatch>(), Ok(OnMismatch::Reject));
    }
}
