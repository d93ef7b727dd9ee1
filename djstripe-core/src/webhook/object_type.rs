//! Names of types of object that somebody wrote. Does no IO.

use djstripe_models::{DESCRIPTORS, ModelDescriptor};

use super::spelling;

/// The type of object that was probably meant: without its first words, in the plural, or with a
/// typing mistake. Of several, such as the sessions, one that Stripe lists.
pub(crate) fn nearest(object: &str) -> Option<&'static str> {
    let (listed, others): (Vec<_>, Vec<_>) = DESCRIPTORS.iter().partition(is_listed);
    nearest_of(listed.into_iter().chain(others), object)
}

/// The same among the types that Stripe lists.
#[cfg(feature = "cli")]
pub(crate) fn nearest_listed(object: &str) -> Option<&'static str> {
    nearest_of(DESCRIPTORS.iter().filter(is_listed), object)
}

fn is_listed(descriptor: &&ModelDescriptor) -> bool {
    descriptor.list.is_some()
}

fn nearest_of(
    types: impl Iterator<Item = &'static ModelDescriptor>,
    object: &str,
) -> Option<&'static str> {
    let names: Vec<&'static str> = types.map(|descriptor| descriptor.object).collect();
    let wanted = object.trim().to_lowercase();
    let singular = wanted.trim_end_matches('s');
    let plain = |name: &str| name.replace('.', "_");

    let find = |fits: &dyn Fn(&str) -> bool| names.iter().copied().find(|name| fits(name));
    find(&|name| plain(name) == plain(&wanted) || name == singular)
        .or_else(|| find(&|name| name.rsplit('.').next() == Some(singular)))
        .or_else(|| spelling::nearest(names.iter().copied(), &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_has_a_nearest() {
        let check = |object: &str, expected: Option<&str>| {
            assert_eq!(nearest(object), expected, "{object}");
        };
        check("subscripton", Some("subscription"));
        check("chrage", Some("charge"));
        check("Invoices", Some("invoice"));
        check("session", Some("checkout.session"));
        check("checkout_session", Some("checkout.session"));
        check("basketball", None);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_list_has_a_type_that_stripe_lists() {
        let check = |object: &str, expected: Option<&str>| {
            assert_eq!(nearest_listed(object), expected, "{object}");
        };
        check("customers", Some("customer"));
        check("subscripton", Some("subscription"));
        check("Invoice", Some("invoice"));
        check("session", Some("checkout.session"));
        check("cardholders", Some("issuing.cardholder"));
        check("basketball", None);
    }
}
