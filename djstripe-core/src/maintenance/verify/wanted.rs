//! Which types of object a verification compares, and which lists it reads for them. Does no IO.

use std::collections::BTreeSet;

use djstripe_models::descriptor;

use super::error::VerifyError;
use crate::maintenance::lists::{self, List, Listing};

/// The types of object that are compared, and the lists that hold them.
pub(super) struct Wanted {
    pub(super) objects: BTreeSet<&'static str>,
    pub(super) lists: Vec<List>,
}

/// Why objects that are not mirrored are not compared.
const EXCLUDED: &str = "the mirror's settings exclude such objects";

impl Wanted {
    pub(super) fn new(
        names: &[String],
        is_off: impl Fn(&str) -> bool,
    ) -> Result<Self, VerifyError> {
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

    pub(super) fn contains(&self, object: &str) -> bool {
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
        assert_eq!(refused("basket"), "`basket` is not a Stripe object");
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
