//! All objects of a page, which may take further requests.

use std::collections::HashSet;

use futures_util::TryStreamExt;

use super::candidate::Candidate;
use super::listed_object::{IncompleteList, ListedObject, Unfolded, embedded_object, unfold};
use super::verifier::{Stopped, Verifier};
use crate::client::{Page, Request};
use crate::maintenance::lists::List;
use crate::maintenance::pages::{RequestedPage, pages};
use crate::maintenance::scope::Scope;

impl Verifier<'_> {
    /// The objects of a page, and those of the lists inside them, whose rest is fetched.
    pub(super) async fn page_objects(
        &self,
        scope: &Scope,
        list: &List,
        page: &Page,
    ) -> Result<Vec<ListedObject>, Stopped> {
        self.report.requested();
        let (mut all, mut incomplete) = (Vec::new(), Vec::new());
        for item in &page.items {
            let item = self.settings.dropped.strip(item.get());
            let unfolded = unfold(list, &item, page.started_at);
            all.extend(unfolded.objects);
            incomplete.extend(unfolded.incomplete);
        }

        for inner in incomplete {
            let embedded: HashSet<String> = all
                .iter()
                .filter(|object| object.owner == inner.owner)
                .map(|object| object.id.clone())
                .collect();
            let rest = self.rest(scope, &inner).await?;
            all.extend(
                rest.into_iter()
                    .filter(|object| !embedded.contains(&object.id)),
            );
        }
        all.retain(|object| self.wanted.contains(object.descriptor.object));
        Ok(all)
    }

    /// The rest of a list inside an object.
    async fn rest(
        &self,
        scope: &Scope,
        inner: &IncompleteList,
    ) -> Result<Vec<ListedObject>, Stopped> {
        let Some(request) = Request::from_list_url(&inner.url) else {
            return Ok(Vec::new());
        };
        let request = scope.bind(request).param("limit", 100);
        let pages = pages(self.client, request, Some(inner.after.clone()));
        let mut pages = std::pin::pin!(pages);

        let (mut all, mut ids) = (Vec::new(), HashSet::new());
        while let Some(requested) = pages.try_next().await.map_err(Stopped::Client)? {
            self.report.requested();
            let RequestedPage { page, .. } = requested;
            let objects = page.items.iter().filter_map(|item| {
                let item = self.settings.dropped.strip(item.get());
                embedded_object(&item, &inner.owner, inner.parent, page.started_at)
            });
            // A page that is read again has objects that were on it before.
            all.extend(objects.filter(|object| ids.insert(object.id.clone())));
        }
        Ok(all)
    }

    /// Fetches the candidates that are not on their page any more: new objects have moved their
    /// owners to the next page, or they are gone. Each owner is requested by its id.
    pub(super) async fn fetch_moved(
        &self,
        scope: &Scope,
        list: &List,
        candidates: &[Candidate],
        listed: &[ListedObject],
    ) -> Result<Vec<ListedObject>, Stopped> {
        let on_page: HashSet<&str> = listed.iter().map(|object| &*object.owner).collect();
        let owners: HashSet<&str> = candidates
            .iter()
            .map(|candidate| &*candidate.listed.owner)
            .collect();

        let mut moved = Vec::new();
        for owner in owners.difference(&on_page) {
            let Ok(request) = list.retrieval(owner, self.settings) else {
                self.report.undecided(list.descriptor.object, 1);
                continue;
            };
            self.report.requested();
            match self.client.send(&scope.bind(request)).await {
                Ok(answer) => {
                    let json = self.settings.dropped.strip(answer.json());
                    let Unfolded { objects, .. } = unfold(list, &json, answer.started_at());
                    moved.extend(objects);
                }
                Err(error) if error.is_gone() => {}
                Err(error) => return Err(Stopped::Client(error)),
            }
        }
        moved.retain(|object: &ListedObject| self.wanted.contains(object.descriptor.object));
        Ok(moved)
    }
}
