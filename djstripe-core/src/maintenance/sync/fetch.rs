//! Requests the pages of a list and sends them to the writer. Several tasks do so at a time.

use std::sync::Arc;

use djstripe_models::ModelDescriptor;
use serde_json::Value;
use tokio::sync::mpsc;

use super::message::{ListRun, Message, PageRows};
use super::narrowing::{NARROWINGS, Narrowing, RefusedNarrowings};
use super::page::Page;
use super::range::{PageBounds, Range};
use super::reading::Reading;
use crate::client::{Answer, Client, ClientError, Priority, Request};
use crate::error::describe;
use crate::maintenance::lists::List;
use crate::maintenance::refusal::{Refusal, is_about_parameter};
use crate::mirror::MirrorSettings;
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
    pub(super) reading: Reading,
    /// The second from which on objects are synced; 0 for all.
    pub(super) since: i64,
    pub(super) refused: RefusedNarrowings,
}

/// Why a page could not be fetched.
#[derive(Debug)]
pub(super) enum FetchError {
    /// Stripe doesn't give it, and won't the next time.
    Refused(Refusal),
    /// Stripe doesn't have the parent any more.
    Gone,
    /// It may succeed the next time.
    Failed(ClientError),
}

impl From<ClientError> for FetchError {
    fn from(error: ClientError) -> Self {
        if error.is_gone() && !error.has_lost_cursor() {
            return Self::Gone;
        }
        match Refusal::of(&error) {
            Some(refusal) => Self::Refused(refusal),
            None => Self::Failed(error),
        }
    }
}

/// A range after a request for its next page.
pub(super) struct PageResult {
    /// The range, advanced past the page.
    pub(super) range: Range,
    pub(super) notes: Notes,
    /// The entitlements on the page, if they are what the list holds.
    entitlements: Option<Entitlements>,
}

/// What there is to report about pages.
#[derive(Default)]
pub(super) struct Notes {
    /// Objects on the pages.
    pub(super) count: usize,
    /// Lists inside objects that Stripe doesn't give.
    pub(super) refused: Vec<RefusedPart>,
    /// Parameters that Stripe refuses for the list, each reported once.
    pub(super) widened: Vec<Narrowing>,
}

impl Notes {
    fn extend(&mut self, other: Self) {
        self.count += other.count;
        self.refused.extend(other.refused);
        self.widened.extend(other.widened);
    }
}

/// Entitlements, all of one customer.
struct Entitlements {
    ids: Vec<String>,
    observed_at: Timestamp,
}

/// A part of a list that Stripe doesn't give.
pub(super) struct RefusedPart {
    /// The parent, or the address of a list inside an object.
    pub(super) part: String,
    pub(super) refusal: Refusal,
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
    ) -> Result<Notes, FetchError> {
        let mut range = Range::new(0, self.from(), None);
        let mut notes = Notes::default();
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
            notes.extend(result.notes);
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
        Ok(notes)
    }

    /// Fetches one object. Returns the parts that Stripe doesn't give.
    pub(super) async fn object(
        &self,
        run: &Arc<ListRun>,
        id: &str,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Notes, FetchError> {
        let descriptor = self.list.descriptor;
        let request = self.list.retrieval(id, &self.settings);
        let request = request.map_err(ClientError::from)?;
        let answer = self
            .client
            .send(&request.priority(Priority::Backfill))
            .await?;

        let request_id = answer.request_id().map(str::to_owned);
        let started_at = answer.started_at();
        let is_off = |object: &str| self.settings.is_off(object);
        let malformed = |source| FetchError::Failed(ClientError::Malformed { request_id, source });
        let mut page = Page::read_object(
            self.settings.dropped.strip_owned(answer.into_json()),
            started_at,
            descriptor,
            self.list.expand,
            is_off,
        )
        .map_err(|error| malformed(error.into()))?;
        match page.rows.last() {
            Some(row) if row.id == id && row.deleted => return Err(FetchError::Gone),
            Some(row) if row.id == id => {}
            _ => {
                let source = format!("requested {id}, received something else");
                return Err(FetchError::Failed(ClientError::Malformed {
                    request_id: None,
                    source: source.into(),
                }));
            }
        }

        let notes = Notes {
            count: 1,
            refused: self.complete_lists(run, &mut page, sink).await?,
            ..Notes::default()
        };
        send_page(run, page, sink).await;
        Ok(notes)
    }

    async fn page(
        &self,
        run: &Arc<ListRun>,
        mut range: Range,
        parent: Option<&str>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<PageResult, FetchError> {
        for narrowing in NARROWINGS {
            if self.refused.has(narrowing) {
                range.widen(narrowing);
            }
        }
        let answer = match self.client.send(&self.request(&range, parent)?).await {
            Ok(answer) => answer,
            Err(error) => {
                return Ok(PageResult {
                    notes: self.recover(&mut range, error)?,
                    range,
                    entitlements: None,
                });
            }
        };

        let mut page = self.read(answer, self.list.descriptor, self.list.expand)?;
        let count = page.bounds.count;
        let notes = Notes {
            count,
            refused: self.complete_lists(run, &mut page, sink).await?,
            ..Notes::default()
        };
        check_progress(&range, &page.bounds)?;

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
            notes,
            entitlements,
        })
    }

    /// Lets the range go on after an error that another request avoids.
    ///
    /// # Errors
    /// The error, if there is no such request.
    fn recover(&self, range: &mut Range, error: ClientError) -> Result<Notes, FetchError> {
        let object = self.list.descriptor.object;
        if error.has_lost_cursor() && range.recover_cursor() {
            tracing::debug!(object, "the object that the page starts after was deleted");
            return Ok(Notes::default());
        }

        let refused = NARROWINGS.into_iter().find(|narrowing| {
            is_about_parameter(&error, narrowing.parameter()) && range.widen(*narrowing)
        });
        let Some(narrowing) = refused else {
            return Err(error.into());
        };
        let parameter = narrowing.parameter();
        let error = describe(&error);
        tracing::debug!(
            object,
            parameter,
            error,
            "the list is read without the parameter"
        );
        let is_first = self.refused.note(narrowing);
        Ok(Notes {
            widened: Vec::from_iter(is_first.then_some(narrowing)),
            ..Notes::default()
        })
    }

    fn request(&self, range: &Range, parent: Option<&str>) -> Result<Request, FetchError> {
        let invalid = |error| FetchError::Failed(ClientError::Request(error));
        let mut request = self.list.request(parent, &self.settings).map_err(invalid)?;
        if let Reading::Pages {
            test_clock: Some(clock),
        } = &self.reading
        {
            request = request.param("test_clock", clock.as_str());
        }
        Ok(request
            .params(Value::Object(range.params()))
            .priority(Priority::Backfill))
    }

    pub(super) fn read(
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
}

/// Sends a page that belongs to no range.
pub(super) async fn send_page(run: &Arc<ListRun>, page: Page, sink: &mpsc::Sender<Message>) {
    let rows = PageRows {
        run: Arc::clone(run),
        page,
        range: None,
        is_check: false,
        is_empty_range: false,
    };
    send(sink, Message::Page(Box::new(rows))).await;
}

/// Fails if the next page would be the same page again, without end.
pub(super) fn check_progress(range: &Range, page: &PageBounds) -> Result<(), FetchError> {
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
                None,
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
