//! The columns that djstripe fills, not Stripe.

use super::columns::Column;

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
            paths: vec![],
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
    OwnColumn::new("djstripe_incomplete", TEXT, true),
    OwnColumn::new("djstripe_undecided", BOOLEAN, true),
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
