//! The mirror: what an event says about an object becomes rows of its table.
//!
//! In: an event. Between: at most a few requests to Stripe, while no connection is held. Out: a list of writes that the
//! worker commits together with the receiver's checkpoint.

mod content;
mod entitlements;
mod error;
mod fetch;
pub(crate) mod references;
mod services;
mod settings;
mod subscriber;
mod apply;
pub mod handlers;

use std::collections::HashMap;
use std::fmt;

use djstripe_models::{ModelDescriptor, descriptor};
use serde_json::value::RawValue;

use crate::receiver::arguments::{AnyObject, ArgumentError, FromEvent, Parts};
use crate::receiver::context::Context;
use crate::receiver::writes::{Write, Writes};
use crate::store::TableName;
use crate::timestamp::Timestamp;
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;
use content::{Content, observed_at};

pub(crate) use apply::{apply, apply_with};
pub use error::MirrorError;
pub(crate) use fetch::Fetched;
pub(crate) use references::id_of;
pub(crate) use services::Services;
pub use settings::{MirrorSettings, RefetchPolicy};
pub(crate) use subscriber::{DynLookup, DynSource};
pub use subscriber::{Subscriber, SubscriberLookup, SubscriberSource};

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
    writes: &'a Writes,
}

impl<'a> FromEvent<'a> for Mirror<'a> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let services = parts.context().state().ok_or(ArgumentError::NoMirror)?;
        let writes = parts.writes().ok_or(ArgumentError::NoMirror)?;
        Ok(Self {
            event: parts.event(),
            services,
            writes,
        })
    }

    fn check(context: &Context) -> Result<(), ArgumentError> {
        context
            .state::<Services>()
            .map(drop)
            .ok_or(ArgumentError::NoMirror)
    }
}

/// The object that the event carries, as far as the mirror needs it.
struct Target<'a> {
    descriptor: &'static ModelDescriptor,
    table: TableName,
    id: String,
    json: &'a str,
}

impl Target<'_> {
    /// An observation of the object.
    fn row(
        &self,
        json: &str,
        api_version: Option<&str>,
        observed_at: Timestamp,
        deleted: bool,
    ) -> Write {
        Write::Row {
            table: self.table,
            id: self.id.clone(),
            json: json.to_owned(),
            api_version: api_version.map(str::to_owned),
            observed_at,
            deleted,
        }
    }
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
        let Some(target) = self.target() else {
            return Ok(());
        };
        let refetches = self.services.refetches(&target, self.event).await?;
        let request = if refetches && self.should_fetch(&target).await? {
            self.request(&target)
        } else {
            None
        };
        let Some(request) = request else {
            return self
                .write_content(&target, target.json, Content::Payload, refetches)
                .await;
        };
        match self
            .fetch(target.descriptor, &target.id, request)
            .await?
            .as_ref()
        {
            Fetched::Found {
                json,
                started_at,
                deleted: false,
            } => {
                self.write_content(&target, json, Content::Fetched(*started_at), refetches)
                    .await
            }
            // A stub of what it was; the event has more of it.
            Fetched::Found {
                started_at,
                deleted: true,
                ..
            } => {
                self.write_deleted(&target, target.json, *started_at);
                Ok(())
            }
            Fetched::Gone { message, .. } => {
                tracing::warn!(
                    event = self.event.id(),
                    object = target.id,
                    message,
                    "gone at Stripe; not mirrored"
                );
                Ok(())
            }
        }
    }

    /// Marks the object as deleted.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn delete(&self) -> Result<(), MirrorError> {
        let Some(target) = self.target() else {
            return Ok(());
        };
        let refetches = self.services.refetches(&target, self.event).await?;
        if refetches && has_chosen_ids(target.descriptor) {
            // The same id may have been taken again since.
            if let Some(request) = self.request(&target)
                && let Fetched::Found {
                    json,
                    started_at,
                    deleted: false,
                } = self
                    .fetch(target.descriptor, &target.id, request)
                    .await?
                    .as_ref()
            {
                return self
                    .write_content(&target, json, Content::Fetched(*started_at), refetches)
                    .await;
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
        let Some(target) = self.target() else {
            return Ok(());
        };
        let refetches = self.services.refetches(&target, self.event).await?;
        self.writes.push(target.row(
            target.json,
            self.event.api_version(),
            self.last_moment(refetches),
            false,
        ));
        Ok(())
    }

    /// Whether the customer has a row.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn knows_customer(&self, id: &str) -> Result<bool, MirrorError> {
        let (account, livemode) = self.scope();
        let table = TableName::new("stripe_customer");
        Ok(self
            .services
            .store
            .missing_objects(table, account, livemode, &[id])
            .await?
            .is_empty())
    }

    /// The id of the customer that the event's object belongs to.
    pub fn customer_id(&self) -> Option<String> {
        let fields: HashMap<String, &RawValue> =
            serde_json::from_str(self.event.object_json()?).ok()?;
        serde_json::from_str::<String>(fields.get("customer")?.get())
            .ok()
            .filter(|id| !id.is_empty())
    }

    pub(crate) fn write(&self, write: Write) {
        self.writes.push(write);
    }

    pub(crate) fn set_authorization(&self, authorized: bool) {
        self.writes.push(Write::Authorization {
            authorized,
            at: observed_at(self.event),
        });
    }

    /// The object to mirror; `None`, with a word in the log, if there is none.
    fn target(&self) -> Option<Target<'a>> {
        let head = self.event.object_head();
        let known = head.object.as_deref().and_then(descriptor);
        let (Some(id), Some(descriptor), Some(json)) = (head.id, known, self.event.object_json())
        else {
            tracing::debug!(event = self.event.id(), "nothing to mirror");
            return None;
        };
        let table = TableName::new(descriptor.table?);
        if self.services.settings.is_off(descriptor.object) {
            tracing::debug!(
                event = self.event.id(),
                object = descriptor.object,
                "not mirrored, as the settings say"
            );
            return None;
        }
        Some(Target {
            descriptor,
            table,
            id,
            json,
        })
    }

    /// Account, empty for the platform's own, and mode of what is written.
    fn scope(&self) -> (&'a str, bool) {
        (
            self.event.account().unwrap_or_default(),
            self.event.livemode(),
        )
    }
}

/// Objects whose ids people choose, so that one that was deleted may be there again.
fn has_chosen_ids(descriptor: &ModelDescriptor) -> bool {
    ["coupon", "plan", "product"].contains(&descriptor.object)
}

impl fmt::Debug for Mirror<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mirror")
            .field("event", &self.event.id())
            .finish_non_exhaustive()
    }
}
