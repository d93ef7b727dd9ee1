//! Compares the lists of a scope with the mirror. Each page is compared while the next ones are
//! fetched, and what seems to differ is requested a second time.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::candidate::{Candidate, ObjectKey};
use super::error::VerifyError;
use super::listed_object::ListedObject;
use super::seen_ids::SeenIds;
use super::verifier::{MAX_REREADS, Stopped, Verifier};
use crate::client::{ClientError, Direction, Page, Request, RequestError};
use crate::maintenance::lists::{List, ParentPlace};
use crate::maintenance::scope::Scope;
use crate::mirror::id_of;
use crate::timestamp::Timestamp;

/// Lists that are read at a time, and parents whose lists are.
const CONCURRENT_LISTS: usize = 8;

/// Pages of one list that are compared at a time.
const CONCURRENT_PAGES: usize = 3;

/// A page, and the request that fetches the same page again.
struct RequestedPage {
    request: Request,
    page: Page,
}

impl Verifier<'_> {
    /// Compares everything in one scope.
    pub(super) async fn compare_all(&self, scope: &Scope) -> Result<(), VerifyError> {
        let (seen, started_at) = (SeenIds::default(), Timestamp::now());
        let (top_level, below_parents): (Vec<&List>, Vec<&List>) =
            self.lists(scope).partition(|list| list.parent.is_none());

        // Parents come first, as they may be repaired on the way.
        stream::iter(top_level.into_iter().map(Ok::<_, VerifyError>))
            .try_for_each_concurrent(CONCURRENT_LISTS, |list| {
                self.compare_top_level(scope, list, &seen)
            })
            .await?;
        for list in below_parents {
            self.compare_below_parents(scope, list, &seen).await?;
        }
        self.compare_unlisted(scope, &seen, started_at).await
    }

    async fn compare_top_level(
        &self,
        scope: &Scope,
        list: &List,
        seen: &SeenIds,
    ) -> Result<(), VerifyError> {
        match self.compare_list(scope, list, None, seen).await {
            Ok(()) => {
                self.report.list_read();
                Ok(())
            }
            Err(Stopped::Client(error)) => self.skip_list(scope, list, seen, error),
            Err(Stopped::Verify(error)) => Err(error),
        }
    }

    /// Compares the list of each parent in the mirror.
    async fn compare_below_parents(
        &self,
        scope: &Scope,
        list: &List,
        seen: &SeenIds,
    ) -> Result<(), VerifyError> {
        let mut after = String::new();
        loop {
            let parents = self.parents(scope, list, &after).await?;
            let Some(last) = parents.last() else { break };
            after = last.clone();

            let reading = stream::iter(parents).map(async |parent| {
                match self.compare_list(scope, list, Some(&parent), seen).await {
                    // The parent itself will be found as an extra row.
                    Err(Stopped::Client(error)) if error.is_gone() && !error.has_lost_cursor() => {
                        Ok(())
                    }
                    read => read,
                }
            });
            let read = reading
                .buffer_unordered(CONCURRENT_LISTS)
                .try_for_each(future::ok)
                .await;
            match read {
                Ok(()) => self.report.list_read(),
                Err(Stopped::Client(error)) => return self.skip_list(scope, list, seen, error),
                Err(Stopped::Verify(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Compares one list page by page.
    async fn compare_list(
        &self,
        scope: &Scope,
        list: &List,
        parent: Option<&str>,
        seen: &SeenIds,
    ) -> Result<(), Stopped> {
        let request = scope.bind(self.list_request(list, parent)?);
        for read in 0..=MAX_REREADS {
            let is_cursor_lost = AtomicBool::new(false);
            let mut after = None;
            let pages = self.client.pages(request.clone(), Direction::Forwards);
            let pages = pages.map_ok(|page| {
                let request = page_request(&request, after.take());
                after = page.items.last().and_then(|item| id_of(item));
                RequestedPage { request, page }
            });
            // A deleted cursor ends the stream without an error, so that the pages before it are
            // still compared.
            let pages = pages.take_while(|page| {
                let is_lost =
                    read < MAX_REREADS && page.as_ref().is_err_and(ClientError::has_lost_cursor);
                is_cursor_lost.fetch_or(is_lost, Ordering::Relaxed);
                future::ready(!is_lost)
            });
            let compare = |RequestedPage { request, page }| async move {
                let is_reread = read > 0;
                self.compare_listed_page(scope, list, &request, page, seen, is_reread)
                    .await
            };
            pages
                .map_err(Stopped::Client)
                .try_for_each_concurrent(CONCURRENT_PAGES, compare)
                .await?;

            if !is_cursor_lost.into_inner() {
                break;
            }
            tracing::debug!(
                object = list.descriptor.object,
                "the object that a page starts after was deleted; reading the list again"
            );
        }
        Ok(())
    }

    /// Compares a page of a whole list. Of a list that is read again, only new objects are
    /// compared.
    async fn compare_listed_page(
        &self,
        scope: &Scope,
        list: &List,
        request: &Request,
        page: Page,
        seen: &SeenIds,
        is_reread: bool,
    ) -> Result<(), Stopped> {
        let mut listed = self.page_objects(scope, list, &page).await?;
        if is_reread {
            seen.retain_unseen(&mut listed);
        }
        seen.add(&listed);
        self.compare_page(scope, list, request, listed).await
    }

    /// Compares the objects of a page; `request` fetches the page again.
    pub(super) async fn compare_page(
        &self,
        scope: &Scope,
        list: &List,
        request: &Request,
        listed: Vec<ListedObject>,
    ) -> Result<(), Stopped> {
        for object in &listed {
            self.report.compared(object.descriptor.object, 1);
        }
        let candidates = self.find_candidates(scope, listed).await?;
        if candidates.is_empty() {
            return Ok(());
        }

        tokio::time::sleep(self.options.recheck_after).await;
        let page = match self.client.page(request).await {
            // Without the page, each object is requested by its id.
            Err(error) if error.has_lost_cursor() => Page {
                items: Vec::new(),
                has_more: false,
                started_at: Timestamp::now(),
            },
            page => page.map_err(Stopped::Client)?,
        };
        let mut listed = self.page_objects(scope, list, &page).await?;
        listed.extend(self.fetch_moved(scope, list, &candidates, &listed).await?);

        let keys: HashSet<ObjectKey> = candidates.iter().map(Candidate::key).collect();
        listed.retain(|object| keys.contains(&ObjectKey::of(object)));
        let second = self.find_candidates(scope, listed).await?;
        Ok(self.confirm(scope, candidates, second).await?)
    }

    fn skip_list(
        &self,
        scope: &Scope,
        list: &List,
        seen: &SeenIds,
        error: ClientError,
    ) -> Result<(), VerifyError> {
        self.skip_or_fail(list.descriptor.object, scope, error)?;
        seen.skip(list.descriptor.object);
        Ok(())
    }

    /// The request for a list; for the list of this parent, if it has parents.
    pub(super) fn list_request(
        &self,
        list: &List,
        parent: Option<&str>,
    ) -> Result<Request, Stopped> {
        let invalid = |error: RequestError| Stopped::Client(error.into());
        let place = list.parent.map(|parent| parent.place);
        let request = match (place, parent) {
            (Some(ParentPlace::Query(name)), Some(id)) => Request::below(list.path, None)
                .map_err(invalid)?
                .param(name, id),
            _ => Request::below(list.path, parent).map_err(invalid)?,
        };

        let request = list.params.iter().fold(request, |request, (name, value)| {
            request.param(name, *value)
        });
        let request = request.param("limit", 100);
        let request = list.expand.iter().fold(request, |request, field| {
            request.expand(&format!("data.{field}"))
        });
        let expanded = &self.settings.expanded;
        Ok(expanded.listed(list.descriptor.object, request))
    }
}

fn page_request(request: &Request, after: Option<String>) -> Request {
    match after {
        Some(after) => request.clone().param("starting_after", after),
        None => request.clone(),
    }
}
