//! The modules of a crate as syntax, and where paths in them lead.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use syn::{Attribute, Item, ItemUse, UseTree, Visibility};

/// A module or an item, by its segments from the crate's root.
pub(super) type Path = Vec<String>;

/// More re-exports of re-exports than there are; ends names that lead in a circle.
const DEEPEST: usize = 16;

/// Hand-written modules of a crate.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) modules: BTreeMap<Path, Vec<Item>>,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Module(Path),
    /// An item, by its module and its name.
    Item(Path, String),
    /// Something of another crate.
    External(Path),
}

/// One name of a `use`: `b as c` of `a::{b as c, d}`.
pub(super) struct Import {
    pub(super) path: Path,
    /// `*` for a glob.
    pub(super) name: String,
}

impl Crate {
    /// Reads all modules from `lib.rs` on.
    ///
    /// # Errors
    /// A file that can't be read or isn't Rust.
    pub(super) fn read(name: &str, folder: &FilePath) -> Result<Self, String> {
        let mut this = Self {
            name: name.to_owned(),
            modules: BTreeMap::new(),
        };
        this.read_file(Path::new(), &folder.join("lib.rs"), folder)?;
        Ok(this)
    }

    fn read_file(
        &mut self,
        module: Path,
        file: &FilePath,
        folder: &FilePath,
    ) -> Result<(), String> {
        let describe = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| describe(&error))?;
        let items = syn::parse_file(&text)
            .map_err(|error| describe(&error))?
            .items;
        self.add(module, items, folder)
    }

    /// Adds a module and those below it; `folder` is where the files of its children are.
    fn add(&mut self, module: Path, mut items: Vec<Item>, folder: &FilePath) -> Result<(), String> {
        items.retain(|item| !is_left_out(attributes(item)));
        for item in &mut items {
            let Item::Mod(child) = item else {
                continue;
            };
            let name = child.ident.to_string();
            let (path, inner) = (joined(&module, [name.clone()]), folder.join(&name));
            if let Some((_, body)) = child.content.take() {
                self.add(path, body, &inner)?;
                continue;
            }

            let beside = folder.join(format!("{name}.rs"));

            let file = if beside.is_file() {
                beside
            } else {
                inner.join("mod.rs")
            };
            if name != "generated" {
                self.read_file(path, &file, &inner)?;
            }
        }

        self.modules.insert(module, items);
        Ok(())
    }

    /// Where a path that stands in `module` leads. Nowhere if it leads into generated code; to
    /// several places if the name is declared several times, for a macro and a function or for
    /// several features.
    pub(super) fn resolve(&self, module: &[String], path: &[String]) -> Vec<Target> {
        let mut found = Vec::new();
        self.resolve_into(module, path, 0, &mut found);
        found.dedup();
        found
    }

    fn resolve_into(
        &self,
        module: &[String],
        path: &[String],
        depth: usize,
        found: &mut Vec<Target>,
    ) {
        let Some((first, mut rest)) = path.split_first().filter(|_| depth < DEEPEST) else {
            return;
        };
        let mut base = match first.as_str() {
            "crate" => Path::new(),
            own if own == self.name => Path::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().saturating_sub(1)].to_vec(),
            name if self.declares(module, name) => {
                return self.descend(module, path, depth, found);
            }
            _ => return found.push(Target::External(path.to_vec())),
        };

        while rest.first().is_some_and(|name| name == "super") {
            base.pop();
            rest = &rest[1..];
        }
        self.descend(&base, rest, depth, found);
    }

    fn descend(&self, module: &[String], rest: &[String], depth: usize, found: &mut Vec<Target>) {
        let Some((name, others)) = rest.split_first() else {
            return found.push(Target::Module(module.to_vec()));
        };
        let child = joined(module, [name.clone()]);
        if self.modules.contains_key(&child) {
            return self.descend(&child, others, depth, found);
        }

        for item in self.modules.get(module).into_iter().flatten() {
            match item {
                Item::Use(item) => {
                    for import in imports(item) {
                        // A glob counts if it leads to a module that declares the name.
                        if import.name == *name {
                            let target = joined(&import.path, others.to_vec());
                            self.resolve_into(module, &target, depth + 1, found);
                        } else if import.name == "*" {
                            self.through_glob(module, &import.path, rest, depth, found);
                        }
                    }
                }
                Item::Mod(_) => {}
                item if name_of(item).is_some_and(|declared| declared == *name) => {
                    found.push(Target::Item(module.to_vec(), name.clone()));
                }
                _ => {}
            }
        }
    }

    fn through_glob(
        &self,
        module: &[String],
        path: &[String],
        rest: &[String],
        depth: usize,
        found: &mut Vec<Target>,
    ) {
        let mut targets = Vec::new();
        self.resolve_into(module, path, depth + 1, &mut targets);
        for target in targets {
            if let Target::Module(target) = target
                && target != module
                && self.declares(&target, &rest[0])
            {
                self.descend(&target, rest, depth + 1, found);
            }
        }
    }

    /// Whether a module has this name: a module, an item or a `use`.
    fn declares(&self, module: &[String], name: &str) -> bool {
        let items = self.modules.get(module).into_iter().flatten();
        items.into_iter().any(|item| match item {
            Item::Mod(child) => child.ident == name,
            Item::Use(item) => imports(item)
                .iter()
                .any(|import| import.name == name && import.path[..] != [name.to_owned()]),
            item => name_of(item).is_some_and(|declared| declared == name),
        })
    }
}

pub(super) fn joined(module: &[String], segments: impl IntoIterator<Item = String>) -> Path {
    module.iter().cloned().chain(segments).collect()
}

/// The names that a `use` declares.
pub(super) fn imports(item: &ItemUse) -> Vec<Import> {
    let mut imports = Vec::new();
    collect_imports(&item.tree, &mut Path::new(), &mut imports);
    imports
}

fn collect_imports(tree: &UseTree, prefix: &mut Path, imports: &mut Vec<Import>) {
    let mut add = |last: &str, name: String| {
        // `a::{self}` names `a`.
        let path = match last {
            "self" if !prefix.is_empty() => prefix.clone(),
            last => joined(prefix, [last.to_owned()]),
        };
        let name = if name == "self" {
            path.last().cloned().unwrap_or(name)
        } else {
            name
        };
        imports.push(Import { path, name });
    };

    match tree {
        UseTree::Name(leaf) => add(&leaf.ident.to_string(), leaf.ident.to_string()),
        UseTree::Rename(leaf) => add(&leaf.ident.to_string(), leaf.rename.to_string()),
        UseTree::Glob(_) => imports.push(Import {
            path: prefix.clone(),
            name: "*".to_owned(),
        }),
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            collect_imports(&path.tree, prefix, imports);
            prefix.pop();
        }
        UseTree::Group(group) => {
            for branch in &group.items {
                collect_imports(branch, prefix, imports);
            }
        }
    }
}

/// The name of an item that has one; a macro's only if it is exported.
pub(super) fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(super) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether an item is only there for tests.
fn is_left_out(attributes: &[Attribute]) -> bool {
    has(attributes, "cfg", "test") || has(attributes, "cfg", "doctest")
}

pub(super) fn is_hidden(attributes: &[Attribute]) -> bool {
    has(attributes, "doc", "hidden")
}

/// Whether there is an attribute `#[name(word)]`.
fn has(attributes: &[Attribute], name: &str, word: &str) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident(name)
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|ident| ident == word)
    })
}
