//! Which folder of djstripe-core may import which: the order of the tree, and no arrow against it.

use std::collections::BTreeSet;

use super::modules::Tree;

/// A folder or file directly in `djstripe-core/src`, and the others that it may import. `leaves`
/// stands for [`LEAVES`], `below` for all floors above it in the table.
type Floor = (&'static str, &'static str);

/// From the bottom up. `lib.rs` is the root: it may import everything and nothing imports it.
///
/// ARCHITECTURE.md's table of modules has the same names in the same order.
const FLOORS: [Floor; 20] = [
    ("error", ""),
    ("timestamp", ""),
    ("telemetry", "error timestamp generated"),
    ("webhook", "error timestamp generated"),
    ("endpoint", "leaves webhook"),
    ("hooks", "leaves webhook"),
    ("client", "leaves webhook"),
    ("store", "leaves webhook endpoint generated"),
    ("receiver", "leaves webhook endpoint client store"),
    ("mirror", "leaves webhook endpoint client store receiver"),
    ("processing", "below"),
    (
        "intake",
        "leaves webhook endpoint hooks client store receiver processing",
    ),
    (
        "maintenance",
        "leaves webhook endpoint hooks client store receiver mirror processing",
    ),
    ("users", "leaves webhook client store mirror"),
    ("app", "below"),
    ("http", "leaves webhook endpoint intake maintenance app"),
    ("page", "below generated"),
    ("testing", "below"),
    ("cli", "below generated"),
    ("generated", "webhook receiver"),
];

const LEAVES: [&str; 3] = ["error", "timestamp", "telemetry"];

/// What a floor may import; `None` for a name that isn't in the table.
fn allowed(floor: &str) -> Option<Vec<&'static str>> {
    let index = FLOORS.iter().position(|(name, _)| *name == floor)?;
    let mut allowed = Vec::new();
    for word in FLOORS[index].1.split_whitespace() {
        match word {
            "leaves" => allowed.extend(LEAVES),
            "below" => allowed.extend(FLOORS[..index].iter().map(|(name, _)| name)),
            name => allowed.push(name),
        }
    }
    Some(allowed)
}

/// Every import that the table doesn't allow.
pub(super) fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for (module, file) in tree.files() {
        // The root has no floor.
        let Some(own) = module.first() else {
            continue;
        };
        let Some(allowed) = allowed(own) else {
            faults.insert((
                file.path.clone(),
                0,
                format!("`{own}` has no row in FLOORS of xtask/src/tidy/floors.rs"),
            ));
            continue;
        };

        let absolute = file.source.references.iter();
        for reference in absolute.filter(|reference| !reference.relative) {
            let fault = fault(own, &allowed, &reference.target);
            faults.extend(fault.map(|fault| (file.path.clone(), reference.line, fault)));
        }
    }
    faults
        .into_iter()
        .map(|(path, line, fault)| format!("{path}:{line}: {fault}"))
        .collect()
}

fn fault(own: &str, allowed: &[&str], target: &[String]) -> Option<String> {
    let written = target.join("::");
    let Some(floor) = target
        .first()
        .filter(|name| FLOORS.iter().any(|(floor, _)| floor == name))
    else {
        return Some(format!(
            "`crate::{written}` is imported through the root; name the folder that defines it"
        ));
    };
    let is_allowed = floor == own || allowed.contains(&floor.as_str());
    (!is_allowed).then(|| format!("`{own}` may not import `{floor}`: `crate::{written}`"))
}

/// Compares the table of modules in ARCHITECTURE.md with [`FLOORS`].
pub(super) fn documentation_fault(architecture: &str) -> Option<String> {
    let documented = documented(architecture);
    let expected: Vec<&str> = FLOORS.iter().map(|(name, _)| *name).collect();
    (documented != expected).then(|| {
        format!(
            "ARCHITECTURE.md: the table of modules has the rows\n    {}\n  but FLOORS of xtask/src/tidy/floors.rs has\n    {}",
            documented.join(", "),
            expected.join(", ")
        )
    })
}

