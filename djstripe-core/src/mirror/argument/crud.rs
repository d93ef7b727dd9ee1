//! dj-stripe's rule for created, updated and deleted objects.

use djstripe_models::ModelDescriptor;

use super::content::observed_at;
use super::mirror::Mirror;
use crate::client::ClientError;
use crate::error::describe;
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::refresher::FetchOutcome;
use crate::receiver::writes::{NotMirrored, Write};
use crate::store::RowSource;
use crate::webhook::crud_type::CrudType;

impl Mirror<'_> {
    /// Applies the rule of the event's verb: deleted objects become tombstones, deleted customers
    /// are purged, all other objects are fetched and written.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn crud(&self) -> Result<(), MirrorError> {
        match CrudType::determine(self.event, None) {
            Some(CrudType::Deleted) => self.delete().await,
            Some(CrudType::Created | CrudType::Updated) | None => self.update().await,
        }
    }

    /// Fetches the object, if the settings say so, and writes it and the objects that it refers to.
    ///
    /// An object that Stripe no longer has is skipped with a warning.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn update(&self) -> Result<(), MirrorError> {
        let Some((key, json)) = self.object() else {
            return Ok(());
        };
        if self.event.has_thin_payload() {
            return self.update_related(&key).await;
        }

        let can_fetch = self.services.can_fetch(&key, self.event).await?;
        let request = if can_fetch && self.should_fetch(&key).await? {
            self.request(&key, json)
        } else {
            None
        };
        let Some(request) = request else {
            return self
                .write_payload(&key, json, RowSource::Payload, can_fetch)
                .await;
        };

        let fetched = match self.fetch(key.descriptor, &key.id, request).await {
            Err(MirrorError::Fetch { source, .. }) if source.is_forbidden() => {
                return self.write_forbidden(&key, json, &source).await;
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
                self.write_content(&key, json, observed, can_fetch).await?;
            }
            // Stripe returns a stub of the deleted object; the event has more of it.
            FetchOutcome::Found {
                started_at,
                deleted: true,
                ..
            } => self.write_deleted(&key, json, *started_at),
            FetchOutcome::Gone { message, .. } => {
                tracing::warn!(
                    event = self.event.id(),
                    object = key.id,
                    message,
                    "Stripe no longer has this object; not mirrored"
                );
                self.not_mirrored(NotMirrored::Gone(message.clone()));
            }
        }
        Ok(())
    }

    /// Writes the payload of an object that the key may not read. It is signed, and a retry would fail
    /// the same way. References may be readable all the same.
    async fn write_forbidden(
        &self,
        key: &ObjectKey,
        json: &str,
        error: &ClientError,
    ) -> Result<(), MirrorError> {
        tracing::warn!(
            event = self.event.id(),
            object = key.descriptor.object,
            id = key.id,
            error = describe(error),
            "the key is not permitted to read this object; its row is the event's payload"
        );
        self.write_payload(key, json, RowSource::Forbidden, true)
            .await
    }

    /// Marks the object as deleted.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn delete(&self) -> Result<(), MirrorError> {
        let Some((key, json)) = self.object() else {
            return Ok(());
        };

        let can_fetch = self.services.can_fetch(&key, self.event).await?;
        if can_fetch
            && has_chosen_ids(key.descriptor)
            && let Some(request) = self.request(&key, json)
        {
            // Another object may have been created with the same id since.
            match self.fetch(key.descriptor, &key.id, request).await {
                Err(MirrorError::Fetch { source, .. }) if source.is_forbidden() => {}
                fetched => {
                    if let FetchOutcome::Found {
                        json,
                        started_at,
                        deleted: false,
                    } = &*fetched?
                    {
                        let observed = Observed::fetched(*started_at);
                        return self.write_content(&key, json, observed, can_fetch).await;
                    }
                }
            }
        }

        let at = self.last_moment(can_fetch);
        if self.event.has_thin_payload() {
            let last = self.last_content(&key).await?;
            self.write_deleted(&key, &last, at);
        } else {
            self.write_deleted(&key, json, at);
        }
        Ok(())
    }

    /// Writes the payload as it is, as the object's final state. A thin event has none, so its object
    /// is fetched.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn keep_payload(&self) -> Result<(), MirrorError> {
        let Some((key, json)) = self.object() else {
            return Ok(());
        };
        if self.event.has_thin_payload() {
            return self.update_related(&key).await;
        }

        let can_fetch = self.services.can_fetch(&key, self.event).await?;
        let observed = self.payload_observed(self.last_moment(can_fetch));
        let row = key.row(json, &self.contents(json), observed);
        self.write_row(row);
        Ok(())
    }

    /// Records whether the event's account authorizes the platform.
    pub(crate) fn set_authorization(&self, authorized: bool) {
        self.writes.push(Write::Authorization {
            authorized,
            at: observed_at(self.event),
        });
    }
}

/// Whether people choose the ids of these objects, so that a deleted id can exist again.
fn has_chosen_ids(descriptor: &ModelDescriptor) -> bool {
    ["coupon", "plan", "product"].contains(&descriptor.object)
}
