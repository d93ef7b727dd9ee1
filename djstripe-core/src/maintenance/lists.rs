//! Which lists there are to go through, parents first. Does no IO.
//!
//! Most come from the descriptors as they are. A few objects are reached better than by their own list: what their parent's
//! list brings along needs no request of its own.

use std::collections::BTreeSet;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};

/// One list at Stripe, or one for each row of a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// What it holds.
    pub(crate) descriptor: &'static ModelDescriptor,
    /// Its path; `{customer}` stands for the id of the parent.
    pub(crate) path: &'static str,
    /// Whose rows it is asked for, if for anyone's.
    pub(crate) below: Option<Parent>,
    /// Parameters without which it holds something back, or isn't given.
    pub(crate) params: &'static [(&'static str, &'static str)],
    /// Lists inside its objects that are only there if they are asked for. They are taken out before an object is stored,
    /// so that its row is the same whether it was listed or retrieved.
    pub(crate) expand: &'static [&'static str],
}

/// Whose rows a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    /// The type of the parents.
    pub(crate) descriptor: &'static ModelDescriptor,
    /// Where the id of one goes.
    pub(crate) place: Place,
}

/// Where the id of a parent goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into the path, in place of `{…}`.
    Path,
    /// Into this parameter.
    Query(&'static str),
}

/// Lists inside objects that are only there if they are asked for.
///
/// Source: [Expanding responses](https://docs.stripe.com/expand#includable-properties).
const EXPAND: [(&str, &[&str]); 4] = [
    ("checkout.session", &["line_items"]),
    ("customer", &["sources", "tax_ids"]),
    ("payment_link", &["line_items"]),
    ("quote", &["line_items"]),
];

/// Lists of the catalogue that are gone through in another way.
const INSTEAD: [(&str, Instead); 15] = [
    ("apps.secret", Instead::With(&[("scope[type]", "account")])),
    ("bank_account", Instead::Embedded(&["account", "customer"])),
    (
        "billing.meter_event_summary",
        Instead::Impossible("it is asked for by customer and time"),
    ),
    ("card", Instead::Embedded(&["account", "customer"])),
    ("credit_note_line_item", Instead::Embedded(&["credit_note"])),
    (
        "event",
        Instead::Impossible("events are not mirrored; `reconcile` stores those that are missing"),
    ),
    ("fee_refund", Instead::Embedded(&["application_fee"])),
    (
        "financial_connections.account_owner",
        Instead::Impossible("it is asked for by ownership"),
    ),
    (
        "item",
        Instead::Embedded(&["checkout.session", "payment_link", "quote"]),
    ),
    ("line_item", Instead::Embedded(&["invoice"])),
    (
        "payment_method",
        Instead::Below("/v1/customers/{customer}/payment_methods"),
    ),
    (
        "radar.value_list_item",
        Instead::Embedded(&["radar.value_list"]),
    ),
    ("source", Instead::Embedded(&["customer"])),
    ("subscription_item", Instead::Embedded(&["subscription"])),
    ("transfer_reversal", Instead::Embedded(&["transfer"])),
];

