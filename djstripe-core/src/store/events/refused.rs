//! Refused requests are recorded for the operator.

use super::work::NewDelivery;
use crate::store::backend::run::on_backend;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::store::text::without_nul;

const RECORD: &str = "record a refused delivery";

const INSERT: &str = "INSERT INTO djstripe_delivery (received_at, reason, remote_address, endpoint, headers, body) \
     VALUES (?, ?, ?, ?, ?, ?)";
const PRUNE: &str = "DELETE FROM djstripe_delivery WHERE event_id IS NULL AND id <= \
         (SELECT id FROM djstripe_delivery WHERE event_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?)";

impl Queue {
    /// Records a refused request. Of more than
    /// [`StoreOptions::refused_deliveries`](crate::store::StoreOptions) the oldest are deleted.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn record_delivery(&self, mut delivery: NewDelivery) -> Result<(), StoreError> {
        let options = self.0.options();
        delivery.body.truncate(options.refused_body_bytes);
        let limit = i64::from(options.refused_deliveries);

        on_backend!(
            self.0, RECORD,
            postgres(connection) => async {
                use diesel_async::RunQueryDsl;

                insert(&delivery).execute(connection).await?;
                prune(limit).execute(connection).await
            },
            sqlite.write => move |raw| {
                insert(&delivery).execute_on(raw)?;
                prune(limit).execute_on(raw)
            },
        )
        .map(drop)
    }
}

fn insert(delivery: &NewDelivery) -> Statement<'_> {
    let headers = delivery
        .headers
        .iter()
        .map(|(name, value)| vec![&**name, &**value]);
    Statement::new(INSERT)
        .bind(delivery.received_at.micros())
        .bind(without_nul(&delivery.reason))
        .bind(delivery.remote_address.as_deref().map(without_nul))
        .bind(delivery.endpoint.map(|id| id.to_string()))
        .bind(serde_json::Value::from_iter(headers).to_string())
        .bind(&*delivery.body)
}

fn prune(limit: i64) -> Statement<'static> {
    Statement::new(PRUNE).bind(limit)
}
