//! A struct for each schema, an enum for each set of values, an enum for each set of objects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::columns;
use super::groups;
use super::names::{field_name, snake, type_name, variant_name};
use crate::spec::{Fields, Spec};

/// Names of the sets of objects that a field or an event can hold.
const UNIONS: [(&str, &[&str]); 4] = [
    (
        "BalanceTransactionSource",
        &[
            "application_fee",
            "charge",
            "connect_collection_transfer",
            "customer_cash_balance_transaction",
            "dispute",
            "fee_refund",
            "issuing.authorization",
            "issuing.dispute",
            "issuing.transaction",
            "payout",
            "refund",
            "reserve_transaction",
            "tax_deducted_at_source",
            "topup",
            "transfer",
            "transfer_reversal",
        ],
    ),
    (
        "CustomerSource",
        &["account", "bank_account", "card", "source"],
    ),
    ("ExternalAccount", &["bank_account", "card"]),
    ("PaymentSource", &["bank_account", "card", "source"]),
];

/// The width of the arguments of a call in one line, as rustfmt writes it.
const CALL_WIDTH: usize = 60;

/// Variant of every enum for values that it doesn't list. No value may have this name.
const CATCH_ALL: &str = "Unlisted";

/// The module of each object, that of the shared schemas, that of what thin events carry, and that
/// of the unions, by file name.
pub(super) fn modules(spec: &Spec) -> Result<BTreeMap<String, String>, String> {
    let mut modules = BTreeMap::new();
    for (object, resource) in &spec.resources {
        let mut text = imports();

        for (schema, fields) in &resource.schemas {
            if schema.starts_with("deleted_") {
                continue;
            }
            let docs = if schema == object {
                object_docs(spec, object)
            } else {
                part_docs(object)
            };
            let deletable = schema == object && resource.fact("deleted").is_some();
            text += &structure(schema, fields, &docs, deletable)?;
        }

        text += &model(spec, object);
        modules.insert(snake(object), text);
    }

    let users = groups::users_of_shared(spec);
    let mut shared = imports();
    for (schema, fields) in spec
        .shared
        .iter()
        .filter(|(schema, _)| !schema.starts_with("deleted_"))
    {
        let condition = groups::condition(&users[schema.as_str()]);
        let docs = "/// Part of several objects.\n";
        shared += &with_condition(&structure(schema, fields, docs, false)?, &condition);
    }

    let mut thin = imports();
    for (schema, fields) in &spec.thin_schemas {
        let docs = "/// Part of the `data` of a thin event.\n";
        thin += &structure(schema, fields, docs, false)?;
    }

    modules.insert("shared".to_owned(), shared);
    modules.insert("thin".to_owned(), thin);
    modules.insert("unions".to_owned(), unions());
    Ok(modules)
}

/// The lines of `mod.rs` for the modules: each behind its feature, with a placeholder type where
/// the feature is off.
pub(super) fn declarations(spec: &Spec) -> String {
    let mut text = String::new();
    for object in spec.resources.keys() {
        let (module, name) = (snake(object), type_name(object));
        match groups::feature(object) {
            None => _ = writeln!(text, "mod {module};\npub use {module}::*;"),
            Some(feature) => {
                let _ = writeln!(
                    text,
                    "#[cfg(feature = {feature:?})]\nmod {module};\n#[cfg(feature = {feature:?})]\npub use {module}::*;\n\
                     #[cfg(not(feature = {feature:?}))]\n{}",
                    switched_off(&name, object, feature)
                );
            }
        }
    }
    text + "mod shared;\npub use shared::*;\nmod thin;\npub use thin::*;\nmod unions;\npub use unions::*;\n"
}

/// The struct in place of a model whose feature is off, formatted: rustfmt would follow the modules
/// of this file.
fn switched_off(name: &str, object: &str, feature: &str) -> String {
    let arguments = [
        name.to_owned(),
        format!("{object:?}"),
        format!("{feature:?}"),
    ];
    let line = arguments.join(", ");
    if line.len() <= CALL_WIDTH {
        format!("crate::types::switched_off!({line});")
    } else {
        let lines = arguments.join(",\n    ");
        format!("crate::types::switched_off!(\n    {lines}\n);")
    }
}

/// The name of the union of these objects.
pub(super) fn union_name(objects: &[&str]) -> Result<&'static str, String> {
    let mut objects: Vec<&str> = objects.to_vec();
    objects.sort_unstable();
    let found = UNIONS.iter().find(|(_, members)| *members == objects);
    found
        .map(|(name, _)| *name)
        .ok_or_else(|| format!("name the union of {objects:?} in UNIONS"))
}

fn imports() -> String {
    "use std::collections::BTreeMap;\n\nuse serde_json::Value;\n\nuse super::*;\n\
     use crate::json::{Decoder, FromJson};\nuse crate::timestamp::Timestamp;\n\
     use crate::types::{Currency, Decimal, Expandable, List, open_enum};\n\n"
        .to_owned()
}

