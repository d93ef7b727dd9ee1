//! Product groups: the cargo feature that enables an object's struct.

use std::collections::{BTreeMap, BTreeSet};

use crate::import::names_in;
use crate::spec::Spec;

/// The objects of each feature. A name that ends with a dot stands for all names with this prefix.
/// Objects in no group are always enabled.
const GROUPS: [(&str, &[&str]); 15] = [
    (
        "billing",
        &[
            "billing.",
            "billing_portal.",
            "coupon",
            "credit_note",
            "credit_note_line_item",
            "customer_balance_transaction",
            "discount",
            "entitlements.",
            "invoice",
            "invoice_payment",
            "invoice_rendering_template",
            "invoiceitem",
            "line_item",
            "plan",
            "price",
            "product",
            "product_catalog.",
            "product_feature",
            "promotion_code",
            "quote",
            "subscription",
            "subscription_item",
            "subscription_schedule",
            "tax_code",
            "tax_id",
            "tax_rate",
            "test_helpers.",
        ],
    ),
    (
        "checkout",
        &["checkout.", "item", "payment_link", "shipping_rate"],
    ),
    ("climate", &["climate."]),
    (
        "connect",
        &[
            "account",
            "account_link",
            "account_session",
            "application",
            "application_fee",
            "apps.",
            "capability",
            "connect_collection_transfer",
            "country_spec",
            "fee_refund",
            "login_link",
            "person",
            "reserve.",
            "reserve_transaction",
            "topup",
            "transfer",
            "transfer_reversal",
        ],
    ),
    ("financial_connections", &["financial_connections."]),
    ("identity", &["identity."]),
    ("issuing", &["issuing.", "three_d_secure."]),
    (
        "payments",
        &[
            "apple_pay_domain",
            "cash_balance",
            "confirmation_token",
            "customer_cash_balance_transaction",
            "customer_session",
            "ephemeral_key",
            "exchange_rate",
            "forwarding.",
            "funding_instructions",
            "payment_attempt_record",
            "payment_intent_amount_details_line_item",
            "payment_method_configuration",
            "payment_method_domain",
            "payment_record",
            "source_mandate_notification",
            "source_transaction",
            "tax_deducted_at_source",
        ],
    ),
    ("radar", &["radar.", "review"]),
    (
        "reporting",
        &["reporting.", "scheduled_query_run", "sigma."],
    ),
    ("tax", &["tax."]),
    ("terminal", &["terminal."]),
    ("treasury", &["treasury."]),
    ("v2", &["v2."]),
    ("webhooks", &["webhook_endpoint"]),
];

/// The feature of an object; `None` if it is always enabled.
pub(super) fn feature(object: &str) -> Option<&'static str> {
    GROUPS
        .iter()
        .find(|(_, members)| members.iter().any(|entry| belongs(entry, object)))
        .map(|(feature, _)| *feature)
}

/// Checks that every entry of [`GROUPS`] matches an object.
///
/// # Errors
/// The first entry that matches none.
pub(super) fn check(spec: &Spec) -> Result<(), String> {
    let mut entries = GROUPS.iter().flat_map(|(_, members)| *members);
    let is_stale = |entry: &&&str| !spec.resources.keys().any(|object| belongs(entry, object));
    match entries.find(is_stale) {
        Some(entry) => Err(format!(
            "`{entry}` is no longer an object; remove it from GROUPS"
        )),
        None => Ok(()),
    }
}

fn belongs(entry: &str, object: &str) -> bool {
    entry == object || (entry.ends_with('.') && object.starts_with(entry))
}

/// The `#[cfg]` line of an item that any of these features needs; empty if one of them is `None`,
/// always enabled.
pub(super) fn condition(features: &BTreeSet<Option<&'static str>>) -> String {
    let names: Vec<String> = features
        .iter()
        .flatten()
        .map(|name| format!("feature = {name:?}"))
        .collect();
    match names.as_slice() {
        _ if features.contains(&None) => String::new(),
        [only] => format!("#[cfg({only})]\n"),
        several => format!("#[cfg(any({}))]\n", several.join(", ")),
    }
}

/// The features of the objects that use each shared schema.
pub(super) fn users_of_shared(spec: &Spec) -> BTreeMap<&str, BTreeSet<Option<&'static str>>> {
    let schemas = spec.schemas();
    let mut users: BTreeMap<&str, BTreeSet<Option<&'static str>>> = BTreeMap::new();

    let objects = spec.resources.keys();
    let objects = objects.map(|object| (object.as_str(), feature(object)));
    // What thin events carry is always enabled.
    let data = spec.thin.values().filter_map(|it| it.data.as_deref());
    for (root, feature) in objects.chain(data.map(|schema| (schema, None))) {
        let mut open = vec![root];
        let mut seen = BTreeSet::new();

        while let Some(name) = open.pop() {
            if !seen.insert(name) || (name != root && spec.resources.contains_key(name)) {
                continue;
            }
            if let Some((shared, _)) = spec.shared.get_key_value(name) {
                users.entry(shared).or_default().insert(feature);
            }

            open.extend(
                schemas
                    .get(name)
                    .into_iter()
                    .flat_map(|fields| fields.values())
                    .flat_map(|ty| names_in(ty)),
            );
        }
    }
    users
}
