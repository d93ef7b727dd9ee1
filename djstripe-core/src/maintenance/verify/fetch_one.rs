//! Asking Stripe for one object, to be sure.

use std::collections::HashMap;

use djstripe_models::ModelDescriptor;
use serde_json::value::RawValue;

use super::VerifyError;
use super::accounts::Scope;
use super::page::{Told, told};
use super::verifier::{Verifier, permanent};
use crate::client::{ClientError, Direction, Request};
use crate::mirror::id_of;
use crate::store::TableName;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// What Stripe says of one object.
pub(super) enum Look {
    /// It is there.
    There(Told),
    /// It is not, or not any more; the request was begun then.
    Gone(Timestamp),
    /// It can't be asked for, or not with this key.
    Unknown,
}

impl Verifier<'_> {
    /// Asks for one object. `data` is what is known of it: it may be found below a parent that only its JSON names.
    pub(super) async fn look(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        id: &str,
        data: &str,
    ) -> Result<Look, VerifyError> {
        let fields: HashMap<String, &RawValue> = serde_json::from_str(data).unwrap_or_default();
        let parent = |name: &str| fields.get(name).and_then(|value| id_of(value));
        let is_external =
            ["bank_account", "card"].contains(&descriptor.object) && parent("customer").is_none();
        let request = match parent("account").filter(|_| is_external) {
            Some(account) => Ok(Request::external_account(&account, id)),
            None => Request::retrieve_below(descriptor.object, id, parent),
        };
        let begun = Timestamp::now();
        let answer = match request {
            Ok(request) => self.retrieve(scope, descriptor, id, request).await,
            Err(_) => match Request::list_below(descriptor.object, parent) {
                // A list that is found below what the object names; others would have to be read from end to end.
                Ok(request) if descriptor.list.is_some_and(|path| path.contains('{')) => {
                    self.find(scope, id, request).await
                }
                _ => return Ok(Look::Unknown),
            },
        };
        match answer {
            Ok(Some(found)) => Ok(Look::There(found)),
            Ok(None) => Ok(Look::Gone(begun)),
            // The list that it might be in was not read to its end.
            Err(error) if error.has_lost_cursor() => Ok(Look::Unknown),
            Err(error) if error.is_gone() => Ok(Look::Gone(begun)),
            Err(error) if permanent(&error).is_some() => Ok(Look::Unknown),
            Err(error) => Err(self.failed(descriptor.object, error)),
        }
    }

    async fn retrieve(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        id: &str,
        request: Request,
    ) -> Result<Option<Told>, ClientError> {
        self.report.requested();
        let answer = self.client.send(&scope.ask(request)).await?;
        let deleted = RawHead::parse(answer.json())
            .ok()
            .filter(|head| head.id.as_deref() == Some(id))
            .map(|head| head.deleted);
        match (deleted, descriptor.table.map(TableName::new)) {
            // All that Stripe has left of it.
            (Some(true), _) => Ok(None),
            (Some(false), Some(table)) => {
                let at = answer.started_at();
                Ok(Some(Told {
                    descriptor,
                    table,
                    id: id.to_owned(),
                    json: answer.into_json(),
                    at,
                    owner: id.to_owned(),
                }))
            }
            // A proxy's page must not look like a deletion.
            _ => Err(ClientError::Malformed {
                request_id: answer.request_id().map(str::to_owned),
                source: format!("asked for {id}, got something else").into(),
            }),
        }
    }

    /// Looks for an object in a list.
    async fn find(
        &self,
        scope: &Scope,
        id: &str,
        request: Request,
    ) -> Result<Option<Told>, ClientError> {
        use futures_util::TryStreamExt;

        let mut pages = std::pin::pin!(self.client.pages(scope.ask(request), Direction::Forwards));
        while let Some(page) = pages.try_next().await? {
            self.report.requested();
            let mut told = page
                .items
                .iter()
                .filter_map(|item| told(item.get(), id, page.started_at));
            if let Some(found) = told.find(|told| told.id == id) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
