//! The argument itself: the event, the services, and the list of the run's writes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use djstripe_models::ModelDescriptor;
use serde_json::value::RawValue;

use crate::mirror::error::MirrorError;
use crate::mirror::object_key::ObjectKey;
use crate::mirror::references::{Contents, contents};
use crate::mirror::services::Services;
use crate::mirror::settings::MirrorSettings;
use crate::receiver::arguments::{AnyObject, ArgumentError, FromEvent, Parts};
use crate::receiver::context::Context;
use crate::receiver::writes::{NotMirrored, RowWrite, Write, Writes};
use crate::store::TableName;
use crate::webhook::event::Event;

/// The mirror as the argument of a receiver: applies dj-stripe's rule for created, updated and
/// deleted objects.
///
/// It fetches from Stripe while no database connection is held, and gathers writes, which commit
/// together with the receiver's checkpoint. It can't be combined with [`Db`](crate::Db).
///
/// ```
/// use djstripe_core::mirror::{Mirror, MirrorError};
/// use djstripe_core::stripe_receiver;
///
/// // Mirrors the coupons of an event that the catalogue doesn't have yet.
/// #[stripe_receiver(unchecked("coupon.levitated"))]
/// async fn handle_levitation(mirror: Mirror<'_>) -> Result<(), MirrorError> {
///     mirror.crud().await
/// }
/// ```
pub struct Mirror<'a> {
    pub(super) event: &'a Event,
    pub(super) services: Arc<Services>,
    pub(super) writes: &'a Writes,
    /// The event's object without the fields that the settings leave out; of a thin event, the head of
    /// the object that it refers to.
    pub(super) payload: Option<Cow<'a, str>>,
}

impl<'a> FromEvent<'a> for Mirror<'a> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let services = find_services(parts.context())?;
        let event = parts.event();
        let dropped = &services.settings.dropped;
        let payload = match event.has_thin_payload() {
            true => event
                .related_object()
                .map(|related| Cow::Owned(related.head_json())),
            false => event.object_json().map(|json| dropped.strip(json)),
        };
        Ok(Self {
            event,
            payload,
            services,
            writes: parts.writes().ok_or(ArgumentError::NoMirror)?,
        })
    }

    fn check(context: &Context) -> Result<(), ArgumentError> {
        find_services(context).map(drop)
    }
}

fn find_services(context: &Context) -> Result<Arc<Services>, ArgumentError> {
    context.state().ok_or(ArgumentError::NoMirror)
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

    /// Whether the event's object is of this type.
    pub fn carries(&self, object: &str) -> bool {
        self.event.object_head().object.as_deref() == Some(object)
    }

    /// Whether the customer has a row.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn knows_customer(&self, id: &str) -> Result<bool, MirrorError> {
        let (account, livemode) = self.scope();
        let table = TableName::new("stripe_customer");
        let missing = self
            .services
            .store
            .missing_objects(table, account, livemode, &[id])
            .await?;
        Ok(missing.is_empty())
    }

    /// The id of the customer that the event's object belongs to. The object of a thin event is known
    /// once it is written.
    pub fn customer_id(&self) -> Option<String> {
        let json = self.latest_json()?;
        let fields: HashMap<String, &RawValue> = serde_json::from_str(&json).ok()?;
        serde_json::from_str::<String>(fields.get("customer")?.get())
            .ok()
            .filter(|id| !id.is_empty())
    }

    /// Adds a write to those of this run.
    pub(crate) fn write(&self, write: Write) {
        self.writes.push(write);
    }

    /// Key and JSON of the object to mirror. Records why if there is none.
    pub(super) fn object(&self) -> Option<(ObjectKey, &str)> {
        match self.find_object() {
            Ok(found) => Some(found),
            Err(reason) => {
                tracing::debug!(event = self.event.id(), %reason, "not mirrored");
                self.not_mirrored(reason);
                None
            }
        }
    }

    fn find_object(&self) -> Result<(ObjectKey, &str), NotMirrored> {
        let key = ObjectKey::of_event(self.event, &self.services.settings)?;
        let json = self.payload.as_deref().ok_or(NotMirrored::NoId)?;
        Ok((key, json))
    }

    /// What an object's JSON contains, without children of the types that the settings leave out.
    pub(super) fn contents<'j>(&self, json: &'j str) -> Contents<'j> {
        let settings = &self.services.settings;
        let mut contents = contents(json);
        let is_off = |child: &ModelDescriptor| settings.is_off(child.object);
        contents
            .children
            .retain(|children| !is_off(children.descriptor));
        contents
            .partial_lists
            .retain(|list| list.children().is_none_or(|child| !is_off(child)));
        contents
    }

    /// Writes a row, with its children.
    pub(super) fn write_row(&self, row: RowWrite) {
        self.writes.push(Write::Row(Box::new(row)));
    }

    /// Records that the event's object gets no row.
    pub(crate) fn not_mirrored(&self, reason: NotMirrored) {
        self.writes.push(Write::NotMirrored(reason));
    }

    /// The account in whose rows the event's objects stand, and the mode of the event.
    pub(super) fn scope(&self) -> (&'a str, bool) {
        (self.event.mirror_account(), self.event.livemode())
    }
}

impl fmt::Debug for Mirror<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mirror")
            .field("event", &self.event.id())
            .finish_non_exhaustive()
    }
}
