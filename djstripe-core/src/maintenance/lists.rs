//! Which lists a job reads, parents before children. Does no IO.
//!
//! In: the descriptors of the models. Out: for each type of object, the list that holds it, the
//! objects that embed it, or the reason why it can't be listed; for a list, its requests. Most lists
//! come straight from the descriptors. For a few types another way is better than their own list:
//! objects that the list of their parent embeds cost no request of their own.

use std::collections::BTreeSet;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};

use super::list_part::ListPart;
use crate::client::{Request, RequestError};
use crate::mirror::MirrorSettings;

/// The type of the accounts, the platform's own and connected ones.
pub(crate) const ACCOUNT: &str = "account";

/// A list at Stripe: one in all, or one for each parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// The type of its objects.
    pub(crate) descriptor: &'static ModelDescriptor,
    /// Its path; `{customer}` stands for the id of the parent.
    pub(crate) path: &'static str,
    /// The parents that have such a list each; `None` if there is one list in all.
    pub(crate) parent: Option<Parent>,
    /// Parameters without which Stripe refuses the list or leaves objects out.
    pub(crate) params: &'static [(&'static str, &'static str)],
    /// Which objects of the type it holds.
    pub(crate) part: ListPart,
    /// Lists inside its objects that Stripe sends on request only, and that change without an event of
    /// the object. They are removed before an object is stored, so that its row does not go out of
    /// date. What the mirror's settings expand stays.
    pub(crate) expand: &'static [&'static str],
}

impl List {
    /// The request for the list, or for that of this parent, with what the settings expand.
    ///
    /// # Errors
    /// [`RequestError`], if no path can hold the parent's id.
    pub(crate) fn request(
        &self,
        parent: Option<&str>,
        settings: &MirrorSettings,
    ) -> Result<Request, RequestError> {
        let place = self.parent.map(|parent| parent.place);
        let mut request = match (place, parent) {
            (Some(ParentPlace::Query(name)), Some(id)) => {
                Request::below(self.path, None)?.param(name, id)
            }
            _ => Request::below(self.path, parent)?,
        };

        for (name, value) in self.params {
            request = request.param(name, *value);
        }
        for field in self.expand {
            request = request.expand(&format!("data.{field}"));
        }
        Ok(settings.expanded.listed(self.descriptor.object, request))
    }

    /// The request for one object of the list, which has the fields that the list's objects have.
    ///
    /// # Errors
    /// [`RequestError`], if the object can't be retrieved by its id.
    pub(crate) fn retrieval(
        &self,
        id: &str,
        settings: &MirrorSettings,
    ) -> Result<Request, RequestError> {
        let object = self.descriptor.object;
        let expand = self.expand.iter();
        let request = expand.fold(Request::retrieve(object, id)?, |request, field| {
            request.expand(field)
        });
        Ok(settings.expanded.retrieved(object, request))
    }
}

/// The parents of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    /// The type of the parents.
    pub(crate) descriptor: &'static ModelDescriptor,
    /// Where the id of the parent goes.
    pub(crate) place: ParentPlace,
}

/// Where the id of a parent goes in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParentPlace {
    /// Into the path, in place of `{…}`.
    Path,
    /// Into this parameter.
    Query(&'static str),
}

/// How the objects of a type are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// By this list.
    Listed(List),
    /// Embedded in objects of these types.
    Embedded(&'static [&'static str]),
    /// Not at all, for this reason.
    Unlisted(&'static str),
}

/// Lists inside objects that Stripe sends on request only, and that change without an event of the
/// object.
///
/// Source: [Expanding responses](https://docs.stripe.com/expand#includable-properties).
const EXPAND: [(&str, &[&str]); 1] = [("customer", &["cash_balance", "sources", "tax_ids"])];

