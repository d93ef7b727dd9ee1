//! Facts that the document leaves out, from `spec/overrides.toml`. An entry that changes nothing is
//! an error, because the document has caught up or the entry names nothing. So the file only holds
//! what is needed.

use std::collections::BTreeMap;
use std::error::Error;

use serde::Deserialize;

use crate::facts::{MirrorFacts, RedactionFacts};
use crate::spec::{Event, Fields, Resource, Spec};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overrides {
    /// The objects of events whose name doesn't contain them.
    #[serde(default)]
    carries: BTreeMap<String, Vec<String>>,
    /// Events that the document lacks.
    #[serde(default)]
    events: BTreeMap<String, NewEvent>,
    /// Objects that the document lacks.
    #[serde(default)]
    objects: BTreeMap<String, BTreeMap<String, String>>,
    /// Schemas of these objects.
    #[serde(default)]
    schemas: BTreeMap<String, Fields>,
    /// Fields of schemas that the document describes otherwise, or not at all.
    #[serde(default)]
    fields: BTreeMap<String, Fields>,
    /// Facts of an object that its paths don't show. An empty value removes the fact.
    #[serde(default)]
    facts: BTreeMap<String, BTreeMap<String, String>>,
    /// What only codegen needs. It checks these against the facts.
    #[serde(default)]
    mirror: MirrorFacts,
    #[serde(default)]
    redaction: RedactionFacts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    carries: Vec<String>,
    since: Option<String>,
}

impl Overrides {
    /// Parses the file.
    ///
    /// # Errors
    /// Invalid TOML and unknown tables.
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Names of the added objects.
    pub(super) fn objects(&self) -> impl Iterator<Item = &String> {
        self.objects.keys()
    }

    /// Adds the overrides to the facts.
    ///
    /// # Errors
    /// Every entry that doesn't apply, one a line.
    pub(super) fn apply(
        self,
        spec: &mut Spec,
        schemas: &mut BTreeMap<String, Fields>,
    ) -> Result<(), Box<dyn Error>> {
        let mut stale: Vec<String> = self.mirror.check().err().into_iter().collect();
        spec.mirror = self.mirror;
        stale.extend(self.redaction.check().err());
        spec.redaction = self.redaction;

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

        for (schema, fields) in self.fields {
            for (field, ty) in fields {
                let fields = schemas.get_mut(&schema);
                let applies = fields.is_some_and(|fields| {
                    fields.insert(field.clone(), ty.clone()).as_ref() != Some(&ty)
                });
                if !applies {
                    stale.push(format!(
                        "fields.\"{schema}\".{field}: no such schema, or the document says the same"
                    ));
                }
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
                    "`{name}` carries {:?}: list its objects under [carries]",
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

/// Sets or removes a fact and returns whether that changed anything.
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
