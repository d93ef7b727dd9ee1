//! Going through the lists: each page is compared while the next ones are fetched; what looks wrong is asked for again.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use djstripe_models::ModelDescriptor;
use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::accounts::Scope;
use super::confirm::{Key, Suspect};
use super::page::Told;
use super::report::{Report, Skipped, VerifySummary};
use super::seen::Seen;
use super::{VerifyError, VerifyOptions, Wanted};
use crate::client::{Client, ClientError, Direction, ErrorKind, Page, Request, RequestError};
use crate::maintenance::lists::{List, Parent, ParentPlace};
use crate::mirror::{MirrorSettings, id_of};
use crate::store::{LiveRows, Store, TableName};
use crate::timestamp::Timestamp;

/// Lists that are read at a time, and parents whose lists are.
const AT_A_TIME: usize = 8;
/// Pages of one list that are compared at a time.
const PAGES: usize = 3;
/// Times that one list is read from its start once more, as the object that a page was to begin after was deleted.
pub(super) const READ_AGAIN: usize = 3;
/// Rows that are read at a time.
pub(super) const ROWS: u32 = 200;

/// What comparing works with.
pub(super) struct Verifier<'v> {
    pub(super) store: &'v Store,
    pub(super) client: &'v Client,
    pub(super) settings: &'v MirrorSettings,
    pub(super) options: &'v VerifyOptions,
    pub(super) wanted: Wanted,
    pub(super) report: Report<'v>,
}

/// What a walk through one scope has seen.
#[derive(Default)]
pub(super) struct Sight {
    seen: Mutex<BTreeMap<&'static str, Seen>>,
    /// Types whose lists could not be read to their end.
    skipped: Mutex<HashSet<&'static str>>,
}

impl Sight {
    fn note(&self, told: &[Told]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for told in told {
            seen.entry(told.descriptor.object)
                .or_default()
                .insert(&told.id);
        }
    }

    /// Leaves what no list has told.
    fn retain_unseen(&self, told: &mut Vec<Told>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|told| {
            !seen
                .entry(told.descriptor.object)
                .or_default()
                .contains(&told.id)
        });
    }

    /// Those ids that no list has told.
    pub(super) fn unseen(&self, object: &'static str, mut ids: Vec<String>) -> Vec<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.entry(object).or_default();
        ids.retain(|id| !seen.contains(id));
        ids
    }

    pub(super) fn is_skipped(&self, object: &str) -> bool {
        self.skipped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(object)
    }

    fn skip(&self, object: &'static str) {
        self.skipped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(object);
    }
}

