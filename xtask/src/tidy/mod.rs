//! `cargo xtask tidy`: the rules of CONTRIBUTING.md that no other tool checks.

mod circles;
mod contents;
mod floors;
mod layout;
mod modules;
mod paths;
mod rhythm;

use std::error::Error;
use std::path::Path;
use std::process::Command;

use modules::Tree;
use rhythm::Rhythm;

/// A file of the repository: its path below the workspace, and its text.
type SourceFile = (String, String);

/// Checks every file that git knows and reports all faults at once. `verbose` also lists the long
/// functions without a blank line.
///
/// # Errors
/// The faults, one a line.
pub(crate) fn run(root: &Path, verbose: bool) -> Result<(), Box<dyn Error>> {
    let files = read(root)?;
    let mut faults: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| contents::faults(path, text))
        .collect();
    faults.extend(layout::faults(files.iter().map(|(path, _)| path.as_str())));

    let tree = Tree::read(&files)?;
    faults.extend(floors::faults(&tree));
    faults.extend(circles::faults(&tree));
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    faults.extend(floors::documentation_fault(&architecture));

    let rhythm = rhythm(&files)?;
    eprintln!("tidy: {}", rhythm.summary());
    if verbose {
        rhythm
            .blocks()
            .iter()
            .for_each(|block| eprintln!("  {block}"));
    }
    faults.extend(rhythm.fault());

    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n").into())
    }
}

fn read(root: &Path) -> Result<Vec<SourceFile>, Box<dyn Error>> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    let listing = String::from_utf8(listing.stdout)?;

    let mut files = Vec::new();
    for path in listing.lines().filter(|path| root.join(path).is_file()) {
        let bytes = std::fs::read(root.join(path))?;
        files.push((
            path.to_owned(),
            String::from_utf8_lossy(&bytes).into_owned(),
        ));
    }
    Ok(files)
}

fn rhythm(files: &[SourceFile]) -> Result<Rhythm, String> {
    let mut rhythm = Rhythm::default();
    for (path, text) in files {
        if contents::is_hand_written(path) {
            rhythm
                .count(path, text)
                .map_err(|error| format!("{path}: {error}"))?;
        }
    }
    Ok(rhythm)
}
