//! The objects around a mirrored object: copies of them are written, missing ones are fetched.

use std::sync::Arc;

use djstripe_models::ModelDescriptor;
use futures_util::future::try_join_all;

use super::mirror::Mirror;
use crate::client::Request;
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::references::{Contents, Embedded};
use crate::mirror::refresher::FetchOutcome;
use crate::store::TableName;

/// References are followed over this many objects: subscription, price, product.
const MAX_STEPS: usize = 3;

/// An object that another one refers to.
type Reference = (&'static ModelDescriptor, String);

/// Types and ids of the objects that this event has already written or fetched.
type Seen = Vec<(&'static str, String)>;

impl Mirror<'_> {
    /// Writes the copies of other objects that an object contains. If objects can be fetched, also
    /// fetches and writes those that it refers to and that have no row.
    pub(super) async fn write_related(
        &self,
        key: &ObjectKey,
        contents: Contents<'_>,
        observed: Observed<'_>,
        can_fetch: bool,
    ) -> Result<(), MirrorError> {
        let mut seen: Seen = vec![(key.descriptor.object, key.id.clone())];
        let mut references = self.write_copies(contents, observed, &mut seen);
        if !can_fetch {
            return Ok(());
        }

        let mut left = self.services.settings.related;
        for _ in 0..MAX_STEPS {
            if left == 0 || references.is_empty() {
                break;
            }
            let mut missing = self.missing(references).await?;
            missing.truncate(left);
            left -= missing.len();

            let fetches = missing
                .into_iter()
                .map(|(descriptor, id)| self.fetch_related(descriptor, id));
            let fetched = try_join_all(fetches).await?;

            references = Vec::new();
            for (key, outcome) in fetched.into_iter().flatten() {
                references.extend(self.write_fetched(&key, &outcome, &mut seen));
            }
        }
        Ok(())
    }

    /// Writes a fetched object and its copies of others. Returns its references that are new.
    fn write_fetched(
        &self,
        key: &ObjectKey,
        outcome: &FetchOutcome,
        seen: &mut Seen,
    ) -> Vec<Reference> {
        let FetchOutcome::Found {
            json,
            started_at,
            deleted,
        } = outcome
        else {
            return Vec::new();
        };

        let observed = Observed::fetched(*started_at);
        let contents = self.contents(json);
        let row = if *deleted {
            key.tombstone(json, observed)
        } else {
            key.row(json, &contents, observed)
        };
        self.write_row(row);
        self.write_copies(contents, observed, seen)
    }

    /// Writes the copies of other objects. Returns the references to objects that this event has
    /// not seen.
    fn write_copies(
        &self,
        contents: Contents<'_>,
        observed: Observed<'_>,
        seen: &mut Seen,
    ) -> Vec<Reference> {
        let Contents {
            copies,
            children,
            mut references,
            ..
        } = contents;

        for Embedded {
            descriptor,
            id,
            json,
        } in copies
        {
            let reference = (descriptor.object, id);
            // A copy of the event's own object says less than the object.
            if self.services.settings.is_off(descriptor.object) || seen.contains(&reference) {
                continue;
            }
            let Some(key) = ObjectKey::new(descriptor, reference.1.clone()) else {
                continue;
            };
            self.write_row(key.copy(json, observed));
            seen.push(reference);
        }
        let children = children.into_iter().flat_map(|children| children.items);
        seen.extend(children.map(|child| (child.descriptor.object, child.id)));

        references.retain(|(descriptor, id)| {
            let reference = (descriptor.object, id.clone());
            if seen.contains(&reference) || self.services.settings.is_off(descriptor.object) {
                return false;
            }
            seen.push(reference);
            true
        });
        references
    }

    /// The references to objects that have no row and can be fetched by their id alone.
    async fn missing(&self, references: Vec<Reference>) -> Result<Vec<Reference>, MirrorError> {
        let (account, livemode) = self.scope();
        let can_be_fetched = |(descriptor, id): &Reference| {
            descriptor.table.is_some() && Request::retrieve(descriptor.object, id).is_ok()
        };
        let references: Vec<_> = references.into_iter().filter(can_be_fetched).collect();
        let keys: Vec<(TableName, &str)> = references
            .iter()
            .filter_map(|(descriptor, id)| Some((TableName::new(descriptor.table?), &**id)))
            .collect();

        let is_missing = self
            .services
            .store
            .missing_references(account, livemode, &keys)
            .await?;
        Ok(references
            .into_iter()
            .zip(is_missing)
            .filter_map(|(reference, is_missing)| is_missing.then_some(reference))
            .collect())
    }

    /// Fetches an object that another one refers to. One that the key may not read stays an id.
    async fn fetch_related(
        &self,
        descriptor: &'static ModelDescriptor,
        id: String,
    ) -> Result<Option<(ObjectKey, Arc<FetchOutcome>)>, MirrorError> {
        let Ok(request) = Request::retrieve(descriptor.object, &id) else {
            return Ok(None);
        };

        match self.fetch(descriptor, &id, request).await {
            Ok(outcome) => Ok(ObjectKey::new(descriptor, id).map(|key| (key, outcome))),
            Err(MirrorError::Fetch { source, .. }) if source.is_forbidden() => {
                tracing::warn!(
                    object = descriptor.object,
                    id,
                    error = %source,
                    "the key is not permitted to read this object; its row is missing"
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
