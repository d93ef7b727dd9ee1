//! The files of the package that describe the API.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::declarations;
use crate::error::Error;
use crate::model::Type;
use crate::names::Modules;
use crate::requests::{self, Requests};

/// What the package declares, and what its code requests.
pub(crate) struct Package {
    /// `2026-10-28.endive`.
    pub(crate) version: String,
    pub(crate) modules: Modules,
    /// By the file of types next to the code.
    pub(crate) requests: BTreeMap<String, Requests>,
}

impl Package {
    /// Reads the files below `esm` of an unpacked package.
    ///
    /// # Errors
    /// A file that can't be read or isn't what its name says.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let root = folder.join("esm");
        let mut paths = vec![root.join("shared.d.ts"), root.join("apiVersion.d.ts")];
        collect(&root.join("resources"), &mut paths)?;
        paths.sort();

        let mut modules = BTreeMap::new();
        let mut requests = BTreeMap::new();
        for path in paths {
            let file = path.strip_prefix(&root).unwrap_or(&path);
            let file = file.to_string_lossy().replace('\\', "/");
            let text = text(&path)?;
            if let Some(stem) = file.strip_suffix(".js") {
                requests.insert(format!("{stem}.d.ts"), requests::read(&file, &text)?);
            } else {
                modules.insert(file.clone(), declarations::read(&file, &text)?);
            }
        }
        Self::new(Modules(modules), requests)
    }

    /// # Errors
    /// A package that doesn't say which API version it is for.
    pub(crate) fn new(
        modules: Modules,
        requests: BTreeMap<String, Requests>,
    ) -> Result<Self, Error> {
        const FILE: &str = "apiVersion.d.ts";
        let constants = modules.0.get(FILE).map(|module| &module.scope.constants);
        let Some(Type::Literal(version)) = constants.and_then(|it| it.get("ApiVersion")) else {
            return Err(Error::new(FILE, "ApiVersion", "isn't a literal"));
        };
        let version = version.clone();
        Ok(Self {
            version,
            modules,
            requests,
        })
    }
}

/// The files of types and of code in a folder and below it.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Io {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if name.ends_with(".d.ts") || name.ends_with(".js") {
            paths.push(path);
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        source,
    })
}
