//! The columns of each object's table: those that the database generates from the JSON, and those
//! that djstripe fills.

use std::collections::BTreeSet;

use super::names::snake;
use crate::spec::{Resource, Spec};

/// Most columns that a table generates from the JSON.
const MOST_COLUMNS: usize = 12;

/// Fields that become columns where an object has them, the most important first, and whether the
/// column has an index because queries filter by it.
const WANTED: [(&str, bool); 39] = [
    ("customer", true),
    ("subscription", true),
    ("invoice", true),
    ("payment_intent", true),
    ("charge", true),
    ("payment_method", true),
    ("price", true),
    ("product", true),
    ("status", true),
    ("email", true),
    ("created", true),
    ("type", false),
    ("active", false),
    ("amount", false),
    ("amount_due", false),
    ("amount_paid", false),
    ("amount_remaining", false),
    ("amount_total", false),
    ("amount_refunded", false),
    ("total", false),
    ("unit_amount", false),
    ("currency", false),
    ("payment_status", false),
    ("quantity", false),
    ("balance", false),
    ("name", false),
    ("number", false),
    ("code", false),
    ("due_date", false),
    ("current_period_end", false),
    ("cancel_at_period_end", false),
    ("canceled_at", false),
    ("trial_end", false),
    ("ended_at", false),
    ("paid", false),
    ("refunded", false),
    ("reason", false),
    ("arrival_date", false),
    ("net", false),
];

/// A column that the database generates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// `Text`, `Id`, `Integer` or `Boolean`; `OwnText` or `OwnInteger` for one that djstripe fills.
    pub(super) kind: &'static str,
    pub(super) indexed: bool,
}

/// A column that djstripe fills, not Stripe.
#[derive(Clone, Copy)]
pub(super) struct OwnColumn {
    pub(super) name: &'static str,
    /// `Nullable<Text>`, `Nullable<BigInt>` or `Bool`, in diesel's words. A boolean begins as false.
    pub(super) ty: &'static str,
    indexed: bool,
}

impl OwnColumn {
    const fn new(name: &'static str, ty: &'static str, indexed: bool) -> Self {
        Self { name, ty, indexed }
    }

    /// As a column of a migration.
    pub(super) fn column(&self) -> Column {
        let kind = match self.ty {
            TEXT => "OwnText",
            BOOLEAN => "OwnBoolean",
            _ => "OwnInteger",
        };
        Column {
            name: self.name.to_owned(),
            kind,
            indexed: self.indexed,
        }
    }
}

const TEXT: &str = "Nullable<Text>";
const INTEGER: &str = "Nullable<BigInt>";
const BOOLEAN: &str = "Bool";

/// Columns of every table.
const OWN: [OwnColumn; 4] = [
    OwnColumn::new("djstripe_source", TEXT, false),
    OwnColumn::new("djstripe_events", TEXT, false),
    OwnColumn::new("djstripe_incomplete", TEXT, false),
    OwnColumn::new("djstripe_undecided", BOOLEAN, false),
];

/// Columns of the tables of owned children.
const OWN_OF_CHILDREN: [OwnColumn; 2] = [
    OwnColumn::new("parent_type", TEXT, false),
    OwnColumn::new("parent_id", TEXT, true),
];

/// The columns of an object's table that djstripe fills. `is_child` says whether other objects own
/// the object.
pub(super) fn own_columns(object: &str, is_child: bool) -> Vec<OwnColumn> {
    let special = match object {
        "customer" => &[
            OwnColumn::new("subscriber", TEXT, true),
            OwnColumn::new("date_purged", INTEGER, false),
        ][..],
        // Stripe's object doesn't say whose it is.
        "entitlements.active_entitlement" => &[OwnColumn::new("customer", TEXT, true)],
        _ => &[],
    };
    let of_children = if is_child { &OWN_OF_CHILDREN[..] } else { &[] };
    [special, of_children, &OWN].concat()
}

/// Checks that every entry of [`WANTED`] is a column of some table.
///
/// # Errors
/// The first entry that isn't.
pub(super) fn check_wanted(spec: &Spec) -> Result<(), String> {
    let used: BTreeSet<String> = spec
        .resources
        .iter()
        .flat_map(|(object, resource)| columns(object, resource))
        .map(|column| column.name)
        .collect();
    match WANTED.iter().find(|(name, _)| !used.contains(*name)) {
        Some((name, _)) => Err(format!(
            "no table has a column `{name}` any longer; remove it from WANTED"
        )),
        None => Ok(()),
    }
}

/// The table of an object; `None` if nothing identifies it.
pub(super) fn table(spec: &Spec, object: &str) -> Option<String> {
    let fields = spec.resources.get(object)?.schemas.get(object)?;
    fields
        .contains_key(spec.mirror.key(object))
        .then(|| format!("stripe_{}", snake(object)))
}

/// The generated columns of an object's table.
pub(super) fn columns(object: &str, resource: &Resource) -> Vec<Column> {
    let Some(fields) = resource.schemas.get(object) else {
        return Vec::new();
    };
    let columns = WANTED.iter().filter_map(|(name, indexed)| {
        let kind = kind(fields.get(*name)?)?;
        Some(Column {
            name: (*name).to_owned(),
            kind,
            indexed: *indexed,
        })
    });
    columns.take(MOST_COLUMNS).collect()
}

fn kind(ty: &str) -> Option<&'static str> {
    let ty = ty.trim_end_matches(['!', '?']);
    match ty {
        "str" | "cur" | "dec" => Some("Text"),
        "int" | "time" => Some("Integer"),
        "bool" => Some("Boolean"),
        _ if ty.starts_with("id(") || ty.starts_with('@') => Some("Id"),
        _ if ty.starts_with("enum(") || ty.starts_with("open(") => Some("Text"),
        _ => None,
    }
}
