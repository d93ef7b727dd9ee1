//! What a document without names takes from the facts that `spec/` already holds.
//!
//! Stripe's package for Node has no names for the parts of objects, and writes a part that several
//! objects share once for each place. Its types have one word for all numbers. So a part keeps the
//! name that it has in `spec/`, found by its place below an object, and a number keeps its kind.
//! What is new is named after its place, and after its object alone if it is the same in several
//! places of that. Invariant: an import of the same package twice changes
//! nothing.

mod kinds;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::names_in;
use crate::spec::{Fields, Resource, Spec};

use kinds::Kinds;

/// Schemas by name.
type Schemas = BTreeMap<String, Fields>;

/// Whether a schema is a part that has no name of its own, only a key.
pub(super) fn is_key(name: &str) -> bool {
    name.contains(':')
}

/// The schemas with names and kinds. `roots` are the schemas that are described for their own sake,
/// by their key, with their name.
///
/// # Errors
/// Two different parts that would have the same name.
pub(super) fn settle(
    mut schemas: Schemas,
    roots: &BTreeMap<String, String>,
    pinned: &Spec,
) -> Result<Schemas, String> {
    let known = pinned.schemas();
    let pins = pins(&schemas, roots, &known);

    let kinds = Kinds::of(&known);
    for (key, fields) in &mut schemas {
        let name = pins.get(key).or_else(|| roots.get(key));
        let former = name.and_then(|name| known.get(name.as_str()));
        for (field, ty) in fields {
            let former = former.and_then(|fields| fields.get(field));
            *ty = kinds.settle(field, ty, former.map(String::as_str));
        }
    }
    Naming::new(&schemas, pins, roots).run(roots)
}

/// The paths as they are in `spec/`, where only the names of their parameters differ.
pub(super) fn keep_paths(resource: &mut Resource, pinned: Option<&Resource>) {
    for (fact, value) in &mut resource.facts {
        let former = pinned.and_then(|resource| resource.fact(fact));
        if let Some(former) = former.filter(|former| shape(former) == shape(value)) {
            former.clone_into(value);
        }
    }
}

/// The steps of a path, with all parameters alike.
fn shape(path: &str) -> Vec<&str> {
    let steps = path.split('/');
    steps
        .map(|step| if step.starts_with('{') { "{}" } else { step })
        .collect()
}

/// By its key, the name that a part has in `spec/`: the one that stands most often in its places.
fn pins(
    schemas: &Schemas,
    roots: &BTreeMap<String, String>,
    known: &BTreeMap<&str, &Fields>,
) -> BTreeMap<String, String> {
    let mut found: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let both = |(key, name): (&'_ String, &'_ String)| {
        let (key, _) = schemas.get_key_value(key)?;
        let (name, _) = known.get_key_value(name.as_str())?;
        Some((key.as_str(), *name))
    };
    let mut open: Vec<(&str, &str)> = roots.iter().filter_map(both).collect();

    while let Some((key, name)) = open.pop() {
        if !seen.insert((key, name)) {
            continue;
        }
        for (field, ty) in &schemas[key] {
            let part = names_in(ty).into_iter().find(|name| is_key(name));
            let former = known[name].get(field).map(|ty| names_in(ty));
            let former = former.into_iter().flatten();
            let former = former.filter(|name| !roots.contains_key(*name));
            let former = former.filter_map(|name| known.get_key_value(name)).next();
            if let (Some(part), Some((former, _))) = (part, former) {
                *found.entry(part).or_default().entry(former).or_default() += 1;
                open.push((part, former));
            }
        }
    }

    let most_often = |names: &BTreeMap<&str, usize>| {
        let (name, _) = names
            .iter()
            .max_by_key(|(name, times)| (**times, std::cmp::Reverse(**name)))?;
        Some((*name).to_owned())
    };
    let pins = found.iter();
    pins.filter_map(|(key, names)| Some(((*key).to_owned(), most_often(names)?)))
        .collect()
}

/// Gives each different part a name.
struct Naming<'s> {
    schemas: &'s Schemas,
    pins: BTreeMap<String, String>,
    /// By its key, a part's content with that of the parts within it.
    contents: BTreeMap<&'s str, String>,
    /// By the name in `spec/`, the content that keeps it: the most frequent one.
    keepers: BTreeMap<String, String>,
    /// By the object and the field, the content that most of its new parts in such a field have.
    repeated: BTreeMap<(&'s str, &'s str), String>,
}

impl<'s> Naming<'s> {
    fn new(
        schemas: &'s Schemas,
        pins: BTreeMap<String, String>,
        roots: &BTreeMap<String, String>,
    ) -> Self {
        let mut naming = Self {
            schemas,
            pins,
            contents: BTreeMap::new(),
            keepers: BTreeMap::new(),
            repeated: BTreeMap::new(),
        };
        for key in schemas.keys() {
            naming.content(key, &mut Vec::new());
        }

        let mut times: BTreeMap<&String, BTreeMap<&String, usize>> = BTreeMap::new();
        for (key, name) in &naming.pins {
            let content = &naming.contents[key.as_str()];
            *times.entry(name).or_default().entry(content).or_default() += 1;
        }
        let keepers = times.into_iter().filter_map(|(name, contents)| {
            let (content, _) = contents.into_iter().max_by_key(|(_, times)| *times)?;
            Some((name.clone(), content.clone()))
        });
        naming.keepers = keepers.collect();
        naming.repeated = naming.repeated(roots);
        naming
    }

