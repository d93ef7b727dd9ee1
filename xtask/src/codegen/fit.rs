//! Types that let the compiler check a receiver's arguments: for each event a trait that its
//! payload types implement, and for each family of events an enum.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::groups;
use super::models::union_name;
use super::names::type_name;
use crate::spec::{Event, Spec};

/// The trait of `"*"`.
const ANY_EVENT: &str = "\
use crate::model::AnyObject;

/// Payload types that an argument of a receiver of `\"*\"` can have.
#[diagnostic::on_unimplemented(
    message = \"`\\\"*\\\"` matches events that carry any type of object, not only `{Self}`\",
    label = \"not carried by every event\",
    note = \"list the events by name, or take `Event` for any payload\"
)]
pub trait AnyEvent {
    #[doc(hidden)]
    const FITS: () = ();
}

impl AnyEvent for AnyObject {}

";

/// One trait for each event, written out so that the compiler's messages name only what the user
/// wrote.
pub(super) fn traits(spec: &Spec) -> Result<String, String> {
    let families = all_families(spec);
    let mut text = ANY_EVENT.to_owned();
    for (name, event) in &spec.events {
        let marker = type_name(name);
        let payload = payload(event)?;
        let _ = writeln!(
            text,
            "/// Payload types that an argument of a receiver of `{name}` can have.\n\
             #[diagnostic::on_unimplemented(\n\
             message = \"`{name}` carries `{payload}`, not `{{Self}}`\",\n\
             label = \"not carried by `{name}`\",\n\
             note = \"take `Object<{payload}>`, or `Event` for any payload\"\n)]\n\
             pub trait {marker} {{\n#[doc(hidden)]\nconst FITS: () = ();\n}}\n\nimpl {marker} for AnyObject {{}}\n"
        );

        text += &match event.objects.as_slice() {
            [only] => implementation(&marker, only),
            // An argument for one of several objects would fail on events that carry another.
            _ => format!("impl {marker} for super::{payload} {{}}\n"),
        };

        for family in prefixes(name).filter(|prefix| families.contains_key(prefix)) {
            let _ = writeln!(
                text,
                "impl {marker} for super::families::{} {{}}",
                family_name(family)
            );
        }
    }
    Ok(text)
}

/// The payload type of an event: a model, or the union of several.
fn payload(event: &Event) -> Result<String, String> {
    match event.objects.as_slice() {
        [only] => Ok(type_name(only)),
        several => {
            union_name(&several.iter().map(String::as_str).collect::<Vec<_>>()).map(str::to_owned)
        }
    }
}

fn implementation(marker: &str, object: &str) -> String {
    let condition = groups::condition(&BTreeSet::from([groups::feature(object)]));
    format!(
        "{condition}impl {marker} for super::{} {{}}\n",
        type_name(object)
    )
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

/// For the macro: the fields of the objects that events carry. It derives the name of an event's
/// trait itself.
pub(super) fn fields(spec: &Spec) -> String {
    let carried: BTreeSet<&str> = spec
        .events
        .values()
        .flat_map(|event| event.objects.iter().map(String::as_str))
        .collect();

    let mut text = format!(
        "/// Fields of the objects that events carry, by the object's name.\n\
         pub(crate) const OBJECT_FIELDS: [(&str, &[&str]); {}] = [\n",
        carried.len()
    );

    for object in carried {
        let fields: Vec<&str> = spec
            .resources
            .get(object)
            .and_then(|resource| resource.schemas.get(object))
            .map_or_else(Vec::new, |fields| {
                fields.keys().map(String::as_str).collect()
            });
        let _ = writeln!(text, "({object:?}, &{fields:?}),");
    }
    text + "];\n"
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
