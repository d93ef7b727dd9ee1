//! What the mirror needs to know and no schema says: the tables `mirror` and `redaction` of
//! `spec/overrides.toml`, and the columns in `spec/columns.toml`. An entry that changes nothing is an error.

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
    /// By the name of a plain field, or by its object and path, the type of object that it names.
    pub(crate) plain_references: BTreeMap<String, PlainReference>,
    /// The same of fields that name no object although they are called like one.
    pub(crate) not_references: BTreeMap<String, NotReference>,
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

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlainReference {
    pub(crate) object: String,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotReference {
    pub(crate) reason: String,
}

/// The table `redaction`; the file itself says what each list means.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RedactionFacts {
    pub(crate) personal: Vec<String>,
    pub(crate) free_text: Vec<String>,
    pub(crate) personal_of: BTreeMap<String, Vec<String>>,
    pub(crate) not_personal: BTreeMap<String, NotPersonal>,
    pub(crate) customer_fields: BTreeMap<String, String>,
    pub(crate) named: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotPersonal {
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// Columns by their table's object and their name.
pub(crate) type ColumnFacts = BTreeMap<String, BTreeMap<String, ColumnFact>>;

/// Where a column's value stands; the file itself says what each entry means.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ColumnFact {
    pub(crate) paths: Vec<String>,
    pub(crate) former: Vec<String>,
    pub(crate) kind: Option<String>,
    pub(crate) indexed: bool,
    pub(crate) dropped: bool,
    pub(crate) source: String,
}

/// Reads the columns from the file in this folder.
///
/// # Errors
/// A file that can't be read or has another shape, and a column without its source.
pub(crate) fn read_columns(folder: &Path) -> Result<ColumnFacts, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("columns.toml"))?;
    let facts: ColumnFacts = toml::from_str(&text)?;
    for (object, columns) in &facts {
        if let Some((name, _)) = columns.iter().find(|(_, it)| !is_link(&it.source)) {
            return Err(format!("spec/columns.toml: {object}.{name} has no source").into());
        }
    }
    Ok(facts)
}

fn is_link(source: &str) -> bool {
    source.starts_with("https://")
}

/// The part of the file that this module reads.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    mirror: MirrorFacts,
    #[serde(default)]
    redaction: RedactionFacts,
}

/// Reads the tables from the file in this folder.
///
/// # Errors
/// A file that can't be read or has another shape, an entry without its source, and an exception without
/// its reason.
pub(crate) fn read_overrides(
    folder: &Path,
) -> Result<(MirrorFacts, RedactionFacts), Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("overrides.toml"))?;
    let File { mirror, redaction } = toml::from_str(&text)?;
    mirror.check()?;
    redaction.check()?;
    Ok((mirror, redaction))
}

impl RedactionFacts {
    /// Checks that each exception says why.
    ///
    /// # Errors
    /// The first that doesn't.
    pub(crate) fn check(&self) -> Result<(), String> {
        let reasons = pairs(&self.not_personal, |it| &it.reason);
        match reasons
            .into_iter()
            .find(|(_, reason)| reason.trim().is_empty())
        {
            Some((key, _)) => Err(format!(
                "spec/overrides.toml: `{key}` below [redaction] has no reason"
            )),
            None => Ok(()),
        }
    }
}

impl MirrorFacts {
    /// The field that identifies the objects of a type, if they have it.
    pub(crate) fn key(&self, object: &str) -> &str {
        self.keys.get(object).map_or("id", |key| &key.field)
    }

    /// Checks that each entry says where it comes from.
    ///
    /// # Errors
    /// The first entry that doesn't.
    pub(crate) fn check(&self) -> Result<(), String> {
        let sources = [
            pairs(&self.not_owned, |it| &it.reason),
            pairs(&self.former_names, |it| &it.source),
            pairs(&self.ids_unique_since, |it| &it.source),
            pairs(&self.keys, |it| &it.source),
            pairs(&self.plain_references, |it| &it.source),
            pairs(&self.not_references, |it| &it.reason),
        ];
        match sources
            .concat()
            .into_iter()
            .find(|(_, source)| source.trim().is_empty())
        {
            Some((key, _)) => Err(format!("spec/overrides.toml: `{key}` has no source")),
            None => Ok(()),
        }
    }
}

/// The keys of a table with the source of each.
fn pairs<T>(table: &BTreeMap<String, T>, source: fn(&T) -> &String) -> Vec<(&str, &str)> {
    let pairs = table.iter();
    pairs
        .map(|(key, entry)| (key.as_str(), source(entry).as_str()))
        .collect()
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
