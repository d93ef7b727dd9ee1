//! The events and the objects that they carry or refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::types::{reference, values};
use crate::spec::{Event, ThinEvent};

/// The events of a document. The document for SDKs says what each event carries; for the public one
/// the event's name tells.
pub(super) fn of(document: &Value, objects: &BTreeSet<&str>) -> BTreeMap<String, Event> {
    let stated = stated(document);
    if !stated.is_empty() {
        return stated;
    }

    let subscribable = &document["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"]
        ["application/x-www-form-urlencoded"]["schema"]["properties"]["enabled_events"]["items"];
    let names = values(subscribable).into_iter().filter(|name| name != "*");
    names
        .map(|name| {
            let objects = object_in(&name, objects)
                .map(str::to_owned)
                .into_iter()
                .collect();
            (
                name,
                Event {
                    objects,
                    since: None,
                },
            )
        })
        .collect()
}

/// The thin events of a document for SDKs: the object that each refers to, the snapshot event for
/// the same occasion, and the schema of its data.
pub(super) fn thin(document: &Value) -> BTreeMap<String, ThinEvent> {
    let snapshots: BTreeSet<&str> = marked(document, "snapshot").map(|(name, _)| name).collect();
    let thin = marked(document, "thin").map(|(name, schema)| {
        let properties = &schema["properties"];
        let snapshot = name.strip_prefix("v1.");
        let snapshot = snapshot.filter(|name| snapshots.contains(name));
        let event = ThinEvent {
            related: reference(&properties["related_object"]).map(str::to_owned),
            snapshot: snapshot.map(str::to_owned),
            data: reference(&properties["data"]).map(str::to_owned),
        };
        (name.to_owned(), event)
    });
    thin.collect()
}

/// The schemas of events of this kind, which are marked with `x-stripeEvent`.
fn marked<'d>(
    document: &'d Value,
    kind: &'static str,
) -> impl Iterator<Item = (&'d str, &'d Value)> {
    let schemas = document["components"]["schemas"].as_object();
    schemas
        .into_iter()
        .flatten()
        .filter_map(move |(_, schema)| {
            let mark = &schema["x-stripeEvent"];
            let is_one = mark["kind"].as_str().unwrap_or("snapshot") == kind;
            Some((mark["type"].as_str()?, schema)).filter(|_| is_one)
        })
}

/// Events as schemas of their own.
fn stated(document: &Value) -> BTreeMap<String, Event> {
    marked(document, "snapshot")
        .map(|(name, schema)| {
            let object = &schema["properties"]["object"];
            let several = object["anyOf"].as_array().into_iter().flatten();
            let mut objects: Vec<String> = std::iter::once(object)
                .chain(several)
                .filter_map(reference)
                .map(str::to_owned)
                .collect();

            objects.sort();
            (
                name.to_owned(),
                Event {
                    objects,
                    since: None,
                },
            )
        })
        .collect()
}

/// The object that an event's name contains: `checkout.session` of `checkout.session.completed`,
/// `dispute` of `charge.dispute.closed`. It is the longest suffix of the name without its verb that
/// is an object, where dots and underscores are equal.
fn object_in<'o>(name: &str, objects: &BTreeSet<&'o str>) -> Option<&'o str> {
    let (mut subject, _) = name.rsplit_once('.')?;
    loop {
        let plain = subject.replace('.', "_");
        if let Some(object) = objects
            .iter()
            .find(|object| object.replace('.', "_") == plain)
        {
            return Some(object);
        }
        subject = subject.split_once('.')?.1;
    }
}
