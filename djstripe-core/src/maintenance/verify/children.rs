//! Fetches children by their parents: no request has a child's id alone, and what a complete list of
//! the parent doesn't show has ended.

use std::collections::{BTreeMap, HashMap};

use djstripe_models::{ModelDescriptor, descriptor};
use serde_json::value::RawValue;

use super::error::VerifyError;
use super::fetch_one::Fetched;
use super::listed_object::ListedObject;
use super::verifier::{Stopped, Verifier};
use crate::client::{ClientError, Page};
use crate::maintenance::lists::{self, List, Listing};
use crate::maintenance::refusal::Refusal;
use crate::maintenance::scope::Scope;
use crate::mirror::references::{contents, is_child};
use crate::store::{ChildOf, TableName};
use crate::timestamp::Timestamp;

/// The children that a parent has at Stripe.
enum ParentLook {
    /// All of them.
    Children(Vec<ListedObject>),
    /// None: Stripe doesn't have the parent, as of the start of the request.
    Gone(Timestamp),
    /// The parent can't be requested, or it doesn't show them.
    Unknown,
}

impl Verifier<'_> {
    /// What Stripe says about the children with these ids, as far as their parents are known. One
    /// request for each parent, and those for the rest of its lists.
    pub(super) async fn fetch_children(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        table: TableName,
        ids: &[&str],
    ) -> Result<HashMap<String, Fetched>, VerifyError> {
        let mut fetched = HashMap::new();
        if !is_child(descriptor.object) {
            return Ok(fetched);
        }
        let children = self
            .store
            .parents_of(table, &scope.account, scope.livemode, ids)
            .await?;
        let mut parents: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for ChildOf {
            id,
            object,
            parent_id,
        } in children
        {
            parents.entry((object, parent_id)).or_default().push(id);
        }

        for ((object, parent_id), ids) in parents {
            let at = Timestamp::now();
            let look = self.look_at(scope, descriptor, &object, &parent_id).await?;
            for id in ids {
                let child = match &look {
                    ParentLook::Children(children) => {
                        let found = children.iter().find(|child| {
                            child.id == id && child.descriptor.object == descriptor.object
                        });
                        found.map_or(Fetched::Gone(at), |child| Fetched::Present(child.clone()))
                    }
                    ParentLook::Gone(at) => Fetched::Gone(*at),
                    ParentLook::Unknown => continue,
                };
                fetched.insert(id, child);
            }
        }
        Ok(fetched)
    }

    /// Requests a parent, and reads its lists of these children to their ends.
    async fn look_at(
        &self,
        scope: &Scope,
        child: &'static ModelDescriptor,
        object: &str,
        id: &str,
    ) -> Result<ParentLook, VerifyError> {
        let Some(list) = descriptor(object).and_then(list_of) else {
            return Ok(ParentLook::Unknown);
        };
        let Ok(request) = list.retrieval(id, self.settings) else {
            return Ok(ParentLook::Unknown);
        };

        let started_at = Timestamp::now();
        let answer = match self.client.send(&scope.bind(request)).await {
            Ok(answer) => answer,
            Err(error) if error.is_gone() => return Ok(ParentLook::Gone(started_at)),
            Err(error) => return self.unknown_or_fail(list.descriptor.object, error),
        };

        let json = answer.json();
        if is_deleted(json) {
            return Ok(ParentLook::Gone(started_at));
        }
        let mut shown = contents(json).children.into_iter();
        if !shown.any(|children| children.descriptor.object == child.object && children.is_whole) {
            return Ok(ParentLook::Unknown);
        }

        let Ok(item) = RawValue::from_string(json.to_owned()) else {
            return Ok(ParentLook::Unknown);
        };
        let page = Page {
            items: vec![item],
            has_more: false,
            started_at: answer.started_at(),
        };
        match self.page_objects(scope, &list, &page).await {
            Ok(objects) => Ok(ParentLook::Children(objects)),
            Err(Stopped::Client(error)) => self.unknown_or_fail(list.descriptor.object, error),
            Err(Stopped::Verify(error)) => Err(error),
        }
    }

    fn unknown_or_fail(
        &self,
        object: &'static str,
        error: ClientError,
    ) -> Result<ParentLook, VerifyError> {
        if Refusal::of(&error).is_some() || error.has_lost_cursor() || error.is_gone() {
            return Ok(ParentLook::Unknown);
        }
        Err(self.failed(object, error))
    }
}

fn list_of(descriptor: &'static ModelDescriptor) -> Option<List> {
    match lists::listing(descriptor) {
        Listing::Listed(list) => Some(list),
        Listing::Embedded(_) | Listing::Unlisted(_) => None,
    }
}

fn is_deleted(json: &str) -> bool {
    let head = crate::webhook::object_head::RawHead::parse(json);
    head.is_ok_and(|head| head.deleted)
}
