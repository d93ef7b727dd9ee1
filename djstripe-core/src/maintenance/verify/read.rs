//! From a page to everything that Stripe tells with it, which may take further requests.

use std::collections::HashSet;

use futures_util::TryStreamExt;

use super::accounts::Scope;
use super::confirm::Suspect;
use super::page::{Rest, Told, Unfolded, told, unfold};
use super::verifier::{READ_AGAIN, Stopped, Verifier};
use crate::client::{Direction, Page, Request};
use crate::maintenance::lists::List;

impl Verifier<'_> {
    /// Takes the objects of a page apart, and fetches what is beyond the first page of the lists inside them.
    pub(super) async fn unfold(
        &self,
        scope: &Scope,
        list: &List,
        page: &Page,
    ) -> Result<Vec<Told>, Stopped> {
        self.report.requested();
        let (mut all, mut rests) = (Vec::new(), Vec::new());
        for item in &page.items {
            let Unfolded { told, rests: more } = unfold(list, item.get(), page.started_at);
            all.extend(told);
            rests.extend(more);
        }
        for rest in rests {
            let embedded: HashSet<String> = all
                .iter()
                .filter(|told| told.owner == rest.owner)
                .map(|told| told.id.clone())
                .collect();
            let more = self.rest(scope, &rest).await?;
            all.extend(more.into_iter().filter(|told| !embedded.contains(&told.id)));
        }
        all.retain(|told| self.wanted.contains(told.descriptor.object));
        Ok(all)
    }

    async fn rest(&self, scope: &Scope, rest: &Rest) -> Result<Vec<Told>, Stopped> {
        let Some(request) = Request::from_list_url(&rest.url) else {
            return Ok(Vec::new());
        };
        let whole = scope.ask(request);
        let mut request = whole.clone().param("starting_after", rest.after.clone());
        let mut read = 0;
        loop {
            let pages = self.client.pages(request, Direction::Forwards);
            let add = |mut all: Vec<Told>, page: Page| async move {
                self.report.requested();
                all.extend(
                    page.items
                        .iter()
                        .filter_map(|item| told(item.get(), &rest.owner, page.started_at)),
                );
                Ok(all)
            };
            match pages.try_fold(Vec::new(), add).await {
                Err(error) if error.has_lost_cursor() && read < READ_AGAIN => {
                    request = whole.clone()
                }
                all => return all.map_err(Stopped::Client),
            }
            read += 1;
        }
    }

    /// Suspects that the second look at their page doesn't show: new objects have pushed their owners onto the next page, or
    /// they are gone. Each owner is asked for by itself.
    pub(super) async fn lost(
        &self,
        scope: &Scope,
        list: &List,
        suspects: &[Suspect],
        told: &[Told],
    ) -> Result<Vec<Told>, Stopped> {
        let shown: HashSet<&str> = told.iter().map(|told| &*told.owner).collect();
        let owners: HashSet<&str> = suspects
            .iter()
            .map(|suspect| &*suspect.told.owner)
            .collect();
        let mut found = Vec::new();
        for owner in owners.difference(&shown) {
            let Ok(request) = Request::retrieve(list.descriptor.object, owner) else {
                self.report.undecided(list.descriptor.object, 1);
                continue;
            };
            let request = list
                .expand
                .iter()
                .fold(scope.ask(request), |request, field| request.expand(field));
            self.report.requested();
            match self.client.send(&request).await {
                Ok(answer) => found.extend(unfold(list, answer.json(), answer.started_at()).told),
                Err(error) if error.is_gone() => {}
                Err(error) => return Err(Stopped::Client(error)),
            }
        }
        found.retain(|told: &Told| self.wanted.contains(told.descriptor.object));
        Ok(found)
    }
}
