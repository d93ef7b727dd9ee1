//! The events and the objects that they carry.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::types::{reference, values};
use crate::spec::Event;

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

/// Events as schemas of their own, marked with `x-stripeEvent`.
fn stated(document: &Value) -> BTreeMap<String, Event> {
    let schemas = document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten();

    let marked =
        schemas.filter_map(|(_, schema)| Some((schema["x-stripeEvent"]["type"].as_str()?, schema)));

    marked
        .filter(|(_, schema)| {
            schema["x-stripeEvent"]["kind"]
                .as_str()
                .is_none_or(|kind| kind == "snapshot")
        })
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
