//! Comparing the mirror with Stripe: what is missing here, what differs, what Stripe has no more.
//!
//! In: lists of the API, page by page, and the rows of the same ids. Out: findings, each looked at a second time before it
//! is told, and a summary; with `repair` also the rows as Stripe has them. A row that was observed after the request was
//! begun counts as right, so live webhooks make no findings. In memory: a few pages, and up to 16 bytes for each object
//! that Stripe lists, to know which rows it doesn't list.
//!
//! What Stripe has no list of (`discount`, `balance`) is not compared. Rows that were taken from events of another API version
//! differ from what Stripe says in this one.

mod fetch_one;
mod dashboard_url;
mod verifier;
mod unlisted;
mod accounts;
mod compare;
mod confirm;
mod money;
mod page;
mod read;
mod report;
mod sample;
mod seen;

use std::collections::BTreeSet;
use std::time::Duration;

use djstripe_models::descriptor;

pub use money::Money;
pub use report::{Finding, FindingKind, Skipped, TypeSummary, VerifySummary};

use report::Report;
use verifier::Verifier;

use crate::client::{Client, ClientError};
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::{self, List, Listing};
use crate::mirror::MirrorSettings;
use crate::store::{Store, StoreError};

/// What to compare, and what to do about it.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Types of object, `customer`; all that Stripe lists if there are none.
    pub objects: Vec<String>,
    /// Whose objects.
    pub accounts: AccountScope,
    /// Looks only at so many rows and so many listed objects of each type, taken by chance.
    pub sample: Option<u32>,
    /// Writes what Stripe says over what is wrong.
    pub repair: bool,
    /// How long a webhook may be under way: what looks wrong is looked at again after this time. Default 2 s.
    pub patience: Duration,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            accounts: AccountScope::default(),
            sample: None,
            repair: false,
            patience: Duration::from_secs(2),
        }
    }
}

/// Why nothing, or not everything, was compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no secret key.
    #[error("there is no secret key to compare with Stripe; set STRIPE_SECRET_KEY")]
    NoKey,
    /// The catalogue has no such object.
    #[error("`{object}` is not an object of Stripe's")]
    UnknownObject {
        /// What was given.
        object: String,
    },
    /// There is no way to list such objects.
    #[error("`{object}` can't be compared: {reason}")]
    Unlisted {
        /// The type of object.
        object: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// Not one list could be read.
    #[error("nothing could be compared; `{object}` for one: {reason}")]
    NothingReadable {
        /// A type of object that could not be read.
        object: &'static str,
        /// Why not.
        reason: String,
    },
    /// Stripe could not be asked.
    #[error("Stripe could not be asked about `{object}`")]
    Client {
        /// The type of object.
        object: &'static str,
        /// Why not.
        source: ClientError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares the mirror with Stripe and calls `on_finding` with each finding.
pub(crate) async fn verify(
    store: &Store,
    client: Option<&Client>,
    settings: &MirrorSettings,
    options: &VerifyOptions,
    on_finding: &mut (dyn FnMut(&Finding) + Send),
) -> Result<VerifySummary, VerifyError> {
    let client = client.ok_or(VerifyError::NoKey)?;
    let wanted = Wanted::new(&options.objects, |object| settings.is_off(object))?;
    let verifier = Verifier {
        store,
        client,
        settings,
        options,
        wanted,
        report: Report::new(on_finding),
    };
    verifier.run().await
}

/// Which types of object are compared, and which lists bring them.
struct Wanted {
    objects: BTreeSet<&'static str>,
    lists: Vec<List>,
}

/// Why objects that are not mirrored are not compared.
const LEFT_OUT: &str = "the mirror's settings leave such objects out";

impl Wanted {
    fn new(names: &[String], is_off: impl Fn(&str) -> bool) -> Result<Self, VerifyError> {
        let mut objects = BTreeSet::new();
        for name in names {
            let known = descriptor(name).ok_or_else(|| VerifyError::UnknownObject {
                object: name.clone(),
            })?;
            let reason = match lists::listing(known) {
                Listing::Unlisted(reason) => Some(reason),
                Listing::Listed(_) | Listing::Embedded(_) => {
                    is_off(known.object).then_some(LEFT_OUT)
                }
            };
            if let Some(reason) = reason {
                return Err(VerifyError::Unlisted {
                    object: known.object,
                    reason,
                });
            }
            objects.insert(known.object);
        }
        if names.is_empty() {
            let reached = djstripe_models::DESCRIPTORS
                .iter()
                .filter(|of| !matches!(lists::listing(of), Listing::Unlisted(_)));
            objects.extend(reached.map(|of| of.object).filter(|object| !is_off(object)));
        }
        let brings = |object: &str| {
            objects.contains(object)
                || objects
                    .iter()
                    .any(|wanted| lists::carriers(wanted).contains(&object))
        };
        let lists = lists::lists(|descriptor| brings(descriptor.object));
        Ok(Self { objects, lists })
    }

    fn contains(&self, object: &str) -> bool {
        self.objects.contains(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_compared_and_nothing_else() {
        let check = |names: &[&str], objects: &[&str], lists: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let wanted = Wanted::new(&names, |_| false).unwrap();
            assert_eq!(wanted.objects.iter().copied().collect::<Vec<_>>(), objects);
            assert_eq!(
                wanted
                    .lists
                    .iter()
                    .map(|list| list.descriptor.object)
                    .collect::<Vec<_>>(),
                lists
            );
        };
        check(
            &["charge", "customer"],
            &["charge", "customer"],
            &["customer", "charge"],
        );
        check(
            &["subscription_item"],
            &["subscription_item"],
            &["subscription"],
        );
        let refused =
            |name: &str| match Wanted::new(&[name.to_owned()], |object| object == "charge") {
                Err(error) => error.to_string(),
                Ok(_) => panic!("{name}"),
            };
        assert_eq!(refused("basket"), "`basket` is not an object of Stripe's");
        assert_eq!(
            refused("discount"),
            "`discount` can't be compared: Stripe has no list of it"
        );
        assert_eq!(
            refused("charge"),
            "`charge` can't be compared: the mirror's settings leave such objects out"
        );
        let without = Wanted::new(&[], |object| object == "charge").unwrap();
        assert!(
            !without.contains("charge") && without.contains("customer") && without.contains("card")
        );
    }
}