/// How the objects of a list are reached instead.
#[derive(Clone, Copy)]
enum Instead {
    /// Lists of these bring the first page of them along; what is beyond that has an address there.
    Embedded(&'static [&'static str]),
    /// At this path.
    Below(&'static str),
    /// With these parameters.
    With(&'static [(&'static str, &'static str)]),
    /// Not at all, because.
    Impossible(&'static str),
}

/// What is known of how the objects of a type are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By this list.
    Listed(List),
    /// With objects of these types.
    Embedded(&'static [&'static str]),
    /// Not at all, because.
    Unlisted(&'static str),
}

/// How the objects of a type are reached.
pub(crate) fn reach(descriptor: &'static ModelDescriptor) -> Reach {
    if descriptor.table.is_none() {
        return Reach::Unlisted("it has no id");
    }
    let Some(path) = descriptor.list else {
        return Reach::Unlisted("Stripe has no list of it");
    };
    let instead = INSTEAD
        .iter()
        .find(|(object, _)| *object == descriptor.object)
        .map(|(_, instead)| *instead);
    let (path, params) = match instead {
        Some(Instead::Embedded(carriers)) => return Reach::Embedded(carriers),
        Some(Instead::Impossible(reason)) => return Reach::Unlisted(reason),
        Some(Instead::Below(path)) => (path, &[][..]),
        Some(Instead::With(params)) => (path, params),
        None => (path, widest(descriptor)),
    };
    let below = match (parent_in(path), descriptor.list_requires) {
        (Some(parent), _) => Some(parent.map(|descriptor| Parent {
            descriptor,
            place: Place::Path,
        })),
        (None, [] | ["scope"]) => None,
        (None, [name, ..]) => Some(named(name).map(|descriptor| Parent {
            descriptor,
            place: Place::Query(name),
        })),
    };
    let below = match below {
        None => None,
        Some(Some(parent)) => Some(parent),
        Some(None) => return Reach::Unlisted("what it belongs to is not mirrored"),
    };
    let expand = EXPAND
        .iter()
        .find(|(object, _)| *object == descriptor.object)
        .map_or(&[][..], |(_, lists)| lists);
    Reach::Listed(List {
        descriptor,
        path,
        below,
        params,
        expand,
    })
}

fn widest(descriptor: &'static ModelDescriptor) -> &'static [(&'static str, &'static str)] {
    descriptor.list_widest.as_slice()
}

/// The parent that a path names: none, an unknown one, or the type whose own address the path goes on from.
fn parent_in(path: &str) -> Option<Option<&'static ModelDescriptor>> {
    let (above, _) = path.split_once("/{")?;
    let is_above = |path: &str| {
        path.split_once("/{")
            .is_some_and(|(start, name)| start == above && !name.contains('/'))
    };
    Some(
        DESCRIPTORS.iter().find(|descriptor| {
            descriptor.table.is_some() && descriptor.retrieve.is_some_and(is_above)
        }),
    )
}

/// The type of object that a parameter takes the id of: `card` of an issued card, `customer` of a customer.
fn named(parameter: &str) -> Option<&'static ModelDescriptor> {
    let named = match parameter {
        "account" => "financial_connections.account",
        "card" => "issuing.card",
        "financial_account" => "treasury.financial_account",
        "value_list" => "radar.value_list",
        other => other,
    };
    descriptor(named).filter(|descriptor| descriptor.table.is_some())
}

/// What most others are about; without a word the alphabet would put it behind some of them.
const FIRST: [&str; 5] = ["account", "product", "price", "coupon", "customer"];

/// The types whose lists bring objects of this type along, if these have no list of their own.
pub(crate) fn carriers(object: &str) -> &'static [&'static str] {
    match descriptor(object).map(reach) {
        Some(Reach::Embedded(carriers)) => carriers,
        _ => &[],
    }
}

/// The lists of these types of objects, or of all, parents first.
pub(crate) fn lists(wanted: impl Fn(&'static ModelDescriptor) -> bool) -> Vec<List> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for descriptor in FIRST.into_iter().filter_map(descriptor).chain(DESCRIPTORS) {
        visit(descriptor, &mut seen, &mut order);
    }
    let reached = order
        .into_iter()
        .filter(|descriptor| wanted(descriptor))
        .map(reach);
    reached
        .filter_map(|reach| match reach {
            Reach::Listed(list) => Some(list),
            Reach::Embedded(_) | Reach::Unlisted(_) => None,
        })
        .collect()
}

