//! The columns that djstripe fills, not Stripe.

use super::columns::Column;

/// A column that djstripe fills, not Stripe.
#[derive(Clone, Copy)]
pub(super) struct OwnColumn {
    pub(super) name: &'static str,
    /// `Nullable<Text>`, `Nullable<BigInt>` or `Bool`, in diesel's words. A boolean begins as false.
    pub(super) ty: &'static str,
    pub(super) indexed: bool,
    /// What it holds.
    pub(super) about: &'static str,
}

impl OwnColumn {
    const fn new(name: &'static str, ty: &'static str, indexed: bool, about: &'static str) -> Self {
        Self {
            name,
            ty,
            indexed,
            about,
        }
    }

    /// The type in words.
    pub(super) fn kind(&self) -> &'static str {
        match self.ty {
            TEXT | KEY => "string",
            BOOLEAN => "boolean",
            JSON => "JSON",
            _ => "integer",
        }
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
const KEY: &str = "Text";
const TIME: &str = "BigInt";
const JSON: &str = "StripeJson";

/// The first columns of every table.
const FIRST: [OwnColumn; 4] = [
    OwnColumn::new(
        "account",
        KEY,
        false,
        "the account; empty for the own one that isn't declared",
    ),
    OwnColumn::new("livemode", BOOLEAN, false, "live mode, or test mode"),
    OwnColumn::new("id", KEY, false, "the object's id"),
    OwnColumn::new("stripe_data", JSON, false, "the object as Stripe sent it"),
];

/// The last columns of every table. Times are microseconds since 1970.
const LAST: [OwnColumn; 5] = [
    OwnColumn::new("api_version", TEXT, false, "the API version of the JSON"),
    OwnColumn::new("observed_at", TIME, false, "when the object was like this"),
    OwnColumn::new(
        "deleted_at",
        INTEGER,
        false,
        "when the object was deleted; null while it exists",
    ),
    OwnColumn::new("djstripe_created", TIME, false, "when the row was created"),
    OwnColumn::new(
        "djstripe_updated",
        TIME,
        false,
        "when the row was last written",
    ),
];

/// Columns of every table.
const OWN: [OwnColumn; 4] = [
    OwnColumn::new(
        "djstripe_source",
        TEXT,
        false,
        "whether it was fetched, or taken from an event or from another object",
    ),
    OwnColumn::new(
        "djstripe_events",
        TEXT,
        false,
        "the events of the second that the row takes into account",
    ),
    OwnColumn::new(
        "djstripe_incomplete",
        TEXT,
        true,
        "lists of which the JSON has only the first page",
    ),
    OwnColumn::new(
        "djstripe_undecided",
        BOOLEAN,
        true,
        "whether another event of the same second may be the later one",
    ),
];

/// Columns of the tables of owned children.
const OWN_OF_CHILDREN: [OwnColumn; 2] = [
    OwnColumn::new(
        "parent_type",
        TEXT,
        false,
        "the type of the object that it is a part of",
    ),
    OwnColumn::new(
        "parent_id",
        TEXT,
        true,
        "the id of the object that it is a part of",
    ),
];

/// The columns of an object's table that djstripe fills. `is_child` says whether other objects own
/// the object.
pub(super) fn own_columns(object: &str, is_child: bool) -> Vec<OwnColumn> {
    [special_columns(object, is_child), OWN.to_vec()].concat()
}

/// The columns of every table that djstripe fills.
pub(super) fn common_columns() -> Vec<OwnColumn> {
    [&FIRST[..], &OWN, &LAST].concat()
}

/// The columns that djstripe fills in an object's table and not in every table.
pub(super) fn special_columns(object: &str, is_child: bool) -> Vec<OwnColumn> {
    let special = match object {
        "customer" => &[
            OwnColumn::new(
                "subscriber",
                TEXT,
                true,
                "the key of the application's user",
            ),
            OwnColumn::new(
                "date_purged",
                INTEGER,
                false,
                "when the customer was found to be deleted",
            ),
        ][..],
        // Stripe's object doesn't say whose it is.
        "entitlements.active_entitlement" => &[OwnColumn::new(
            "customer",
            TEXT,
            true,
            "the customer that is entitled",
        )],
        _ => &[],
    };
    let of_children = if is_child { &OWN_OF_CHILDREN[..] } else { &[] };
    [special, of_children].concat()
}