/// The names between backticks in the first column of the table that is headed `module` or
/// `folder`.
fn documented(architecture: &str) -> Vec<&str> {
    let first_cell = |line: &str| line.split('|').nth(1).map(str::trim).map(str::to_owned);
    let is_head = |line: &&str| {
        line.starts_with('|')
            && first_cell(line).is_some_and(|cell| cell == "module" || cell == "folder")
    };
    let rows = architecture
        .lines()
        .skip_while(|line| !is_head(line))
        .skip(2)
        .take_while(|line| line.starts_with('|'));

    rows.filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|name| name.trim_end_matches('/').trim_end_matches(".rs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_in(path: &str, text: &str) -> Vec<String> {
        let files = [(format!("djstripe-core/src/{path}"), text.to_owned())];
        faults(&Tree::read(&files).unwrap())
    }

    #[test]
    fn every_kind_of_violation_is_caught() {
        let check = |path: &str, text: &str, expected: &[&str]| {
            let faults = faults_in(path, text);
            assert_eq!(faults.len(), expected.len(), "{text}: {faults:?}");
            for (fault, expected) in faults.iter().zip(expected) {
                assert!(fault.ends_with(expected), "{fault}");
            }
        };

        let upwards = ":1: `store` may not import `maintenance`: `crate::maintenance::sync::Range`";
        check(
            "store/sync.rs",
            "use crate::maintenance::sync::Range;",
            &[upwards],
        );
        check(
            "store/sync.rs",
            "pub use crate::maintenance::sync::Range;",
            &[upwards],
        );
        check(
            "store/sync.rs",
            "fn f(x: crate::maintenance::sync::Range) {}",
            &[upwards],
        );
        check(
            "store/sync.rs",
            "use super::super::maintenance::sync::Range;",
            &[upwards],
        );
        check(
            "store/sync.rs",
            "use djstripe_core::maintenance::sync::Range;",
            &[upwards],
        );
        check(
            "store/sync.rs",
            "fn f() { g!(::djstripe_core::maintenance::sync::Range) }",
            &[upwards],
        );
        check(
            "store/sync.rs",
            "#[cfg(test)] mod tests { use crate::maintenance::sync::Range; }",
            &[upwards],
        );
        check(
            "store/mod.rs",
            "use crate::{\n    client,\n    webhook::{self, event::Event},\n    app::Djstripe,\n};",
            &[
                ":2: `store` may not import `client`: `crate::client`",
                ":4: `store` may not import `app`: `crate::app::Djstripe`",
            ],
        );
        check(
            "client/send.rs",
            "use crate::store::Store;",
            &["`client` may not import `store`: `crate::store::Store`"],
        );
        check(
            "timestamp.rs",
            "use super::error::BoxError;",
            &["`timestamp` may not import `error`: `crate::error::BoxError`"],
        );
        check(
            "mirror/mod.rs",
            "use crate::Event;",
            &["`crate::Event` is imported through the root; name the folder that defines it"],
        );
        check(
            "cli/mod.rs",
            "use super::Djstripe;",
            &["`crate::Djstripe` is imported through the root; name the folder that defines it"],
        );
        check(
            "rooms/mod.rs",
            "",
            &["`rooms` has no row in FLOORS of xtask/src/tidy/floors.rs"],
        );
    }

    #[test]
    fn allowed_imports_pass() {
        let check = |path: &str, text: &str| {
            assert_eq!(faults_in(path, text), [""; 0], "{path}: {text}");
        };

        check(
            "lib.rs",
            "mod app; pub use app::Djstripe; pub use crate::cli::main;",
        );
        check(
            "store/sync/mod.rs",
            "use crate::webhook::event::Event; use crate::store::Store; use super::events;",
        );
        check(
            "store/sync/mod.rs",
            "/// See [`crate::app`].\n// crate::app\nconst X: &str = \"crate::app\";",
        );
        check(
            "receiver/mod.rs",
            "use crate::{client::Client, store::{Db, Store}}; use std::fmt; use diesel::prelude::*;",
        );
        check(
            "intake/mod.rs",
            "pub(in crate::intake) fn f() { crate::processing::wake() }",
        );
        check(
            "generated/event_names.rs",
            "use crate::webhook::event_name::EventName;",
        );
    }

    #[test]
    fn a_floor_imports_only_floors_below_it() {
        for (index, (floor, _)) in FLOORS.iter().enumerate() {
            for import in allowed(floor).unwrap() {
                let is_below = FLOORS[..index].iter().any(|(below, _)| *below == import);
                // Generated code is below `webhook` and above `receiver`, whose types it extends.
                let touches_generated = import == "generated" || *floor == "generated";
                assert!(is_below || touches_generated, "{floor}: {import}");
            }
        }
    }

    #[test]
    fn the_table_in_the_documentation_is_compared() {
        let rows: String = FLOORS
            .iter()
            .map(|(name, _)| format!("| `{name}` | what comes in |\n"))
            .collect();
        let document = format!(
            "| word | meaning |\n|---|---|\n| `row` | |\n\n| module | in, out |\n|---|---|\n{rows}\nText\n"
        );

        assert_eq!(documentation_fault(&document), None);
        assert!(documentation_fault(&document.replace("`store`", "`stores`")).is_some());
        assert!(documentation_fault("no table").is_some());
    }
}
