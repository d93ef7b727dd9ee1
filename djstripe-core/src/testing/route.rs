//! From a path to the objects that it names, by the paths in the catalogue.
//!
//! What comes in: the path of a request. What goes out: a [`Route`], or `None` if Stripe has no
//! such path.

use std::sync::LazyLock;

use djstripe_models::{DESCRIPTORS, ModelDescriptor};
use serde_json::Value;

use crate::webhook::sample::fields::reference;

/// What a path names.
#[derive(Debug, PartialEq)]
pub(super) struct Route {
    /// Possible types of the object. More than one only where cards and bank accounts share a path.
    pub(super) objects: Vec<&'static str>,
    pub(super) target: Target,
    /// Field and id of the parent, if the objects belong to another one.
    pub(super) parent: Option<(String, String)>,
}

/// Which of the objects a path names.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    /// The one with this id.
    One(String),
    List,
    /// The only one of the account or of the parent.
    Singleton,
}

/// A path of the catalogue: `/v1/customers/{customer}`.
struct Template {
    segments: Vec<&'static str>,
    object: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    One,
    List,
    Singleton,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let mut templates = Vec::new();
    let mut add = |object: &'static str, path: Option<&'static str>, kind: Kind| {
        let Some(path) = path else { return };
        templates.push(Template {
            segments: path.split('/').filter(|part| !part.is_empty()).collect(),
            object,
            kind,
        });
    };

    for ModelDescriptor {
        object,
        retrieve,
        list,
        delete,
        singleton,
        ..
    } in DESCRIPTORS
    {
        add(object, *singleton, Kind::Singleton);
        add(object, *list, Kind::List);
        add(object, *retrieve, Kind::One);
        add(object, *delete, Kind::One);
    }

    add("account", Some("/v1/account"), Kind::Singleton);
    for object in ["bank_account", "card"] {
        for (path, kind) in EXTERNAL_ACCOUNT_PATHS {
            add(object, Some(path), kind);
        }
    }
    for (object, path, kind) in FURTHER_PATHS {
        add(object, Some(path), kind);
    }
    templates
});

/// The paths that cards and bank accounts share.
const EXTERNAL_ACCOUNT_PATHS: [(&str, Kind); 4] = [
    ("/v1/accounts/{account}/external_accounts", Kind::List),
    ("/v1/accounts/{account}/external_accounts/{id}", Kind::One),
    ("/v1/customers/{customer}/sources", Kind::List),
    ("/v1/customers/{customer}/sources/{id}", Kind::One),
];

/// Second paths of objects. The catalogue has one path of each object.
const FURTHER_PATHS: [(&str, &str, Kind); 12] = [
    (
        "credit_note_line_item",
        "/v1/credit_notes/{credit_note}/lines",
        Kind::List,
    ),
    (
        "item",
        "/v1/checkout/sessions/{session}/line_items",
        Kind::List,
    ),
    (
        "item",
        "/v1/payment_links/{payment_link}/line_items",
        Kind::List,
    ),
    (
        "payment_method",
        "/v1/customers/{customer}/payment_methods",
        Kind::List,
    ),
    (
        "payment_method",
        "/v1/customers/{customer}/payment_methods/{id}",
        Kind::One,
    ),
    ("person", "/v1/accounts/{account}/persons", Kind::List),
    (
        "person",
        "/v1/accounts/{account}/persons/{person}",
        Kind::One,
    ),
    ("refund", "/v1/charges/{charge}/refunds", Kind::List),
    ("refund", "/v1/charges/{charge}/refunds/{id}", Kind::One),
    (
        "subscription",
        "/v1/customers/{customer}/subscriptions",
        Kind::List,
    ),
    ("tax_id", "/v1/customers/{customer}/tax_ids", Kind::List),
    ("tax_id", "/v1/customers/{customer}/tax_ids/{id}", Kind::One),
];

impl Route {
    /// Whether the object belongs to the parent in the path. An object without the field fits too.
    pub(super) fn fits_parent(&self, value: &Value) -> bool {
        self.parent
            .as_ref()
            .is_none_or(|(field, id)| reference(value, field).is_none_or(|parent| parent == id))
    }
}