    /// What new parts of an object repeat. A field of the object itself comes before those below.
    fn repeated(&self, roots: &BTreeMap<String, String>) -> BTreeMap<(&'s str, &'s str), String> {
        let mut repeated = BTreeMap::new();
        for root in roots.keys() {
            let Some((root, fields)) = self.schemas.get_key_value(root) else {
                continue;
            };
            let mut times: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for (field, part) in self.parts_below(root) {
                if !self.pins.contains_key(part) {
                    *times.entry((field, &self.contents[part])).or_default() += 1;
                }
            }

            let mut several: Vec<_> = times.into_iter().filter(|(_, times)| *times > 1).collect();
            several.sort_by_key(|(_, times)| *times);
            for ((field, content), _) in several {
                let own = fields.get(field).and_then(|ty| self.part(ty));
                if own.is_none_or(|own| self.contents[own] == content) {
                    repeated.insert((root.as_str(), field), content.to_owned());
                }
            }
        }
        repeated
    }

    /// The parts of an object, with the field that holds each.
    fn parts_below(&self, root: &'s str) -> Vec<(&'s str, &'s str)> {
        let mut parts = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![root];
        while let Some(key) = open.pop() {
            let fields = self.schemas[key].iter();
            for (field, part) in fields.filter_map(|(field, ty)| Some((field, self.part(ty)?))) {
                if seen.insert(part) {
                    parts.push((field.as_str(), part));
                    open.push(part);
                }
            }
        }
        parts
    }

    /// The part that a type names.
    fn part(&self, ty: &str) -> Option<&'s str> {
        let part = names_in(ty).into_iter().find(|name| is_key(name))?;
        self.schemas
            .get_key_value(part)
            .map(|(part, _)| part.as_str())
    }

    /// A part's content. Parts within themselves are written by their key.
    fn content(&mut self, key: &'s str, above: &mut Vec<&'s str>) -> String {
        if let Some(content) = self.contents.get(key) {
            return content.clone();
        }
        if above.contains(&key) {
            return key.to_owned();
        }

        above.push(key);
        let schemas = self.schemas;
        let mut content = String::new();
        for (field, ty) in &schemas[key] {
            let ty = rename(ty, |name| match schemas.get_key_value(name) {
                Some((name, _)) if is_key(name) => {
                    let inner = self.content(name, above);
                    let pin = self.pins.get(name).map_or("", String::as_str);
                    format!("{pin}<{inner}>")
                }
                _ => name.to_owned(),
            });
            content += &format!("{field} {ty};");
        }
        above.pop();
        if above.is_empty() {
            self.contents.insert(key, content.clone());
        }
        content
    }

    fn run(&self, roots: &BTreeMap<String, String>) -> Result<Schemas, String> {
        let mut named = Schemas::new();
        let mut keys: BTreeMap<String, &str> = BTreeMap::new();
        let start = roots.iter().filter_map(|(key, name)| {
            let (key, _) = self.schemas.get_key_value(key)?;
            Some((key.as_str(), name.clone(), (key.as_str(), name.as_str())))
        });
        let mut open: VecDeque<(&str, String, Root)> = start.collect();
        let mut places: BTreeMap<&str, String> = BTreeMap::new();

        while let Some((key, name, root)) = open.pop_front() {
            if let Some(known) = keys.insert(name.clone(), key) {
                if self.contents[known] == self.contents[key] {
                    continue;
                }
                return Err(format!(
                    "`{known}` and `{key}` would both be named `{name}`"
                ));
            }

            let fields = self.schemas[key].iter().map(|(field, ty)| {
                let ty = rename(ty, |part| {
                    let Some((part, _)) = self.schemas.get_key_value(part).filter(|_| is_key(part))
                    else {
                        return part.to_owned();
                    };
                    let known = places.get(part.as_str()).cloned();
                    let part_name = known.unwrap_or_else(|| self.name(part, root, &name, field));
                    places.insert(part, part_name.clone());
                    open.push_back((part, part_name.clone(), root));
                    part_name
                });
                (field.clone(), ty)
            });
            named.insert(name.clone(), fields.collect());
        }
        Ok(named)
    }

    /// The name of a part in a field: the one in `spec/`, or else that of its declaration if no
    /// object declares it, or else that of its place.
    fn name(&self, part: &str, (key, root): Root, above: &str, field: &str) -> String {
        let pin = self.pins.get(part);
        let pin = pin.filter(|pin| self.keepers[*pin] == self.contents[part]);
        let declaration = part.split(':').next_back().unwrap_or_default();
        match pin {
            Some(pin) => pin.clone(),
            None if !declaration.contains('.') => snake(declaration),
            None if self.repeated.get(&(key, field)) == Some(&self.contents[part]) => {
                format!("{root}_{field}")
            }
            None => format!("{above}_{field}"),
        }
    }
}

/// An object's key and name.
type Root<'r> = (&'r str, &'r str);

/// `v2_amount` for `V2Amount`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// A type with other names of schemas in it.
fn rename(ty: &str, mut name: impl FnMut(&str) -> String) -> String {
    let base = ty.trim_end_matches(['!', '?']);
    let marks = &ty[base.len()..];
    format!("{}{marks}", rename_base(base, &mut name))
}

fn rename_base(base: &str, name: &mut dyn FnMut(&str) -> String) -> String {
    if let Some(schema) = base.strip_prefix('@') {
        return format!("@{}", name(schema));
    }
    for open in ["id(", "obj("] {
        if let Some(names) = base.strip_prefix(open).and_then(|it| it.strip_suffix(')')) {
            let names: Vec<String> = names.split(',').map(name).collect();
            return format!("{open}{})", names.join(","));
        }
    }
    for (open, close) in [("list(", ")"), ("[", "]"), ("{", "}")] {
        if let Some(inner) = base
            .strip_prefix(open)
            .and_then(|it| it.strip_suffix(close))
        {
            return format!("{open}{}{close}", rename_base(inner, name));
        }
    }
    base.to_owned()
}

#[cfg(test)]
mod tests;
