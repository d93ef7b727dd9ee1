//! The catalogue of events, one copy for the macro and one for core.

use std::fmt::Write;

use super::names::type_name;
use super::{catalogue, fit};
use crate::spec::Spec;

/// Names and objects for core.
pub(super) fn for_core(spec: &Spec) -> String {
    let entries = catalogue::entries(spec);
    let count = entries.len();
    let mut names = format!("pub(crate) const NAMES: [&str; {count}] = [\n");
    let mut objects = format!("pub(crate) const OBJECTS: [&[&str]; {count}] = [\n");
    let mut thin = format!(
        "/// The name of each as a thin event, which is its only name if Stripe sends no snapshot.\n\
         pub(crate) const THIN: [Option<&str>; {count}] = [\n"
    );
    for (name, entry) in &entries {
        // Writing to a string can't fail.
        let _ = writeln!(names, "{name:?},");
        let _ = writeln!(objects, "&{:?},", entry.objects);
        let _ = writeln!(thin, "{:?},", entry.thin);
    }

    let other = catalogue::thin_names(spec);
    let mut other_names = format!(
        "/// The names of thin events whose snapshot event has this index.\n\
         pub(crate) const THIN_INDEX: [(&str, u16); {}] = [\n",
        other.len()
    );
    for (name, index) in other {
        let _ = writeln!(other_names, "({name:?}, {index}),");
    }

    let unrelated: Vec<&String> = spec
        .thin
        .iter()
        .filter(|(_, event)| event.related.is_none())
        .map(|(name, _)| name)
        .collect();
    format!(
        "pub(crate) const API_VERSION: &str = {:?};\n\n{names}];\n\n{objects}];\n\n{thin}];\n\n{other_names}];\n\n\
         /// The thin events that refer to no object.\n\
         #[cfg(any(feature = \"cli\", feature = \"testing\"))]\n\
         pub(crate) const WITHOUT_OBJECT: [&str; {}] = {unrelated:?};\n",
        spec.version,
        unrelated.len()
    )
}

/// A constant of core's `EventName` for each event. In a file of its own, because `EventName` reads
/// that of the names.
pub(super) fn constants(spec: &Spec) -> String {
    let mut constants =
        "use crate::webhook::event_name::EventName;\n\nimpl EventName {\n".to_owned();
    for (index, name) in catalogue::entries(spec).keys().enumerate() {
        let words = name.split(['.', '[', ']']).filter(|word| !word.is_empty());
        let constant = words.collect::<Vec<_>>().join("_").to_uppercase();
        let _ = writeln!(
            constants,
            "/// `{name}`\npub const {constant}: Self = Self::at({index});"
        );
    }
    constants + "}\n"
}

/// Names, objects, payload types and API versions for the macro.
pub(super) fn for_macros(spec: &Spec) -> Result<String, String> {
    let entries = catalogue::entries(spec);
    let mut text = format!(
        "use crate::event_facts::EventFacts;\n\npub(crate) const API_VERSION: &str = {:?};\n\n\
         pub(crate) static EVENTS: [EventFacts; {}] = [\n",
        spec.version,
        entries.len()
    );

    for (name, entry) in &entries {
        let _ = writeln!(
            text,
            "EventFacts {{ name: {name:?}, thin: {:?}, has_snapshot: {}, objects: &{:?}, payload: {:?}, \
             data: {:?}, feature: {:?}, since: {:?} }},",
            entry.thin,
            entry.has_snapshot,
            entry.objects,
            fit::payload(&entry.objects)?,
            entry.data.map(type_name),
            fit::feature(&entry.objects),
            entry.since
        );
    }
    Ok(text + "];\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The names in the order in which an output lists them.
    fn listed<'t>(output: &'t str, line_start: &str) -> Vec<&'t str> {
        let quoted = output
            .lines()
            .filter_map(|line| line.strip_prefix(line_start));
        quoted.filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn macro_and_core_know_the_same_names_in_order() {
        let spec = Spec::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")).unwrap();
        let (core, macros) = (for_core(&spec), for_macros(&spec).unwrap());
        let (_, core_names) = core.split_once("NAMES").unwrap();
        let (core_names, core_objects) = core_names.split_once("OBJECTS").unwrap();
        let (core_objects, _) = core_objects.split_once("THIN").unwrap();
        let names = listed(core_names, "\"");

        assert_eq!(names.len(), 275 + 326 - 216);
        assert!(names.is_sorted());
        assert_eq!(names, listed(&macros, "EventFacts { name: \""));

        let objects: Vec<&str> = core_objects
            .lines()
            .filter_map(|line| line.strip_prefix('&'))
            .collect();
        for (line, objects) in macros
            .lines()
            .filter(|line| line.contains("name: "))
            .zip(objects)
        {
            assert!(
                line.contains(&format!("objects: &{}", objects.trim_end_matches(','))),
                "{line}"
            );
        }
    }
}
