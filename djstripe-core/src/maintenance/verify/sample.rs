//! Compares a random sample: a few rows and a few listed objects of each type.

use djstripe_models::descriptor;

use super::error::VerifyError;
use super::verifier::{Stopped, Verifier, live_rows};
use crate::client::{ClientError, Request};
use crate::maintenance::lists::{ACCOUNT, List};
use crate::maintenance::refusal::is_about_parameter;
use crate::maintenance::scope::Scope;
use crate::timestamp::Timestamp;

/// Most random points in time at which a list is read.
const MAX_POINTS: u32 = 5;

/// Most objects on a page.
const MAX_PAGE_SIZE: u32 = 100;

impl Verifier<'_> {
    /// Compares about `count` rows and about `count` listed objects of each type.
    pub(super) async fn compare_sample(
        &self,
        scope: &Scope,
        count: u32,
    ) -> Result<(), VerifyError> {
        for list in self.lists(scope) {
            let read = match list.parent {
                None => self.sample_top_level(scope, list, count).await,
                Some(_) => self.sample_below_parents(scope, list, count).await,
            };
            match read {
                Ok(true) => self.report.list_read(),
                Ok(false) => {}
                Err(Stopped::Client(error)) => {
                    self.skip_or_fail(list.descriptor.object, scope, error)?
                }
                Err(Stopped::Verify(error)) => return Err(error),
            }
        }

        for object in &self.wanted.objects {
            let rows = descriptor(object)
                .and_then(|descriptor| Some((descriptor, live_rows(scope, descriptor, None)?)));
            let Some((descriptor, rows)) = rows else {
                continue;
            };
            let total = self.store.count_live(rows).await?;
            if total > 0 {
                self.report.rows(object, total);
                let ids = self.store.random_ids(rows, count).await?;
                self.compare_by_id(scope, descriptor, ids).await?;
            }
        }
        Ok(())
    }

    /// Reads a list at random points in time; a list that can't be filtered by time, at its start.
    async fn sample_top_level(
        &self,
        scope: &Scope,
        list: &List,
        count: u32,
    ) -> Result<bool, Stopped> {
        let mut columns = list.descriptor.columns.iter();
        let has_created = columns.any(|column| column.name == "created");
        let rows = live_rows(scope, list.descriptor, None)
            .filter(|_| list.descriptor.list_by_created && has_created);
        let oldest = match rows {
            Some(rows) => {
                let oldest = self.store.oldest_created(rows).await;
                oldest.map_err(VerifyError::from)?
            }
            None => None,
        };

        let now = Timestamp::now().seconds();
        let points = match oldest {
            Some(_) => count.clamp(1, MAX_POINTS),
            None => 1,
        };
        let limit = count.div_ceil(points).clamp(1, MAX_PAGE_SIZE);
        for _ in 0..points {
            let start = self.list_request(list, None)?.param("limit", limit);
            let Some(oldest) = oldest.filter(|oldest| *oldest < now) else {
                self.sample_page(scope, list, start).await?;
                continue;
            };

            let until = fastrand::i64(oldest..=now);
            let created = serde_json::json!({ "created": { "lte": until } });
            let request = start.clone().params(created);
            match self.sample_page(scope, list, request).await {
                Err(Stopped::Client(error)) if is_about_parameter(&error, "created") => {
                    self.report.widened(list.descriptor.object);
                    self.sample_page(scope, list, start.param("limit", count.min(MAX_PAGE_SIZE)))
                        .await?;
                    break;
                }
                sampled => sampled?,
            };
        }
        Ok(true)
    }

    /// Reads the start of the lists of random parents. Returns whether there are any.
    async fn sample_below_parents(
        &self,
        scope: &Scope,
        list: &List,
        count: u32,
    ) -> Result<bool, Stopped> {
        let parents = self.sample_parents(scope, list, count).await?;
        let mut left = count as usize;
        for parent in &parents {
            if left == 0 {
                break;
            }
            let limit = u32::try_from(left).map_or(MAX_PAGE_SIZE, |left| left.min(MAX_PAGE_SIZE));
            let request = self.list_request(list, Some(parent))?.param("limit", limit);
            match self.sample_page(scope, list, request).await {
                Ok(read) => left = left.saturating_sub(read),
                Err(Stopped::Client(error)) if is_parent_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(!parents.is_empty())
    }

    async fn sample_parents(
        &self,
        scope: &Scope,
        list: &List,
        count: u32,
    ) -> Result<Vec<String>, VerifyError> {
        let Some(parent) = list.parent.map(|parent| parent.descriptor) else {
            return Ok(Vec::new());
        };
        if parent.object == ACCOUNT {
            return self.parents(scope, list, "").await;
        }
        match live_rows(scope, parent, None) {
            Some(rows) => Ok(self.store.random_ids(rows, count).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Compares one page. Returns how many objects it has.
    async fn sample_page(
        &self,
        scope: &Scope,
        list: &List,
        request: Request,
    ) -> Result<usize, Stopped> {
        let request = scope.bind(request);
        let page = self.client.page(&request).await.map_err(Stopped::Client)?;
        let listed = self.page_objects(scope, list, &page).await?;
        self.compare_page(scope, list, &request, listed).await?;
        Ok(page.items.len())
    }
}

fn is_parent_gone(error: &ClientError) -> bool {
    error.is_gone() && !error.has_lost_cursor()
}
