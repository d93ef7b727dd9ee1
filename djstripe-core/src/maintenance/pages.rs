//! Reads the pages of a list. If an object is deleted meanwhile, reading goes on.
//!
//! In: the request for a list. Out: its pages from new to old, each with its own request. If the
//! object that a page starts after is gone, the page before is requested again and the list goes on
//! from what is its last object now.

use std::collections::VecDeque;

use futures_util::Stream;
use futures_util::stream::try_unfold;

use crate::client::{Client, ClientError, Page, Request};
use crate::mirror::id_of;

/// Deleted cursors after which a list fails.
const MAX_LOST_CURSORS: u32 = 20;

/// Cursors that are kept to go back to.
const KEPT_CURSORS: usize = 16;

/// A page, and the request that fetches the same page again.
pub(crate) struct RequestedPage {
    pub(crate) request: Request,
    pub(crate) page: Page,
    /// Whether some of its objects stood on an earlier page.
    pub(crate) is_reread: bool,
}

/// The pages of the list; those after an object if `after` names one.
///
/// # Errors
/// A [`ClientError`] ends the stream.
pub(crate) fn pages(
    client: &Client,
    list: Request,
    after: Option<String>,
) -> impl Stream<Item = Result<RequestedPage, ClientError>> + '_ {
    let place = Place {
        list,
        after,
        passed: VecDeque::new(),
        pages: 0,
        rereads: 0,
        lost: 0,
    };

    try_unfold(Some(place), move |place| async move {
        let Some(mut place) = place else {
            return Ok(None);
        };
        loop {
            let request = place.request();
            match client.page(&request).await {
                Ok(page) => {
                    let is_reread = place.rereads > 0;
                    let next = place.advance(&page)?;
                    let requested = RequestedPage {
                        request,
                        page,
                        is_reread,
                    };
                    return Ok(Some((requested, next)));
                }
                Err(error) if error.has_lost_cursor() && place.go_back() => {
                    tracing::debug!(
                        path = request.path(),
                        "the object that a page starts after was deleted"
                    );
                }
                Err(error) => return Err(error),
            }
        }
    })
}

/// Where the next page of a list starts.
#[derive(Clone)]
struct Place {
    list: Request,
    after: Option<String>,
    /// The cursors of the pages before, newest last.
    passed: VecDeque<String>,
    /// Pages that were read.
    pages: usize,
    /// Pages that are read again before the list goes on.
    rereads: usize,
    lost: u32,
}

impl Place {
    fn request(&self) -> Request {
        match &self.after {
            Some(after) => self.list.clone().param("starting_after", after.as_str()),
            None => self.list.clone(),
        }
    }

    /// The place after a page; `None` at the end of the list.
    fn advance(mut self, page: &Page) -> Result<Option<Self>, ClientError> {
        let last = page.items.last().filter(|_| page.has_more);
        let Some(last) = last.and_then(|item| id_of(item)) else {
            return Ok(None);
        };
        if self.after.as_ref() == Some(&last) {
            // Without this check, a list that doesn't advance would be read forever.
            return Err(ClientError::Malformed {
                request_id: None,
                source: format!("the page after {last} ends with {last}").into(),
            });
        }

        if let Some(passed) = self.after.replace(last) {
            self.passed.push_back(passed);
        }
        if self.passed.len() > KEPT_CURSORS {
            self.passed.pop_front();
        }
        self.pages += 1;
        self.rereads = self.rereads.saturating_sub(1);
        Ok(Some(self))
    }

    /// Goes back to the page before, or to the start of the list if its cursor is not known.
    /// Returns `false` if that has happened too often.
    fn go_back(&mut self) -> bool {
        self.lost += 1;
        self.after = self.passed.pop_back();
        self.rereads = match self.after {
            Some(_) => self.rereads + 1,
            None => self.pages,
        };
        self.lost <= MAX_LOST_CURSORS
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::timestamp::Timestamp;

    fn page(last: &str) -> Page {
        let item = RawValue::from_string(format!(r#"{{"id":"{last}"}}"#)).unwrap();
        Page {
            items: vec![item],
            has_more: true,
            started_at: Timestamp::from_seconds(1),
        }
    }

    #[test]
    fn a_deleted_cursor_costs_a_page() {
        let mut place = Place {
            list: Request::list("charge").unwrap(),
            after: None,
            passed: VecDeque::new(),
            pages: 0,
            rereads: 0,
            lost: 0,
        };
        let mut advance = |last: &str| {
            place = place.clone().advance(&page(last)).unwrap().unwrap();
            place.after.clone()
        };
        assert_eq!(advance("ch_3").as_deref(), Some("ch_3"));
        assert_eq!(advance("ch_2").as_deref(), Some("ch_2"));

        assert!(place.go_back());
        assert_eq!((place.after.as_deref(), place.rereads), (Some("ch_3"), 1));
        assert!(place.go_back());
        assert_eq!((place.after.as_deref(), place.rereads), (None, 2));

        let mut recovered = (0..MAX_LOST_CURSORS).map(|_| place.go_back());
        assert!(recovered.any(|is_recovered| !is_recovered));
    }

    #[test]
    fn the_same_page_again_is_an_error() {
        let place = Place {
            list: Request::list("charge").unwrap(),
            after: Some("ch_1".to_owned()),
            passed: VecDeque::new(),
            pages: 1,
            rereads: 0,
            lost: 0,
        };
        assert!(matches!(
            place.advance(&page("ch_1")),
            Err(ClientError::Malformed { .. })
        ));
    }
}
