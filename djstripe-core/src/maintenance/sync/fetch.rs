//! Asking for pages, and handing them to the writer. Several such tasks are under way at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use djstripe_models::ModelDescriptor;
use serde_json::Value;
use tokio::sync::mpsc;

use super::Syncer;
use super::page::Page;
use super::range::{Range, Seen};
use super::writer::{Message, Rows, Run};
use crate::client::{Client, ClientError, Method, Priority, Request};
use crate::maintenance::lists::{List, Place};
use crate::mirror::references::PartialList;
use crate::store::SyncPhase;
use crate::timestamp::Timestamp;

/// How a list is asked for.
pub(super) struct Ask {
    pub(super) syncer: Syncer,
    /// Bound to the account and the mode.
    pub(super) client: Client,
    pub(super) list: List,
    /// Where the list begins; 0 for its beginning.
    pub(super) since: i64,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Stripe doesn't give it, and wouldn't the next time.
    Refused(String),
    /// The parent is not there any more.
    Gone,
    /// It may be there the next time.
    Failed(ClientError),
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        if error.is_gone() {
            return Self::Gone;
        }
        match error.api() {
            // A key may be renewed, and of some trouble Stripe only says that it's not worth a try right now.
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

/// What came of a part of a list.
pub(super) struct Stepped {
    /// Where it stands now.
    pub(super) range: Range,
    /// Objects on the page.
    pub(super) count: usize,
    /// Lists within objects that Stripe doesn't give, and what it says.
    pub(super) refused: Vec<(String, String)>,
}

/// The type whose list is also the whole truth about whom it is asked for.
const ENTITLEMENT: &str = "entitlements.active_entitlement";

impl Ask {
    /// Where the list begins, if it can be narrowed so.
    pub(super) fn from(&self) -> Option<i64> {
        Some(self.since).filter(|since| *since > 0 && self.list.descriptor.list_by_created)
    }

    /// The whole list, nothing of it seen; `to` is the second behind its last.
    pub(super) fn whole(&self, to: i64) -> Range {
        Range::new(
            0,
            self.from(),
            Some(to).filter(|_| self.list.descriptor.list_by_created),
        )
    }

    /// Fetches the next page of a part of the list and hands it to the writer.
    pub(super) async fn step(
        &self,
        run: &Arc<Run>,
        range: Range,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Stepped, Trouble> {
        self.page(run, range, None, sink)
            .await
            .map(|(stepped, _)| stepped)
    }

    /// Goes through the whole list of one parent.
    pub(super) async fn below(
        &self,
        run: &Arc<Run>,
        parent: &str,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let mut range = Range::new(0, self.from(), None);
        let (mut refused, mut entitled, mut begun) = (Vec::new(), Vec::new(), None);
        while range.row.phase != SyncPhase::Done {
            let (stepped, told) = self.page(run, range, Some(parent), sink).await?;
            let (started_at, ids) = told;
            begun = begun.or(started_at);
            entitled.extend(ids);
            refused.extend(stepped.refused);
            range = stepped.range;
        }
        if let Some(observed_at) = begun {
            let (run, customer) = (Arc::clone(run), parent.to_owned());
            send(
                sink,
                Message::Entitled {
                    run,
                    customer,
                    ids: entitled,
                    observed_at,
                },
            )
            .await;
        }
        Ok(refused)
    }

    /// Fetches a page. Of a list of entitlements it also says when it was asked for and what it holds.
    async fn page(
        &self,
        run: &Arc<Run>,
        mut range: Range,
        parent: Option<&str>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<(Stepped, (Option<Timestamp>, Vec<String>)), Trouble> {
        let answer = match self.client.send(&self.request(&range, parent)?).await {
            Ok(answer) => answer,
            Err(error) if error.has_lost_cursor() => {
                tracing::debug!(
                    object = self.list.descriptor.object,
                    "the object that a page begins after was deleted"
                );
                if !range.lose() {
                    return Err(Trouble::Failed(error));
                }
                return Ok((
                    Stepped {
                        range,
                        count: 0,
                        refused: Vec::new(),
                    },
                    (None, Vec::new()),
                ));
            }
            Err(error) => return Err(error.into()),
        };
        let mut page = self.read(answer, self.list.descriptor, self.list.expand)?;
        let refused = self
            .follow(run, std::mem::take(&mut page.cuts), sink)
            .await?;
        progress(&range, &page.seen)?;
        let is_check = range.row.phase == SyncPhase::Up && page.seen.count == 0;
        let is_wasted = parent.is_none()
            && range.row.number > 0
            && range.row.pages == 0
            && page.seen.count == 0;
        range.advance(&page.seen);
        let mut told = (None, Vec::new());
        if self.list.descriptor.object == ENTITLEMENT {
            told = (
                Some(page.started_at),
                page.rows.iter().map(|row| row.id.clone()).collect(),
            );
        }
        let count = page.seen.count;
        let at = parent.is_none().then(|| range.clone());
        let rows = Rows {
            run: Arc::clone(run),
            page,
            range: at,
            is_page: !is_check,
            is_wasted,
        };
        send(sink, Message::Rows(Box::new(rows))).await;
        Ok((
            Stepped {
                range,
                count,
                refused,
            },
            told,
        ))
    }

    fn request(&self, range: &Range, parent: Option<&str>) -> Result<Request, Trouble> {
        let List {
            path,
            below,
            params,
            expand,
            ..
        } = self.list;
        let invalid = |error| Trouble::Failed(ClientError::Request(error));
        let mut request = match below.map(|below| below.place) {
            Some(Place::Query(name)) => Request::below(path, None)
                .map_err(invalid)?
                .param(name, parent.unwrap_or_default()),
            Some(Place::Path) | None => Request::below(path, parent).map_err(invalid)?,
        };
        for (name, value) in params {
            request = request.param(name, *value);
        }
        for field in expand {
            request = request.expand(&format!("data.{field}"));
        }
        Ok(request
            .params(Value::Object(range.params()))
            .priority(Priority::Backfill))
    }

    fn read(
        &self,
        answer: crate::client::Answer,
        listed: &'static ModelDescriptor,
        expanded: &[&str],
    ) -> Result<Page, Trouble> {
        let request_id = answer.request_id().map(str::to_owned);
        let started_at = answer.started_at();
        let settings = &self.syncer.settings;
        Page::read(answer.into_json(), started_at, listed, expanded, |object| {
            settings.is_off(object)
        })
        .map_err(|error| {
            Trouble::Failed(ClientError::Malformed {
                request_id,
                source: error.into(),
            })
        })
    }

    /// Fetches what lists within objects hold beyond their first page. Returns those that Stripe doesn't give.
    async fn follow(
        &self,
        run: &Arc<Run>,
        cuts: Vec<PartialList>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let mut refused = Vec::new();
        let mut cuts = VecDeque::from(cuts);
        while let Some(cut) = cuts.pop_front() {
            match self.follow_one(run, &cut, &mut cuts, sink).await {
                // It went with its parent, whose deletion is told by an event.
                Ok(()) | Err(Trouble::Gone) => {}
                Err(Trouble::Refused(reason)) => refused.push((cut.url, reason)),
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    async fn follow_one(
        &self,
        run: &Arc<Run>,
        cut: &PartialList,
        more: &mut VecDeque<PartialList>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<(), Trouble> {
        let Some(base) = Request::from_list_url(&cut.url) else {
            return Err(Trouble::Refused(format!(
                "`{}` is no address of a list",
                cut.url
            )));
        };
        let base = base.priority(Priority::Backfill);
        let listed = cut
            .last
            .as_ref()
            .map_or(self.list.descriptor, |(descriptor, _)| descriptor);
        let mut range = Range::new(0, None, None);
        if let Some((_, id)) = &cut.last {
            range.begin_after(id);
        }
        while range.row.phase != SyncPhase::Done {
            let answer = match self
                .client
                .send(&base.clone().params(Value::Object(range.params())))
                .await
            {
                Ok(answer) => answer,
                Err(error) if error.has_lost_cursor() && range.lose() => continue,
                Err(error) => return Err(error.into()),
            };
            let mut page = self.read(answer, listed, &[])?;
            progress(&range, &page.seen)?;
            more.extend(std::mem::take(&mut page.cuts));
            range.advance(&page.seen);
            // What an object grows by while it is read is told by an event.
            if range.row.phase == SyncPhase::Up {
                range.row.phase = SyncPhase::Done;
            }
            let rows = Rows {
                run: Arc::clone(run),
                page,
                range: None,
                is_page: true,
                is_wasted: false,
            };
            send(sink, Message::Rows(Box::new(rows))).await;
        }
        Ok(())
    }
}

/// Fails where the next page would be the same for ever.
fn progress(range: &Range, seen: &Seen) -> Result<(), Trouble> {
    if !range.is_stuck(seen) {
        return Ok(());
    }
    let source = "the list goes on, and the page doesn't say after what".into();
    Err(Trouble::Failed(ClientError::Malformed {
        request_id: None,
        source,
    }))
}

/// A writer that has ended has told why; there is nothing to add.
pub(super) async fn send(sink: &mpsc::Sender<Message>, message: Message) {
    let _ = sink.send(message).await;
}

/// Asks whether the key is any good. Returns the id of the account that it belongs to, and Stripe's time, if they may be
/// known.
pub(super) async fn own_account(
    client: &Client,
) -> Result<(Option<String>, Option<Timestamp>), ClientError> {
    let request = Request::new(Method::Get, "/v1/account").priority(Priority::Backfill);
    match client.send(&request).await {
        Ok(answer) => {
            let account: Value = serde_json::from_str(answer.json()).unwrap_or_default();
            Ok((account["id"].as_str().map(str::to_owned), answer.date()))
        }
        // A restricted key may be good for other things.
        Err(error)
            if error.api().is_some_and(|error| error.status != 401) && !error.is_transient() =>
        {
            Ok((None, None))
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
            let error = ApiError::read(
                status,
                |name| (name == "stripe-should-retry").then(|| "false".to_owned()),
                body.as_bytes(),
            );
            let trouble = Trouble::from(ClientError::Api(Box::new(error)));
            let kind = match trouble {
                Trouble::Refused(_) => "refused",
                Trouble::Gone => "gone",
                Trouble::Failed(_) => "failed",
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
