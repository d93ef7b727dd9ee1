//! Types that let the compiler check a receiver's arguments: for each event a marker and its payload
//! types, and for each family of events an enum.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::models::union_name;
use super::names::type_name;
use super::{catalogue, groups};
use crate::import::names_in;
use crate::spec::Spec;

/// The marker of `"*"`.
const ANY_EVENT: &str = "\
use crate::model::{AnyObject, CarriedBy};

impl<E> CarriedBy<E> for AnyObject {}

/// Every event, `\"*\"`.
#[derive(Debug)]
pub enum AnyEvent {}

";

/// One marker type for each event, and which payload types the event carries.
pub(super) fn markers(spec: &Spec) -> Result<String, String> {
    let families = all_families(spec);
    let mut text = ANY_EVENT.to_owned();
    for (name, event) in catalogue::entries(spec) {
        let marker = type_name(name);
        let _ = writeln!(
            text,
            "/// The event `{name}`.\n#[derive(Debug)]\npub enum {marker} {{}}\n"
        );

        // An argument for one of several objects would fail on events that carry another.
        let payload = payload(&event.objects)?;
        text += &match feature(&event.objects) {
            _ if event.objects.is_empty() => String::new(),
            Some(feature) => format!(
                "impl CarriedBy<{marker}> for super::{payload} {{\n\
                 const IS_COMPILED_IN: bool = cfg!(feature = {feature:?});\n}}\n"
            ),
            None => format!("impl CarriedBy<{marker}> for super::{payload} {{}}\n"),
        };

        if let Some(data) = event.data {
            let data = type_name(data);
            let _ = writeln!(text, "impl CarriedBy<{marker}> for super::{data} {{}}");
        }

        for family in prefixes(name).filter(|prefix| families.contains_key(prefix)) {
            let _ = writeln!(
                text,
                "impl CarriedBy<{marker}> for super::families::{} {{}}",
                family_name(family)
            );
        }
    }
    Ok(text)
}

/// The payload type of an event that carries one of these objects: a model, or the union of several.
/// Empty if it carries none.
pub(super) fn payload(objects: &[&str]) -> Result<String, String> {
    match objects {
        [] => Ok(String::new()),
        [only] => Ok(type_name(only)),
        several => union_name(several).map(str::to_owned),
    }
}

/// The cargo feature of the one object that an event carries. A union of several is always compiled.
pub(super) fn feature(objects: &[&str]) -> Option<&'static str> {
    match objects {
        [only] => groups::feature(only),
        _ => None,
    }
}

/// One enum for each prefix that several events share.
pub(super) fn families(spec: &Spec) -> String {
    let mut text = "use crate::family::Family;\n\n".to_owned();
    for (prefix, members) in all_families(spec) {
        let name = family_name(prefix);
        let rest = |member: &str| member[prefix.len() + 1..].to_owned();

        let variants: String = members
            .iter()
            .map(|member| format!("/// `{member}`\n{},\n", type_name(&rest(member))))
            .collect();

        let names: String = members
            .iter()
            .map(|member| format!("Self::{} => {member:?},\n", type_name(&rest(member))))
            .collect();
        let variants_of: String = members
            .iter()
            .map(|member| format!("{member:?} => Some(Self::{}),\n", type_name(&rest(member))))
            .collect();

        let _ = writeln!(
            text,
            "/// The events of `{prefix}.*`. A `match` without a wildcard stops compiling when the catalogue gains an event.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum {name} {{\n{variants}}}\n\n\
             impl Family for {name} {{\nfn from_name(name: &str) -> Option<Self> {{\nmatch name {{\n{variants_of}_ => None,\n}}\n}}\n\n\
             fn name(self) -> &'static str {{\nmatch self {{\n{names}}}\n}}\n}}\n"
        );
    }
    text
}

/// For core: every family can be a receiver's argument.
pub(super) fn arguments(spec: &Spec) -> String {
    let mut text =
        "use djstripe_models::families;\n\nuse crate::receiver::arguments::family;\n\n".to_owned();
    for prefix in all_families(spec).keys() {
        let _ = writeln!(text, "family!(families::{});", family_name(prefix));
    }
    text
}

/// For the macro: the fields of the objects that events carry, and of what is embedded in them. It
/// derives the name of an event's marker itself.
pub(super) fn fields(spec: &Spec) -> String {
    let entries = catalogue::entries(spec);
    let carried: BTreeSet<&str> = entries
        .values()
        .flat_map(|entry| entry.objects.iter().copied())
        .collect();

    let mut text = format!(
        "use crate::event_facts::NestedFields;\n\n\
         /// Fields of the objects that events carry, by the object's name.\n\
         pub(crate) const OBJECT_FIELDS: [(&str, &[&str]); {}] = [\n",
        carried.len()
    );

    for object in &carried {
        let fields: Vec<&str> = spec
            .resources
            .get(*object)
            .and_then(|resource| resource.schemas.get(*object))
            .map_or_else(Vec::new, |fields| {
                fields.keys().map(String::as_str).collect()
            });
        let _ = writeln!(text, "({object:?}, &{fields:?}),");
    }
    text + "];\n\n" + &nested_fields(spec, &carried)
}

/// The fields of the hashes and lists in these objects, one level down.
fn nested_fields(spec: &Spec, carried: &BTreeSet<&str>) -> String {
    let schemas = spec.schemas();
    let mut rows: Vec<String> = Vec::new();

    for object in carried {
        for (field, ty) in schemas.get(object).into_iter().flat_map(|it| it.iter()) {
            // A field with an id doesn't change when the other object does.
            if ty.contains("id(") {
                continue;
            }
            for name in names_in(ty) {
                let Some(inner) = schemas.get(name) else {
                    continue;
                };
                let inner: Vec<&str> = inner.keys().map(String::as_str).collect();
                let of = spec.resources.contains_key(name).then_some(name);
                rows.push(format!(
                    "NestedFields {{ object: {object:?}, field: {field:?}, of: {of:?}, \
                     fields: &{inner:?} }},\n"
                ));
            }
        }
    }

    format!(
        "/// Fields of what stands in a field of the objects that events carry.\n\
         pub(crate) static NESTED_FIELDS: [NestedFields; {}] = [\n{}];\n",
        rows.len(),
        rows.concat()
    )
}

/// A model may have the same name (`billing.meter_event` and `billing.meter.*`), so families are in
/// their own module.
fn family_name(prefix: &str) -> String {
    type_name(prefix) + "Event"
}

fn all_families(spec: &Spec) -> BTreeMap<&str, Vec<&str>> {
    let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in spec.events.keys() {
        for family in prefixes(name) {
            families.entry(family).or_default().push(name);
        }
    }
    families.retain(|_, members| members.len() > 1);
    families
}

fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.rsplit_once('.'), |(start, _)| start.rsplit_once('.'))
        .map(|(start, _)| start)
}
