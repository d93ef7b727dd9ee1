//! Receiving deliveries.

use bytes::Bytes;
use uuid::Uuid;

use super::facade::Djstripe;
use crate::intake::{Receipt, WebhookError};
use crate::webhook::delivery::Delivery;

impl Djstripe {
    /// Receives one delivery. With any web framework, pass the headers and the raw bytes of the
    /// body.
    ///
    /// ```no_run
    /// # async fn handler(app: djstripe_core::Djstripe, headers: axum::http::HeaderMap, body: Vec<u8>) -> u16 {
    /// use djstripe_core::Delivery;
    ///
    /// match app.receive(Delivery::new(headers, body)).await {
    ///     Ok(_) => 200,
    ///     Err(error) => error.status().as_u16(),
    /// }
    /// # }
    /// ```
    ///
    /// A connection to PostgreSQL ends with the runtime that opened it. Where handlers run on
    /// runtimes of their own, as with actix-web, spawn this on the runtime of the
    /// [workers](Self::work); `examples/actix-shop` does.
    ///
    /// # Errors
    /// [`WebhookError`]. After `Ok` the event is stored durably.
    pub async fn receive(&self, delivery: Delivery) -> Result<Receipt, WebhookError> {
        // Boxed, so that the futures of applications don't reach the compiler's `recursion_limit`.
        Box::pin(self.intake.receive(delivery)).await
    }

    /// Receives the events in a message that came by a transport which vouches for its sender, such as
    /// a queue behind Amazon EventBridge or Azure Event Grid. **Nothing is verified**: never pass it
    /// what anybody can send.
    ///
    /// The envelopes of the two are unwrapped; a bare event, and an array of either, are taken too.
    /// Storing, duplicates and receivers are those of [`receive`](Self::receive). Returns a receipt for
    /// each event. Acknowledge the message after `Ok`, and leave it in the queue otherwise: events of it
    /// that were stored are duplicates then.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use djstripe_core::testing::TestDatabase;
    /// use djstripe_core::{Djstripe, Receipt, receivers};
    ///
    /// let database = TestDatabase::sqlite()?;
    /// let app = Djstripe::builder()
    ///     .database_url(database.url())
    ///     .receivers(receivers::built_in())
    ///     .workers_only() // no signing secret: nothing comes over HTTP
    ///     .build()
    ///     .await?;
    /// let message = r#"{"version":"0","source":"aws.partner/stripe.com/ed_1","detail":
    ///     {"id":"evt_1","object":"event","type":"customer.updated","data":{"object":{}}}}"#;
    /// assert_eq!(app.receive_trusted(message).await?, [Receipt::Stored]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: [Event destinations](https://docs.stripe.com/event-destinations).
    ///
    /// # Errors
    /// [`WebhookError`], for the first event that can't be stored.
    pub async fn receive_trusted(
        &self,
        message: impl Into<Bytes>,
    ) -> Result<Vec<Receipt>, WebhookError> {
        Box::pin(self.intake.receive_trusted(message.into())).await
    }

    /// Receives one delivery to the endpoint with this id, and checks it with that endpoint's
    /// secrets and rules.
    ///
    /// ```no_run
    /// # async fn handler(app: djstripe_core::Djstripe, delivery: djstripe_core::Delivery) -> u16 {
    /// use djstripe_core::uuid::uuid;
    ///
    /// let id = uuid!("11111111-2222-4333-8444-555555555555");
    /// app.receive_at(id, delivery).await.map_or_else(|error| error.status().as_u16(), |_| 200)
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`receive`](Self::receive), and [`WebhookError::Endpoint`].
    pub async fn receive_at(
        &self,
        endpoint: Uuid,
        delivery: Delivery,
    ) -> Result<Receipt, WebhookError> {
        Box::pin(self.intake.receive_at(endpoint, delivery)).await
    }
}
