//! What the mirror needs to know and no schema says: the table `mirror` of `spec/overrides.toml`.
//! An entry that changes nothing is an error.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::Deserialize;

/// The table `mirror`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MirrorFacts {
    /// By the object, its list that is not owned although no event carries the children.
    pub(crate) not_owned: BTreeMap<String, NotOwned>,
    /// By its former name, what a type of object is called now.
    pub(crate) former_names: BTreeMap<String, FormerName>,
    /// By the type of a child, since when its id is unique.
    pub(crate) ids_unique_since: BTreeMap<String, UniqueSince>,
    /// By the type of an object without an id, the field that identifies it.
    pub(crate) keys: BTreeMap<String, Key>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotOwned {
    /// The list's field, or the fields down to it with dots between.
    pub(crate) path: String,
    pub(crate) reason: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormerName {
    pub(crate) now: String,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct UniqueSince {
    /// An API version.
    pub(crate) version: String,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) field: String,
    pub(crate) source: String,
}

/// The part of the file that this module reads.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    mirror: MirrorFacts,
}

impl MirrorFacts {
    /// The field that identifies the objects of a type, if they have it.
    pub(crate) fn key(&self, object: &str) -> &str {
        self.keys.get(object).map_or("id", |key| &key.field)
    }

    /// Reads the table from the file in this folder.
    ///
    /// # Errors
    /// A file that can't be read or has another shape, and an entry without its source.
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(folder.join("overrides.toml"))?;
        let File { mirror } = toml::from_str(&text)?;
        mirror.check()?;
        Ok(mirror)
    }

    /// Checks that each entry says where it comes from.
    ///
    /// # Errors
    /// The first entry that doesn't.
    pub(crate) fn check(&self) -> Result<(), String> {
        let reasons = self.not_owned.iter().map(|(key, it)| (key, &it.reason));
        let names = self.former_names.iter().map(|(key, it)| (key, &it.source));
        let ids = self.ids_unique_since.iter();
        let ids = ids.map(|(key, it)| (key, &it.source));

        let keys = self.keys.iter().map(|(key, it)| (key, &it.source));

        let is_bare = |(_, source): &(&String, &String)| source.trim().is_empty();
        let mut all = reasons.chain(names).chain(ids).chain(keys);
        match all.find(is_bare) {
            Some((key, _)) => Err(format!("spec/overrides.toml: `{key}` has no source")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_needs_a_source() {
        let check = |text: &str, is_fine: bool| {
            let facts = toml::from_str::<File>(text).unwrap().mirror;
            assert_eq!(facts.check().is_ok(), is_fine, "{text}");
        };
        let sourced = "file_upload = { now = 'file', source = 'https://docs.stripe.com' }";
        check("", true);
        check(&format!("[mirror.former_names]\n{sourced}"), true);
        check(
            "[mirror.former_names]\nold = { now = 'file', source = '' }",
            false,
        );
        check(
            "[mirror.not_owned]\nfile = { path = 'links', reason = ' ' }",
            false,
        );
    }
}
