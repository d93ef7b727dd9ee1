//! Requests to Stripe on behalf of an event: one object, or a whole list.

use std::collections::HashMap;
use std::sync::Arc;

use djstripe_models::ModelDescriptor;
use futures_util::TryStreamExt;
use serde_json::value::RawValue;

use super::mirror::Mirror;
use crate::client::{Client, ClientError, Direction, Request};
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::ObjectKey;
use crate::mirror::references::id_of;
use crate::mirror::refresher::{Fetch, FetchOutcome, fetch_error};
use crate::timestamp::Timestamp;

impl Mirror<'_> {
    /// Fetches an object in the event's scope.
    pub(super) async fn fetch(
        &self,
        descriptor: &'static ModelDescriptor,
        id: &str,
        request: Request,
    ) -> Result<Arc<FetchOutcome>, MirrorError> {
        let client = self
            .client()
            .map_err(|error| fetch_error(descriptor, id, error))?;
        let (account, livemode) = self.scope();
        let fetch = Fetch {
            descriptor,
            id,
            account,
            livemode,
            request,
            settings: &self.services.settings,
        };
        let not_before = self.writes.not_before();
        self.services
            .refresher
            .fetch(client, fetch, not_before)
            .await
    }

    /// The request that fetches the event's object; `None` if Stripe has none for it.
    pub(super) fn request(&self, key: &ObjectKey, json: &str) -> Option<Request> {
        let fields: HashMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
        let parent = |name: &str| fields.get(name).and_then(|value| id_of(value));

        let is_payout_method = ["card", "bank_account"].contains(&key.descriptor.object);
        if is_payout_method
            && let Some(account) = parent("account").or_else(|| self.external_account_of())
        {
            return Some(Request::external_account(&account, &key.id));
        }
        Request::retrieve_below(key.descriptor.object, &key.id, parent).ok()
    }

    /// The connected account whose bank account or card the event is about.
    fn external_account_of(&self) -> Option<String> {
        let is_external = self
            .event
            .name()
            .as_str()
            .starts_with("account.external_account.");
        is_external
            .then(|| self.event.account().map(str::to_owned))
            .flatten()
    }

    /// All items of a list, and when the first page was requested.
    pub(super) async fn list_all(
        &self,
        request: Request,
    ) -> Result<(Vec<Box<RawValue>>, Timestamp), MirrorError> {
        let failed = |source| MirrorError::Fetch {
            object: "list",
            id: request.path(),
            source,
        };
        let client = self.client().map_err(failed)?;
        let (account, livemode) = self.scope();

        let started_at = Timestamp::now();
        let pages = client.pages(
            request.clone().account(account).livemode(livemode),
            Direction::Forwards,
        );
        let items = pages.try_fold(Vec::new(), |mut items, page| async move {
            let dropped = &self.services.settings.dropped;
            items.extend(page.items.into_iter().map(|item| dropped.strip_raw(item)));
            Ok(items)
        });
        Ok((items.await.map_err(failed)?, started_at))
    }

    fn client(&self) -> Result<&Client, ClientError> {
        let livemode = self.event.livemode();
        self.services.client(livemode).ok_or(ClientError::NoKey {
            livemode: Some(livemode),
        })
    }
}
