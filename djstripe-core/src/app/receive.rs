//! Receiving deliveries.

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
        self.intake.receive(delivery).await
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
        self.intake.receive_at(endpoint, delivery).await
    }
}
