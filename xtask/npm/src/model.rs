//! What a file of types declares, without the syntax.

use std::collections::BTreeMap;

/// A type as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Text,
    Number,
    Boolean,
    BigInt,
    True,
    Null,
    Void,
    /// `unknown`, `any` and the empty type literal.
    Anything,
    Literal(String),
    Union(Vec<Type>),
    /// A type literal with nothing but an index signature.
    Map(Box<Type>),
    /// `Array<Invoice.Tax>`: the words of the name, and the arguments.
    Name(Vec<String>, Vec<Type>),
    /// A type that this program can't read, as it is written.
    Unreadable(String),
}

/// A property of an interface.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) optional: bool,
    pub(crate) ty: Type,
    /// The comment before it. It is searched for words that say what a number is, and never copied.
    pub(crate) comment: String,
}

/// A method: the types of its parameters by name, and what it returns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, Type)>,
    pub(crate) returns: Type,
}

/// An interface.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Interface {
    pub(crate) extends: Vec<Vec<String>>,
    pub(crate) properties: Vec<Property>,
    pub(crate) methods: Vec<Method>,
    /// The type of its values, if any name is a property.
    pub(crate) index: Option<Type>,
}

/// What a file or a namespace declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scope {
    pub(crate) interfaces: BTreeMap<String, Interface>,
    pub(crate) aliases: BTreeMap<String, Type>,
    pub(crate) classes: BTreeMap<String, Vec<Method>>,
    pub(crate) scopes: BTreeMap<String, Scope>,
    /// `const ApiVersion = "2026-10-28.endive"`.
    pub(crate) constants: BTreeMap<String, Type>,
    /// Other names of what is declared outside: `export { Hold }`, `import Params = V2.Params`.
    pub(crate) links: BTreeMap<String, Vec<String>>,
}

/// Something of another file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Import {
    /// What the file exports by this name.
    Named { file: String, name: String },
    /// The file as a namespace.
    All { file: String },
}

/// A file of types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Module {
    pub(crate) scope: Scope,
    pub(crate) imports: BTreeMap<String, Import>,
    /// `export { Hold } from './Holds.js'`.
    pub(crate) exports: BTreeMap<String, Import>,
}

impl Interface {
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|it| it.name == name)
    }

    /// The text that a property is: `coupon` of `object: 'coupon'`.
    pub(crate) fn literal(&self, name: &str) -> Option<&str> {
        match &self.property(name)?.ty {
            Type::Literal(text) => Some(text),
            _ => None,
        }
    }
}

impl Scope {
    /// The namespace at the end of this path.
    pub(crate) fn at(&self, path: &[String]) -> Option<&Scope> {
        path.iter()
            .try_fold(self, |scope, name| scope.scopes.get(name))
    }
}
