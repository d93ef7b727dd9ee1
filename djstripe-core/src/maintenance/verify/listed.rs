//! Compares the lists of a scope with the mirror. Each page is compared while the next ones are
//! fetched, and what seems to differ is requested a second time.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::candidate::{Candidate, ObjectKey};
use super::error::VerifyError;
use super::listed_object::ListedObject;
use super::seen_ids::SeenIds;
use super::verifier::{Stopped, Verifier};
use crate::client::{ClientError, Page, Request};
use crate::maintenance::lists::List;
use crate::maintenance::pages::{RequestedPage, pages};
use crate::maintenance::scope::Scope;
use crate::timestamp::Timestamp;

/// Lists that are read at a time, and parents whose lists are.
const CONCURRENT_LISTS: usize = 8;

/// Pages of one list that are compared at a time.
const CONCURRENT_PAGES: usize = 3;

/// Refused parents after which a list counts as refused, if Stripe has given nothing else.
const MAX_REFUSALS: u64 = 3;

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

    /// Compares the list of each parent in the mirror. A list that Stripe doesn't give doesn't keep
    /// those of other parents from being compared, unless it refuses them all.
    async fn compare_below_parents(
        &self,
        scope: &Scope,
        list: &List,
        seen: &SeenIds,
    ) -> Result<(), VerifyError> {
        let (mut read, mut refused) = (0_u64, 0_u64);
        let mut after = String::new();
        loop {
            let parents = self.parents(scope, list, &after).await?;
            let Some(last) = parents.last() else { break };
            after = last.clone();

            let lists = stream::iter(parents)
                .map(async |parent| self.compare_list(scope, list, Some(&parent), seen).await);
            let mut lists = std::pin::pin!(lists.buffer_unordered(CONCURRENT_LISTS));
            while let Some(compared) = lists.next().await {
                match compared {
                    Ok(()) => read += 1,
                    // The parent itself will be found as an extra row.
                    Err(Stopped::Client(error)) if is_gone(&error) => {}
                    Err(Stopped::Client(error)) => {
                        refused += 1;
                        self.skip_list(scope, list, seen, error)?;
                    }
                    Err(Stopped::Verify(error)) => return Err(error),
                }
                if read == 0 && refused >= MAX_REFUSALS {
                    return Ok(());
                }
            }
        }

        if read > 0 {
            self.report.list_read();
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
        pages(self.client, request, None)
            .map_err(Stopped::Client)
            .try_for_each_concurrent(CONCURRENT_PAGES, |page| {
                self.compare_listed_page(scope, list, page, seen)
            })
            .await
    }

    /// Compares a page of a whole list. Of a page that is read again, only new objects are
    /// compared.
    async fn compare_listed_page(
        &self,
        scope: &Scope,
        list: &List,
        requested: RequestedPage,
        seen: &SeenIds,
    ) -> Result<(), Stopped> {
        let RequestedPage {
            request,
            page,
            is_reread,
        } = requested;
        let mut listed = self.page_objects(scope, list, &page).await?;
        if is_reread {
            seen.retain_unseen(&mut listed);
        }
        seen.add(&listed);
        self.compare_page(scope, list, &request, listed).await
    }

    /// Compares the objects of a page; `request` fetches the page again.
    pub(super) async fn compare_page(
        &self,
        scope: &Scope,
        list: &List,
        request: &Request,
        listed: Vec<ListedObject>,
    ) -> Result<(), Stopped> {
        let listed = self.without_redacted(scope, listed).await?;
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
        let request = list.request(parent, self.settings);
        let request = request.map_err(|error| Stopped::Client(error.into()))?;
        Ok(request.param("limit", 100))
    }
}

fn is_gone(error: &ClientError) -> bool {
    error.is_gone() && !error.has_lost_cursor()
}
