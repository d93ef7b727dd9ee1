//! Reads the lists inside objects to their ends.
//!
//! In: a page whose objects have lists that go on. Out: the pages of their rests, sent to the
//! writer, and the complete lists of children on the page.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use super::fetch::{FetchError, ListClient, RefusedPart, check_progress, send_page};
use super::message::{ListRun, Message};
use super::page::{OpenList, Page, PageList, RowParent};
use super::range::Range;
use crate::client::{Priority, Request};
use crate::maintenance::refusal::Refusal;
use crate::store::{SyncPhase, TableName};

impl ListClient {
    /// Fetches the rest of the lists inside the objects of a page, which then has these lists as
    /// complete ones. Returns those that Stripe doesn't give.
    pub(super) async fn complete_lists(
        &self,
        run: &Arc<ListRun>,
        page: &mut Page,
        sink: &mpsc::Sender<Message>,
    ) -> Result<Vec<RefusedPart>, FetchError> {
        let mut refused = Vec::new();
        let mut open = VecDeque::from(std::mem::take(&mut page.open));
        while let Some(mut next) = open.pop_front() {
            let key = next.children.as_ref().map(PageList::key);
            let result = self.complete_list(run, &mut next, &mut open, sink).await;

            // A parent can have several lists of one type. Only all of them say who is gone.
            let mut others = open.iter_mut().map(|other| &mut other.children);
            let is_same = |other: &&mut Option<PageList>| {
                key.is_some() && other.as_ref().map(PageList::key) == key
            };
            match (&result, next.children) {
                (Ok(()), Some(children)) => match others.find(is_same) {
                    Some(Some(other)) => other.ids.extend(children.ids),
                    _ => page.lists.push(children),
                },
                _ => others.filter(is_same).for_each(|other| *other = None),
            }

            match result {
                // A list that is gone was deleted with its object, which is an event of its own.
                Ok(()) | Err(FetchError::Gone) => {}
                Err(FetchError::Refused(refusal)) => {
                    refused.push(RefusedPart {
                        part: next.list.url.clone(),
                        refusal,
                    });
                    page.note_incomplete(next.list);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    /// Fetches the rest of a list, whose children are known then. Adds lists inside its objects that
    /// go on to `open`.
    async fn complete_list(
        &self,
        run: &Arc<ListRun>,
        OpenList { list, children }: &mut OpenList,
        open: &mut VecDeque<OpenList>,
        sink: &mpsc::Sender<Message>,
    ) -> Result<(), FetchError> {
        let Some(base) = Request::from_list_url(&list.url) else {
            return Err(FetchError::Refused(Refusal {
                reason: format!("`{}` is not the address of a list", list.url),
                is_not_enabled: false,
            }));
        };
        let base = base.priority(Priority::Backfill);
        let owned = list.children();
        let mut listed = owned.unwrap_or(self.list.descriptor);
        let mut range = Range::new(0, None, None);
        if let Some((descriptor, id)) = &list.last {
            listed = descriptor;
            range.start_after(id);
        }

        let mut has_strangers = false;
        while range.row.phase != SyncPhase::Done {
            let request = base.clone().params(Value::Object(range.params()));
            let answer = match self.client.send(&request).await {
                Ok(answer) => answer,
                Err(error) if error.has_lost_cursor() && range.recover_cursor() => continue,
                Err(error) => return Err(error.into()),
            };

            let mut page = self.read(answer, listed, &[])?;
            check_progress(&range, &page.bounds)?;
            open.extend(std::mem::take(&mut page.open));
            range.advance(&page.bounds);
            // What is added to an object while it is read is an event of its own.
            if range.row.phase == SyncPhase::Up {
                range.row.phase = SyncPhase::Done;
            }

            if let Some((owner, id)) = list.owner.as_ref().filter(|_| owned.is_some()) {
                let parent = RowParent {
                    object: owner.object,
                    id: id.clone(),
                };
                let table = owned.and_then(|owned| owned.table).map(TableName::new);
                let ids = table.map(|table| page.own_items(&parent, table));
                has_strangers |= page.without_id > 0;
                if let (Some(children), Some(ids)) = (children.as_mut(), ids) {
                    children.ids.extend(ids);
                }
            }
            send_page(run, page, sink).await;
        }
        // An item that can't be told apart may be any of the children.
        if has_strangers {
            *children = None;
        }
        Ok(())
    }
}
