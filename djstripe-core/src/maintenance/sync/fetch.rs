//! Requests the pages of a list and sends them to the writer. Several tasks do so at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use djstripe_models::ModelDescriptor;
use serde_json::Value;
use tokio::sync::mpsc;

use super::message::{ListRun, Message, PageRows};
use super::page::Page;
use super::range::{PageBounds, Range};
use crate::client::{Answer, Client, ClientError, Method, Priority, Request};
use crate::maintenance::lists::{List, ParentPlace};
use crate::mirror::MirrorSettings;
use crate::mirror::references::PartialList;
use crate::store::SyncPhase;
use crate::timestamp::Timestamp;

/// The type whose list for a customer is the complete set of the customer's entitlements.
const ENTITLEMENT: &str = "entitlements.active_entitlement";

/// Requests one list of one account and mode.
pub(super) struct ListClient {
    pub(super) settings: Arc<MirrorSettings>,
    /// Bound to the account and the mode.
    pub(super) client: Client,
    pub(super) list: List,
    /// The second from which on objects are synced; 0 for all.
    pub(super) since: i64,
}

/// Why a page could not be fetched.
#[derive(Debug)]
pub(super) enum FetchError {
    /// Stripe doesn't give it, and won't the next time.
    Refused(String),
    /// Stripe doesn't have the parent any more.
    Gone,
    /// It may succeed the next time.
    Failed(ClientError),
}

impl From<ClientError> for FetchError {
    fn from(error: ClientError) -> Self {
        if error.is_gone() {
            return Self::Gone;
        }
        match error.api() {
            // A key can be renewed, and some transient errors differ from permanent ones only in
            // the header that advises against a retry.
            Some(api)
                if api.status < 500
                    && !matches!(api.status, 401 | 409 | 429)
                    && !error.is_transient() =>
            {
                Self::Refused(api.message.clone())
            }
            _ => Self::Failed(error),
        }
    }
}

/// A range after a request for its next page.
pub(super) struct PageResult {
    /// The range, advanced past the page.
    pub(super) range: Range,
    /// Objects on the page.
    pub(super) count: usize,
    /// Lists inside its objects that Stripe doesn't give.
    pub(super) refused: Vec<Refusal>,
    /// The entitlements on the page, if they are what the list holds.
    entitlements: Option<Entitlements>,
}

/// Entitlements, all of one customer.
struct Entitlements {
    ids: Vec<String>,
    observed_at: Timestamp,
}

/// A part of a list that Stripe doesn't give.
pub(super) struct Refusal {
    /// The parent, or the address of a list inside an object.
    pub(super) part: String,
    /// Stripe's message.
    pub(super) reason: String,
}

impl ListClient {
    /// The second at which the list starts, if Stripe can filter it by time.
    fn from(&self) -> Option<i64> {
        Some(self.since).filter(|since| *since > 0 && self.list.descriptor.list_by_created)
    }

    /// The whole list as one range, of which nothing was read; `to` is the second after its last.
    pub(super) fn whole_range(&self, to: i64) -> Range {
        let to = Some(to).filter(|_| self.list.descriptor.list_by_created);
        Range::new(0, self.from(), to)
    }

    /// Fetches the next page of a range and sends it to the writer.
    pub(super) async fn next_page(
        &self,
        run: &Arc<ListRun>,
        range: Range,
        sink: &mpsc::Sender<Message>,
    ) -> Result<PageResult, FetchError> {
        self.page(run, range, None, sink).await
    }

