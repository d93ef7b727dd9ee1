//! What the key may read of what the receivers and the mirror need.
//!
//! In: the receivers and the mirror's settings. Out: for each type of object whether Stripe lets the
//! key read it. Stripe checks permissions first, so a list of one object, or an id that nothing has,
//! is enough to find out.

use std::collections::BTreeSet;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use futures_util::{StreamExt, stream};

use super::permission_names::named_in;
use crate::app::Builder;
use crate::client::{Client, ClientError, ErrorKind, Method, Priority, Request};
use crate::error::describe;
use crate::maintenance::lists;
use crate::receiver::needed_events;
use crate::receiver::registry::Registry;
use crate::webhook::event_name::{EventName, is_sent};

/// How many types of object are tried at a time.
const CONCURRENCY: usize = 8;

/// The id that is asked for where there is no list.
const NO_ID: &str = "permission_check";

/// A type of object, and whether the key may read it.
pub(super) struct Tried {
    pub(super) object: &'static str,
    /// Whether receivers of the application need it, and not the mirror alone.
    pub(super) is_own: bool,
    pub(super) access: Access,
}

/// Whether a key may read a type of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    /// Stripe refuses it, and may name permissions of which one is enough.
    Lacking(Vec<String>),
    /// The answer doesn't say, or there was none.
    Unknown(String),
    /// Its path needs the id of a parent.
    Untried,
}

/// The types of object that the receivers and the mirror need.
pub(super) struct Needed {
    own: BTreeSet<&'static str>,
    all: BTreeSet<&'static str>,
}

impl Needed {
    pub(super) fn by(builder: &Builder, registry: &Registry) -> Self {
        let (own, mut all) = (objects(registry, false), objects(registry, true));
        let settings = builder.mirror_settings();
        all.retain(|object| own.contains(object) || !settings.is_off(object));
        Self { own, all }
    }

    /// Adds a type that commands need.
    pub(super) fn and(mut self, object: &'static str) -> Self {
        self.all.insert(object);
        self
    }

    /// Tries to read each type with the key of this mode.
    pub(super) async fn try_all(&self, client: &Client, livemode: bool) -> Vec<Tried> {
        let needed = |descriptor: &&'static ModelDescriptor| {
            let is_requested = descriptor.list.is_some()
                || descriptor.retrieve.is_some()
                || descriptor.singleton.is_some();
            is_requested && self.all.contains(descriptor.object)
        };
        let mut tried: Vec<Tried> = stream::iter(DESCRIPTORS.iter().filter(needed))
            .map(async |descriptor| {
                let access = match probe(descriptor) {
                    Some(request) => access(client, request.livemode(livemode)).await,
                    None => Access::Untried,
                };
                Tried {
                    object: descriptor.object,
                    is_own: self.own.contains(descriptor.object),
                    access,
                }
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;

        tried.sort_by_key(|tried| tried.object);
        tried
    }
}

/// The cheapest request that reads such objects; `None` if its path needs the id of a parent.
fn probe(descriptor: &'static ModelDescriptor) -> Option<Request> {
    let list = lists::lists(|other| other.object == descriptor.object);
    let list = list
        .into_iter()
        .find(|list| list.descriptor.object == descriptor.object && list.parent.is_none());
    if let Some(list) = list {
        let request = Request::new(Method::Get, list.path).param("limit", 1);
        let params = list.params.iter();
        return Some(params.fold(request, |request, (name, value)| {
            request.param(name, *value)
        }));
    }
    if let Some(path) = descriptor.singleton.filter(|path| !path.contains('{')) {
        return Some(Request::new(Method::Get, path));
    }
    Request::retrieve(descriptor.object, NO_ID).ok()
}

async fn access(client: &Client, request: Request) -> Access {
    let request = request.priority(Priority::Backfill);
    match client.send(&request).await {
        Ok(_) => Access::Granted,
        Err(error) if error.is_gone() => Access::Granted,
        Err(error) => match lacking(&error) {
            Some(names) => Access::Lacking(names),
            None => Access::Unknown(describe(&error)),
        },
    }
}

/// The permissions that Stripe names if it refuses the request for want of one.
fn lacking(error: &ClientError) -> Option<Vec<String>> {
    let refused = error
        .api()
        .filter(|error| error.kind == ErrorKind::Permission)?;
    Some(named_in(&refused.message))
}

/// The objects in the events that the receivers listen to.
fn objects(registry: &Registry, mirror: bool) -> BTreeSet<&'static str> {
    let names = needed_events(registry, mirror);
    let is_needed = |name: &EventName| {
        is_sent(name.as_str(), |event| {
            names.iter().any(|name| name == event)
        })
    };
    EventName::known()
        .filter(is_needed)
        .flat_map(|name| name.objects())
        .filter(|object| descriptor(object).is_some())
        .copied()
        .collect()
}
