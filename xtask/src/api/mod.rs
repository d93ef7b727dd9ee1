//! `cargo xtask api [--check]`: the list of public items in `djstripe-core/api.txt`, so that a
//! change of the public interface shows in the diff of a change.
//!
//! The list comes from the sources, read with syn: `pub` items are followed from each crate's root
//! through `pub mod` and `pub use`. rustdoc's JSON would know more, but stable Rust only writes it
//! under `RUSTC_BOOTSTRAP`, its format changes with the compiler, and it takes half a minute of CPU
//! time, too long for an ordinary test. This takes seconds in a debug build. Not listed: what calls
//! of macros expand to, implementations of traits, and generated files.

mod items;
mod source;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use source::Crate;

/// Where the list is, below the workspace.
const FILE: &str = "djstripe-core/api.txt";

/// The published crates, and their folders.
const CRATES: [(&str, &str); 3] = [
    ("djstripe_core", "djstripe-core/src"),
    ("djstripe_macros", "djstripe-macros/src"),
    ("djstripe_models", "djstripe-models/src"),
];

/// Writes the list, or with `check` only compares.
///
/// # Errors
/// A source that can't be read, and with `check` every line that differs.
pub(crate) fn run(root: &Path, check: bool) -> Result<(), Box<dyn Error>> {
    let current = list(root)?;
    let path = root.join(FILE);
    if !check {
        return Ok(std::fs::write(path, current)?);
    }

    let written = std::fs::read_to_string(path)?;
    let difference = difference(&written, &current);
    if difference.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{FILE} is out of date; if the change of the public interface is intended, run `cargo xtask api`:\n  {}",
            difference.join("\n  ")
        )
        .into())
    }
}

fn list(root: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = "# Public items. Written by `cargo xtask api`; a test compares.\n".to_owned();
    for (name, folder) in CRATES {
        let lines = items::lines(&Crate::read(name, &root.join(folder))?);
        text.push('\n');
        for line in lines {
            text += &line;
            text.push('\n');
        }
    }
    Ok(text)
}

/// Lines that only one of them has.
fn difference(written: &str, current: &str) -> Vec<String> {
    let written: BTreeSet<&str> = written.lines().collect();
    let current: BTreeSet<&str> = current.lines().collect();
    let removed = written.difference(&current).map(|line| format!("- {line}"));
    let added = current.difference(&written).map(|line| format!("+ {line}"));
    removed.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_of_public_items_is_up_to_date() {
        if let Err(error) = run(&crate::root(), true) {
            panic!("{error}");
        }
    }

    #[test]
    fn a_difference_names_its_lines() {
        let difference = difference("fn a::b\nfn a::c\n", "fn a::c\nfn a::d\n");
        assert_eq!(difference, ["- fn a::b", "+ fn a::d"]);
    }
}
