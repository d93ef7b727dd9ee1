//! The interfaces of events -> schemas marked as events, as in Stripe's document for SDKs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::Error;
use crate::model::{Interface, Type};
use crate::names::Place;
use crate::package::Package;
use crate::schemas::{Context, Schemas};

const SNAPSHOT: &str = "resources/Events.d.ts";
const THIN: &str = "resources/V2/Core/Events.d.ts";

/// A schema for each event.
///
/// # Errors
/// A file without events, and an event that can't be read.
pub(crate) fn events(
    package: &Package,
    schemas: &mut Schemas,
) -> Result<BTreeMap<String, Value>, Error> {
    let mut events = BTreeMap::new();
    for Event {
        name,
        place,
        interface,
    } in events_of(package, SNAPSHOT)?
    {
        let event = json!({
            "x-stripeEvent": { "type": name, "kind": "snapshot" },
            "properties": { "object": carried(package, schemas, &place, interface)? },
        });
        events.insert(format!("event:{name}"), event);
    }

    for Event {
        name,
        place,
        interface,
    } in events_of(package, THIN)?
    {
        let mut properties = json!({});
        if let Some(related) = related(interface) {
            properties["related_object"] = schemas.schema(&Context::of(&place), related)?;
        }
        if let Some(data) = interface.property("data") {
            properties["data"] = schemas.schema(&Context::of(&place), &data.ty)?;
        }
        let event = json!({
            "x-stripeEvent": { "type": name, "kind": "thin" },
            "properties": properties,
        });
        events.insert(format!("event:{name}"), event);
    }
    Ok(events)
}

struct Event<'p> {
    name: &'p str,
    place: Place,
    interface: &'p Interface,
}

/// The interfaces of a file that extend `EventBase`.
fn events_of<'p>(package: &'p Package, file: &str) -> Result<Vec<Event<'p>>, Error> {
    let interfaces = package.modules.0.get(file).map(|it| &it.scope.interfaces);
    let interfaces = interfaces.into_iter().flatten();
    let is_event = |interface: &Interface| interface.extends.iter().any(|it| it == &["EventBase"]);

    let events = interfaces
        .filter(|(_, it)| is_event(it))
        .map(|(name, interface)| {
            let place = Place {
                file: file.to_owned(),
                path: vec![name.clone()],
            };
            let missing = || Error::new(file, name, "its `type` is no literal");
            Ok(Event {
                name: interface.literal("type").ok_or_else(missing)?,
                place,
                interface,
            })
        });
    let events = events.collect::<Result<Vec<_>, Error>>()?;
    if events.is_empty() {
        return Err(Error::new(file, "EventBase", "no interface extends it"));
    }
    Ok(events)
}

/// The schema of the `object` in a snapshot event's `data`.
fn carried(
    package: &Package,
    schemas: &mut Schemas,
    place: &Place,
    interface: &Interface,
) -> Result<Value, Error> {
    let context = Context::of(place);
    let missing = || Error::new(&place.file, &place.name(), "its `data` holds no `object`");
    let data = interface.property("data").ok_or_else(missing)?;
    let Type::Name(name, _) = &data.ty else {
        return Err(missing());
    };
    let data = schemas.find(&context, name)?;
    let object = package
        .modules
        .interface(&data)
        .and_then(|it| it.property("object"));
    schemas.schema(&Context::of(&data), &object.ok_or_else(missing)?.ty)
}

/// The object that a thin event refers to: what the method that fetches it returns.
fn related(interface: &Interface) -> Option<&Type> {
    let method = interface
        .methods
        .iter()
        .find(|it| it.name == "fetchRelatedObject")?;
    match &method.returns {
        Type::Name(name, arguments) if name == &["Promise"] => arguments.first(),
        _ => None,
    }
}
