//! A list of API v2, page by page: each page is requested by the URL that the one before it names.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::ClientError;
use super::page::malformed;
use super::request::Request;
use super::stripe_client::Client;
use crate::timestamp::Timestamp;

/// A list that is being read.
pub(crate) struct UrlList {
    next: Option<Request>,
}

/// One page of the list.
pub(crate) struct UrlPage {
    /// The items as Stripe wrote them, in the order of the list.
    pub(crate) items: Vec<Box<RawValue>>,
    /// When the request was sent.
    pub(crate) started_at: Timestamp,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Box<RawValue>>,
    #[serde(default)]
    next_page_url: Option<String>,
}

impl UrlList {
    /// The list that `request` begins.
    pub(crate) fn new(request: Request) -> Self {
        Self {
            next: Some(request),
        }
    }

    /// Sets how many items a page has at most.
    #[cfg(feature = "cli")]
    pub(crate) fn limited(mut self, limit: u64) -> Self {
        self.next = self.next.map(|request| request.param("limit", limit));
        self
    }

    /// The request for the next page.
    #[cfg(test)]
    pub(super) fn request(&self) -> Option<&Request> {
        self.next.as_ref()
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(crate) async fn next(&mut self, client: &Client) -> Result<Option<UrlPage>, ClientError> {
        let Some(request) = self.next.take() else {
            return Ok(None);
        };
        let answer = client.send(&request).await?;
        let Body {
            data,
            next_page_url,
        } = serde_json::from_str(answer.json()).map_err(|error| malformed(&answer, error))?;

        if let Some(url) = next_page_url {
            let next = request.following(&url);
            // Without this check, a list that doesn't advance would be read forever.
            let next = next.ok_or_else(|| ClientError::Malformed {
                request_id: answer.request_id().map(str::to_owned),
                source: format!("{url} is not the next page of {}", request.path()).into(),
            })?;
            self.next = Some(next);
        }
        Ok(Some(UrlPage {
            items: data,
            started_at: answer.started_at(),
        }))
    }
}
