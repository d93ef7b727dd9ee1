//! What a name means where it stands.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::model::{Import, Interface, Module, Scope, Type};

/// A declaration: its file, and the namespaces down to it with its own name at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) path: Vec<String>,
}

/// All files by their path.
pub(crate) struct Modules(pub(crate) BTreeMap<String, Module>);

/// `payment_intent` for `PaymentIntent` and `paymentIntent`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

impl Place {
    pub(crate) fn name(&self) -> String {
        self.path.join(".")
    }

    /// The namespaces around it.
    pub(crate) fn around(&self) -> &[String] {
        &self.path[..self.path.len().saturating_sub(1)]
    }

    fn below(&self, name: &str) -> Self {
        let path = [&self.path[..], &[name.to_owned()]].concat();
        Self {
            file: self.file.clone(),
            path,
        }
    }
}

impl Modules {
    /// The declaration that `name` means within these namespaces of a file.
    ///
    /// # Errors
    /// A name that means nothing.
    pub(crate) fn find(
        &self,
        file: &str,
        within: &[String],
        name: &[String],
    ) -> Result<Place, Error> {
        self.lookup(file, within, name).ok_or_else(|| {
            let what = format!("`{}` is declared nowhere", name.join("."));
            Error::new(file, &within.join("."), what)
        })
    }

    fn lookup(&self, file: &str, within: &[String], name: &[String]) -> Option<Place> {
        let (first, rest) = name.split_first()?;
        (0..=within.len()).rev().find_map(|depth| {
            let base = Place {
                file: file.to_owned(),
                path: within[..depth].to_vec(),
            };
            let found = self.member(&base, first, !rest.is_empty())?;
            rest.iter()
                .enumerate()
                .try_fold(found, |place, (position, word)| {
                    self.member(&place, word, position + 1 < rest.len())
                })
        })
    }

    /// What a namespace calls by this name. An interface and a namespace can have the same name.
    fn member(&self, namespace: &Place, name: &str, is_namespace: bool) -> Option<Place> {
        let module = self.0.get(&namespace.file)?;
        let scope = module.scope.at(&namespace.path)?;
        let is_declared = if is_namespace {
            scope.scopes.contains_key(name)
        } else {
            scope.interfaces.contains_key(name)
                || scope.aliases.contains_key(name)
                || scope.classes.contains_key(name)
        };
        if is_declared {
            return Some(namespace.below(name));
        }

        if let Some(path) = scope.links.get(name) {
            let is_itself = path.len() == 1 && path[0] == name;
            let around = if is_itself {
                namespace.around()
            } else {
                &namespace.path
            };
            if is_itself && namespace.path.is_empty() {
                return self.imported(module, name, is_namespace);
            }
            return self.lookup_as(&namespace.file, around, path, is_namespace);
        }
        if namespace.path.is_empty() {
            return self.imported(module, name, is_namespace);
        }
        None
    }

    fn lookup_as(
        &self,
        file: &str,
        within: &[String],
        path: &[String],
        is_namespace: bool,
    ) -> Option<Place> {
        if !is_namespace || path.len() > 1 {
            return self.lookup(file, within, path);
        }
        (0..=within.len()).rev().find_map(|depth| {
            let base = Place {
                file: file.to_owned(),
                path: within[..depth].to_vec(),
            };
            self.member(&base, &path[0], true)
        })
    }

    fn imported(&self, module: &Module, name: &str, is_namespace: bool) -> Option<Place> {
        match module.imports.get(name).or(module.exports.get(name))? {
            Import::All { file } => Some(Place {
                file: file.clone(),
                path: Vec::new(),
            }),
            Import::Named { file, name } => {
                let file = Place {
                    file: file.clone(),
                    path: Vec::new(),
                };
                self.member(&file, name, is_namespace)
            }
        }
    }

    pub(crate) fn scope(&self, place: &Place) -> Option<&Scope> {
        self.0.get(&place.file)?.scope.at(place.around())
    }

    pub(crate) fn interface(&self, place: &Place) -> Option<&Interface> {
        self.scope(place)?.interfaces.get(place.path.last()?)
    }

    pub(crate) fn alias(&self, place: &Place) -> Option<&Type> {
        self.scope(place)?.aliases.get(place.path.last()?)
    }
}
