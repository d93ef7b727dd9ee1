//! The mirror: what an event says about an object becomes rows of its table.
//!
//! In: an event. Between: at most a few requests to Stripe, while no connection is held. Out: a list of writes that the
//! worker commits together with the receiver's checkpoint.

mod fetch;
pub(crate) mod references;
mod services;
mod settings;
mod subscriber;
mod write;

use std::collections::HashMap;
use std::fmt;

use djstripe_models::{ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{ClientError, Method, Request};
use crate::context::Context;
use crate::crud_type::CrudType;
use crate::event::Event;
use crate::extract::{AnyObject, ExtractError, FromEvent, Parts};
use crate::receiver::BoxError;
use crate::store::{StoreError, TableName, Timestamp, Unstorable};

pub(crate) use fetch::Fetched;
pub(crate) use references::id_of;
pub(crate) use services::Services;
pub use settings::{MirrorSettings, RefetchPolicy};
pub(crate) use subscriber::{DynLookup, DynSource};
pub use subscriber::{Subscriber, SubscriberLookup, SubscriberSource};
pub(crate) use write::{Run, Write, apply, apply_noting};

/// Why an object could not be mirrored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is of a type that has ids, but this one has none.
    #[error("this `{object}` has no id")]
    NoId {
        /// The type of object.
        object: &'static str,
    },
    /// The database can't hold the object's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// The object could not be fetched.
    #[error("`{object}` {id} could not be fetched")]
    Fetch {
        /// The type of object.
        object: &'static str,
        /// Its id.
        id: String,
        /// Why not.
        source: ClientError,
    },
    /// Stripe answered with another object than the one that was asked for.
    #[error("asked for `{object}` {id}, got {answer}")]
    OtherObject {
        /// The type of object.
        object: &'static str,
        /// Its id.
        id: String,
        /// What came.
        answer: String,
    },
    /// The application's [`SubscriberLookup`] failed.
    #[error("the subscriber could not be looked up")]
    Subscriber(#[source] BoxError),
}

/// The mirror as the argument of a built-in receiver: applies dj-stripe's rule for created, updated and deleted objects.
///
/// It fetches what it needs while no database connection is held, and collects writes, which commit together with the
/// receiver's checkpoint. It can't be combined with [`Db`](crate::Db).
///
/// ```
/// use djstripe_core::mirror::{Mirror, MirrorError};
/// use djstripe_core::stripe_receiver;
///
/// // A coupon is mirrored whatever happened to it; a name the catalogue doesn't know yet included.
/// #[stripe_receiver(unchecked("coupon.levitated"))]
/// async fn handle_levitation(mirror: Mirror<'_>) -> Result<(), MirrorError> {
///     mirror.crud().await
/// }
/// ```
pub struct Mirror<'a> {
    event: &'a Event,
    services: std::sync::Arc<Services>,
    run: &'a Run,
}

impl<'a> FromEvent<'a> for Mirror<'a> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        let services = parts.context().state().ok_or(ExtractError::NoMirror)?;
        let run = parts.run().ok_or(ExtractError::NoMirror)?;
        Ok(Self { event: parts.event(), services, run })
    }

    fn check(context: &Context) -> Result<(), ExtractError> {
        context.state::<Services>().map(drop).ok_or(ExtractError::NoMirror)
    }
}

/// The object that the event carries, as far as the mirror needs it.
struct Target<'a> {
    descriptor: &'static ModelDescriptor,
    table: TableName,
    id: String,
    json: &'a str,
}

