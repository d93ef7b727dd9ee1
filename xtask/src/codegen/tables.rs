//! Facts about each object as data: its descriptor, and the columns of its table.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::groups;
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

/// Fields that hold the id of the object they are named after, even if they can't be expanded.
const PLAIN_REFERENCES: [&str; 6] = [
    "charge",
    "customer",
    "invoice",
    "payment_intent",
    "payment_method",
    "product",
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
    /// `Text` or `BigInt`, in diesel's words.
    pub(super) ty: &'static str,
    indexed: bool,
}

impl OwnColumn {
    /// As a column of a migration.
    pub(super) fn column(&self) -> Column {
        let kind = if self.ty == "Text" {
            "OwnText"
        } else {
            "OwnInteger"
        };
        Column {
            name: self.name.to_owned(),
            kind,
            indexed: self.indexed,
        }
    }
}

/// The columns of a table that djstripe fills.
pub(super) fn own_columns(table: &str) -> &'static [OwnColumn] {
    match table {
        "stripe_customer" => &[
            OwnColumn {
                name: "subscriber",
                ty: "Text",
                indexed: true,
            },
            OwnColumn {
                name: "date_purged",
                ty: "BigInt",
                indexed: false,
            },
        ],
        // Stripe's object doesn't say whose it is.
        "stripe_entitlements_active_entitlement" => &[OwnColumn {
            name: "customer",
            ty: "Text",
            indexed: true,
        }],
        _ => &[],
    }
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

/// The table of an object; `None` if it has no id.
pub(super) fn table(object: &str, resource: &Resource) -> Option<String> {
    resource
        .schemas
        .get(object)?
        .contains_key("id")
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

/// The descriptors, in alphabetical order of the objects.
pub(super) fn descriptors(spec: &Spec) -> String {
    let mut text = format!(
        "use crate::descriptor::{{Column, ColumnKind, ModelDescriptor, Reference}};\n\n\
         /// All objects, in alphabetical order.\npub const DESCRIPTORS: &[ModelDescriptor; {0}] = &ALL;\n\n\
         static ALL: [ModelDescriptor; {0}] = [\n",
        spec.resources.len()
    );
    for (object, resource) in &spec.resources {
        let columns: String = columns(object, resource)
            .iter()
            .map(|Column { name, kind, indexed }| {
                format!("Column {{ name: {name:?}, kind: ColumnKind::{kind}, indexed: {indexed} }}, ")
            })
            .collect();

        let requires: Vec<&str> = resource
            .fact("requires")
            .into_iter()
            .flat_map(|names| names.split(','))
            .collect();
        let widens = resource
            .fact("widens")
            .and_then(|parameter| parameter.split_once('='));
        let references = references(spec, object, resource);

        let _ = writeln!(
            text,
            "ModelDescriptor {{ object: {object:?}, table: {:?}, columns: &[{columns}], retrieve: {:?}, singleton: {:?}, \
             list: {:?}, list_requires: &{requires:?}, list_by_created: {}, list_widest: {widens:?}, delete: {:?}, \
             references: &[{references}], feature: {:?} }},",
            table(object, resource),
            resource.fact("retrieve"),
            resource.fact("singleton"),
            resource.fact("list"),
            resource.fact("narrows") == Some("created"),
            resource.fact("delete"),
            groups::feature(object),
        );
    }
    text + "];\n"
}

/// The fields that hold ids of other objects, and the types of these objects.
fn references(spec: &Spec, object: &str, resource: &Resource) -> String {
    let mut text = String::new();
    for (field, ty) in resource.schemas.get(object).into_iter().flatten() {
        let objects = match ty.split_once("id(") {
            Some((_, objects)) => objects.split(')').next().unwrap_or_default(),
            // Some are plain strings, because Stripe can no longer expand them.
            None if ty.starts_with("str") && PLAIN_REFERENCES.contains(&field.as_str()) => field,
            None => continue,
        };

        let objects = objects.split(',');
        // Deleted objects have a schema of their own, but are no type of object.
        let objects: Vec<&str> = objects
            .filter(|object| spec.resources.contains_key(*object))
            .collect();

        let _ = write!(
            text,
            "Reference {{ field: {field:?}, objects: &{objects:?} }}, "
        );
    }
    text
}

/// A macro with diesel's `table!` of each object, for applications that query the table. Expanding
/// all of them would cost every build more than all structs do.
pub(super) fn diesel_tables(spec: &Spec) -> String {
    let mut arms = String::new();
    for (object, resource) in &spec.resources {
        let Some(table) = table(object, resource) else {
            continue;
        };
        let columns: String = columns(object, resource)
            .iter()
            .map(|column| {
                let ty = match column.kind {
                    "Integer" => "BigInt",
                    "Boolean" => "Bool",
                    _ => "Text",
                };
                let name = if column.name == "type" {
                    "#[sql_name = \"type\"] type_"
                } else {
                    &column.name
                };
                format!("                {name} -> Nullable<{ty}>,\n")
            })
            .collect();

        let own: String = own_columns(&table)
            .iter()
            .map(|OwnColumn { name, ty, .. }| {
                format!("                {name} -> Nullable<{ty}>,\n")
            })
            .collect();

        let _ = writeln!(
            arms,
            "    ({table}) => {{\n        $crate::diesel::table! {{\n            use $crate::diesel::sql_types::*;\n            \
             use $crate::json_column::StripeJson;\n\n            {table} (account, livemode, id) {{\n                \
             account -> Text,\n                livemode -> Bool,\n                id -> Text,\n                \
             stripe_data -> StripeJson,\n{columns}{own}                api_version -> Nullable<Text>,\n                \
             observed_at -> BigInt,\n                deleted_at -> Nullable<BigInt>,\n                \
             djstripe_created -> BigInt,\n                djstripe_updated -> BigInt,\n            }}\n        }}\n    }};"
        );
    }
    format!("{TABLES_DOCS}#[macro_export]\nmacro_rules! stripe_table {{\n{arms}}}\n")
}

const TABLES_DOCS: &str = "\
/// Declares diesel's `table!` for one of the mirror's tables at the place of the call.
///
/// ```
/// use djstripe_models::diesel::prelude::*;
///
/// djstripe_models::stripe_table!(stripe_customer);
///
/// let query = stripe_customer::table.filter(stripe_customer::email.eq(\"ann@example.com\")).select(stripe_customer::id);
/// # let _ = query;
/// ```
";
