//! Stripe's package for Node as an OpenAPI document. A program of its own reads the package's
//! types, so that no other command builds a parser of TypeScript.

use std::error::Error;
use std::path::Path;
use std::process::Stdio;

/// Runs the program on an unpacked package.
///
/// # Errors
/// Whatever the program can't read, which it prints.
pub(super) fn document(root: &Path, package: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let output = crate::cargo()
        .args(["run", "--quiet", "--locked", "--manifest-path"])
        .arg(root.join("xtask/npm/Cargo.toml"))
        .arg("--")
        .arg(package.canonicalize()?)
        .stderr(Stdio::inherit())
        .output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{}: could not be read", package.display()).into())
    }
}
