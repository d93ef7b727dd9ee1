//! Files of djstripe-core that import each other in a circle.
//!
//! A file imports the files that define what its `use` declarations name, re-exports followed, and
//! what paths in its code name that begin with `crate`, `super` or `self`. A `mod.rs` that
//! re-exports an item imports the file of the item. `mod child;` alone is no import, nor is a call
//! of `child::run()`: a module composes its children.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::{FOLDER, Tree};

/// The one folder whose files may form circles: the fake Stripe is one machine in several files.
const MAY_HOLD_CIRCLES: &str = "testing/";

/// For each file the files that it imports, with the names that it takes from them.
type Imports<'t> = BTreeMap<&'t str, BTreeMap<&'t str, BTreeSet<&'t str>>>;

/// One fault for each set of files that all import each other, directly or not; it shows the
/// shortest circle.
pub(super) fn faults(tree: &Tree) -> Vec<String> {
    let imports = imports(tree);
    let reachable: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|file| (*file, reachable(&imports, file)))
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut faults = Vec::new();

    for (file, targets) in &reachable {
        if seen.contains(file) || !targets.contains(file) {
            continue;
        }
        let members: Vec<&str> = targets
            .iter()
            .copied()
            .filter(|other| reachable.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        seen.extend(&members);
        if members
            .iter()
            .all(|member| inner(member).starts_with(MAY_HOLD_CIRCLES))
        {
            continue;
        }
        faults.push(describe(&imports, &members));
    }
    faults
}

fn imports(tree: &Tree) -> Imports<'_> {
    let mut imports = Imports::new();
    for (_, file) in tree.files() {
        let own = imports.entry(file.path.as_str()).or_default();
        for reference in &file.source.references {
            let name = reference.target.last().map_or("*", String::as_str);
            for target in tree.defined_in(reference) {
                if target.path != file.path {
                    own.entry(target.path.as_str()).or_default().insert(name);
                }
            }
        }
    }
    imports
}

/// All files that imports lead to from `start`; `start` itself only if it is in a circle.
fn reachable<'t>(imports: &Imports<'t>, start: &str) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for target in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(*target) {
                open.push(target);
            }
        }
    }
    found
}

fn describe(imports: &Imports<'_>, members: &[&str]) -> String {
    let circles = members.iter().filter_map(|member| circle(imports, member));
    let shortest = circles.min_by_key(Vec::len).unwrap_or_default();
    let mut text = format!(
        "{FOLDER}: {} files import each other in a circle:",
        members.len()
    );

    for (from, to) in shortest.iter().zip(shortest.iter().skip(1)) {
        let names: Vec<&str> = imports[from][to].iter().copied().collect();
        let (from, to) = (inner(from), inner(to));
        text += &format!("\n    {from} imports {} of {to}", names.join(", "));
    }
    if members.len() + 1 > shortest.len() {
        let all: Vec<&str> = members.iter().map(|member| inner(member)).collect();
        text += &format!("\n    all of them: {}", all.join(", "));
    }
    text
}

/// The shortest way along imports from a file back to itself.
fn circle<'t>(imports: &Imports<'t>, start: &'t str) -> Option<Vec<&'t str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen: BTreeSet<&str> = BTreeSet::new();

    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        for target in imports.get(last).into_iter().flat_map(BTreeMap::keys) {
            let mut longer = way.clone();
            longer.push(target);
            if *target == start {
                return Some(longer);
            }
            if seen.insert(target) {
                ways.push_back(longer);
            }
        }
    }
    None
}

fn inner(path: &str) -> &str {
    path.strip_prefix(FOLDER).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| (format!("{FOLDER}{path}"), (*text).to_owned()))
            .collect();
        faults(&Tree::read(&files).unwrap())
    }

    #[test]
    fn circles_are_found() {
        let check = |files: &[(&str, &str)], expected: &[&str]| {
            let faults = faults_of(files);
            assert_eq!(faults.len(), expected.len(), "{files:?}: {faults:?}");
            for (fault, expected) in faults.iter().zip(expected) {
                assert!(fault.contains(expected), "{fault}");
            }
        };

        // Directly, and by a path in an expression.
        check(
            &[
                ("a/x.rs", "use super::y::Y;"),
                ("a/y.rs", "fn f() { crate::a::x::f() }"),
                ("a/mod.rs", "mod x; mod y;"),
            ],
            &["a/x.rs imports Y of a/y.rs\n    a/y.rs imports f of a/x.rs"],
        );
        // Over three folders.
        check(
            &[
                ("a.rs", "use crate::b::B;"),
                ("b.rs", "use crate::c::C;"),
                ("c.rs", "use crate::a::A;"),
            ],
            &["3 files"],
        );
        // A child uses what its mod.rs defines, and mod.rs the child.
        check(
            &[
                ("a/mod.rs", "mod x; pub use x::X; struct A;"),
                ("a/x.rs", "use super::A;"),
            ],
            &["a/mod.rs imports X of a/x.rs\n    a/x.rs imports A of a/mod.rs"],
        );
        check(
            &[
                ("a/mod.rs", "mod x; use x::run; struct A;"),
                ("a/x.rs", "mod tests { use super::super::A; }"),
            ],
            &["2 files"],
        );
        // Re-exports lead to the file that defines.
        check(
            &[
                ("a/mod.rs", "mod x; mod y; pub use x::X as Z; pub use y::Y;"),
                ("a/x.rs", "use crate::a::Y;"),
                ("a/y.rs", "use super::Z;"),
            ],
            &["a/x.rs imports Y of a/y.rs\n    a/y.rs imports Z of a/x.rs"],
        );
        check(
            &[
                ("a/mod.rs", "pub mod x;"),
                ("a/x.rs", "use crate::b::B;"),
                ("b.rs", "use crate::a::x; use x::X;"),
            ],
            &["2 files"],
        );
    }

    #[test]
    fn imports_in_one_direction_are_no_circle() {
        let check = |files: &[(&str, &str)]| assert_eq!(faults_of(files), [""; 0], "{files:?}");

        check(&[
            ("a/mod.rs", "mod x; struct A;"),
            ("a/x.rs", "use super::A;"),
        ]);
        check(&[
            ("a/mod.rs", "mod x; fn f() { x::run() } struct A;"),
            ("a/x.rs", "use super::A;"),
        ]);
        check(&[
            ("a/mod.rs", "mod x; pub use x::X;"),
            ("a/x.rs", "pub struct X;"),
        ]);
        check(&[
            ("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::Y;"),
            ("a/x.rs", "use super::Y;"),
            ("a/y.rs", "pub struct Y; mod tests { use super::*; }"),
        ]);
        check(&[
            ("a.rs", "use serde::Serialize; use std::fmt; pub use uuid;"),
            ("b.rs", "use crate::a::uuid;"),
        ]);
        check(&[
            ("a/mod.rs", "macro_rules! m { () => {} } pub(crate) use m;"),
            ("a/x.rs", "use super::m;"),
        ]);
        check(&[
            ("testing/mod.rs", "mod x; use x::X; struct A;"),
            ("testing/x.rs", "use super::A;"),
        ]);
    }
}