/// Appends an object after those that it refers to or is listed below. Where two refer to each other, the one that only
/// names its default or its latest goes first.
fn visit(
    descriptor: &'static ModelDescriptor,
    seen: &mut BTreeSet<&'static str>,
    order: &mut Vec<&'static ModelDescriptor>,
) {
    if !seen.insert(descriptor.object) {
        return;
    }
    if let Reach::Listed(List {
        below: Some(parent),
        ..
    }) = reach(descriptor)
    {
        visit(parent.descriptor, seen, order);
    }
    let is_parent = |field: &str| !field.starts_with("default_") && !field.starts_with("latest_");
    // Where a field may hold several types, it says little about the order.
    let referred = descriptor
        .references
        .iter()
        .filter(|reference| reference.objects.len() == 1 && is_parent(reference.field));
    for object in referred.flat_map(|reference| reference.objects) {
        if let Some(descriptor) = djstripe_models::descriptor(object) {
            visit(descriptor, seen, order);
        }
    }
    order.push(descriptor);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach_of(object: &str) -> Reach {
        reach(descriptor(object).unwrap())
    }

    #[test]
    fn each_object_is_reached_in_its_way() {
        let check =
            |object: &str, path: &str, below: Option<(&str, Place)>, params: &[(&str, &str)]| {
                let Reach::Listed(list) = reach_of(object) else {
                    panic!("{object} is not listed")
                };
                let parent = list
                    .below
                    .map(|parent| (parent.descriptor.object, parent.place));
                assert_eq!(
                    (list.path, parent, list.params),
                    (path, below, params),
                    "{object}"
                );
            };
        check("customer", "/v1/customers", None, &[]);
        check(
            "subscription",
            "/v1/subscriptions",
            None,
            &[("status", "all")],
        );
        let customer = Some(("customer", Place::Path));
        check(
            "payment_method",
            "/v1/customers/{customer}/payment_methods",
            customer,
            &[],
        );
        check(
            "capability",
            "/v1/accounts/{account}/capabilities",
            Some(("account", Place::Path)),
            &[],
        );
        check(
            "product_feature",
            "/v1/products/{product}/features",
            Some(("product", Place::Path)),
            &[],
        );
        let of_customer = Some(("customer", Place::Query("customer")));
        check(
            "entitlements.active_entitlement",
            "/v1/entitlements/active_entitlements",
            of_customer,
            &[],
        );
        check(
            "source_transaction",
            "/v1/sources/{source}/source_transactions",
            Some(("source", Place::Path)),
            &[],
        );
        check(
            "issuing.token",
            "/v1/issuing/tokens",
            Some(("issuing.card", Place::Query("card"))),
            &[],
        );
        check(
            "apps.secret",
            "/v1/apps/secrets",
            None,
            &[("scope[type]", "account")],
        );
        assert_eq!(
            reach_of("subscription_item"),
            Reach::Embedded(&["subscription"])
        );
        assert_eq!(reach_of("balance"), Reach::Unlisted("it has no id"));
        assert_eq!(
            reach_of("discount"),
            Reach::Unlisted("Stripe has no list of it")
        );
    }

    #[test]
    fn every_object_that_has_a_list_is_reached_or_is_known_not_to_be() {
        let unreached: Vec<&str> = DESCRIPTORS
            .iter()
            .filter(|descriptor| descriptor.list.is_some() && descriptor.table.is_some())
            .filter(|descriptor| matches!(reach(descriptor), Reach::Unlisted(_)))
            .map(|descriptor| descriptor.object)
            .collect();
        assert_eq!(
            unreached,
            [
                "billing.meter_event_summary",
                "event",
                "financial_connections.account_owner",
            ]
        );
        for (object, _) in INSTEAD {
            assert!(
                descriptor(object).is_some_and(|descriptor| descriptor.list.is_some()),
                "{object}"
            );
            for carrier in carriers(object) {
                assert!(matches!(reach_of(carrier), Reach::Listed(_)), "{carrier}");
            }
        }
    }

    #[test]
    fn parents_come_first() {
        let order: Vec<&str> = lists(|_| true)
            .iter()
            .map(|list| list.descriptor.object)
            .collect();
        let place = |object: &str| order.iter().position(|other| *other == object).unwrap();
        for (first, later) in [
            ("account", "capability"),
            ("product", "price"),
            ("customer", "payment_method"),
            ("customer", "subscription"),
            ("price", "subscription"),
            ("setup_intent", "setup_attempt"),
            ("treasury.financial_account", "treasury.transaction"),
        ] {
            assert!(place(first) < place(later), "{first} {later}: {order:?}");
        }
    }
}