impl Verifier<'_> {
    pub(super) async fn run(self) -> Result<VerifySummary, VerifyError> {
        for scope in self.scopes().await? {
            if !self.is_reached(&scope).await? {
                continue;
            }
            match self.options.sample {
                Some(count) => self.sample(&scope, count).await?,
                None => self.walk(&scope).await?,
            }
        }
        let (summary, read) = self.report.finish();
        match summary.skipped.first() {
            Some(Skipped { object, reason, .. }) if read == 0 => {
                Err(VerifyError::NothingReadable {
                    object,
                    reason: reason.clone(),
                })
            }
            _ => Ok(summary),
        }
    }

    /// Compares everything in one scope.
    async fn walk(&self, scope: &Scope) -> Result<(), VerifyError> {
        let (sight, begun) = (Sight::default(), Timestamp::now());
        // Parents before what is below them: they may be repaired on the way.
        let (tops, below): (Vec<&List>, Vec<&List>) =
            self.lists(scope).partition(|list| list.parent.is_none());
        let lists = stream::iter(tops.into_iter().map(Ok::<_, VerifyError>));
        lists
            .try_for_each_concurrent(AT_A_TIME, |list| self.top(scope, list, &sight))
            .await?;
        for list in below {
            self.below(scope, list, &sight).await?;
        }
        self.extras(scope, &sight, begun).await
    }

    /// The lists of a scope. AccountScope that are connected to a connected one in turn are not ours.
    pub(super) fn lists(&self, scope: &Scope) -> impl Iterator<Item = &List> {
        let is_platform = scope.account.is_empty();
        self.wanted
            .lists
            .iter()
            .filter(move |list| is_platform || list.descriptor.object != "account")
    }

    async fn top(&self, scope: &Scope, list: &List, sight: &Sight) -> Result<(), VerifyError> {
        match self.list(scope, list, None, sight).await {
            Ok(()) => {
                self.report.read_a_list();
                Ok(())
            }
            Err(Stopped::Client(error)) => self.skip(scope, list, sight, error),
            Err(Stopped::Verify(error)) => Err(error),
        }
    }

    /// Compares what is found below each parent that the mirror has.
    async fn below(&self, scope: &Scope, list: &List, sight: &Sight) -> Result<(), VerifyError> {
        let mut after = String::new();
        loop {
            let parents = self.parents(scope, list, &after).await?;
            let Some(last) = parents.last() else { break };
            after = last.clone();
            let reading = stream::iter(parents).map(async |parent| {
                match self.list(scope, list, Some(&parent), sight).await {
                    // It will be found to be extra itself.
                    Err(Stopped::Client(error)) if error.is_gone() && !error.has_lost_cursor() => {
                        Ok(())
                    }
                    read => read,
                }
            });
            match reading
                .buffer_unordered(AT_A_TIME)
                .try_for_each(future::ok)
                .await
            {
                Ok(()) => self.report.read_a_list(),
                Err(Stopped::Client(error)) => return self.skip(scope, list, sight, error),
                Err(Stopped::Verify(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next parents of a list. What is below an account belongs to that account, and is compared with its other objects.
    pub(super) async fn parents(
        &self,
        scope: &Scope,
        list: &List,
        after: &str,
    ) -> Result<Vec<String>, VerifyError> {
        let Some(Parent { descriptor, .. }) = list.parent else {
            return Ok(Vec::new());
        };
        if descriptor.object == "account" {
            let own =
                Some(&scope.account).filter(|account| !account.is_empty() && **account != after);
            return Ok(own.into_iter().cloned().collect());
        }
        match live(scope, descriptor, None) {
            Some(rows) => Ok(self.store.live_ids(rows, after, ROWS).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Compares one list, that of this parent if it is of one, page by page.
    async fn list(
        &self,
        scope: &Scope,
        list: &List,
        parent: Option<&str>,
        sight: &Sight,
    ) -> Result<(), Stopped> {
        let request = scope.ask(request(list, parent)?);
        for read in 0..=READ_AGAIN {
            let is_lost = AtomicBool::new(false);
            let mut after = None;
            let pages = self
                .client
                .pages(request.clone(), Direction::Forwards)
                .map_ok(|page| {
                    let again = page_after(&request, after.take());
                    after = page.items.last().and_then(|item| id_of(item));
                    (again, page)
                });
            // The pages before it are compared nevertheless.
            let pages = pages.take_while(|page| {
                let lost =
                    read < READ_AGAIN && page.as_ref().is_err_and(ClientError::has_lost_cursor);
                is_lost.fetch_or(lost, Ordering::Relaxed);
                future::ready(!lost)
            });
            let check = |(again, page)| async move {
                self.page(scope, list, &again, page, Some(sight), read > 0)
                    .await
            };
            pages
                .map_err(Stopped::Client)
                .try_for_each_concurrent(PAGES, check)
                .await?;
            if !is_lost.into_inner() {
                break;
            }
            tracing::debug!(
                object = list.descriptor.object,
                "the object that a page begins after was deleted"
            );
        }
        Ok(())
    }

    /// Compares one page; `again` asks for it once more. Of a list that is read again, only what is new is compared.
    pub(super) async fn page(
        &self,
        scope: &Scope,
        list: &List,
        again: &Request,
        page: Page,
        sight: Option<&Sight>,
        is_read_again: bool,
    ) -> Result<(), Stopped> {
        let mut told = self.unfold(scope, list, &page).await?;
        if let Some(sight) = sight {
            if is_read_again {
                sight.retain_unseen(&mut told);
            }
            sight.note(&told);
        }
        for told in &told {
            self.report.compared(told.descriptor.object, 1);
        }
        let suspects = self.compare(scope, told).await?;
        if suspects.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(self.options.patience).await;
        let page = match self.client.page(again).await {
            // Then each object is asked for by itself.
            Err(error) if error.has_lost_cursor() => Page {
                items: Vec::new(),
                has_more: false,
                started_at: Timestamp::now(),
            },
            page => page.map_err(Stopped::Client)?,
        };
        let mut told = self.unfold(scope, list, &page).await?;
        told.extend(self.lost(scope, list, &suspects, &told).await?);
        let keys: HashSet<Key> = suspects.iter().map(Suspect::key).collect();
        told.retain(|told| keys.contains(&(told.descriptor.object, told.id.clone())));
        let second = self.compare(scope, told).await?;
        Ok(self.settle(scope, suspects, second).await?)
    }

    /// Goes on without this type if the error is one that stays; else nothing more can be compared.
    fn skip(
        &self,
        scope: &Scope,
        list: &List,
        sight: &Sight,
        error: ClientError,
    ) -> Result<(), VerifyError> {
        self.skip_or_fail(list.descriptor.object, scope, error)?;
        sight.skip(list.descriptor.object);
        Ok(())
    }

    pub(super) fn skip_or_fail(
        &self,
        object: &'static str,
        scope: &Scope,
        error: ClientError,
    ) -> Result<(), VerifyError> {
        let Some(reason) = permanent(&error) else {
            return Err(self.failed(object, error));
        };
        let (account, livemode) = (scope.account.clone(), scope.livemode);
        self.report.skipped(Skipped {
            object,
            account,
            livemode,
            reason,
        });
        Ok(())
    }

    pub(super) fn failed(&self, object: &'static str, source: ClientError) -> VerifyError {
        VerifyError::Client { object, source }
    }
}

/// Why the comparing of a list stopped.
pub(super) enum Stopped {
    /// Stripe refused it.
    Client(ClientError),
    /// Everything stops.
    Verify(VerifyError),
}

impl From<VerifyError> for Stopped {
    fn from(error: VerifyError) -> Self {
        Self::Verify(error)
    }
}

/// What Stripe will say again and again of this type of object: no access, not enabled. A wrong key is about all types.
pub(super) fn permanent(error: &ClientError) -> Option<String> {
    if let ClientError::Request(error) = error {
        return Some(error.to_string());
    }
    if error.has_lost_cursor() {
        return None;
    }
    let api = error.api()?;
    let stays = matches!(api.kind, ErrorKind::Permission | ErrorKind::InvalidRequest)
        && !error.is_transient();
    stays.then(|| api.to_string())
}

/// The request for a list, of this parent if it is of one.
pub(super) fn request(list: &List, parent: Option<&str>) -> Result<Request, Stopped> {
    let refuse = |error: RequestError| Stopped::Client(error.into());
    let place = list.parent.map(|parent| parent.place);
    let request = match (place, parent) {
        (Some(ParentPlace::Query(name)), Some(id)) => Request::below(list.path, None)
            .map_err(refuse)?
            .param(name, id),
        _ => Request::below(list.path, parent).map_err(refuse)?,
    };
    let request = list.params.iter().fold(request, |request, (name, value)| {
        request.param(name, *value)
    });
    let request = request.param("limit", 100);
    Ok(list.expand.iter().fold(request, |request, field| {
        request.expand(&format!("data.{field}"))
    }))
}

fn page_after(request: &Request, after: Option<String>) -> Request {
    match after {
        Some(after) => request.clone().param("starting_after", after),
        None => request.clone(),
    }
}

/// The live rows of a type in a scope.
pub(super) fn live<'s>(
    scope: &'s Scope,
    descriptor: &'static ModelDescriptor,
    before: Option<Timestamp>,
) -> Option<LiveRows<'s>> {
    let table = TableName::new(descriptor.table?);
    Some(LiveRows {
        table,
        account: &scope.account,
        livemode: scope.livemode,
        before,
    })
}
