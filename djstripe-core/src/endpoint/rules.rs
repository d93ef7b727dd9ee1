//! What an endpoint checks of a delivery beside its secrets.

use std::fmt;
use std::str::FromStr;

use crate::webhook::event::Event;

/// How an endpoint makes sure that a delivery is Stripe's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidationMethod {
    /// By the signature, with one of the endpoint's secrets.
    #[default]
    VerifySignature,
    /// By fetching the event from Stripe and comparing: slower, and needs an API key, but no secret.
    RetrieveEvent,
    /// Not at all: whoever knows the address is believed. For development only.
    None,
}

/// What becomes of an event that doesn't belong to the endpoint's mode or accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnMismatch {
    /// It is accepted, and what doesn't fit is recorded.
    #[default]
    Accept,
    /// It is refused with 400 and kept for the operator.
    Reject,
}

/// A word that stands for something else than it should in the database or on the command line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", expected.join(", "))]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// The words that are known.
    pub expected: &'static [&'static str],
}

/// An enum of words: `as_str`, `FromStr`, `Display`.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ }) => {
        impl $type {
            /// The words for all of them, in the database and on the command line.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { word: word.to_owned(), expected: Self::WORDS }),
                }
            }
        }
    };
}

words!(ValidationMethod { VerifySignature = "verify_signature", RetrieveEvent = "retrieve_event", None = "none" });
words!(OnMismatch { Accept = "accept", Reject = "reject" });

/// Whose events an endpoint is for: any, or a list of `platform`, `connected` and account ids.
///
/// ```
/// use djstripe_core::endpoint::Accounts;
///
/// let accounts: Accounts = "platform,acct_1".parse()?;
/// assert!(accounts.include(None));
/// assert!(accounts.include(Some("acct_1")));
/// assert!(!accounts.include(Some("acct_2")));
/// assert!(Accounts::default().include(Some("acct_2")));
/// # Ok::<(), djstripe_core::endpoint::UnknownWord>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts(Vec<String>);

impl Accounts {
    const ANY: &'static str = "any";
    const PLATFORM: &'static str = "platform";
    const CONNECTED: &'static str = "connected";

    /// Whether an event with this `account` is among them; `None` is the platform's own.
    pub fn include(&self, account: Option<&str>) -> bool {
        let listed = |word: &str| self.0.iter().any(|entry| entry == word);
        match account {
            _ if self.0.is_empty() => true,
            None => listed(Self::PLATFORM),
            Some(id) => listed(Self::CONNECTED) || listed(id),
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
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text.trim() == Self::ANY {
            return Ok(Self::default());
        }
        let entry = |entry: &str| match entry.trim() {
            word @ (Self::PLATFORM | Self::CONNECTED) => Ok(word.to_owned()),
            id if id.len() > "acct_".len() && id.starts_with("acct_") => Ok(id.to_owned()),
            word => Err(UnknownWord {
                word: word.to_owned(),
                expected: &[Self::ANY, Self::PLATFORM, Self::CONNECTED, "acct_…"],
            }),
        };
        text.split(',')
            .map(entry)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// What of an event doesn't fit its endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The event is of the other mode.
    #[error("event of livemode {livemode} came to an endpoint of livemode {}", !livemode)]
    Livemode {
        /// The event's mode.
        livemode: bool,
    },
    /// The event is of an account that the endpoint is not for.
    #[error("event of {} came to an endpoint for {accounts}", account.as_deref().unwrap_or("the platform itself"))]
    Account {
        /// The event's account; `None` for the platform's own.
        account: Option<String>,
        /// Whom the endpoint is for.
        accounts: Accounts,
    },
}

impl Mismatch {
    /// What of `event` doesn't fit an endpoint of this mode, if it has one, and for these accounts.
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
        let other_mode = "event of livemode true came to an endpoint of livemode false";
        check(r#""livemode":true"#, Some(false), "any", Some(other_mode));
        check(r#""account":"acct_1""#, Some(false), "connected", None);
        check(r#""account":"acct_1""#, Some(false), "acct_2, acct_1", None);
        let other_account = "event of acct_1 came to an endpoint for platform,acct_2";
        check(
            r#""account":"acct_1""#,
            Some(false),
            "platform,acct_2",
            Some(other_account),
        );
        check(r#""account":null"#, None, "platform", None);
        let platform = "event of the platform itself came to an endpoint for connected";
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
        for word in ValidationMethod::WORDS {
            assert_eq!(word.parse::<ValidationMethod>().unwrap().as_str(), *word);
        }
        let error = "trust".parse::<ValidationMethod>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`trust` is none of verify_signature, retrieve_event, none"
        );
        assert_eq!("reject".parse::<OnMismatch>(), Ok(OnMismatch::Reject));
    }
}