/// Types whose list leaves out archived objects, which it holds only with `active=false`.
///
/// Source: [List all prices](https://docs.stripe.com/api/prices/list), "Returns a list of your
/// active prices". Products and plans have the same parameter. If their lists hold archived objects
/// anyway, these are read twice; see `docs/assumptions.md`.
const ARCHIVED: [&str; 3] = ["plan", "price", "product"];

/// The parameter that lists archived objects.
const INACTIVE: &[(&str, &str)] = &[("active", "false")];

/// Types that have a list of their own which isn't used as it is.
const OVERRIDES: [(&str, Override); 16] = [
    (
        "apps.secret",
        Override::Params(&[("scope[type]", "account")]),
    ),
    ("bank_account", Override::Embedded(&["account", "customer"])),
    (
        "billing.meter_event_summary",
        Override::Unlisted("its list needs a customer and a time"),
    ),
    ("card", Override::Embedded(&["account", "customer"])),
    (
        "credit_note_line_item",
        Override::Embedded(&["credit_note"]),
    ),
    (
        "event",
        Override::Unlisted("events are not mirrored; `reconcile` stores missing ones"),
    ),
    ("fee_refund", Override::Embedded(&["application_fee"])),
    (
        "financial_connections.account_owner",
        Override::Unlisted("its list needs an ownership"),
    ),
    (
        "item",
        Override::Embedded(&["checkout.session", "payment_link", "quote"]),
    ),
    ("line_item", Override::Embedded(&["invoice"])),
    (
        "payment_method",
        Override::Path("/v1/customers/{customer}/payment_methods"),
    ),
    (
        "radar.value_list_item",
        Override::Embedded(&["radar.value_list"]),
    ),
    ("source", Override::Embedded(&["customer"])),
    ("subscription_item", Override::Embedded(&["subscription"])),
    // The only type that there is.
    ("tax.location", Override::Params(&[("type", "performance")])),
    ("transfer_reversal", Override::Embedded(&["transfer"])),
];

/// What replaces the list that the catalogue names.
#[derive(Clone, Copy)]
enum Override {
    /// Objects of these types embed the first page of the list and the address of the rest.
    Embedded(&'static [&'static str]),
    /// The list at this path.
    Path(&'static str),
    /// The same list with these parameters.
    Params(&'static [(&'static str, &'static str)]),
    /// Nothing, for this reason.
    Unlisted(&'static str),
}

/// Types that most others refer to. By the alphabet alone, some of the others would come first.
const FIRST: [&str; 5] = [ACCOUNT, "product", "price", "coupon", "customer"];

/// All types, those that others refer to first.
pub(crate) fn order() -> Vec<&'static ModelDescriptor> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for descriptor in FIRST.into_iter().filter_map(descriptor).chain(DESCRIPTORS) {
        visit(descriptor, &mut seen, &mut order);
    }
    order
}

