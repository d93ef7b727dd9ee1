//! Names of types of object that somebody wrote. Does no IO.

use djstripe_models::DESCRIPTORS;

/// A name with more differing letters is not a typing mistake.
const MOST_MISTAKES: usize = 2;

/// The type of object that was probably meant: without its first words, in the plural, or with a
/// typing mistake.
pub(crate) fn nearest(object: &str) -> Option<&'static str> {
    let names = || DESCRIPTORS.iter().map(|descriptor| descriptor.object);
    let wanted = object.trim().to_lowercase();
    let singular = wanted.trim_end_matches('s');
    let spelling = |name: &str| name.replace('.', "_");

    let distance = |name: &&str| strsim::osa_distance(name, &wanted);
    let same = names().find(|name| spelling(name) == spelling(&wanted) || *name == singular);
    // Of several, such as the sessions, the one that Stripe lists.
    let listed = DESCRIPTORS.iter().filter(|it| it.list.is_some());
    let longer = listed.map(|it| it.object).chain(names());
    let longer = || {
        longer
            .clone()
            .find(|name| name.rsplit('.').next() == Some(singular))
    };
    same.or_else(longer).or_else(|| {
        names()
            .min_by_key(distance)
            .filter(|name| distance(name) <= MOST_MISTAKES)
    })
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
}
