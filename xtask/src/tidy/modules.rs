//! The modules of djstripe-core: which file a path leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Path, Reference, Source, joined};

/// Where the modules are, below the workspace.
pub(super) const FOLDER: &str = "djstripe-core/src/";

/// More re-exports of re-exports than there are; ends names that lead in a circle.
const DEEPEST: usize = 16;

/// One file.
pub(super) struct File {
    /// Below the workspace.
    pub(super) path: String,
    pub(super) source: Source,
}

/// All files by their module.
pub(super) struct Tree {
    files: BTreeMap<Path, File>,
    /// Modules with a body inside of a file.
    inline_modules: BTreeSet<Path>,
    /// What each `use` names, by its module and the name it gives.
    names: BTreeMap<(Path, String), Vec<Reference>>,
}

impl Tree {
    /// Reads those of the files (path below the workspace, text) that are djstripe-core's.
    ///
    /// # Errors
    /// A file that isn't Rust.
    pub(super) fn read(files: &[(String, String)]) -> Result<Self, String> {
        let mut tree = Self {
            files: BTreeMap::new(),
            inline_modules: BTreeSet::new(),
            names: BTreeMap::new(),
        };

        for (path, text) in files {
            let Some(module) = module_of(path) else {
                continue;
            };
            let source = Source::read(&module, text).map_err(|error| format!("{path}: {error}"))?;
            tree.inline_modules.extend(source.inline_modules.clone());

            for reference in &source.references {
                if let Some(name) = &reference.name {
                    let key = (reference.module.clone(), name.clone());
                    tree.names.entry(key).or_default().push(reference.clone());
                }
            }

            let path = path.clone();
            tree.files.insert(module, File { path, source });
        }
        Ok(tree)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, &File)> {
        self.files.iter()
    }

    /// The file that holds this module.
    pub(super) fn file_of(&self, module: &[String]) -> Option<&File> {
        let mut module = module;
        while !self.files.contains_key(module) && self.inline_modules.contains(module) {
            module = module.split_last()?.1;
        }
        self.files.get(module)
    }

    /// The files that define what a reference names, re-exports followed. None for what other
    /// crates define.
    pub(super) fn defined_in(&self, reference: &Reference) -> Vec<&File> {
        let mut found = Vec::new();
        if reference.relative {
            let rest = &reference.target[reference.module.len()..];
            // A first segment that no `use` brings in is another crate.
            if let Some((first, _)) = rest.split_first()
                && self.others(reference, first).next().is_some()
            {
                self.follow(&reference.module, rest, Some(reference), 0, &mut found);
            }
        } else {
            self.follow(&[], &reference.target, None, 0, &mut found);
        }
        found
    }

    /// The `use`s that bring a name into the module of `reference`, but for itself.
    fn others<'t>(
        &'t self,
        reference: &'t Reference,
        name: &str,
    ) -> impl Iterator<Item = &'t Reference> {
        let key = (reference.module.clone(), name.to_owned());
        let named = self.names.get(&key).into_iter().flatten();
        named.filter(move |other| *other != reference)
    }

    /// Goes from a module down along `rest`.
    fn follow<'t>(
        &'t self,
        module: &[String],
        rest: &[String],
        from: Option<&Reference>,
        depth: usize,
        found: &mut Vec<&'t File>,
    ) {
        let Some((first, others)) = rest.split_first() else {
            found.extend(self.file_of(module));
            return;
        };
        let child = joined(module, [first.clone()]);
        if self.files.contains_key(&child) || self.inline_modules.contains(&child) {
            self.follow(&child, others, None, depth, found);
            return;
        }

        let key = (module.to_vec(), first.clone());
        let named = self.names.get(&key).into_iter().flatten();
        let mut named = named
            .filter(|named| Some(*named) != from && !is_of_itself(named))
            .peekable();
        if named.peek().is_none() {
            found.extend(self.file_of(module));
            return;
        }
        for reference in named.filter(|_| depth < DEEPEST) {
            if !reference.relative {
                let target = joined(&reference.target, others.to_vec());
                self.follow(&[], &target, None, depth + 1, found);
                continue;
            }
            let target = joined(&reference.target[module.len()..], others.to_vec());
            if self.others(reference, &target[0]).next().is_some() {
                self.follow(module, &target, Some(reference), depth + 1, found);
            }
        }
    }
}

/// `use family;` re-exports a macro of its own module.
fn is_of_itself(reference: &Reference) -> bool {
    let name = reference.name.clone();
    reference.target == joined(&reference.module, name)
}

/// The module of a file of djstripe-core.
fn module_of(path: &str) -> Option<Path> {
    let inner = path.strip_prefix(FOLDER)?.strip_suffix(".rs")?;
    let mut module: Path = inner.split('/').map(str::to_owned).collect();
    if module
        .last()
        .is_some_and(|name| name == "mod" || name == "lib")
    {
        module.pop();
    }
    Some(module)
}