/// The lists of the wanted types, parents first.
pub(crate) fn lists(wanted: impl Fn(&'static ModelDescriptor) -> bool) -> Vec<List> {
    order()
        .into_iter()
        .filter(|descriptor| wanted(descriptor))
        .filter_map(|descriptor| match listing(descriptor) {
            Listing::Listed(list) => Some(list),
            Listing::Embedded(_) | Listing::Unlisted(_) => None,
        })
        .flat_map(|list| [Some(list), archived(list)])
        .flatten()
        .collect()
}

/// The list of the archived objects, if it is another one.
fn archived(list: List) -> Option<List> {
    ARCHIVED.contains(&list.descriptor.object).then_some(List {
        params: INACTIVE,
        part: ListPart::Archived,
        ..list
    })
}

/// How the objects of a type are listed.
pub(crate) fn listing(descriptor: &'static ModelDescriptor) -> Listing {
    if descriptor.table.is_none() {
        return Listing::Unlisted("it has no id");
    }
    let Some(path) = descriptor.list else {
        return Listing::Unlisted("Stripe has no list of it");
    };
    if path.starts_with("/v2/") {
        return Listing::Unlisted("lists of API v2 have pages of another kind");
    }

    let (path, params) = match found(&OVERRIDES, descriptor.object) {
        Some(Override::Embedded(carriers)) => return Listing::Embedded(carriers),
        Some(Override::Unlisted(reason)) => return Listing::Unlisted(reason),
        Some(Override::Path(path)) => (path, &[][..]),
        Some(Override::Params(params)) => (path, params),
        None => (path, descriptor.list_widest.as_slice()),
    };
    let parent = match parent(path, descriptor.list_requires) {
        Ok(parent) => parent,
        Err(UnmirroredParent) => {
            return Listing::Unlisted("the object it belongs to is not mirrored");
        }
    };

    Listing::Listed(List {
        descriptor,
        path,
        parent,
        params,
        part: ListPart::Default,
        expand: found(&EXPAND, descriptor.object).unwrap_or_default(),
    })
}

/// The types whose lists embed objects of this type; none if it has a list of its own.
pub(crate) fn carriers(object: &str) -> &'static [&'static str] {
    match descriptor(object).map(listing) {
        Some(Listing::Embedded(carriers)) => carriers,
        _ => &[],
    }
}

fn found<T: Copy>(table: &[(&str, T)], object: &str) -> Option<T> {
    let entry = table.iter().find(|(name, _)| *name == object);
    entry.map(|(_, value)| *value)
}

/// The parent of a list is of a type that has no table.
struct UnmirroredParent;

/// The parents of the list at this path, which requires these parameters.
fn parent(path: &str, requires: &[&'static str]) -> Result<Option<Parent>, UnmirroredParent> {
    let (descriptor, place) = match (path.split_once("/{"), requires) {
        (Some((owner, _)), _) => (retrieved_at(owner), ParentPlace::Path),
        (None, [] | ["scope" | "type"]) => return Ok(None),
        (None, [name, ..]) => (named_by(name), ParentPlace::Query(name)),
    };
    let descriptor = descriptor
        .filter(|descriptor| descriptor.table.is_some())
        .ok_or(UnmirroredParent)?;
    Ok(Some(Parent { descriptor, place }))
}

/// The type whose objects are retrieved right below this path: customers below `/v1/customers`.
fn retrieved_at(owner: &str) -> Option<&'static ModelDescriptor> {
    let is_below = |path: &str| {
        path.split_once("/{")
            .is_some_and(|(start, name)| start == owner && !name.contains('/'))
    };
    DESCRIPTORS
        .iter()
        .find(|descriptor| descriptor.table.is_some() && descriptor.retrieve.is_some_and(is_below))
}

/// The type of object that a parameter takes the id of: `card` of an issued card, `customer` of a
/// customer.
fn named_by(parameter: &str) -> Option<&'static ModelDescriptor> {
    descriptor(match parameter {
        "account" => "financial_connections.account",
        "card" => "issuing.card",
        "financial_account" => "treasury.financial_account",
        "value_list" => "radar.value_list",
        other => other,
    })
}

