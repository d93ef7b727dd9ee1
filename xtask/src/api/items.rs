//! The public items of a crate, one line each.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Fields, ImplItem, Item, ItemImpl, TraitItem, Type};

use super::source::{
    Crate, Path, Target, attributes, imports, is_hidden, is_public, joined, name_of,
};

/// An item by its module and its name.
type Definition = (Path, String);

/// The lines, sorted: kind and path. An item with several public paths has its members below the
/// shortest; each further path is a line `use path = shortest path`.
pub(super) fn lines(source: &Crate) -> Vec<String> {
    let mut collector = Collector {
        source,
        paths: BTreeMap::new(),
        lines: BTreeSet::new(),
        open: Vec::new(),
    };
    collector.visit(std::slice::from_ref(&source.name), &[]);
    collector.exported_macros();

    let members = inherent_members(source);
    let mut lines = std::mem::take(&mut collector.lines);
    for (definition, paths) in &collector.paths {
        let Some(shortest) = paths.iter().min_by_key(|path| (path.len(), *path)) else {
            continue;
        };
        let name = shortest.join("::");
        for item in declarations(source, definition) {
            lines.insert(format!("{} {name}", kind(item)));
            lines
                .extend(own_members(item).map(|(kind, member)| format!("{kind} {name}::{member}")));
        }
        for (kind, member) in members.get(definition).into_iter().flatten() {
            lines.insert(format!("{kind} {name}::{member}"));
        }
        for other in paths.iter().filter(|path| *path != shortest) {
            lines.insert(format!("use {} = {name}", other.join("::")));
        }
    }
    lines.into_iter().collect()
}

struct Collector<'s> {
    source: &'s Crate,
    /// The public paths of each item.
    paths: BTreeMap<Definition, BTreeSet<Path>>,
    lines: BTreeSet<String>,
    /// Modules that are being visited, against re-exports of a parent.
    open: Vec<Path>,
}

impl Collector<'_> {
    /// Visits a module that is reachable as `public`.
    fn visit(&mut self, public: &[String], module: &[String]) {
        if self.open.iter().any(|open| open == module) {
            return;
        }
        self.open.push(module.to_vec());
        let source = self.source;
        for item in source.modules.get(module).into_iter().flatten() {
            self.item(public, module, item);
        }
        self.open.pop();
    }

    fn item(&mut self, public: &[String], module: &[String], item: &Item) {
        let visibility = match item {
            Item::Const(item) => &item.vis,
            Item::Enum(item) => &item.vis,
            Item::Fn(item) => &item.vis,
            Item::Mod(item) => &item.vis,
            Item::Static(item) => &item.vis,
            Item::Struct(item) => &item.vis,
            Item::Trait(item) => &item.vis,
            Item::Type(item) => &item.vis,
            Item::Union(item) => &item.vis,
            Item::Use(item) => &item.vis,
            _ => return,
        };
        if !is_public(visibility) || is_hidden(attributes(item)) {
            return;
        }

        match item {
            Item::Mod(child) => {
                let name = child.ident.to_string();
                self.module(joined(public, [name.clone()]), &joined(module, [name]));
            }
            Item::Use(item) => {
                for import in imports(item) {
                    for target in self.source.resolve(module, &import.path) {
                        self.import(public, &import.name, target);
                    }
                }
            }
            item => {
                if let Some(name) = name_of(item) {
                    self.add((module.to_vec(), name.clone()), joined(public, [name]));
                }
            }
        }
    }

    fn module(&mut self, public: Path, module: &[String]) {
        if self.source.modules.contains_key(module) {
            self.lines.insert(format!("mod {}", public.join("::")));
            self.visit(&public, module);
        }
    }

    fn import(&mut self, public: &[String], name: &str, target: Target) {
        let path = joined(public, [name.to_owned()]);
        match target {
            Target::Module(module) if name == "*" => self.visit(public, &module),
            Target::Module(module) => self.module(path, &module),
            Target::Item(module, item) => self.add((module, item), path),
            Target::External(target) => {
                let (path, target) = (path.join("::"), target.join("::"));
                self.lines.insert(format!("use {path} = {target}"));
            }
        }
    }

    fn add(&mut self, definition: Definition, path: Path) {
        self.paths.entry(definition).or_default().insert(path);
    }

    /// `#[macro_export]` puts a macro into the root, wherever it is.
    fn exported_macros(&mut self) {
        for (module, items) in &self.source.modules {
            for item in items {
                let is_exported = |item: &Item| {
                    let mut attributes = attributes(item).iter();
                    attributes.any(|attribute| attribute.path().is_ident("macro_export"))
                };
                if let (Item::Macro(_), Some(name)) = (item, name_of(item))
                    && is_exported(item)
                    && !is_hidden(attributes(item))
                {
                    let path = vec![self.source.name.clone(), name.clone()];
                    self.add((module.clone(), name), path);
                }
            }
        }
    }
}

/// The items of this definition: several where features choose one.
fn declarations<'s>(
    source: &'s Crate,
    (module, name): &'s Definition,
) -> impl Iterator<Item = &'s Item> {
    let items = source.modules.get(module).into_iter().flatten();
    items.filter(move |item| name_of(item).is_some_and(|declared| declared == *name))
}

fn kind(item: &Item) -> &'static str {
    match item {
        Item::Const(_) => "const",
        Item::Enum(_) => "enum",
        Item::Fn(item)
            if item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("proc_macro_attribute")) =>
        {
            "attribute"
        }
        Item::Fn(_) => "fn",
        Item::Macro(_) => "macro",
        Item::Static(_) => "static",
        Item::Struct(_) => "struct",
        Item::Trait(_) => "trait",
        Item::Type(_) => "type",
        Item::Union(_) => "union",
        _ => "item",
    }
}

