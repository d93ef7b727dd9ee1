//! Requests to Stripe on behalf of an event: one object, or a whole list.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;

use djstripe_models::{ModelDescriptor, descriptor};
use futures_util::TryStreamExt;
use serde_json::value::RawValue;

use super::mirror::Mirror;
use crate::client::{Client, ClientError, Direction, Request};
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::references::{Contents, PartialList, id_of};
use crate::mirror::refresher::{Fetch, FetchOutcome, fetch_error};
use crate::receiver::writes::{ChildWrite, ChildrenWrite, RowWrite};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

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
            request: request.context(self.event.context().unwrap_or_default()),
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
        if let Some(request) = self.related_request() {
            return Some(request);
        }
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
        let rest = self.list_up_to(request, usize::MAX).await?;
        Ok(rest.unwrap_or_else(|| (Vec::new(), Timestamp::now())))
    }

    /// The items of a list, and when the first page was requested; `None` if there are more than
    /// `most`.
    async fn list_up_to(
        &self,
        request: Request,
        most: usize,
    ) -> Result<Option<(Vec<Box<RawValue>>, Timestamp)>, MirrorError> {
        let failed = |source| MirrorError::Fetch {
            object: "list",
            id: request.path(),
            source,
        };
        let client = self.client().map_err(failed)?;
        let (account, livemode) = self.scope();

        let started_at = Timestamp::now();
        let context = self.event.context().unwrap_or_default();
        let request_of_event = request
            .clone()
            .account(account)
            .context(context)
            .livemode(livemode);
        let mut pages = pin!(client.pages(request_of_event, Direction::Forwards));
        let mut items = Vec::new();
        while let Some(page) = pages.try_next().await.map_err(failed)? {
            let dropped = &self.services.settings.dropped;
            items.extend(page.items.into_iter().map(|item| dropped.strip_raw(item)));
            if items.len() > most {
                return Ok(None);
            }
        }
        Ok(Some((items, started_at)))
    }

    /// Fetches the rest of the lists that the object's JSON has only the first page of. Their items
    /// become children where the object owns them, and rows of their own otherwise. A list that is
    /// longer than the settings allow, or that Stripe doesn't give, stays incomplete.
    ///
    /// Returns the new children.
    pub(super) async fn complete_lists(
        &self,
        row: &mut RowWrite,
        contents: &Contents<'_>,
    ) -> Result<Vec<Box<RawValue>>, MirrorError> {
        let lists = contents.partial_lists.iter();
        let lists: Vec<&PartialList> = lists
            .filter(|list| list.is_of(row.descriptor, &row.id))
            .collect();
        let mut new = Vec::new();
        let mut unfinished: Vec<&'static str> = Vec::new();
        for list in lists {
            let child = list.children();
            let Some((items, started_at)) = self.rest_of(list).await? else {
                unfinished.extend(child.map(|child| child.object));
                continue;
            };
            row.incomplete.retain(|path| *path != list.path);
            let Some(child) = child else {
                self.write_items(&items, started_at);
                continue;
            };

            let ids = items.iter().filter_map(|item| id_of(item)).count();
            if ids < items.len() {
                // An item that can't be told apart may be any of the children.
                unfinished.push(child.object);
            }
            add_children(row, child, &items);
            new.extend(items);
        }

        for children in &contents.children {
            let object = children.descriptor.object;
            if children.is_whole
                && !unfinished.contains(&object)
                && let Some(written) = children_of(row, children.descriptor)
            {
                written.is_complete = true;
            }
        }
        Ok(new)
    }

    /// The items of a list after its first page; `None` if it can't be read to its end.
    async fn rest_of(
        &self,
        list: &PartialList,
    ) -> Result<Option<(Vec<Box<RawValue>>, Timestamp)>, MirrorError> {
        let (Some(request), Some((_, last))) = (Request::from_list_url(&list.url), &list.last)
        else {
            return Ok(None);
        };
        let request = request.param("starting_after", &**last).param("limit", 100);
        let most = self.services.settings.list_items;
        if most == 0 {
            return Ok(None);
        }

        match self.list_up_to(request, most).await {
            Ok(rest) => Ok(rest),
            // The list was deleted with its object, or the key may not read it.
            Err(MirrorError::Fetch { source, .. }) if !source.is_transient() => {
                tracing::warn!(
                    event = self.event.id(),
                    list = list.url,
                    error = %source,
                    "the rest of this list could not be read"
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes the items of a list whose objects belong to no other object alone.
    fn write_items(&self, items: &[Box<RawValue>], started_at: Timestamp) {
        for item in items {
            let head = RawHead::parse(item.get()).ok();
            let descriptor = head.and_then(|head| descriptor(&head.object?));
            let key = descriptor
                .zip(id_of(item))
                .and_then(|(descriptor, id)| ObjectKey::new(descriptor, id));
            if let Some(key) =
                key.filter(|key| !self.services.settings.is_off(key.descriptor.object))
            {
                let observed = Observed::fetched(started_at);
                let row = key.row(item.get(), &self.contents(item.get()), observed);
                self.write_row(row);
            }
        }
    }

    fn client(&self) -> Result<&Client, ClientError> {
        let livemode = Some(self.event.livemode());
        let client = self.services.client(self.event);
        client.ok_or(ClientError::NoKey { livemode })
    }
}

/// What is written of the children of a type, if that type has a table.
fn children_of<'r>(
    row: &'r mut RowWrite,
    child: &ModelDescriptor,
) -> Option<&'r mut ChildrenWrite> {
    let table = child.table?;
    let mut children = row.children.iter_mut();
    children.find(|children| children.table.as_str() == table)
}

/// Adds children that an object's JSON doesn't show.
fn add_children(row: &mut RowWrite, child: &ModelDescriptor, items: &[Box<RawValue>]) {
    let Some(children) = children_of(row, child) else {
        return;
    };
    let rows = items.iter().filter_map(|item| {
        Some(ChildWrite {
            id: id_of(item)?,
            json: item.get().to_owned(),
            ended: false,
        })
    });
    children.rows.extend(rows);
}
