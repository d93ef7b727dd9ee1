//! Compares rows that no list has shown. Each is requested by its id, as lists leave out more than
//! deleted objects.

use djstripe_models::{ModelDescriptor, descriptor};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::candidate::Candidate;
use super::error::VerifyError;
use super::fetch_one::Fetched;
use super::listed_object::ListedObject;
use super::report::FindingKind;
use super::seen_ids::SeenIds;
use super::verifier::{ROWS, Verifier, live_rows};
use crate::maintenance::lists;
use crate::maintenance::scope::Scope;
use crate::store::{ObjectContent, TableName};
use crate::timestamp::Timestamp;

/// Objects that are requested at a time.
const CONCURRENT_REQUESTS: usize = 8;

/// A first or second look at rows.
struct Examined {
    candidates: Vec<Candidate>,
    /// Rows whose objects can't be requested.
    undecided: usize,
}

/// A row whose object Stripe doesn't have, as of the start of the request.
struct GoneObject {
    id: String,
    at: Timestamp,
}

impl Verifier<'_> {
    /// Compares the rows that no list of this scope has shown. Rows observed since `started_at` are
    /// as new as the lists and count as right.
    pub(super) async fn compare_unlisted(
        &self,
        scope: &Scope,
        seen: &SeenIds,
        started_at: Timestamp,
    ) -> Result<(), VerifyError> {
        for object in &self.wanted.objects {
            // Where no list was read, every row would seem to be unlisted.
            let carriers = lists::carriers(object);
            let is_unread = seen.is_skipped(object)
                || !carriers.is_empty() && carriers.iter().all(|carrier| seen.is_skipped(carrier));
            let Some(descriptor) = descriptor(object).filter(|_| !is_unread) else {
                continue;
            };
            let Some(rows) = live_rows(scope, descriptor, Some(started_at)) else {
                continue;
            };

            let mut after = String::new();
            loop {
                let ids = self.store.live_ids(rows, &after, ROWS).await?;
                let Some(last) = ids.last() else { break };
                after = last.clone();
                let unseen = seen.unseen(object, ids);
                self.compare_by_id(scope, descriptor, unseen).await?;
            }
        }
        Ok(())
    }

    /// Compares rows with the objects that Stripe has under their ids.
    pub(super) async fn compare_by_id(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        ids: Vec<String>,
    ) -> Result<(), VerifyError> {
        let Some(table) = descriptor.table.map(TableName::new) else {
            return Ok(());
        };
        let ids = self.unredacted_ids(scope, descriptor, ids).await?;
        let first = self.examine(scope, descriptor, table, &ids).await?;
        let compared = (ids.len() - first.undecided) as u64;
        self.report.compared(descriptor.object, compared);
        self.report
            .undecided(descriptor.object, first.undecided as u64);
        if first.candidates.is_empty() {
            return Ok(());
        }

        tokio::time::sleep(self.options.recheck_after).await;
        let ids: Vec<String> = first
            .candidates
            .iter()
            .map(|candidate| candidate.listed.id.clone())
            .collect();
        let second = self.examine(scope, descriptor, table, &ids).await?;
        self.confirm(scope, first.candidates, second.candidates)
            .await
    }

    /// Fetches the objects of these rows and compares them.
    async fn examine(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        table: TableName,
        ids: &[String],
    ) -> Result<Examined, VerifyError> {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let rows = self.rows(scope, table, &ids).await?;
        let mut fetched = self.fetch_children(scope, descriptor, table, &ids).await?;
        let is_left = |row: &ObjectContent| !row.deleted && !fetched.contains_key(&row.id);
        let others: Vec<(String, Fetched)> =
            stream::iter(rows.into_values().filter(is_left).collect::<Vec<_>>())
                .map(async |row| {
                    let fetched = self
                        .fetch_one(scope, descriptor, &row.id, &row.stripe_data)
                        .await?;
                    Ok::<_, VerifyError>((row.id, fetched))
                })
                .buffer_unordered(CONCURRENT_REQUESTS)
                .try_collect()
                .await?;
        fetched.extend(others);

        let (mut present, mut gone, mut undecided) = (Vec::new(), Vec::new(), 0);
        for (id, fetched) in fetched {
            match fetched {
                Fetched::Present(object) => present.push(object),
                Fetched::Gone(at) => gone.push(GoneObject { id, at }),
                Fetched::Unknown => undecided += 1,
            }
        }
        let mut candidates = self.find_candidates(scope, present).await?;
        candidates.extend(self.extra_rows(scope, descriptor, table, gone).await?);
        Ok(Examined {
            candidates,
            undecided,
        })
    }

    /// The rows of objects that Stripe doesn't have, unless a newer observation has changed them.
    async fn extra_rows(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        table: TableName,
        gone: Vec<GoneObject>,
    ) -> Result<Vec<Candidate>, VerifyError> {
        let ids: Vec<&str> = gone.iter().map(|object| &*object.id).collect();
        let mut rows = self.rows(scope, table, &ids).await?;

        let extra = gone.into_iter().filter_map(|GoneObject { id, at }| {
            let row = rows
                .remove(&id)
                .filter(|row| !row.deleted && row.observed_at <= at)?;
            let listed = ListedObject {
                descriptor,
                table,
                owner: id.clone(),
                id,
                json: "{}".to_owned(),
                at,
                parent: None,
            };
            Some(Candidate {
                kind: FindingKind::Extra,
                listed,
                fields: Vec::new(),
                row: Some(row),
            })
        });
        Ok(extra.collect())
    }
}