/// Appends a type after the types that its objects refer to or are listed below. Where two types
/// refer to each other, the one that only names its default or its latest comes first.
fn visit(
    descriptor: &'static ModelDescriptor,
    seen: &mut BTreeSet<&'static str>,
    order: &mut Vec<&'static ModelDescriptor>,
) {
    if !seen.insert(descriptor.object) {
        return;
    }

    if let Listing::Listed(List {
        parent: Some(parent),
        ..
    }) = listing(descriptor)
    {
        visit(parent.descriptor, seen, order);
    }

    // A field that can hold several types says little about the order.
    let is_parent = |path: &[&str]| match path {
        [field] => !field.starts_with("default_") && !field.starts_with("latest_"),
        _ => false,
    };
    let referred = descriptor
        .references
        .iter()
        .filter(|reference| reference.objects.len() == 1 && is_parent(reference.path));
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

    fn listing_of(object: &str) -> Listing {
        listing(descriptor(object).unwrap())
    }

    #[test]
    fn each_object_is_reached_in_its_way() {
        type Expected<'a> = (Option<(&'a str, ParentPlace)>, &'a [(&'a str, &'a str)]);
        let check = |object: &str, path: &str, expected: Expected<'_>| {
            let Listing::Listed(list) = listing_of(object) else {
                panic!("{object} is not listed")
            };
            let parent = list
                .parent
                .map(|parent| (parent.descriptor.object, parent.place));
            assert_eq!(list.path, path, "{object}");
            assert_eq!((parent, list.params), expected, "{object}");
        };
        let path = |object| Some((object, ParentPlace::Path));
        let query = |object, parameter| Some((object, ParentPlace::Query(parameter)));

        check("customer", "/v1/customers", (None, &[]));
        let all = [("status", "all")];
        check("subscription", "/v1/subscriptions", (None, &all));
        let methods = "/v1/customers/{customer}/payment_methods";
        check("payment_method", methods, (path("customer"), &[]));
        let capabilities = "/v1/accounts/{account}/capabilities";
        check("capability", capabilities, (path("account"), &[]));
        let features = "/v1/products/{product}/features";
        check("product_feature", features, (path("product"), &[]));
        let transactions = "/v1/sources/{source}/source_transactions";
        check("source_transaction", transactions, (path("source"), &[]));
        check(
            "entitlements.active_entitlement",
            "/v1/entitlements/active_entitlements",
            (query("customer", "customer"), &[]),
        );
        let card = query("issuing.card", "card");
        check("issuing.token", "/v1/issuing/tokens", (card, &[]));
        let secrets = [("scope[type]", "account")];
        check("apps.secret", "/v1/apps/secrets", (None, &secrets));
        let performance = [("type", "performance")];
        check("tax.location", "/v1/tax/locations", (None, &performance));

        assert_eq!(
            listing_of("subscription_item"),
            Listing::Embedded(&["subscription"])
        );
        assert_eq!(listing_of("balance"), Listing::Unlisted("it has no id"));
        assert_eq!(
            listing_of("discount"),
            Listing::Unlisted("Stripe has no list of it")
        );
        assert_eq!(
            listing_of("v2.core.account"),
            Listing::Unlisted("lists of API v2 have pages of another kind")
        );
    }

    #[test]
    fn every_object_that_has_a_list_is_reached_or_is_known_not_to_be() {
        let unreached: Vec<&str> = DESCRIPTORS
            .iter()
            .filter(|descriptor| descriptor.list.is_some() && descriptor.table.is_some())
            .filter(|descriptor| matches!(listing(descriptor), Listing::Unlisted(_)))
            .map(|descriptor| descriptor.object)
            .filter(|object| !object.starts_with("v2."))
            .collect();

        assert_eq!(
            unreached,
            [
                "billing.meter_event_summary",
                "event",
                "financial_connections.account_owner",
            ]
        );

        for (object, _) in OVERRIDES {
            assert!(
                descriptor(object).is_some_and(|descriptor| descriptor.list.is_some()),
                "{object}"
            );
            for carrier in carriers(object) {
                assert!(
                    matches!(listing_of(carrier), Listing::Listed(_)),
                    "{carrier}"
                );
            }
        }
    }

    #[test]
    fn archived_objects_have_a_list_of_their_own() {
        let of = |object: &str| -> Vec<_> {
            lists(|descriptor| descriptor.object == object)
                .iter()
                .map(|list| (list.part, list.params))
                .collect()
        };
        let default: (_, &[_]) = (ListPart::Default, &[]);
        let archived: (_, &[_]) = (ListPart::Archived, &[("active", "false")]);

        for object in ARCHIVED {
            assert_eq!(of(object), [default, archived], "{object}");
        }
        assert_eq!(of("customer"), [default]);
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
