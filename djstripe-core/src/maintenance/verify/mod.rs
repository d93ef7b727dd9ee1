//! Compares the mirror with Stripe: missing objects, differing objects, and rows that Stripe
//! doesn't have.
//!
//! In: Stripe's lists, page by page, and the rows with the same ids. Out: findings, each confirmed
//! by a second look, and a summary; with `repair` also rows as Stripe has them. A row that was
//! observed after the request was started counts as right, so live webhooks cause no findings.
//! Memory holds a few pages, and up to 16 bytes for each object that Stripe lists, to know which
//! rows are unlisted.
//!
//! Objects without a list (`discount`, `balance`) are not compared. Rows from events of another API
//! version differ from Stripe's lists, which are of this version.

mod report;
mod money;
mod dashboard_url;
mod verifier;
mod accounts;
mod listed;
mod listed_object;
mod page_objects;
mod seen_ids;
mod unlisted;
mod fetch_one;
mod sample;
mod compare;
mod candidate;
mod confirm;

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

/// What to compare, and whether to repair it.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Types of object, such as `customer`; all that Stripe lists if empty.
    pub objects: Vec<String>,
    /// The accounts whose objects are compared. Default: the platform's own.
    pub accounts: AccountScope,
    /// Compares only a random sample of about this many rows and this many listed objects of each
    /// type. Default: everything is compared.
    pub sample: Option<u32>,
    /// Overwrites wrong rows with Stripe's objects. Default: no.
    pub repair: bool,
    /// How long after the first look an object that seems wrong is compared again. A webhook may be
    /// on its way for so long. Default: 2 s.
    pub recheck_after: Duration,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            accounts: AccountScope::default(),
            sample: None,
            repair: false,
            recheck_after: Duration::from_secs(2),
        }
    }
}

/// Why a verification ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no secret key.
    #[error("there is no secret key to compare with Stripe; set STRIPE_SECRET_KEY")]
    NoKey,
    /// Stripe has no such type of object.
    #[error("`{object}` is not an object of Stripe's")]
    UnknownObject {
        /// The name that was given.
        object: String,
    },
    /// Objects of this type can't be listed, or are not mirrored.
    #[error("`{object}` can't be compared: {reason}")]
    Unlisted {
        /// The type of object.
        object: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// No list could be read.
    #[error("nothing could be compared; the list of `{object}`, for example: {reason}")]
    NothingReadable {
        /// A type of object that could not be read.
        object: &'static str,
        /// Stripe's message.
        reason: String,
    },
    /// A request failed.
    #[error("a request about `{object}` failed")]
    Client {
        /// The type of object.
        object: &'static str,
        /// The error.
        source: ClientError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares the mirror with Stripe, and calls `on_finding` with each finding.
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

/// The types of object that are compared, and the lists that hold them.
struct Wanted {
    objects: BTreeSet<&'static str>,
    lists: Vec<List>,
}

/// Why objects that are not mirrored are not compared.
const EXCLUDED: &str = "the mirror's settings exclude such objects";

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
                    is_off(known.object).then_some(EXCLUDED)
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
            let listed = djstripe_models::DESCRIPTORS
                .iter()
                .filter(|of| !matches!(lists::listing(of), Listing::Unlisted(_)));
            objects.extend(listed.map(|of| of.object).filter(|object| !is_off(object)));
        }

        let holds_wanted = |object: &str| {
            objects.contains(object)
                || objects
                    .iter()
                    .any(|wanted| lists::carriers(wanted).contains(&object))
        };
        let lists = lists::lists(|descriptor| holds_wanted(descriptor.object));
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
            "`charge` can't be compared: the mirror's settings exclude such objects"
        );

        let without = Wanted::new(&[], |object| object == "charge").unwrap();
        assert!(
            !without.contains("charge") && without.contains("customer") && without.contains("card")
        );
    }
}
