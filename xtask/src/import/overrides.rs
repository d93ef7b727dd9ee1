//! What the document leaves out, from `spec/overrides.toml`. Each entry must change something: one that the document
//! has caught up with, or that names nothing, is an error, so that the file never holds what isn't needed.

use std::collections::BTreeMap;
use std::error::Error;

use serde::Deserialize;

use crate::spec::{Event, Fields, Resource, Spec};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overrides {
    /// What an event carries, where its name doesn't say.
    #[serde(default)]
    carries: BTreeMap<String, Vec<String>>,
    /// Events that the document doesn't have.
    #[serde(default)]
    events: BTreeMap<String, NewEvent>,
    /// Objects that the document doesn't have, and schemas of theirs.
    #[serde(default)]
    objects: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    schemas: BTreeMap<String, Fields>,
    /// Facts of an object that can't be read off the paths; an empty one is taken away.
    #[serde(default)]
    facts: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    carries: Vec<String>,
    since: Option<String>,
}

impl Overrides {
    /// Reads the file.
    ///
    /// # Errors
    /// What is not TOML, and tables that aren't known.
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Names of the objects that it adds.
    pub(super) fn objects(&self) -> impl Iterator<Item = &String> {
        self.objects.keys()
    }

    /// Completes the facts.
    ///
    /// # Errors
    /// Every entry that doesn't apply, one a line.
    pub(super) fn apply(
        self,
        spec: &mut Spec,
        schemas: &mut BTreeMap<String, Fields>,
    ) -> Result<(), Box<dyn Error>> {
        let mut stale = Vec::new();
        for (name, facts) in self.objects {
            if spec
                .resources
                .insert(
                    name.clone(),
                    Resource {
                        facts,
                        schemas: BTreeMap::new(),
                    },
                )
                .is_some()
            {
                stale.push(format!("objects.\"{name}\": the document has it"));
            }
        }
        for (name, fields) in self.schemas {
            if schemas.insert(name.clone(), fields).is_some() {
                stale.push(format!("schemas.\"{name}\": the document has it"));
            }
        }
        for (object, facts) in self.facts {
            for (fact, value) in facts {
                let applies = spec
                    .resources
                    .get_mut(&object)
                    .is_some_and(|resource| set(resource, &fact, &value));
                if !applies {
                    stale.push(format!(
                        "facts.\"{object}\".{fact}: no such object, or the document says the same"
                    ));
                }
            }
        }
        for (name, objects) in self.carries {
            match spec.events.get_mut(&name) {
                Some(event) if event.objects != objects => event.objects = objects,
                Some(_) => stale.push(format!("carries.\"{name}\": the document says the same")),
                None => stale.push(format!(
                    "carries.\"{name}\": the document has no such event"
                )),
            }
        }
        for (name, NewEvent { carries, since }) in self.events {
            if spec
                .events
                .insert(
                    name.clone(),
                    Event {
                        objects: carries,
                        since,
                    },
                )
                .is_some()
            {
                stale.push(format!("events.\"{name}\": the document has it"));
            }
        }
        for (name, event) in &spec.events {
            if event.objects.is_empty()
                || event
                    .objects
                    .iter()
                    .any(|object| !spec.resources.contains_key(object))
            {
                stale.push(format!(
                    "`{name}` carries {:?}: say under [carries] which objects",
                    event.objects
                ));
            }
        }
        if stale.is_empty() {
            Ok(())
        } else {
            Err(format!("spec/overrides.toml:\n  {}", stale.join("\n  ")).into())
        }
    }
}

/// Whether that changed anything.
fn set(resource: &mut Resource, fact: &str, value: &str) -> bool {
    if value.is_empty() {
        return resource.facts.remove(fact).is_some();
    }
    resource
        .facts
        .insert(fact.to_owned(), value.to_owned())
        .as_deref()
        != Some(value)
}
