//! Looking at a few rows and a few listed objects of each type, taken by chance.

use djstripe_models::descriptor;

use super::VerifyError;
use super::accounts::Scope;
use super::verifier::{Stopped, Verifier, live, request};
use crate::client::Request;
use crate::maintenance::lists::List;
use crate::timestamp::Timestamp;

/// Points in time at which lists are looked into, at most.
const POINTS: u32 = 5;
/// Objects on a page at most.
const PAGE: u32 = 100;

impl Verifier<'_> {
    /// Compares so many rows and so many listed objects of each type.
    pub(super) async fn sample(&self, scope: &Scope, count: u32) -> Result<(), VerifyError> {
        for list in self.lists(scope) {
            let read = match list.parent {
                None => self.sample_top(scope, list, count).await,
                Some(_) => self.sample_below(scope, list, count).await,
            };
            match read {
                Ok(true) => self.report.read_a_list(),
                Ok(false) => {}
                Err(Stopped::Client(error)) => {
                    self.skip_or_fail(list.descriptor.object, scope, error)?
                }
                Err(Stopped::Verify(error)) => return Err(error),
            }
        }
        for object in &self.wanted.objects {
            let Some(descriptor) = descriptor(object) else {
                continue;
            };
            let Some(rows) = live(scope, descriptor, None) else {
                continue;
            };
            let there_are = self.store.count_live(rows).await?;
            if there_are > 0 {
                self.report.rows(object, there_are);
                let ids = self.store.random_ids(rows, count).await?;
                self.by_id(scope, descriptor, ids).await?;
            }
        }
        Ok(())
    }

    /// Where a list can be entered at any time, it is at some; else at its beginning.
    async fn sample_top(&self, scope: &Scope, list: &List, count: u32) -> Result<bool, Stopped> {
        let has_created = list
            .descriptor
            .columns
            .iter()
            .any(|column| column.name == "created");
        let rows = live(scope, list.descriptor, None)
            .filter(|_| list.descriptor.list_by_created && has_created);
        let oldest = match rows {
            Some(rows) => self
                .store
                .oldest_created(rows)
                .await
                .map_err(VerifyError::from)?,
            None => None,
        };
        let now = Timestamp::now().micros() / 1_000_000;
        let points = if oldest.is_some() {
            count.clamp(1, POINTS)
        } else {
            1
        };
        let limit = count.div_ceil(points).clamp(1, PAGE);
        for _ in 0..points {
            let mut entered = request(list, None)?.param("limit", limit);
            if let Some(oldest) = oldest.filter(|oldest| *oldest < now) {
                let until = fastrand::i64(oldest..=now);
                entered = entered.params(serde_json::json!({ "created": { "lte": until } }));
            }
            self.sample_page(scope, list, entered).await?;
        }
        Ok(true)
    }

    /// The beginnings of the lists of some parents.
    async fn sample_below(&self, scope: &Scope, list: &List, count: u32) -> Result<bool, Stopped> {
        let parents = match list
            .parent
            .and_then(|parent| live(scope, parent.descriptor, None))
        {
            Some(_)
                if list
                    .parent
                    .is_some_and(|parent| parent.descriptor.object == "account") =>
            {
                self.parents(scope, list, "").await?
            }
            Some(rows) => self
                .store
                .random_ids(rows, count)
                .await
                .map_err(VerifyError::from)?,
            None => Vec::new(),
        };
        let mut left = count as usize;
        for parent in &parents {
            if left == 0 {
                break;
            }
            let limit = u32::try_from(left).unwrap_or(PAGE).min(PAGE);
            match self
                .sample_page(
                    scope,
                    list,
                    request(list, Some(parent))?.param("limit", limit),
                )
                .await
            {
                Ok(read) => left = left.saturating_sub(read),
                Err(Stopped::Client(error)) if error.is_gone() && !error.has_lost_cursor() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(!parents.is_empty())
    }

    async fn sample_page(
        &self,
        scope: &Scope,
        list: &List,
        request: Request,
    ) -> Result<usize, Stopped> {
        let request = scope.ask(request);
        let page = self.client.page(&request).await.map_err(Stopped::Client)?;
        let count = page.items.len();
        self.page(scope, list, &request, page, None, false).await?;
        Ok(count)
    }
}
