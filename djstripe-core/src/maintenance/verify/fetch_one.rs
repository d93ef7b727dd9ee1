//! Fetches one object by its id.

use std::collections::HashMap;

use djstripe_models::ModelDescriptor;
use futures_util::TryStreamExt;
use serde_json::value::RawValue;

use super::error::VerifyError;
use super::listed_object::{ListedObject, embedded_object};
use super::verifier::Verifier;
use crate::client::{ClientError, Request};
use crate::maintenance::pages::{RequestedPage, pages};
use crate::maintenance::refusal::Refusal;
use crate::maintenance::scope::Scope;
use crate::mirror::id_of;
use crate::store::TableName;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// What Stripe says about one object.
pub(super) enum Fetched {
    /// Stripe has it.
    Present(ListedObject),
    /// Stripe doesn't have it (any more), as of the start of the request.
    Gone(Timestamp),
    /// It can't be requested, or not with this key.
    Unknown,
}

impl Verifier<'_> {
    /// Fetches one object. `row` is its content in the mirror: the object may stand below a parent
    /// that only its JSON names.
    pub(super) async fn fetch_one(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        id: &str,
        row: &str,
    ) -> Result<Fetched, VerifyError> {
        let fields: HashMap<String, &RawValue> = serde_json::from_str(row).unwrap_or_default();
        let parent = |name: &str| fields.get(name).and_then(|value| id_of(value));
        let is_external_account =
            ["bank_account", "card"].contains(&descriptor.object) && parent("customer").is_none();
        let request = match parent("account").filter(|_| is_external_account) {
            Some(account) => Ok(Request::external_account(&account, id)),
            None => Request::retrieve_below(descriptor.object, id, parent),
        };

        let started_at = Timestamp::now();
        let answer = match request {
            Ok(request) => self.retrieve(scope, descriptor, id, request).await,
            // An object that can't be retrieved may be found in a list, if that is the short list
            // of a parent that the object names. Other lists would have to be read to the end.
            Err(_) => match Request::list_below(descriptor.object, parent) {
                Ok(request) if descriptor.list.is_some_and(|path| path.contains('{')) => {
                    self.find_in_list(scope, id, request).await
                }
                _ => return Ok(Fetched::Unknown),
            },
        };

        match answer {
            Ok(Some(object)) => Ok(Fetched::Present(object)),
            Ok(None) => Ok(Fetched::Gone(started_at)),
            // The list was not read to the end.
            Err(error) if error.has_lost_cursor() => Ok(Fetched::Unknown),
            Err(error) if error.is_gone() => Ok(Fetched::Gone(started_at)),
            Err(error) if Refusal::of(&error).is_some() => Ok(Fetched::Unknown),
            Err(error) => Err(self.failed(descriptor.object, error)),
        }
    }

    async fn retrieve(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        id: &str,
        request: Request,
    ) -> Result<Option<ListedObject>, ClientError> {
        self.report.requested();
        let expanded = &self.settings.expanded;
        let request = expanded.retrieved(descriptor.object, scope.bind(request));
        let answer = self.client.send(&request).await?;
        let head = RawHead::parse(answer.json()).ok();
        let deleted = head
            .filter(|head| head.id.as_deref() == Some(id))
            .map(|head| head.deleted);

        match (deleted, descriptor.table.map(TableName::new)) {
            (Some(true), _) => Ok(None),
            (Some(false), Some(table)) => {
                let at = answer.started_at();
                Ok(Some(ListedObject {
                    descriptor,
                    table,
                    id: id.to_owned(),
                    json: self.settings.dropped.strip_owned(answer.into_json()),
                    at,
                    owner: id.to_owned(),
                    parent: None,
                }))
            }
            // A proxy's error page must not look like a deletion.
            _ => Err(ClientError::Malformed {
                request_id: answer.request_id().map(str::to_owned),
                source: format!("requested {id}, received something else").into(),
            }),
        }
    }

    async fn find_in_list(
        &self,
        scope: &Scope,
        id: &str,
        request: Request,
    ) -> Result<Option<ListedObject>, ClientError> {
        let request = scope.bind(request).param("limit", 100);
        let mut pages = std::pin::pin!(pages(self.client, request, None));
        while let Some(RequestedPage { page, .. }) = pages.try_next().await? {
            self.report.requested();
            let mut objects = page.items.iter().filter_map(|item| {
                let item = self.settings.dropped.strip(item.get());
                embedded_object(&item, id, None, page.started_at)
            });
            if let Some(found) = objects.find(|object| object.id == id) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
