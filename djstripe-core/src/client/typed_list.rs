//! Lists as typed objects, page by page.
//!
//! In: a model and parameters. Out: the objects, fetched as they are asked for.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use djstripe_models::{Decoded, Model};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde::Serialize;
use serde_json::value::RawValue;

use super::error::ClientError;
use super::page::{Direction, next_request, with_page_size};
use super::request::{Request, RequestError};
use super::stripe_client::Client;
use super::typed::{decode, with_params};

/// A list of Stripe's, newest first. The next page is fetched when the objects of the previous one
/// are used up.
///
/// Source: [Pagination](https://docs.stripe.com/api/pagination).
pub struct ObjectList<T> {
    client: Client,
    /// The request for the next page; `None` after the last.
    next: Option<Request>,
    objects: VecDeque<Box<RawValue>>,
    item: PhantomData<fn() -> T>,
}

impl Client {
    /// Lists objects. Stripe's own defaults apply, such as that subscriptions are listed without
    /// the canceled ones unless `status` is `all`.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Invoice;
    /// use serde_json::json;
    ///
    /// # async fn read(client: Client) -> Result<(), ClientError> {
    /// let mut invoices = client.list::<Invoice>(json!({ "customer": "cus_1" }))?;
    /// while let Some(invoice) = invoices.next().await? {
    ///     println!("{:?}", invoice.number);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RequestError`]: Stripe has no such list, or `params` is not a JSON object or `()`.
    pub fn list<T: Model>(&self, params: impl Serialize) -> Result<ObjectList<T>, RequestError> {
        let request = with_params(Request::list(T::OBJECT)?, params)?;
        Ok(ObjectList::new(self, request))
    }

    /// Lists objects whose path contains the id of a parent, such as the balance transactions of
    /// a customer.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::CustomerBalanceTransaction;
    ///
    /// # async fn read(client: Client) -> Result<(), ClientError> {
    /// let credits = client.list_below::<CustomerBalanceTransaction>("cus_1", ())?.up_to(10).await?;
    /// println!("{}", credits.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn list_below<T: Model>(
        &self,
        parent: &str,
        params: impl Serialize,
    ) -> Result<ObjectList<T>, RequestError> {
        let request = Request::list_below(T::OBJECT, |_| Some(parent.to_owned()))?;
        Ok(ObjectList::new(self, with_params(request, params)?))
    }
}

impl<T: Model> ObjectList<T> {
    fn new(client: &Client, request: Request) -> Self {
        Self {
            client: client.clone(),
            next: Some(with_page_size(request)),
            objects: VecDeque::new(),
            item: PhantomData,
        }
    }

    /// Changes the requests of the pages that were not fetched yet: their account or mode.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Request) -> Request) -> Self {
        self.next = self.next.map(change);
        self
    }

    /// The next object; `None` after the last.
    ///
    /// # Errors
    /// [`ClientError`]. A page that could not be fetched is requested again by the next call; an
    /// object that can't be decoded is skipped by it.
    pub async fn next(&mut self) -> Result<Option<Decoded<T>>, ClientError> {
        loop {
            if let Some(object) = self.objects.pop_front() {
                return decode(object.get()).map(Some);
            }
            let Some(request) = &self.next else {
                return Ok(None);
            };

            let page = self.client.page(request).await?;
            self.next = if page.has_more {
                next_request(request.clone(), &page, Direction::Forwards)?
            } else {
                None
            };
            self.objects = page.items.into();
        }
    }

    /// The next objects, at most `limit` of them.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Charge;
    ///
    /// # async fn read(client: Client) -> Result<(), ClientError> {
    /// let latest = client.list::<Charge>(())?.up_to(250).await?;
    /// println!("{} charges", latest.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first [`ClientError`].
    pub async fn up_to(mut self, limit: usize) -> Result<Vec<Decoded<T>>, ClientError> {
        let mut objects = Vec::new();
        while objects.len() < limit {
            match self.next().await? {
                Some(object) => objects.push(object),
                None => break,
            }
        }
        Ok(objects)
    }

    /// The objects as a stream, which ends with the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Decoded<T>, ClientError>> + Send {
        try_unfold(self, |mut list| async move {
            Ok(list.next().await?.map(|object| (object, list)))
        })
    }
}

impl<T> fmt::Debug for ObjectList<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ObjectList")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