/// Public fields, variants, and the items of a trait.
fn own_members(item: &Item) -> impl Iterator<Item = (&'static str, String)> {
    let mut members = Vec::new();
    match item {
        Item::Struct(item) => members.extend(public_fields(&item.fields)),
        Item::Enum(item) => {
            let variants = item
                .variants
                .iter()
                .filter(|variant| !is_hidden(&variant.attrs));
            members.extend(variants.map(|variant| ("variant", variant.ident.to_string())));
        }
        Item::Trait(item) => {
            for item in &item.items {
                let (kind, ident, attributes) = match item {
                    TraitItem::Const(item) => ("const", &item.ident, &item.attrs),
                    TraitItem::Fn(item) => ("fn", &item.sig.ident, &item.attrs),
                    TraitItem::Type(item) => ("type", &item.ident, &item.attrs),
                    _ => continue,
                };
                if !is_hidden(attributes) {
                    members.push((kind, ident.to_string()));
                }
            }
        }
        _ => {}
    }

    members.into_iter()
}

fn public_fields(fields: &Fields) -> Vec<(&'static str, String)> {
    let public = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| is_public(&field.vis) && !is_hidden(&field.attrs));
    let name = |(index, field): (usize, &syn::Field)| match &field.ident {
        Some(ident) => ident.to_string(),
        None => index.to_string(),
    };
    public.map(|field| ("field", name(field))).collect()
}

/// Public methods and constants of every type, from all `impl` blocks without a trait.
fn inherent_members(source: &Crate) -> BTreeMap<Definition, Vec<(&'static str, String)>> {
    let mut members: BTreeMap<Definition, Vec<_>> = BTreeMap::new();
    for (module, items) in &source.modules {
        for item in items {
            let Item::Impl(block) = item else {
                continue;
            };
            for target in implemented_by(source, module, block) {
                if let Target::Item(module, name) = target {
                    let own = members.entry((module, name)).or_default();
                    own.extend(block.items.iter().filter_map(public_member));
                }
            }
        }
    }
    members
}

fn implemented_by(source: &Crate, module: &[String], block: &ItemImpl) -> Vec<Target> {
    match &*block.self_ty {
        Type::Path(ty) if block.trait_.is_none() && !is_hidden(&block.attrs) => {
            let segments = ty.path.segments.iter();
            let path: Path = segments.map(|segment| segment.ident.to_string()).collect();
            source.resolve(module, &path)
        }
        _ => Vec::new(),
    }
}

fn public_member(item: &ImplItem) -> Option<(&'static str, String)> {
    let (kind, ident, visibility, attributes) = match item {
        ImplItem::Const(item) => ("const", &item.ident, &item.vis, &item.attrs),
        ImplItem::Fn(item) => ("fn", &item.sig.ident, &item.vis, &item.attrs),
        _ => return None,
    };
    (is_public(visibility) && !is_hidden(attributes)).then(|| (kind, ident.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        lines(&Crate::read("shop", folder.path()).unwrap())
    }

    #[test]
    fn what_is_public_is_listed() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(lines_of(&[("lib.rs", text)]), expected, "{text}");
        };

        check(
            "pub fn a() {} fn b() {} pub(crate) fn c() {}",
            &["fn shop::a"],
        );
        check(
            "#[doc(hidden)] pub fn a() {} #[cfg(test)] pub fn b() {}",
            &[],
        );
        check(
            "pub struct A { pub b: u8, c: u8 } pub struct T(pub u8, u8);",
            &[
                "field shop::A::b",
                "field shop::T::0",
                "struct shop::A",
                "struct shop::T",
            ],
        );
        check(
            "pub enum A { B { c: u8 }, #[doc(hidden)] D }",
            &["enum shop::A", "variant shop::A::B"],
        );
        check(
            "pub trait A { const B: u8; type C; fn d(); }",
            &[
                "const shop::A::B",
                "fn shop::A::d",
                "trait shop::A",
                "type shop::A::C",
            ],
        );
        check(
            "pub struct A; impl A { pub fn b() {} fn c() {} pub const D: u8 = 1; } impl Drop for A { fn drop(&mut self) {} }",
            &["const shop::A::D", "fn shop::A::b", "struct shop::A"],
        );
        check(
            "mod a { #[macro_export] macro_rules! b { () => {} } macro_rules! c { () => {} } }",
            &["macro shop::b"],
        );
        check(
            "#[proc_macro_attribute] pub fn a() {}",
            &["attribute shop::a"],
        );
    }

    #[test]
    fn re_exports_are_followed() {
        let files = [
            (
                "lib.rs",
                "mod a; pub mod b; mod generated; pub use a::{A, c as d, e}; pub use generated::*; pub use uuid; pub use b::*;",
            ),
            (
                "a/mod.rs",
                "pub use inner::A; mod inner; pub mod c { pub const X: u8 = 1; } pub use crate::b::e;",
            ),
            (
                "a/inner.rs",
                "pub struct A; impl super::A { pub fn new() {} } pub struct Private;",
            ),
            (
                "b.rs",
                "pub fn e() {} pub use crate::a::A as B; pub struct Own;",
            ),
            ("generated/mod.rs", "pub struct Written;"),
        ];

        assert_eq!(
            lines_of(&files),
            [
                "const shop::d::X",
                "fn shop::A::new",
                "fn shop::e",
                "mod shop::b",
                "mod shop::d",
                "struct shop::A",
                "struct shop::Own",
                "use shop::B = shop::A",
                "use shop::b::B = shop::A",
                "use shop::b::Own = shop::Own",
                "use shop::b::e = shop::e",
                "use shop::uuid = uuid",
            ]
        );
    }
}
