//! The object of a thin event: the event refers to it, and only Stripe has its content.

use std::borrow::Cow;

use serde_json::json;

use super::mirror::Mirror;
use crate::client::{ClientError, Request};
use crate::mirror::current::row_of;
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::refresher::FetchOutcome;
use crate::receiver::Permanent;
use crate::receiver::writes::{NotMirrored, Write};

impl Mirror<'_> {
    /// Fetches the object that a thin event refers to and writes it.
    pub(super) async fn update_related(&self, key: &ObjectKey) -> Result<(), MirrorError> {
        self.refuse_without_key(key)?;
        let request = self.related_request();
        let Some(request) = request.filter(|_| self.event.related_object().is_some()) else {
            self.not_mirrored(NotMirrored::NoId);
            return Ok(());
        };

        let fetched = match self.fetch(key.descriptor, &key.id, request).await {
            Err(MirrorError::Fetch { source, .. }) if source.is_forbidden() => {
                return Err(no_content(key, source));
            }
            fetched => fetched?,
        };
        match &*fetched {
            FetchOutcome::Found {
                json,
                started_at,
                deleted: false,
            } => {
                let observed = Observed::fetched(*started_at);
                self.write_content(key, json, observed, true).await
            }
            FetchOutcome::Found { started_at, .. } => {
                let last = self.last_content(key).await?;
                self.write_deleted(key, &last, *started_at);
                Ok(())
            }
            FetchOutcome::Gone { message, .. } => {
                tracing::warn!(
                    event = self.event.id(),
                    object = key.id,
                    message,
                    "Stripe no longer has this object; not mirrored"
                );
                self.not_mirrored(NotMirrored::Gone(message.clone()));
                Ok(())
            }
        }
    }

    /// The request for the object by its URL.
    pub(super) fn related_request(&self) -> Option<Request> {
        let related = self.event.related_object()?;
        Request::from_list_url(&related.url)
    }

    /// What the row has of an object that is deleted by now, or its head if there is no row.
    pub(super) async fn last_content(&self, key: &ObjectKey) -> Result<String, MirrorError> {
        let row = row_of(self.event, &self.services.settings).filter(|row| row.id == key.id);
        let stored = match row {
            Some(row) => self.services.store.stored_object(&row).await?,
            None => None,
        };
        let head = || json!({ "id": key.id, "object": key.descriptor.object }).to_string();
        Ok(stored.map_or_else(head, |stored| stored.stripe_data))
    }

    /// The event's object as this run has written it, else as the event has it.
    pub(crate) fn latest_json(&self) -> Option<Cow<'_, str>> {
        if !self.event.has_thin_payload() {
            return self.event.object_json().map(Cow::Borrowed);
        }
        self.writes.find(|write| match write {
            Write::Row(row) if row.is_of(self.event) => Some(Cow::Owned(row.json.clone())),
            _ => None,
        })
    }

    /// A retry fails the same way until there is a key.
    fn refuse_without_key(&self, key: &ObjectKey) -> Result<(), MirrorError> {
        if self.services.client(self.event).is_some() {
            return Ok(());
        }
        let no_key = ClientError::NoKey {
            livemode: Some(self.event.livemode()),
        };
        Err(no_content(key, no_key))
    }
}

fn no_content(key: &ObjectKey, source: ClientError) -> MirrorError {
    MirrorError::NoContent {
        object: key.descriptor.object,
        id: key.id.clone(),
        source: Permanent::new(source),
    }
}
