//! Packages from outside, pinned by version and kept below `target`.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the commands that install a package into a folder, unless it is there.
///
/// # Panics
/// If one of them fails: with the package's name, and how to run the tests without it.
pub fn install<'c>(
    package: &str,
    without: &str,
    folder: &Path,
    commands: impl IntoIterator<Item = &'c mut Command>,
) {
    let installed = folder.join("installed");
    if installed.exists() {
        return;
    }
    let result = commands.into_iter().try_for_each(run);
    let result = result.and_then(|()| std::fs::write(installed, "").map_err(|it| it.to_string()));
    if let Err(error) = result {
        panic!(
            "{package} can't be installed: {error}; `cargo xtask test --without {without}` leaves its \
             tests out"
        );
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{program}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rfind(|line| !line.trim().is_empty());
    Err(format!(
        "`{program}`: {}",
        last.unwrap_or("no reason given")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(
        expected = "no-package can't be installed: `false`: no reason given; `cargo xtask test --without nothing`"
    )]
    fn a_package_that_can_not_be_had_is_named() {
        let folder = std::env::temp_dir().join("djstripe-no-package");
        install(
            "no-package",
            "nothing",
            &folder,
            [&mut Command::new("false")],
        );
    }
}
