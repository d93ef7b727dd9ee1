//! What a path asks for, by the catalogue's own paths.

use std::sync::LazyLock;

use djstripe_models::{DESCRIPTORS, ModelDescriptor};
use serde_json::Value;

use super::filter::held;

/// A path that was understood.
#[derive(Debug, PartialEq)]
pub(super) struct Route {
    /// Types of object that may be meant; several only for cards and bank accounts.
    pub(super) objects: Vec<&'static str>,
    pub(super) target: Target,
    /// Field and id of the parent, for what is found below another.
    pub(super) parent: Option<(String, String)>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Target {
    One(String),
    List,
    Singleton,
}

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
        add(
            object,
            Some("/v1/accounts/{account}/external_accounts"),
            Kind::List,
        );
        add(
            object,
            Some("/v1/accounts/{account}/external_accounts/{id}"),
            Kind::One,
        );
        add(object, Some("/v1/customers/{customer}/sources"), Kind::List);
        add(
            object,
            Some("/v1/customers/{customer}/sources/{id}"),
            Kind::One,
        );
    }
    for (object, path, kind) in ALSO {
        add(object, Some(path), kind);
    }
    templates
});

/// Further paths of objects that the catalogue has another path of.
const ALSO: [(&str, &str, Kind); 12] = [
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
    /// Whether an object may be found below the parent that the path names.
    pub(super) fn fits_parent(&self, value: &Value) -> bool {
        self.parent
            .as_ref()
            .is_none_or(|(field, id)| held(value, field).is_none_or(|parent| parent == id))
    }
}

/// What `path` asks for; `None` if Stripe has no such path.
pub(super) fn route(path: &str) -> Option<Route> {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut found: Option<(usize, Route)> = None;
    for template in TEMPLATES
        .iter()
        .filter(|template| fits(template, &segments))
    {
        // `/v1/tax/associations/find` is a path of its own, not the one called `find`.
        let literal = template
            .segments
            .iter()
            .filter(|part| !part.starts_with('{'))
            .count();
        match &mut found {
            Some((most, _)) if *most > literal => {}
            Some((most, route)) if *most == literal => route.objects.push(template.object),
            _ => found = Some((literal, read(template, &segments))),
        }
    }
    found.map(|(_, mut route)| {
        route.objects.dedup();
        route
    })
}

fn fits(template: &Template, segments: &[&str]) -> bool {
    template.segments.len() == segments.len()
        && template
            .segments
            .iter()
            .zip(segments)
            .all(|(part, segment)| part.starts_with('{') || part == segment)
}

fn read(template: &Template, segments: &[&str]) -> Route {
    let places: Vec<usize> = (0..segments.len())
        .filter(|at| template.segments[*at].starts_with('{'))
        .collect();
    let (own, parents) = match (template.kind, places.split_last()) {
        (Kind::One, Some((own, parents))) => (Some(*own), parents.to_vec()),
        _ => (None, places),
    };
    let parent = parents.first().map(|at| {
        let name = match template.segments[*at] {
            // `/v1/application_fees/{id}/refunds`: a refund's field is called `fee`.
            "{id}" => segments[at - 1]
                .trim_end_matches('s')
                .trim_start_matches("application_"),
            named => named.trim_matches(['{', '}']),
        };
        (name.to_owned(), decode(segments[*at]))
    });
    let target = match (template.kind, own) {
        (Kind::One, Some(own)) => Target::One(decode(segments[own])),
        (Kind::Singleton, _) => Target::Singleton,
        _ => Target::List,
    };
    Route {
        objects: vec![template.object],
        target,
        parent,
    }
}

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
