//! Lists, page by page.
//!
//! In: the [`Request`] for a list. Out: its [`Page`]s, fetched as the stream is polled.

use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::ClientError;
use super::request::Request;
use super::stripe_client::Client;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// Default page size, which is the largest that Stripe allows.
const PAGE_SIZE: u64 = 100;

/// One page of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The objects as Stripe wrote them, newest first.
    pub items: Vec<Box<RawValue>>,
    /// Whether more objects follow, in the direction of the list.
    pub has_more: bool,
    /// When the request was sent: the objects are at least as recent as this.
    pub started_at: Timestamp,
}

/// The direction in which a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From new to old, with `starting_after`.
    Forwards,
    /// From old to new, with `ending_before`. The list starts with the object that follows the one
    /// in the request's `ending_before`, and includes objects that are created in the meantime.
    Backwards,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Box<RawValue>>,
    #[serde(default)]
    has_more: bool,
}

impl Client {
    /// Fetches one page.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn page(&self, request: &Request) -> Result<Page, ClientError> {
        let answer = self.send(request).await?;
        let Body { data, has_more } =
            serde_json::from_str(answer.json()).map_err(|error| malformed(&answer, error))?;
        Ok(Page {
            items: data,
            has_more,
            started_at: answer.started_at(),
        })
    }

    /// Fetches the pages of a list, each when the stream is polled for it.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, Direction, Request};
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn count(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut pages = std::pin::pin!(client.pages(Request::list("customer")?, Direction::Forwards));
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} customers", page.items.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A [`ClientError`] ends the stream.
    pub fn pages(
        &self,
        request: Request,
        direction: Direction,
    ) -> impl Stream<Item = Result<Page, ClientError>> + '_ {
        try_unfold(Some(with_page_size(request)), move |request| async move {
            let Some(request) = request else {
                return Ok(None);
            };

            let page = self.page(&request).await?;
            let next = if page.has_more {
                next_request(request, &page, direction)?
            } else {
                None
            };
            Ok(Some((page, next)))
        })
    }
}

/// The request with a page size, unless it has one.
pub(super) fn with_page_size(request: Request) -> Request {
    if request.has_limit() {
        request
    } else {
        request.param("limit", PAGE_SIZE)
    }
}

/// The request for the page that follows `page`.
pub(super) fn next_request(
    request: Request,
    page: &Page,
    direction: Direction,
) -> Result<Option<Request>, ClientError> {
    let (parameter, item) = match direction {
        Direction::Forwards => ("starting_after", page.items.last()),
        Direction::Backwards => ("ending_before", page.items.first()),
    };
    let Some(item) = item else { return Ok(None) };

    let id = RawHead::parse_id(item.get()).map_err(|error| ClientError::Malformed {
        request_id: None,
        source: error.into(),
    })?;
    if request.string_param(parameter) == Some(&id) {
        // Without this check, a list that doesn't advance would be read forever.
        return Err(ClientError::Malformed {
            request_id: None,
            source: format!("the page after {id} ends with {id}").into(),
        });
    }
    Ok(Some(request.without(parameter).param(parameter, id)))
}

pub(super) fn malformed(answer: &super::send::Answer, error: serde_json::Error) -> ClientError {
    ClientError::Malformed {
        request_id: answer.request_id().map(str::to_owned),
        source: error.into(),
    }
}