impl<'a> Mirror<'a> {
    /// The event.
    pub fn event(&self) -> &'a Event {
        self.event
    }

    /// The settings.
    pub fn settings(&self) -> &MirrorSettings {
        &self.services.settings
    }

    /// Whether the object that the event carries is of this type.
    pub fn carries(&self, object: &str) -> bool {
        self.event.object_head().object.as_deref() == Some(object)
    }

    /// Applies the rule that the event's verb asks for: deleted objects become tombstones, deleted customers are purged,
    /// everything else is fetched and written.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn crud(&self) -> Result<(), MirrorError> {
        match CrudType::determine(self.event, None) {
            Some(CrudType::Deleted) => self.delete().await,
            Some(CrudType::Created | CrudType::Updated) | None => self.update().await,
        }
    }

    /// Fetches the object, as the settings say, and writes it and the objects that it refers to.
    ///
    /// One that is gone at Stripe is passed over with a warning.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn update(&self) -> Result<(), MirrorError> {
        let Some(target) = self.target() else { return Ok(()) };
        let refetches = self.services.refetches(&target, self.event).await?;
        let request = if refetches && self.should_fetch(&target).await? { self.request(&target) } else { None };
        let Some(request) = request else {
            return self.write_content(&target, target.json, Content::Payload, refetches).await;
        };
        match self.fetch(target.descriptor, &target.id, request).await?.as_ref() {
            Fetched::Found { json, started_at, deleted: false } => {
                self.write_content(&target, json, Content::Fetched(*started_at), refetches).await
            }
            // A stub of what it was; the event has more of it.
            Fetched::Found { started_at, deleted: true, .. } => {
                self.write_deleted(&target, target.json, *started_at);
                Ok(())
            }
            Fetched::Gone { message, .. } => {
                tracing::warn!(event = self.event.id(), object = target.id, message, "gone at Stripe; not mirrored");
                Ok(())
            }
        }
    }

    /// Marks the object as deleted.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn delete(&self) -> Result<(), MirrorError> {
        let Some(target) = self.target() else { return Ok(()) };
        let refetches = self.services.refetches(&target, self.event).await?;
        if refetches && has_chosen_ids(target.descriptor) {
            // The same id may have been taken again since.
            if let Some(request) = self.request(&target)
                && let Fetched::Found { json, started_at, deleted: false } =
                    self.fetch(target.descriptor, &target.id, request).await?.as_ref()
            {
                return self.write_content(&target, json, Content::Fetched(*started_at), refetches).await;
            }
        }
        self.write_deleted(&target, target.json, self.last_moment(refetches));
        Ok(())
    }

    /// Writes the payload as it is, as the last that there is to know of the object.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn keep_payload(&self) -> Result<(), MirrorError> {
        let Some(target) = self.target() else { return Ok(()) };
        let refetches = self.services.refetches(&target, self.event).await?;
        self.run.write(Write::row(&target, target.json, self.event.api_version(), self.last_moment(refetches), false));
        Ok(())
    }

    /// Whether the customer has a row.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn knows_customer(&self, id: &str) -> Result<bool, MirrorError> {
        let (account, livemode) = self.scope();
        let table = TableName::new("stripe_customer");
        Ok(self.services.store.missing_objects(table, account, livemode, &[id]).await?.is_empty())
    }

    /// The id of the customer that the event's object belongs to.
    pub fn customer_id(&self) -> Option<String> {
        let fields: HashMap<String, &RawValue> = serde_json::from_str(self.event.object_json()?).ok()?;
        serde_json::from_str::<String>(fields.get("customer")?.get()).ok().filter(|id| !id.is_empty())
    }

    /// Refreshes a customer and what it is entitled to. Without a key the event's own summary counts, if it is complete.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn update_entitlements(&self, customer: &str) -> Result<(), MirrorError> {
        const OBJECT: &str = "entitlements.active_entitlement";
        let (Some(of_customer), Some(of_entitlement)) = (descriptor("customer"), descriptor(OBJECT)) else {
            return Ok(());
        };
        let target = |descriptor: &'static ModelDescriptor, id: &str| {
            let table = TableName::new(descriptor.table?);
            Some(Target { descriptor, table, id: id.to_owned(), json: "{}" })
        };
        let (Some(whose), Some(entitlement)) = (target(of_customer, customer), target(of_entitlement, "")) else {
            return Ok(());
        };
        let (entitlements, version, observed_at) = if self.services.refetches(&whose, self.event).await? {
            if let Ok(request) = Request::retrieve("customer", customer)
                && let Fetched::Found { json, started_at, deleted: false } =
                    self.fetch(of_customer, customer, request).await?.as_ref()
            {
                self.write_content(&whose, json, Content::Fetched(*started_at), true).await?;
            }
            let request = Request::new(Method::Get, "/v1/entitlements/active_entitlements").param("customer", customer);
            let (items, started_at) = self.list_all(request).await?;
            (items, Some(crate::API_VERSION), started_at)
        } else {
            let Some(items) = self.summary() else {
                tracing::warn!(event = self.event.id(), "the summary is not complete, and there is no key to fetch it");
                return Ok(());
            };
            (items, self.event.api_version(), observed_at(self.event))
        };
        let mut ids = Vec::new();
        for item in &entitlements {
            let Some(id) = id_of(item) else { continue };
            let row =
                Target { id: id.clone(), descriptor: entitlement.descriptor, table: entitlement.table, json: "{}" };
            self.run.write(Write::row(&row, item.get(), version, observed_at, false));
            ids.push(id);
        }
        self.run.write(Write::Entitlements { customer: customer.to_owned(), ids, observed_at });
        Ok(())
    }

    /// The entitlements in the event's summary, if it has all of them.
    fn summary(&self) -> Option<Vec<Box<RawValue>>> {
        #[derive(Deserialize)]
        struct Summary {
            entitlements: List,
        }
        #[derive(Deserialize)]
        struct List {
            data: Vec<Box<RawValue>>,
            has_more: bool,
        }
        let Summary { entitlements } = serde_json::from_str(self.event.object_json()?).ok()?;
        (!entitlements.has_more).then_some(entitlements.data)
    }

    pub(crate) fn write(&self, write: Write) {
        self.run.write(write);
    }

    pub(crate) fn set_authorization(&self, authorized: bool) {
        self.run.write(Write::Authorization { authorized, at: observed_at(self.event) });
    }

    /// The object to mirror; `None`, with a word in the log, if there is none.
    fn target(&self) -> Option<Target<'a>> {
        let head = self.event.object_head();
        let known = head.object.as_deref().and_then(descriptor);
        let (Some(id), Some(descriptor), Some(json)) = (head.id, known, self.event.object_json()) else {
            tracing::debug!(event = self.event.id(), "nothing to mirror");
            return None;
        };
        let table = TableName::new(descriptor.table?);
        if self.services.settings.is_off(descriptor.object) {
            tracing::debug!(event = self.event.id(), object = descriptor.object, "not mirrored, as the settings say");
            return None;
        }
        Some(Target { descriptor, table, id, json })
    }

    /// Account, empty for the platform's own, and mode of what is written.
    fn scope(&self) -> (&'a str, bool) {
        (self.event.account().unwrap_or_default(), self.event.livemode())
    }

    /// Whether this event's object, of a type that may be fetched, is.
    async fn should_fetch(&self, target: &Target<'_>) -> Result<bool, MirrorError> {
        if self.services.policy(target.descriptor.object, self.event.livemode()) == RefetchPolicy::Always {
            return Ok(true);
        }
        self.is_ambiguous(target).await
    }

    /// Whether the payload may not be the last word: it is written in another API version, or the row was written in the
    /// same second or later.
    async fn is_ambiguous(&self, target: &Target<'_>) -> Result<bool, MirrorError> {
        if self.event.api_version() != Some(crate::API_VERSION) {
            return Ok(true);
        }
        let (account, livemode) = self.scope();
        let observed = self.services.store.observed_at(target.table, account, livemode, &target.id).await?;
        Ok(observed.is_some_and(|observed| observed >= Timestamp::from_seconds(self.event.created())))
    }

    /// Writes content of the object, what is embedded in it, and, if objects may be fetched, what it refers to and is
    /// missing here.
    async fn write_content(
        &self,
        target: &Target<'_>,
        json: &str,
        content: Content,
        refetches: bool,
    ) -> Result<(), MirrorError> {
        let (api_version, observed_at) = match content {
            Content::Fetched(started_at) => (Some(crate::API_VERSION), started_at),
            Content::Payload => (self.event.api_version(), observed_at(self.event)),
        };
        self.run.write(Write::row(target, json, api_version, observed_at, false));
        self.write_related(target, json, api_version, observed_at, refetches).await
    }

    fn write_deleted(&self, target: &Target<'_>, json: &str, at: Timestamp) {
        self.run.write(Write::row(target, json, self.event.api_version(), at, true));
        if target.descriptor.object == "customer" {
            self.run.write(Write::Purge { id: target.id.clone(), at });
        }
    }

    /// When something happened that nothing can follow. What is fetched is dated by our clock, so this must be too, or a
    /// fetch before it could seem to be later.
    fn last_moment(&self, refetches: bool) -> Timestamp {
        let happened = observed_at(self.event);
        if refetches { happened.max(Timestamp::now()) } else { happened }
    }
}