fn object_docs(spec: &Spec, object: &str) -> String {
    let resource = &spec.resources[object];
    let page = resource
        .fact("retrieve")
        .or(resource.fact("list"))
        .map_or_else(
            || "https://docs.stripe.com/api".to_owned(),
            |path| {
                let segments: Vec<&str> = path
                    .split('/')
                    .skip(2)
                    .filter(|segment| !segment.starts_with('{'))
                    .collect();
                format!("https://docs.stripe.com/api/{}/object", segments.join("/"))
            },
        );

    let mut docs = format!(
        "/// The object `{object}`; its fields are described on its [reference page]({page}).\n///\n"
    );
    for (fact, words) in [
        ("retrieve", "Retrieved"),
        ("singleton", "Retrieved"),
        ("list", "Listed"),
        ("delete", "Deleted"),
    ] {
        if let Some(path) = resource.fact(fact) {
            let _ = writeln!(docs, "/// {words} at `{path}`.");
        }
    }

    let events: Vec<String> = spec
        .events
        .iter()
        .filter(|(_, event)| event.objects.iter().any(|carried| carried == object))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !events.is_empty() {
        let _ = writeln!(docs, "/// Carried by {}.", events.join(", "));
    }
    docs.trim_end_matches("///\n").to_owned()
}

fn part_docs(object: &str) -> String {
    format!("/// Part of `{object}`.\n")
}

/// A struct, the enums of its fields, and its `FromJson`.
fn structure(schema: &str, fields: &Fields, docs: &str, deletable: bool) -> Result<String, String> {
    let name = type_name(schema);
    let mut members = String::new();
    let mut reads = String::new();
    let mut enums = String::new();

    let deleted = deletable.then(|| ("deleted".to_owned(), "bool".to_owned()));
    let all = fields
        .iter()
        .map(|(name, ty)| (name.clone(), ty.clone()))
        .chain(deleted);
    for (field, ty) in all {
        let ident = field_name(&field);
        let written = rust_type(
            ty.trim_end_matches(['!', '?']),
            &format!("{name}{}", type_name(&field)),
            &mut enums,
        )?;

        let is_collection = ["Vec<", "List<", "BTreeMap<"]
            .iter()
            .any(|start| written.starts_with(start));
        if is_collection {
            let _ = writeln!(members, "pub {ident}: {written},");
            let _ = writeln!(reads, "{ident}: fields.field_or_empty({field:?}),");
        } else {
            let _ = writeln!(members, "pub {ident}: Option<{written}>,");
            let _ = writeln!(reads, "{ident}: fields.field({field:?}),");
        }
    }

    let binding = if reads.is_empty() {
        "decoder.fields(value)?;"
    } else {
        "let mut fields = decoder.fields(value)?;"
    };
    Ok(format!(
        "{docs}#[derive(Clone, Debug, PartialEq)]\npub struct {name} {{\n{members}}}\n\n\
         impl FromJson for {name} {{\n\
         fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {{\n{binding}\nSome(Self {{\n{reads}}})\n}}\n}}\n\n\
         {enums}"
    ))
}

/// The type of a field. A struct in a field is boxed, because nested structs would add up to
/// kilobytes.
fn rust_type(ty: &str, path: &str, enums: &mut String) -> Result<String, String> {
    let plain = match ty {
        "str" | "i64" => "String",
        "int" => "i64",
        "num" => "f64",
        "bool" | "true" => "bool",
        "time" | "datetime" => "Timestamp",
        "dec" => "Decimal",
        "cur" => "Currency",
        "any" => "Value",
        _ => "",
    };
    if !plain.is_empty() {
        return Ok(plain.to_owned());
    }
    if ty.starts_with("const(") {
        return Ok("String".to_owned());
    }

    if let Some(schema) = ty.strip_prefix('@') {
        return Ok(format!("Box<{}>", type_name(schema)));
    }
    let inner = |open: &str| ty.strip_prefix(open).map(|rest| &rest[..rest.len() - 1]);
    if let Some(values) = inner("enum(").or_else(|| inner("open(")) {
        *enums += &enumeration(path, values)?;
        return Ok(path.to_owned());
    }

    for (open, close, start) in [
        ("list(", ">", "List<"),
        ("[", ">", "Vec<"),
        ("{", ">", "BTreeMap<String, "),
    ] {
        if let Some(item) = inner(open) {
            let item = rust_type(item, path, enums)?;
            // Items of a collection are on the heap already.
            let item = item
                .strip_prefix("Box<")
                .map_or(item.as_str(), |rest| &rest[..rest.len() - 1]);
            return Ok(format!("{start}{item}{close}"));
        }
    }

    if let Some(names) = inner("id(") {
        return Ok(format!("Expandable<{}>", one_of(names)?));
    }
    if let Some(names) = inner("obj(") {
        return Ok(format!("Box<{}>", one_of(names)?));
    }
    Err(format!("`{ty}` is not a type"))
}

