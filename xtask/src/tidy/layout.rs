//! Where files are: few entries at the top of djstripe-core, and one style of modules.

use std::collections::BTreeSet;

use super::modules::FOLDER;

/// Most files and folders directly in `djstripe-core/src`.
const MOST_ENTRIES: usize = 21;

/// Faults of the whole list of paths.
pub(super) fn faults<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<String> {
    let sources: BTreeSet<&str> = paths.filter(|path| path.ends_with(".rs")).collect();
    let mut faults = Vec::new();

    let entries: BTreeSet<&str> = sources
        .iter()
        .filter_map(|path| path.strip_prefix(FOLDER)?.split('/').next())
        .collect();
    if entries.len() > MOST_ENTRIES {
        faults.push(format!(
            "{FOLDER}: {} entries, at most {MOST_ENTRIES} are allowed; find the new one a folder",
            entries.len()
        ));
    }

    for path in &sources {
        let folder = format!("{}/", path.trim_end_matches(".rs"));
        let mut following = sources.range(folder.as_str()..);
        if following
            .next()
            .is_some_and(|other| other.starts_with(&folder))
        {
            faults.push(format!("{path}: move it to {folder}mod.rs"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beside_a_folder_of_its_name_is_a_fault() {
        let check = |paths: &[&str], expected: &[&str]| {
            assert_eq!(faults(paths.iter().copied()), expected, "{paths:?}");
        };

        check(
            &["a/src/store.rs", "a/src/store/claim.rs"],
            &["a/src/store.rs: move it to a/src/store/mod.rs"],
        );
        check(
            &[
                "a/src/store/mod.rs",
                "a/src/store/claim.rs",
                "a/src/stores.rs",
            ],
            &[],
        );
        check(&["a/src/store.rs", "a/src/store/claim.sql"], &[]);
    }

    #[test]
    fn the_top_folder_has_a_limit() {
        let paths = |count: usize| (0..count).map(|number| format!("{FOLDER}m{number:02}/mod.rs"));
        let check = |count: usize, expected: usize| {
            let paths: Vec<String> = paths(count).collect();
            assert_eq!(faults(paths.iter().map(String::as_str)).len(), expected);
        };

        check(MOST_ENTRIES, 0);
        check(MOST_ENTRIES + 1, 1);
    }
}
