//! The facts in `spec/`: one file for each of Stripe's objects, one for shared schemas, one for the
//! events, one for the thin events.
//!
//! The format is one fact a line. An indented line belongs to the last line that isn't indented:
//!
//! ```text
//! retrieve /v1/customers/{customer}
//! schema customer
//!   balance int
//!   email str?
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use crate::facts::{self, ColumnFacts, MirrorFacts, RedactionFacts};

/// File of the schemas that several objects share.
const SHARED: &str = "_shared";
/// File of the events.
const EVENTS: &str = "_events";
/// File of the thin events and of what they carry.
const THIN: &str = "_thin";

/// Fields of a schema and their types; `xtask/src/import/types.rs` says how types are written.
pub(crate) type Fields = BTreeMap<String, String>;

/// Everything that the generator reads.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Spec {
    /// `2026-05-27.dahlia`.
    pub(crate) version: String,
    /// Digest of the document that the facts come from.
    pub(crate) sha256: String,
    /// By the name of the object, `checkout.session`.
    pub(crate) resources: BTreeMap<String, Resource>,
    /// Schemas that several objects use.
    pub(crate) shared: BTreeMap<String, Fields>,
    pub(crate) events: BTreeMap<String, Event>,
    /// By their name, `v1.account.updated`.
    pub(crate) thin: BTreeMap<String, ThinEvent>,
    /// Schemas that only thin events use.
    pub(crate) thin_schemas: BTreeMap<String, Fields>,
    /// What the mirror needs to know beyond the schemas.
    pub(crate) mirror: MirrorFacts,
    /// What is personal in the objects of a customer.
    pub(crate) redaction: RedactionFacts,
    /// Columns that are more than the field of their name.
    pub(crate) columns: ColumnFacts,
}

/// One type of object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Resource {
    /// Facts with a name and a value: `retrieve`, `singleton`, `list`, `delete`, `deleted`,
    /// `requires`, `narrows`, `widens`.
    pub(crate) facts: BTreeMap<String, String>,
    /// Its own schema and schemas that only this object uses.
    pub(crate) schemas: BTreeMap<String, Fields>,
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Event {
    /// Types of object that it can carry.
    pub(crate) objects: Vec<String>,
    /// API version that added it, if that is later than the document's.
    pub(crate) since: Option<String>,
}

/// One thin event: it names its object and carries nothing of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ThinEvent {
    /// The type of the object that it refers to.
    pub(crate) related: Option<String>,
    /// The snapshot event for the same occasion.
    pub(crate) snapshot: Option<String>,
    /// The schema of its `data`.
    pub(crate) data: Option<String>,
}

impl Resource {
    pub(crate) fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }
}

impl Spec {
    /// Every schema by its name, shared or not.
    pub(crate) fn schemas(&self) -> BTreeMap<&str, &Fields> {
        let own = self
            .resources
            .values()
            .flat_map(|resource| &resource.schemas);
        own.chain(&self.shared)
            .chain(&self.thin_schemas)
            .map(|(name, fields)| (name.as_str(), fields))
            .collect()
    }

    /// The files by name, without extension.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (object, resource) in &self.resources {
            let facts = resource
                .facts
                .iter()
                .map(|(name, value)| format!("{name} {value}\n"));
            files.insert(
                object.clone(),
                facts.collect::<String>() + &write_schemas(&resource.schemas),
            );
        }

        files.insert(SHARED.to_owned(), write_schemas(&self.shared));

        let mut events = format!("version {}\nsha256 {}\n", self.version, self.sha256);
        for (name, event) in &self.events {
            let since = event
                .since
                .as_ref()
                .map(|since| format!(" since {since}"))
                .unwrap_or_default();
            // Writing to a string can't fail.
            let _ = writeln!(events, "event {name} {}{since}", event.objects.join(","));
        }

        files.insert(EVENTS.to_owned(), events);

        let thin = self
            .thin
            .iter()
            .map(|(name, event)| write_thin(name, event));
        let thin = thin.collect::<String>() + &write_schemas(&self.thin_schemas);
        files.insert(THIN.to_owned(), thin);
        files
    }

    /// Reads the files of a folder.
    ///
    /// # Errors
    /// A file that can't be read, and a line that isn't a fact.
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let (mirror, redaction) = facts::read_overrides(folder)?;
        let mut spec = Self {
            mirror,
            redaction,
            columns: facts::read_columns(folder)?,
            ..Self::default()
        };
        let mut paths: Vec<_> = std::fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "spec"));
        paths.sort();

        for path in paths {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(&path)?;
            spec.read_file(&name, &text)
                .map_err(|line| format!("{}: `{line}` is not a fact", path.display()))?;
        }
        Ok(spec)
    }

    fn read_file(&mut self, name: &str, text: &str) -> Result<(), String> {
        let mut resource = Resource::default();
        let mut schema = String::new();
        for line in text.lines() {
            let (key, value) = line.trim().split_once(' ').ok_or(line)?;
            if line.starts_with(' ') {
                let fields = resource.schemas.get_mut(&schema).ok_or(line)?;
                fields.insert(key.to_owned(), value.to_owned());
            } else if key == "schema" {
                schema = value.to_owned();
                resource.schemas.insert(schema.clone(), Fields::new());
            } else if key == "event" {
                let (event, facts) = value.split_once(' ').ok_or(line)?;
                self.events.insert(event.to_owned(), read_event(facts));
            } else if key == "thin" {
                let (event, facts) = value.split_once(' ').unwrap_or((value, ""));
                let thin = read_thin(facts).ok_or(line)?;
                self.thin.insert(event.to_owned(), thin);
            } else {
                resource.facts.insert(key.to_owned(), value.to_owned());
            }
        }

        match name {
            SHARED => self.shared = resource.schemas,
            THIN => self.thin_schemas = resource.schemas,
            EVENTS => {
                self.version = resource.facts.remove("version").ok_or("version")?;
                self.sha256 = resource.facts.remove("sha256").ok_or("sha256")?;
            }
            object => _ = self.resources.insert(object.to_owned(), resource),
        }
        Ok(())
    }
}