/// Where content comes from.
#[derive(Clone, Copy)]
enum Content {
    Payload,
    /// Fetched by a request that was begun then.
    Fetched(Timestamp),
}

/// When the event's content was current. Of the events of one second, creation comes before change, and change before
/// deletion: `created` has no finer digits, so they are put in its microseconds.
fn observed_at(event: &Event) -> Timestamp {
    let order = match CrudType::determine(event, None) {
        Some(CrudType::Created) => 0,
        Some(CrudType::Updated) | None => 1,
        Some(CrudType::Deleted) => 2,
    };
    Timestamp::from_micros(Timestamp::from_seconds(event.created()).micros().saturating_add(order))
}

/// Objects whose ids people choose, so that one that was deleted may be there again.
fn has_chosen_ids(descriptor: &ModelDescriptor) -> bool {
    ["coupon", "plan", "product"].contains(&descriptor.object)
}

impl fmt::Debug for Mirror<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mirror").field("event", &self.event.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_second_are_in_the_order_of_an_objects_life() {
        let at = |name: &str| {
            let json = format!(r#"{{"id":"evt_1","type":"{name}","created":1700000000}}"#);
            observed_at(&Event::from_json(&json).unwrap())
        };
        assert!(at("customer.created") < at("customer.updated"));
        assert!(at("customer.updated") < at("customer.deleted"));
        assert_eq!(at("invoice.paid"), at("invoice.updated"));
    }
}
