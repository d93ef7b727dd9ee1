//! Describes the types of Stripe's package for Node as an OpenAPI document, on standard output.
//! `cargo xtask import --npm` runs it, and reduces the document to the facts in `spec/`.
//!
//! Invariant: the document has names, types and paths, no sentence of the package. A declaration
//! that can't be read is an error.

mod comments;
mod declarations;
mod error;
mod events;
mod model;
mod names;
mod operations;
mod package;
mod requests;
mod schemas;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use error::Error;
use package::Package;
use schemas::Schemas;

fn main() -> ExitCode {
    let [_, folder] = &std::env::args().collect::<Vec<_>>()[..] else {
        eprintln!("usage: djstripe-npm PACKAGE_DIR");
        return ExitCode::from(2);
    };
    let document = Package::read(Path::new(folder)).and_then(|package| document(&package));
    match document {
        Ok(document) => match writeln!(std::io::stdout(), "{document}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            let causes = std::iter::successors(std::error::Error::source(&error), |it| it.source());
            eprintln!("error: {error}");
            causes.for_each(|cause| eprintln!("  caused by: {cause}"));
            ExitCode::FAILURE
        }
    }
}

/// The package as an OpenAPI document.
fn document(package: &Package) -> Result<Value, Error> {
    let mut schemas = Schemas::new(&package.modules)?;
    let paths = operations::paths(package, &mut schemas)?;
    let events = events::events(package, &mut schemas)?;
    let mut described = schemas.describe_all()?;
    described.extend(events);
    Ok(json!({
        "info": { "version": package.version },
        "components": { "schemas": described },
        "paths": paths,
    }))
}

#[cfg(test)]
mod tests;