/// Digest of a file, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read_event(facts: &str) -> Event {
    let (objects, since) = match facts.split_once(" since ") {
        Some((objects, since)) => (objects, Some(since.to_owned())),
        None => (facts, None),
    };
    Event {
        objects: objects
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        since,
    }
}

/// `thin NAME [related TYPE] [snapshot NAME] [data SCHEMA]`.
fn write_thin(name: &str, event: &ThinEvent) -> String {
    let facts = [
        ("related", &event.related),
        ("snapshot", &event.snapshot),
        ("data", &event.data),
    ];
    let facts = facts.into_iter().filter_map(|(fact, value)| {
        let value = value.as_ref()?;
        Some(format!(" {fact} {value}"))
    });
    format!("thin {name}{}\n", facts.collect::<String>())
}

fn read_thin(facts: &str) -> Option<ThinEvent> {
    let mut event = ThinEvent::default();
    let mut words = facts.split_whitespace();
    while let Some(fact) = words.next() {
        let place = match fact {
            "related" => &mut event.related,
            "snapshot" => &mut event.snapshot,
            "data" => &mut event.data,
            _ => return None,
        };
        *place = Some(words.next()?.to_owned());
    }
    Some(event)
}

fn write_schemas(schemas: &BTreeMap<String, Fields>) -> String {
    let mut text = String::new();
    for (name, fields) in schemas {
        let _ = writeln!(text, "schema {name}");
        for (field, ty) in fields {
            let _ = writeln!(text, "  {field} {ty}");
        }
    }
    text
}

#[cfg(test)]
impl Spec {
    /// Types of object and shared schemas, each with the names and types of its fields.
    pub(crate) fn of(
        objects: &[(&str, &[(&str, &str)])],
        shared: &[(&str, &[(&str, &str)])],
    ) -> Self {
        let owned = |(name, ty): &(&str, &str)| ((*name).to_owned(), (*ty).to_owned());
        let schema = |(name, fields): &(&str, &[(&str, &str)])| {
            ((*name).to_owned(), fields.iter().map(owned).collect())
        };
        let resource = |object: &(&str, &[(&str, &str)])| {
            let resource = Resource {
                schemas: [schema(object)].into(),
                ..Resource::default()
            };
            (object.0.to_owned(), resource)
        };
        Self {
            resources: objects.iter().map(resource).collect(),
            shared: shared.iter().map(schema).collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_facts_are_read_again() {
        let fields = |ty: &str| Fields::from([("id".to_owned(), ty.to_owned())]);
        let resource = Resource {
            facts: [("list".to_owned(), "/v1/customers".to_owned())].into(),
            schemas: [
                ("customer".to_owned(), fields("str!")),
                ("customer_tax".to_owned(), Fields::new()),
            ]
            .into(),
        };
        let since = Some("2026-10-28.endive".to_owned());
        let spec = Spec {
            version: "2026-05-27.dahlia".to_owned(),
            sha256: "00".to_owned(),
            resources: [("customer".to_owned(), resource)].into(),
            shared: [("address".to_owned(), fields("str?"))].into(),
            events: [(
                "customer.updated".to_owned(),
                Event {
                    objects: vec!["customer".to_owned()],
                    since,
                },
            )]
            .into(),
            thin: [(
                "v1.customer.updated".to_owned(),
                ThinEvent {
                    related: Some("customer".to_owned()),
                    snapshot: Some("customer.updated".to_owned()),
                    data: None,
                },
            )]
            .into(),
            thin_schemas: [("v1_customer_updated_data".to_owned(), fields("datetime!"))].into(),
            mirror: MirrorFacts::default(),
            redaction: RedactionFacts::default(),
            columns: ColumnFacts::new(),
        };

        let mut again = Spec::default();
        for (name, text) in spec.files() {
            again.read_file(&name, &text).unwrap();
        }

        assert_eq!(again, spec);
    }

    #[test]
    fn a_line_that_is_not_a_fact_is_refused() {
        let check = |text: &str| {
            assert!(
                Spec::default().read_file("customer", text).is_err(),
                "{text}"
            )
        };
        check("schema\n");
        check("  email str?\n");
        check("event customer.updated\n");
        check("thin v1.customer.updated related\n");
        check("thin v1.customer.updated carries customer\n");
    }
}