fn one_of(names: &str) -> Result<String, String> {
    let names: Vec<&str> = names
        .split(',')
        .filter(|name| !name.starts_with("deleted_"))
        .collect();
    match names.as_slice() {
        [only] => Ok(type_name(only)),
        several => union_name(several).map(str::to_owned),
    }
}

fn enumeration(name: &str, values: &str) -> Result<String, String> {
    let pairs: Vec<(String, &str)> = values
        .split(',')
        .map(|value| (variant_name(value), value))
        .collect();

    if pairs.iter().any(|(variant, _)| variant == CATCH_ALL) {
        return Err(format!(
            "{name} has a value named {CATCH_ALL}: rename the catch-all variant of all enums"
        ));
    }

    let variants: String = pairs
        .iter()
        .map(|(variant, value)| format!("/// `{value}`\n{variant},\n"))
        .collect();
    let texts: String = pairs
        .iter()
        .map(|(variant, value)| format!("{variant} = {value:?}, "))
        .collect();

    Ok(format!(
        "/// Values of a field. `{CATCH_ALL}` holds values that this version doesn't list.\n#[derive(Clone, PartialEq, Eq)]\n\
         pub enum {name} {{\n{variants}/// Any other value.\n{CATCH_ALL}(Box<str>),\n}}\n\n\
         open_enum!({name} {{ {texts} }});\n\n"
    ))
}

/// `Model` for the object, and `HasTable` if it has a table.
fn model(spec: &Spec, object: &str) -> String {
    let name = type_name(object);
    let index = spec
        .resources
        .keys()
        .position(|known| known == object)
        .unwrap_or_default();
    let mut text = format!(
        "impl crate::model::Model for {name} {{\nconst OBJECT: &'static str = {object:?};\n}}\n\n"
    );

    if columns::table(spec, object).is_some() {
        let key = spec.mirror.key(object);
        let _ = writeln!(
            text,
            "impl crate::model::HasTable for {name} {{\nconst DESCRIPTOR: &'static crate::descriptor::ModelDescriptor = \
             &super::descriptors::DESCRIPTORS[{index}];\n\nfn id(&self) -> Option<&str> {{\nself.{key}.as_deref()\n}}\n}}"
        );
    }
    text
}

fn unions() -> String {
    let mut text =
        "use serde_json::Value;\n\nuse super::*;\nuse crate::json::{Decoder, FromJson};\nuse crate::types::Unmodelled;\n\n"
            .to_owned();
    for (name, members) in UNIONS {
        let variants: String = members
            .iter()
            .map(|member| {
                format!(
                    "/// `{member}`\n{}(Box<{}>),\n",
                    type_name(member),
                    type_name(member)
                )
            })
            .collect();

        let arms: String = members
            .iter()
            .map(|member| {
                format!(
                    "Some({member:?}) => FromJson::from_json(value, decoder).map(Self::{}),\n",
                    type_name(member)
                )
            })
            .collect();

        let _ = writeln!(
            text,
            "/// One of several objects, distinguished by `object`.\n#[derive(Clone, Debug, PartialEq)]\npub enum {name} {{\n\
             {variants}/// An object of another type.\nUnlisted(Unmodelled),\n}}\n\n\
             impl FromJson for {name} {{\n\
             fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {{\n\
             match value.get(\"object\").and_then(Value::as_str) {{\n{arms}\
             _ => FromJson::from_json(value, decoder).map(Self::Unlisted),\n}}\n}}\n}}\n\n\
             impl crate::model::Model for {name} {{\nconst OBJECT: &'static str = {:?};\n}}\n",
            members.join(" or ")
        );
    }
    text
}

/// Puts a `#[cfg]` before each item.
fn with_condition(items: &str, condition: &str) -> String {
    if condition.is_empty() {
        return items.to_owned();
    }

    let mut text = String::new();
    let mut at_start = true;
    for line in items.lines() {
        if at_start && !line.is_empty() {
            text += condition;
        }
        at_start = line.is_empty();
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Checks that every set of objects that a field can hold has a name, and that every name is used.
pub(super) fn check_unions(spec: &Spec) -> Result<(), String> {
    let types = spec
        .schemas()
        .into_values()
        .flat_map(|fields| fields.values().cloned())
        .collect::<Vec<_>>();

    let in_fields = types.iter().map(|ty| crate::import::names_in(ty));
    let in_events = spec
        .events
        .values()
        .map(|event| event.objects.iter().map(String::as_str).collect());

    let mut used = BTreeSet::new();
    for mut names in in_fields.chain(in_events) {
        names.retain(|name: &&str| !name.starts_with("deleted_"));
        if names.len() > 1 {
            used.insert(union_name(&names)?);
        }
    }

    match UNIONS.iter().find(|(name, _)| !used.contains(name)) {
        Some((name, _)) => Err(format!(
            "no field or event holds the union {name} any longer; remove it from UNIONS"
        )),
        None => Ok(()),
    }
}
