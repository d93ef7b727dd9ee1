//! Events handed to an application in the same process, without HTTP.

use axum::http::HeaderMap;
use axum::http::header::InvalidHeaderValue;
use serde_json::Value;

use super::FakeStripe;
use crate::app::Djstripe;
use crate::intake::WebhookError;
use crate::store::StoreError;
use crate::webhook::delivery::Delivery;

/// Why [`FakeStripe::deliver_to`] stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliverToError {
    /// The application refused an event.
    #[error("the application refused the event {event}")]
    Refused {
        /// Id of the event.
        event: String,
        /// Why.
        source: WebhookError,
    },
    /// The signature is no header value.
    #[error("the event can't be signed")]
    Signature(#[from] InvalidHeaderValue),
    /// The database failed.
    #[error("the events could not be processed")]
    Work(#[from] StoreError),
}

impl FakeStripe {
    /// Delivers events to an application in this process, in this order, and processes what is due
    /// until nothing is. Returns the number of runs, as
    /// [`work_until_idle`](Djstripe::work_until_idle) does. A receiver's failure is no error: it is
    /// recorded, and the event is due again later.
    ///
    /// ```standalone_crate
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::testing::{FakeStripe, TestDatabase};
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let database = TestDatabase::sqlite()?;
    /// let app = Djstripe::builder()
    ///     .database_url(database.url())
    ///     .webhook_secret(stripe.webhook_secret())
    ///     .build()
    ///     .await?;
    ///
    /// let customer = stripe.fixture("customer", json!({ "email": "ann@example.com" }));
    /// let event = stripe.emit("customer.created", &customer);
    /// assert_eq!(stripe.deliver_to(&app, &[event]).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DeliverToError`]; the events after a refused one are not delivered.
    pub async fn deliver_to(
        &self,
        app: &Djstripe,
        events: &[Value],
    ) -> Result<usize, DeliverToError> {
        for event in events {
            let (body, signature) = self.signed(event);
            let mut headers = HeaderMap::new();
            headers.insert("stripe-signature", signature.parse()?);

            app.receive(Delivery::new(headers, body))
                .await
                .map_err(|source| DeliverToError::Refused {
                    event: event["id"].as_str().unwrap_or_default().to_owned(),
                    source,
                })?;
        }
        Ok(app.work_until_idle().await?)
    }

    /// Replaces top-level fields of an object, and delivers the events that tell of it as
    /// [`deliver_to`](Self::deliver_to) does: they carry the previous values.
    ///
    /// ```standalone_crate
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::testing::{FakeStripe, TestDatabase};
    /// use serde_json::json;
    ///
    /// let stripe = FakeStripe::start().await?;
    /// let database = TestDatabase::sqlite()?;
    /// let app = Djstripe::builder()
    ///     .database_url(database.url())
    ///     .webhook_secret(stripe.webhook_secret())
    ///     .build()
    ///     .await?;
    ///
    /// stripe.insert(json!({ "object": "customer", "id": "cus_1", "name": "Ann" }));
    /// let fields = json!({ "name": "Bob" });
    /// assert_eq!(stripe.update_and_deliver_to(&app, "customer", "cus_1", fields).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DeliverToError`].
    ///
    /// # Panics
    /// If there is no such object.
    pub async fn update_and_deliver_to(
        &self,
        app: &Djstripe,
        object: &str,
        id: &str,
        fields: Value,
    ) -> Result<usize, DeliverToError> {
        let events = self.update_and_emit(object, id, fields);
        self.deliver_to(app, &events).await
    }
}
