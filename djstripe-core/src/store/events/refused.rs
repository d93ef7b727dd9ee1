//! Refused requests are recorded for the operator: a bounded number, each with a bounded size.
//!
//! Invariant: of more records than are kept, the address that has the most loses its oldest. So no
//! address pushes out the records of others, as long as there is one record for each.

use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use super::work::NewDelivery;
use crate::store::backend::run::on_backend;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::queue::Queue;

const RECORD: &str = "record a refused delivery";

const INSERT: &str = "INSERT INTO djstripe_delivery (received_at, reason, remote_address, endpoint, headers, body) \
     VALUES (?, ?, ?, ?, ?, ?) RETURNING id";
const PRUNE: &str = "DELETE FROM djstripe_delivery WHERE event_id IS NULL AND id NOT IN ( \
         SELECT id FROM (SELECT id, row_number() OVER ( \
                 PARTITION BY coalesce(remote_address, '') ORDER BY id DESC) AS place \
             FROM djstripe_delivery WHERE event_id IS NULL) AS numbered \
         ORDER BY place, id DESC LIMIT ?)";

/// Largest size of the headers as JSON, in bytes.
const MAX_HEADERS: usize = 16 * 1024;

/// Largest size of a header's value, and of its name, in bytes.
const MAX_VALUE: usize = 2 * 1024;

/// Headers that are kept if not all of them fit.
const FIRST_HEADERS: [&str; 2] = ["stripe-signature", "user-agent"];

impl Queue {
    /// Records a refused request and returns the record's id. At most
    /// [`StoreOptions::refused_deliveries`](crate::store::StoreOptions) are kept. Of its headers, 16 KiB
    /// are kept, and what is cut says so.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn record_delivery(&self, mut delivery: NewDelivery) -> Result<i64, StoreError> {
        let options = self.0.options();
        delivery.body.truncate(options.refused_body_bytes);
        let limit = i64::from(options.refused_deliveries);

        let ids: Vec<i64> = on_backend!(
            self.0, RECORD,
            postgres(connection) => async {
                use diesel_async::RunQueryDsl;

                let ids = insert(&delivery).load(connection).await?;
                prune(limit).execute(connection).await?;
                Ok(ids)
            },
            sqlite.write => move |raw| {
                let ids = insert(&delivery).load_on(raw)?;
                prune(limit).execute_on(raw)?;
                Ok(ids)
            },
        )?;
        Ok(ids.into_iter().next().unwrap_or_default())
    }
}

fn insert(delivery: &NewDelivery) -> Statement<'_, BigInt> {
    Statement::new(INSERT)
        .bind(delivery.received_at.micros())
        .bind(&*delivery.reason)
        .bind(delivery.remote_address.as_deref())
        .bind(delivery.endpoint.map(|id| id.to_string()))
        .bind(Value::from(bounded(&delivery.headers)).to_string())
        .bind(&*delivery.body)
}

fn prune(limit: i64) -> Statement<'static> {
    Statement::new(PRUNE).bind(limit)
}

/// The headers as pairs, within their bounds.
fn bounded(headers: &[(String, String)]) -> Vec<Value> {
    let mut pairs: Vec<Value> = headers
        .iter()
        .map(|(name, value)| json!([cut(name), cut(value)]))
        .collect();
    let size = |pair: &Value| pair.to_string().len() + 1;
    if pairs.iter().map(size).sum::<usize>() <= MAX_HEADERS {
        return pairs;
    }

    let is_first = |pair: &Value| FIRST_HEADERS.iter().any(|name| pair[0] == **name);
    pairs.sort_by_key(|pair| !is_first(pair));
    let total = pairs.len();
    let mut left = MAX_HEADERS;
    pairs.retain(|pair| {
        let fits = size(pair) <= left;
        left = left.saturating_sub(size(pair));
        fits
    });
    let cut = total - pairs.len();
    pairs.push(json!(["(cut)", format!("{cut} more headers")]));
    pairs
}

/// The beginning of a long text, which says so.
fn cut(text: &str) -> String {
    if text.len() <= MAX_VALUE {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_VALUE);
    format!("{}… (cut, {} bytes)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_kept_within_their_bounds() {
        let header = |name: &str, bytes: usize| (name.to_owned(), "ä".repeat(bytes / 2));
        let short = [header("user-agent", 20), header("accept", 4)];
        assert_eq!(
            bounded(&short),
            [
                json!(["user-agent", "ä".repeat(10)]),
                json!(["accept", "ää"])
            ]
        );

        let long = bounded(&[header("x-long", 293_524)]);
        let value = long[0][1].as_str().unwrap();
        assert!(value.len() < 2_100 && value.ends_with("… (cut, 293524 bytes)"));

        let mut many: Vec<_> = (0..90).map(|n| header(&format!("x-{n}"), 5_000)).collect();
        many.push(header("stripe-signature", 80));
        let many = bounded(&many);
        assert!(Value::from(many.clone()).to_string().len() < 17 * 1024);
        assert_eq!(many[0][0], "stripe-signature");
        let last = many.last().unwrap();
        assert_eq!(last[1], format!("{} more headers", 91 - (many.len() - 1)));
    }
}
