//! Which lists hold the objects of a test clock. Does no IO.
//!
//! In: the lists of the wanted types. Out: those that take a clock, which leave out the objects of
//! all clocks without it, and those that take a customer, who may be of a clock.

use djstripe_models::{ModelDescriptor, descriptor};

use super::list_part::ListPart;
use super::lists::{List, Parent, ParentPlace, lists};

/// Types whose list takes a test clock, and leaves out the objects of all clocks without it.
///
/// Source: [List customers](https://docs.stripe.com/api/customers/list),
/// [subscriptions](https://docs.stripe.com/api/subscriptions/list) and
/// [quotes](https://docs.stripe.com/api/quotes/list), parameter `test_clock`.
const TAKE_TEST_CLOCK: [&str; 3] = ["customer", "quote", "subscription"];

/// Types whose list takes a customer, who may be of a test clock.
const TAKE_CUSTOMER: [&str; 8] = [
    "charge",
    "checkout.session",
    "credit_note",
    "invoice",
    "invoiceitem",
    "payment_intent",
    "setup_intent",
    "subscription_schedule",
];

/// The lists that hold the objects of a test clock, its customers first: those that take the clock,
/// and those that take a customer.
pub(crate) fn lists_of_test_clock(wanted: impl Fn(&'static ModelDescriptor) -> bool) -> Vec<List> {
    let customer = descriptor("customer");
    let below_customer = |place| customer.map(|descriptor| Parent { descriptor, place });
    let of_clock = |list: List| {
        let is_of_customer = |parent: Parent| Some(parent.descriptor) == customer;
        let parent = match list.parent {
            None if TAKE_TEST_CLOCK.contains(&list.descriptor.object) => None,
            None if TAKE_CUSTOMER.contains(&list.descriptor.object) => {
                below_customer(ParentPlace::Query("customer"))
            }
            Some(parent) if is_of_customer(parent) => Some(parent),
            _ => return None,
        };
        Some(List {
            parent,
            part: ListPart::OfTestClock,
            ..list
        })
    };
    lists(wanted).into_iter().filter_map(of_clock).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objects_of_a_test_clock_are_listed_by_the_clock_or_by_its_customers() {
        let lists = lists_of_test_clock(|_| true);
        let of = |object: &str| {
            let list = lists.iter().find(|list| list.descriptor.object == object);
            list.map(|list| list.parent.map(|parent| parent.place))
        };

        assert_eq!(lists[0].descriptor.object, "customer");
        for object in TAKE_TEST_CLOCK {
            assert_eq!(of(object), Some(None), "{object}");
        }
        for object in TAKE_CUSTOMER {
            let place = ParentPlace::Query("customer");
            assert_eq!(of(object), Some(Some(place)), "{object}");
        }
        assert_eq!(of("payment_method"), Some(Some(ParentPlace::Path)));
        assert_eq!(of("product"), None);
    }
}
