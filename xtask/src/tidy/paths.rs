//! The paths that a source file of djstripe-core uses, as its tokens show them.
//!
//! Tokens rather than a syntax tree, because paths inside of macro calls count too. Comments and
//! strings are gone at this stage; doc comments are strings.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Name under which djstripe-core may refer to itself.
const SELF: &str = "djstripe_core";

/// A module or an item, by its segments from the crate's root.
pub(super) type Path = Vec<String>;

/// One path in the source.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    pub(super) line: usize,
    /// The module that it stands in.
    pub(super) module: Path,
    /// What it names, from the crate's root.
    pub(super) target: Path,
    /// Name that a `use` gives it in its module.
    pub(super) name: Option<String>,
    /// Whether the first segment is neither a keyword nor a module of this file: an external crate,
    /// or a name that another `use` brings in. `target` then begins with `module`.
    pub(super) relative: bool,
}

/// What a file declares and refers to.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) references: Vec<Reference>,
    /// Modules with a body in this file.
    pub(super) inline_modules: BTreeSet<Path>,
    /// Names of the modules that each module of this file declares.
    children: BTreeMap<Path, BTreeSet<String>>,
}

impl Source {
    /// Reads the file of `module`.
    ///
    /// # Errors
    /// Text that isn't Rust.
    pub(super) fn read(module: &[String], text: &str) -> Result<Self, proc_macro2::LexError> {
        let tokens: TokenStream = text.parse()?;
        let mut source = Self::default();

        source.declarations(&flat(tokens.clone()), module);
        source.walk(&flat(tokens), module);
        Ok(source)
    }

    fn declarations(&mut self, tokens: &[TokenTree], module: &[String]) {
        for (index, token) in tokens.iter().enumerate() {
            let Some(name) = declared_module(tokens, index) else {
                // The body of an inline module comes with its declaration.
                if let TokenTree::Group(group) = token
                    && inline_module(tokens, index).is_none()
                {
                    self.declarations(&flat(group.stream()), module);
                }
                continue;
            };

            let children = self.children.entry(module.to_vec()).or_default();
            children.insert(name.clone());
            if let Some(TokenTree::Group(body)) = tokens.get(index + 2) {
                let inner = joined(module, [name]);
                self.inline_modules.insert(inner.clone());
                self.declarations(&flat(body.stream()), &inner);
            }
        }
    }

    fn walk(&mut self, tokens: &[TokenTree], module: &[String]) {
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            match token {
                TokenTree::Group(group) => match inline_module(tokens, index) {
                    Some(name) => self.walk(&flat(group.stream()), &joined(module, [name])),
                    None if is_visibility(group) => {}
                    None => self.walk(&flat(group.stream()), module),
                },
                TokenTree::Ident(ident) if ident == "use" && !is_punct(tokens, index + 1, '<') => {
                    index = self.tree(tokens, index + 1, &[], module);
                    continue;
                }
                TokenTree::Ident(_) if starts_path(tokens, index) => {
                    index = self.inline_path(tokens, index, module);
                    continue;
                }
                _ => {}
            }
            index += 1;
        }
    }

    /// Reads one branch of a `use`, and returns the index of what follows it.
    fn tree(
        &mut self,
        tokens: &[TokenTree],
        start: usize,
        prefix: &[(String, usize)],
        module: &[String],
    ) -> usize {
        let mut segments = prefix.to_vec();
        let mut alias = None;
        let mut index = start;

        while let Some(token) = tokens.get(index) {
            match token {
                TokenTree::Ident(ident) if ident == "as" => {
                    alias = tokens.get(index + 1).map(ToString::to_string);
                    index += 1;
                }
                TokenTree::Ident(ident) => {
                    segments.push((ident.to_string(), ident.span().start().line));
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let branches = flat(group.stream());
                    let mut next = 0;
                    while next < branches.len() {
                        next = self.tree(&branches, next, &segments, module) + 1;
                    }
                    return index + 1;
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => {
                    alias = Some("*".to_owned());
                }
                TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => break,
                _ => {}
            }
            index += 1;
        }

        self.leaf(segments, alias, module);
        index
    }

    fn leaf(
        &mut self,
        mut segments: Vec<(String, usize)>,
        alias: Option<String>,
        module: &[String],
    ) {
        // `a::{self}` names `a`.
        if segments.len() > 1 && segments.last().is_some_and(|(name, _)| name == "self") {
            segments.pop();
        }
        let Some((last, line)) = segments.last().cloned() else {
            return;
        };

        let segments: Path = segments.into_iter().map(|(name, _)| name).collect();
        let (target, relative) = match self.absolute(&segments, module) {
            Some(target) => (target, false),
            None => (joined(module, segments), true),
        };
        self.references.push(Reference {
            line,
            module: module.to_vec(),
            target,
            name: Some(alias.unwrap_or(last)),
            relative,
        });
    }

    /// Reads a path outside of a `use`, and returns the index of what follows it.
    fn inline_path(&mut self, tokens: &[TokenTree], start: usize, module: &[String]) -> usize {
        let mut segments = Path::new();
        let mut index = start;
        while let Some(TokenTree::Ident(ident)) = tokens.get(index) {
            segments.push(ident.to_string());
            index += 1;
            if !is_path_separator(tokens, index) {
                break;
            }
            index += 2;
        }

        if let Some(target) = self.absolute(&segments, module) {
            self.references.push(Reference {
                line: tokens[start].span().start().line,
                module: module.to_vec(),
                target,
                name: None,
                relative: false,
            });
        }
        index
    }

    /// The path from the crate's root; `None` if it starts with the name of something else than a
    /// module of this file.
    fn absolute(&self, segments: &[String], module: &[String]) -> Option<Path> {
        let (first, mut rest) = segments.split_first()?;
        let mut base = match first.as_str() {
            "crate" | SELF => return Some(rest.to_vec()),
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            name => {
                let is_child = |children: &BTreeSet<String>| children.contains(name);
                let declared = self.children.get(module).is_some_and(is_child);
                return declared.then(|| joined(module, segments.to_vec()));
            }
        };

        while let Some(("super", others)) = rest
            .split_first()
            .map(|(name, others)| (name.as_str(), others))
        {
            base.pop();
            rest = others;
        }
        Some(joined(&base, rest.to_vec()))
    }
}

fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

pub(super) fn joined(module: &[String], segments: impl IntoIterator<Item = String>) -> Path {
    module.iter().cloned().chain(segments).collect()
}

/// The name in `mod name;` or `mod name {`, if this starts at `index`.
fn declared_module(tokens: &[TokenTree], index: usize) -> Option<String> {
    let [TokenTree::Ident(keyword), TokenTree::Ident(name), end] = tokens.get(index..index + 3)?
    else {
        return None;
    };
    let ends = match end {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    (keyword == "mod" && ends).then(|| name.to_string())
}

/// The name of the inline module whose body is the group at `index`.
fn inline_module(tokens: &[TokenTree], index: usize) -> Option<String> {
    declared_module(tokens, index.checked_sub(2)?)
}

/// `(in crate::store)` of a `pub(in …)`, which imports nothing.
fn is_visibility(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(ident)) if ident == "in")
}

/// Whether a path from a known module starts at this identifier: `::` follows, and none precedes
/// but for the one of `::djstripe_core::`.
fn starts_path(tokens: &[TokenTree], index: usize) -> bool {
    let keyword = tokens[index].to_string();
    if !["crate", "self", "super", SELF].contains(&keyword.as_str()) {
        return false;
    }

    let follows = index
        .checked_sub(2)
        .is_some_and(|before| is_path_separator(tokens, before));
    let is_global = follows
        && keyword == SELF
        && !matches!(
            index.checked_sub(3).map(|before| &tokens[before]),
            Some(TokenTree::Ident(_))
        );
    is_path_separator(tokens, index + 1) && (!follows || is_global)
}

fn is_path_separator(tokens: &[TokenTree], index: usize) -> bool {
    let joint = matches!(tokens.get(index), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    joint && is_punct(tokens, index, ':') && is_punct(tokens, index + 1, ':')
}

fn is_punct(tokens: &[TokenTree], index: usize, expected: char) -> bool {
    matches!(tokens.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths found in the file of `store::sync`.
    fn found(text: &str) -> Vec<String> {
        let module = ["store".to_owned(), "sync".to_owned()];
        let source = Source::read(&module, text).unwrap();
        let absolute = source
            .references
            .iter()
            .filter(|reference| !reference.relative);
        absolute
            .map(|reference| reference.target.join("::"))
            .collect()
    }

    #[test]
    fn every_way_to_write_a_path_is_found() {
        let check = |text: &str, expected: &[&str]| assert_eq!(found(text), expected, "{text}");

        check("use crate::intake::Inbox;", &["intake::Inbox"]);
        check("pub(crate) use crate::intake;", &["intake"]);
        check(
            "use crate::{app, cli::{Cli, check::{self, Check as C}}};",
            &["app", "cli::Cli", "cli::check", "cli::check::Check"],
        );
        check("use {crate::app, super::super::cli};", &["app", "cli"]);
        check(
            "use super::events::rows::Row;",
            &["store::events::rows::Row"],
        );
        check("use crate::app::*;", &["app"]);
        check("fn f(x: crate::app::Djstripe<u8>) {}", &["app::Djstripe"]);
        check(
            "fn f() { self::g(); super::super::app::run() }",
            &["store::sync::g", "app::run"],
        );
        check(
            "fn f() { println!(\"{}\", crate::app::NAME) }",
            &["app::NAME"],
        );
        check(
            "macro_rules! m { () => { $crate::app::run() } }",
            &["app::run"],
        );
        check("fn f() { ::djstripe_core::app::run() }", &["app::run"]);
        check("use djstripe_core::app;", &["app"]);
        check(
            "mod claim; use claim::Claim;",
            &["store::sync::claim::Claim"],
        );
        check(
            "mod tests { use super::super::events; }",
            &["store::events"],
        );
        check("mod tests { use super::*; }", &["store::sync"]);
    }

    #[test]
    fn comments_strings_and_visibilities_are_no_paths() {
        let check = |text: &str| assert_eq!(found(text), [""; 0], "{text}");

        check("// use crate::app;\n/* crate::app */");
        check("/// Runs [`crate::app::run`].\nfn f() {}");
        check("//! use djstripe_core::app;");
        check("fn f() -> &'static str { \"crate::app::run\" }");
        check("pub(in crate::store) fn f() {}\npub(super) fn g() {}");
        check("use std::fmt; fn f() { std::mem::drop(1) }");
        check("mod claim; fn f() { claim::run() }");
        check("fn f() { other::crate_name::run() }");
    }
}
