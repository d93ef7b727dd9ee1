//! Facts about each object as data: its descriptor, and diesel's declaration of its table.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::columns::{Column, columns, table};
use super::groups;
use super::own::{OwnColumn, common_columns, own_columns, special_columns};
use super::owned::{self, OwnedList};
use super::references::{self, Reference};
use crate::facts::FormerName;
use crate::spec::Spec;

/// Checks the facts about the names and ids of types.
///
/// # Errors
/// A former name that a type still has, and a fact about a type that isn't there.
pub(super) fn check_names(spec: &Spec) -> Result<(), String> {
    let is_known = |object: &String| spec.resources.contains_key(object);
    let stale = |name: &String, it: &FormerName| is_known(name) || !is_known(&it.now);
    let names = spec.mirror.former_names.iter();
    let mut names = names
        .filter(|(name, it)| stale(name, it))
        .map(|(name, _)| name);
    let mut ids = spec
        .mirror
        .ids_unique_since
        .keys()
        .filter(|name| !is_known(name));
    let has_table = |name: &&String| table(spec, name).is_some();
    let mut keys = spec.mirror.keys.keys().filter(|name| !has_table(name));

    match names.next().or_else(|| ids.next()).or_else(|| keys.next()) {
        Some(name) => Err(format!(
            "spec/overrides.toml: the entry for `{name}` below [mirror] changes nothing"
        )),
        None => Ok(()),
    }
}

/// The descriptors, in alphabetical order of the objects.
pub(super) fn descriptors(
    spec: &Spec,
    owned: &BTreeMap<String, Vec<OwnedList>>,
    references: &BTreeMap<String, Vec<Reference>>,
) -> String {
    let mut text = format!(
        "use crate::descriptor::{{Column, ColumnKind, ModelDescriptor, OwnColumn, OwnedList, Reference}};\n\n\
         /// All objects, in alphabetical order.\npub const DESCRIPTORS: &[ModelDescriptor; {0}] = &ALL;\n\n\
         static ALL: [ModelDescriptor; {0}] = [\n",
        spec.resources.len()
    );
    let children = owned::children(owned);
    for (object, resource) in &spec.resources {
        let columns: String = columns(spec, object).iter().map(column).collect();
        let own = match table(spec, object) {
            Some(_) => special_columns(object, children.contains(&**object)),
            None => Vec::new(),
        };
        let own: String = own.iter().map(own_column).collect();

        let requires: Vec<&str> = resource
            .fact("requires")
            .into_iter()
            .flat_map(|names| names.split(','))
            .collect();
        let widens = resource
            .fact("widens")
            .and_then(|parameter| parameter.split_once('='));
        let references = references::rust(&references[object]);

        let _ = writeln!(
            text,
            "ModelDescriptor {{ object: {object:?}, table: {:?}, key: {:?}, columns: &[{columns}], own_columns: &[{own}], retrieve: {:?}, singleton: {:?}, \
             list: {:?}, list_requires: &{requires:?}, list_by_created: {}, list_widest: {widens:?}, delete: {:?}, \
             references: &[{references}], owned: &[{}], ids_unique_since: {:?}, feature: {:?} }},",
            table(spec, object),
            spec.mirror.key(object),
            resource.fact("retrieve"),
            resource.fact("singleton"),
            resource.fact("list"),
            resource.fact("narrows") == Some("created"),
            resource.fact("delete"),
            owned
                .get(object)
                .map(|lists| owned::rust(lists))
                .unwrap_or_default(),
            spec.mirror
                .ids_unique_since
                .get(object)
                .map(|it| &it.version),
            groups::feature(object),
        );
    }
    text + "];\n" + &common() + &former_names(spec)
}

/// The columns of every table that djstripe fills.
fn common() -> String {
    let columns = common_columns();
    let rust: String = columns.iter().map(own_column).collect();
    format!(
        "\n/// The columns of every table that djstripe fills. Times are microseconds since 1970.\n\
         pub const COMMON_COLUMNS: &[OwnColumn; {}] = &[{rust}];\n",
        columns.len()
    )
}

fn own_column(column: &OwnColumn) -> String {
    let OwnColumn {
        name,
        indexed,
        about,
        ..
    } = column;
    let kind = column.kind();
    format!(
        "OwnColumn {{ name: {name:?}, kind: {kind:?}, indexed: {indexed}, about: {about:?} }}, "
    )
}

fn column(column: &Column) -> String {
    let Column {
        name,
        kind,
        indexed,
        paths,
    } = column;
    let paths: String = paths.iter().map(|path| format!("&{path:?}, ")).collect();
    format!(
        "Column {{ name: {name:?}, kind: ColumnKind::{kind}, indexed: {indexed}, paths: &[{paths}] }}, "
    )
}

/// The former names of types, in alphabetical order.
fn former_names(spec: &Spec) -> String {
    let names: Vec<(&String, &String)> = spec
        .mirror
        .former_names
        .iter()
        .map(|(former, it)| (former, &it.now))
        .collect();
    format!(
        "\n/// Former names of types and the names of today, in alphabetical order.\n\
         pub(crate) const FORMER_NAMES: [(&str, &str); {}] = {names:?};\n",
        names.len()
    )
}

/// A macro with diesel's `table!` of each object, for applications that query the table. Expanding
/// all of them would cost every build more than all structs do.
pub(super) fn diesel_tables(spec: &Spec, owned: &BTreeMap<String, Vec<OwnedList>>) -> String {
    let children = owned::children(owned);
    let mut arms = String::new();
    for object in spec.resources.keys() {
        let Some(table) = table(spec, object) else {
            continue;
        };
        let columns: String = columns(spec, object)
            .iter()
            .map(|column| {
                let ty = match column.kind {
                    "Integer" | "Time" => "BigInt",
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

        let own: String = own_columns(object, children.contains(&**object))
            .iter()
            .map(|OwnColumn { name, ty, .. }| format!("                {name} -> {ty},\n"))
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
    format!("{TABLES_DOCS}#[macro_export]\nmacro_rules! stripe_table {{\n{arms}{SEVERAL}}}\n")
}

/// Several tables, which can then be joined.
const SEVERAL: &str = "    \
    ($first:ident, $($table:ident),+ $(,)?) => {
        $crate::stripe_table!($first);
        $($crate::stripe_table!($table);)+
        $crate::diesel::allow_tables_to_appear_in_same_query!($first, $($table),+);
    };
";

const TABLES_DOCS: &str = "\
/// Declares diesel's `table!` for one or several of the mirror's tables at the place of the call.
/// Tables that are declared together can be joined: see [`stripe_on!`](crate::stripe_on).
///
/// `table!` expands to code that names diesel, so the application's `Cargo.toml` needs it:
///
/// ```toml
/// diesel = { version = \"2.3\", default-features = false, features = [\"32-column-tables\"] }
/// ```
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