    /// Fetches the whole list of one parent. Returns the parts that Stripe doesn't give.
    pub(super) async fn list_of_parent(
        &self,
        run: &Arc<ListRun>,
        parent: &str,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Vec<Refusal>, FetchError> {
        let mut range = Range::new(0, self.from(), None);
        let mut refused = Vec::new();
        let mut entitlements: Option<Entitlements> = None;
        while range.row.phase != SyncPhase::Done {
            let result = self.page(run, range, Some(parent), sink).await?;
            if let Some(more) = result.entitlements {
                // The set is as old as its first page.
                match &mut entitlements {
                    Some(all) => all.ids.extend(more.ids),
                    None => entitlements = Some(more),
                }
            }
            refused.extend(result.refused);
            range = result.range;
        }

        if let Some(Entitlements { ids, observed_at }) = entitlements {
            let message = Message::Entitlements {
                run: Arc::clone(run),
                customer: parent.to_owned(),
                ids,
                observed_at,
            };
            send(sink, message).await;
        }
        Ok(refused)
    }

    async fn page(
        &self,
        run: &Arc<ListRun>,
        mut range: Range,
        parent: Option<&str>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<PageResult, FetchError> {
        let answer = match self.client.send(&self.request(&range, parent)?).await {
            Ok(answer) => answer,
            Err(error) if error.has_lost_cursor() => {
                tracing::debug!(
                    object = self.list.descriptor.object,
                    "the object that the page starts after was deleted"
                );
                if !range.recover_cursor() {
                    return Err(FetchError::Failed(error));
                }
                return Ok(PageResult {
                    range,
                    count: 0,
                    refused: Vec::new(),
                    entitlements: None,
                });
            }
            Err(error) => return Err(error.into()),
        };

        let mut page = self.read(answer, self.list.descriptor, self.list.expand)?;
        let incomplete = std::mem::take(&mut page.incomplete);
        let refused = self.complete_lists(run, incomplete, sink).await?;
        check_progress(&range, &page.bounds)?;

        let count = page.bounds.count;
        let is_check = range.row.phase == SyncPhase::Up && count == 0;
        let is_empty_range =
            parent.is_none() && range.row.number > 0 && range.row.pages == 0 && count == 0;
        range.advance(&page.bounds);
        let is_entitlements = self.list.descriptor.object == ENTITLEMENT;
        let entitlements = is_entitlements.then(|| Entitlements {
            ids: page.rows.iter().map(|row| row.id.clone()).collect(),
            observed_at: page.started_at,
        });

        let rows = PageRows {
            run: Arc::clone(run),
            page,
            range: parent.is_none().then(|| range.clone()),
            is_check,
            is_empty_range,
        };
        send(sink, Message::Page(Box::new(rows))).await;
        Ok(PageResult {
            range,
            count,
            refused,
            entitlements,
        })
    }

    fn request(&self, range: &Range, parent: Option<&str>) -> Result<Request, FetchError> {
        let invalid = |error| FetchError::Failed(ClientError::Request(error));
        let path = self.list.path;
        let mut request = match self.list.parent.map(|parent| parent.place) {
            Some(ParentPlace::Query(name)) => Request::below(path, None)
                .map_err(invalid)?
                .param(name, parent.unwrap_or_default()),
            Some(ParentPlace::Path) | None => Request::below(path, parent).map_err(invalid)?,
        };

        for (name, value) in self.list.params {
            request = request.param(name, *value);
        }
        for field in self.list.expand {
            request = request.expand(&format!("data.{field}"));
        }
        let object = self.list.descriptor.object;
        request = self.settings.expanded.listed(object, request);
        Ok(request
            .params(Value::Object(range.params()))
            .priority(Priority::Backfill))
    }

    fn read(
        &self,
        answer: Answer,
        listed: &'static ModelDescriptor,
        expanded: &[&str],
    ) -> Result<Page, FetchError> {
        let request_id = answer.request_id().map(str::to_owned);
        let started_at = answer.started_at();
        let is_off = |object: &str| self.settings.is_off(object);

        let body = self.settings.dropped.strip_owned(answer.into_json());
        Page::read(body, started_at, listed, expanded, is_off).map_err(|error| {
            FetchError::Failed(ClientError::Malformed {
                request_id,
                source: error.into(),
            })
        })
    }

    /// Fetches the rest of lists inside objects. Returns those that Stripe doesn't give.
    async fn complete_lists(
        &self,
        run: &Arc<ListRun>,
        incomplete: Vec<PartialList>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Vec<Refusal>, FetchError> {
        let mut refused = Vec::new();
        let mut incomplete = VecDeque::from(incomplete);
        while let Some(list) = incomplete.pop_front() {
            match self.complete_list(run, &list, &mut incomplete, sink).await {
                // A list that is gone was deleted with its object, which is an event of its own.
                Ok(()) | Err(FetchError::Gone) => {}
                Err(FetchError::Refused(reason)) => refused.push(Refusal {
                    part: list.url,
                    reason,
                }),
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    /// Fetches the rest of a list. Adds incomplete lists inside its objects to `incomplete`.
    async fn complete_list(
        &self,
        run: &Arc<ListRun>,
        list: &PartialList,
        incomplete: &mut VecDeque<PartialList>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<(), FetchError> {
        let Some(base) = Request::from_list_url(&list.url) else {
            let reason = format!("`{}` is not the address of a list", list.url);
            return Err(FetchError::Refused(reason));
        };
        let base = base.priority(Priority::Backfill);
        let mut listed = self.list.descriptor;
        let mut range = Range::new(0, None, None);
        if let Some((descriptor, id)) = &list.last {
            listed = descriptor;
            range.start_after(id);
        }

        while range.row.phase != SyncPhase::Done {
            let request = base.clone().params(Value::Object(range.params()));
            let answer = match self.client.send(&request).await {
                Ok(answer) => answer,
                Err(error) if error.has_lost_cursor() && range.recover_cursor() => continue,
                Err(error) => return Err(error.into()),
            };

            let mut page = self.read(answer, listed, &[])?;
            check_progress(&range, &page.bounds)?;
            incomplete.extend(std::mem::take(&mut page.incomplete));
            range.advance(&page.bounds);
            // What is added to an object while it is read is an event of its own.
            if range.row.phase == SyncPhase::Up {
                range.row.phase = SyncPhase::Done;
            }

            let rows = PageRows {
                run: Arc::clone(run),
                page,
                range: None,
                is_check: false,
                is_empty_range: false,
            };
            send(sink, Message::Page(Box::new(rows))).await;
        }
        Ok(())
    }
}

/// Fails if the next page would be the same page again, without end.
fn check_progress(range: &Range, page: &PageBounds) -> Result<(), FetchError> {
    if !range.is_stuck(page) {
        return Ok(());
    }
    let source = "the list has more objects, but the page names none to continue after".into();
    Err(FetchError::Failed(ClientError::Malformed {
        request_id: None,
        source,
    }))
}

/// Sends to the writer. A writer that has ended returns its own error, so a failure to send adds
/// nothing.
pub(super) async fn send(sink: &mpsc::Sender<Message>, message: Message) {
    let _ = sink.send(message).await;
}

/// What a key says about its account. Nothing, if the key is restricted and may not read it.
#[derive(Default)]
pub(super) struct OwnAccount {
    /// The account that the key belongs to.
    pub(super) id: Option<String>,
    /// The time of Stripe's clock.
    pub(super) date: Option<Timestamp>,
}

/// Checks that the key is valid, and reads its account.
pub(super) async fn own_account(client: &Client) -> Result<OwnAccount, ClientError> {
    let request = Request::new(Method::Get, "/v1/account").priority(Priority::Backfill);

    match client.send(&request).await {
        Ok(answer) => {
            let account: Value = serde_json::from_str(answer.json()).unwrap_or_default();
            Ok(OwnAccount {
                id: account["id"].as_str().map(str::to_owned),
                date: answer.date(),
            })
        }
        // A restricted key may be able to read other objects.
        Err(error)
            if error.api().is_some_and(|error| error.status != 401) && !error.is_transient() =>
        {
            Ok(OwnAccount::default())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ApiError;

    #[test]
    fn only_what_stays_is_a_refusal() {
        let check = |status: u16, code: &str, expected: &str| {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"no"}}}}"#);
            let api = ApiError::read(
                status,
                |name| (name == "stripe-should-retry").then(|| "false".to_owned()),
                body.as_bytes(),
            );

            let error = FetchError::from(ClientError::Api(Box::new(api)));
            let kind = match error {
                FetchError::Refused(_) => "refused",
                FetchError::Gone => "gone",
                FetchError::Failed(_) => "failed",
            };
            assert_eq!(kind, expected, "{status} {code}");
        };

        check(400, "", "refused");
        check(403, "", "refused");
        check(404, "resource_missing", "gone");
        for status in [401, 409, 429, 500] {
            check(status, "", "failed");
        }
    }
}