/// What `path` names; `None` if Stripe has no such path.
pub(super) fn route(path: &str) -> Option<Route> {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let matching = || {
        TEMPLATES
            .iter()
            .filter(|template| template.matches(&segments))
    };

    // `/v1/tax/associations/find` is a path of its own, not the association with the id `find`.
    let most_literal = matching().map(Template::literal_count).max()?;
    let mut best = matching().filter(|template| template.literal_count() == most_literal);

    let mut route = best.next()?.route(&segments);
    route.objects.extend(best.map(|template| template.object));
    route.objects.dedup();
    Some(route)
}

impl Template {
    fn matches(&self, segments: &[&str]) -> bool {
        let mut pairs = self.segments.iter().zip(segments);
        self.segments.len() == segments.len()
            && pairs.all(|(part, segment)| is_placeholder(part) || part == segment)
    }

    /// How many segments are no placeholders.
    fn literal_count(&self) -> usize {
        let literal = |part: &&&str| !is_placeholder(part);
        self.segments.iter().filter(literal).count()
    }

    /// Reads the ids out of a path that matches.
    fn route(&self, segments: &[&str]) -> Route {
        let placeholders: Vec<usize> = (0..segments.len())
            .filter(|at| is_placeholder(self.segments[*at]))
            .collect();
        let (own, parents) = match (self.kind, placeholders.split_last()) {
            (Kind::One, Some((own, parents))) => (Some(*own), parents),
            _ => (None, &placeholders[..]),
        };

        let parent = parents.first().map(|at| {
            let field = match self.segments[*at] {
                // `/v1/application_fees/{id}/refunds`: the field of a refund is called `fee`.
                "{id}" => segments[at - 1]
                    .trim_end_matches('s')
                    .trim_start_matches("application_"),
                named => named.trim_matches(['{', '}']),
            };
            (field.to_owned(), decode(segments[*at]))
        });
        let target = match (self.kind, own) {
            (Kind::One, Some(own)) => Target::One(decode(segments[own])),
            (Kind::Singleton, _) => Target::Singleton,
            _ => Target::List,
        };

        Route {
            objects: vec![self.object],
            target,
            parent,
        }
    }
}

fn is_placeholder(part: &str) -> bool {
    part.starts_with('{')
}

/// A percent-decoded segment.
fn decode(segment: &str) -> String {
    super::form::pairs(&format!("x={}", segment.replace('+', "%2B")))
        .pop()
        .map(|(_, value)| value)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_catalogue_are_understood() {
        let check =
            |path: &str, objects: &[&'static str], target: Target, parent: Option<(&str, &str)>| {
                let parent = parent.map(|(field, id)| (field.to_owned(), id.to_owned()));
                assert_eq!(
                    route(path),
                    Some(Route {
                        objects: objects.to_vec(),
                        target,
                        parent
                    }),
                    "{path}"
                );
            };
        let one = |id: &str| Target::One(id.to_owned());

        check("/v1/customers/cus_1", &["customer"], one("cus_1"), None);
        check("/v1/coupons/50%25%20off", &["coupon"], one("50% off"), None);
        check(
            "/v1/checkout/sessions",
            &["checkout.session"],
            Target::List,
            None,
        );
        check(
            "/v1/customers/cus_1/tax_ids/txi_1",
            &["tax_id"],
            one("txi_1"),
            Some(("customer", "cus_1")),
        );
        check(
            "/v1/application_fees/fee_1/refunds",
            &["fee_refund"],
            Target::List,
            Some(("fee", "fee_1")),
        );
        check(
            "/v1/accounts/acct_1/external_accounts/ba_1",
            &["bank_account", "card"],
            one("ba_1"),
            Some(("account", "acct_1")),
        );
        check("/v1/balance", &["balance"], Target::Singleton, None);

        assert_eq!(route("/v1/baskets"), None);
    }

    #[test]
    fn every_object_that_can_be_retrieved_has_a_route() {
        for descriptor in DESCRIPTORS {
            for path in [descriptor.retrieve, descriptor.list, descriptor.singleton]
                .into_iter()
                .flatten()
            {
                assert!(
                    route(path).is_some_and(|route| route.objects.contains(&descriptor.object)),
                    "{path}"
                );
            }
        }
    }
}
