//! The rows of `djstripe_webhook_endpoint`.

use std::time::Duration;

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Store;
use super::backend::run::load;
use super::backend::statement::{Bind, Statement};
use super::error::StoreError;
use super::events::insert::without_nul;
use crate::endpoint::{Endpoint, EndpointSecret};
use crate::timestamp::Timestamp;

const LIST_ENDPOINTS: &str = "list webhook endpoints";
const WRITE_ENDPOINT: &str = "write a webhook endpoint";

impl Store {
    /// Adds an endpoint.
    ///
    /// ```
    /// use djstripe_core::endpoint::Endpoint;
    /// # use djstripe_core::store::{Store, StoreOptions};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    /// # let store = Store::connect(&url, StoreOptions::default()).await?;
    /// # store.migrate().await?;
    /// let mut endpoint = Endpoint::new();
    /// endpoint.add_secret("env:SHOP_WEBHOOK_SECRET".parse()?, None);
    /// store.insert_endpoint(&endpoint).await?;
    /// assert_eq!(store.endpoints(100).await?, [endpoint]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`], also when there is one with this id, and the errors of connecting.
    pub async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let insert = Statement::new(
            "INSERT INTO djstripe_webhook_endpoint (stripe_id, replaced_stripe_id, url, connect, events, api_version, \
                 livemode, accounts, on_mismatch, validation, tolerance_seconds, secrets, enabled, updated_at, \
                 revision, created_at, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        let insert = bind_settings(insert, endpoint, endpoint.updated_at)
            .bind(endpoint.revision)
            .bind(endpoint.created_at.micros())
            .bind(endpoint.id.to_string());
        self.execute(WRITE_ENDPOINT, insert).await.map(drop)
    }

    /// Lists endpoints, newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`], the errors of connecting, and [`StoreError::UnknownValue`].
    pub async fn endpoints(&self, limit: u32) -> Result<Vec<Endpoint>, StoreError> {
        let select = Statement::new(SELECT)
            .sql(" ORDER BY created_at DESC, id LIMIT ?")
            .bind(i64::from(limit));
        self.load_endpoints(select).await
    }

    /// One endpoint.
    ///
    /// # Errors
    /// As [`endpoints`](Self::endpoints).
    pub async fn endpoint(&self, id: Uuid) -> Result<Option<Endpoint>, StoreError> {
        let select = Statement::new(SELECT)
            .sql(" WHERE id = ?")
            .bind(id.to_string());
        Ok(self.load_endpoints(select).await?.pop())
    }

    /// Writes an endpoint that was read before. Returns whether it did: not if somebody else has changed or deleted the
    /// row since.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn update_endpoint(&self, endpoint: &Endpoint) -> Result<bool, StoreError> {
        let update = Statement::new(
            "UPDATE djstripe_webhook_endpoint SET stripe_id = ?, replaced_stripe_id = ?, url = ?, connect = ?, \
                 events = ?, api_version = ?, livemode = ?, accounts = ?, on_mismatch = ?, validation = ?, \
                 tolerance_seconds = ?, secrets = ?, enabled = ?, updated_at = ?, revision = revision + 1 \
             WHERE id = ? AND revision = ?",
        );
        let update = bind_settings(update, endpoint, Timestamp::now())
            .bind(endpoint.id.to_string())
            .bind(endpoint.revision);
        Ok(self.execute(WRITE_ENDPOINT, update).await? == 1)
    }

    /// Deletes an endpoint; returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn delete_endpoint(&self, id: Uuid) -> Result<bool, StoreError> {
        let delete = Statement::new("DELETE FROM djstripe_webhook_endpoint WHERE id = ?")
            .bind(id.to_string());
        Ok(self.execute(WRITE_ENDPOINT, delete).await? == 1)
    }

    /// Notes on the newest delivery of an event what didn't fit its endpoint.
    pub(crate) async fn remark_delivery(
        &self,
        event_id: &str,
        remark: String,
    ) -> Result<(), StoreError> {
        let update = Statement::new(
            "UPDATE djstripe_delivery SET remark = ? \
             WHERE id = (SELECT max(id) FROM djstripe_delivery WHERE event_id = ?)",
        );
        let event_id = without_nul(event_id).into_owned();
        self.execute(
            WRITE_ENDPOINT,
            update
                .bind(without_nul(&remark).into_owned())
                .bind(event_id),
        )
        .await
        .map(drop)
    }

    async fn load_endpoints(
        &self,
        statement: Statement<'static, Types>,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let rows: Vec<Row> = load!(self, LIST_ENDPOINTS, statement);
        rows.into_iter().map(endpoint).collect()
    }
}

const SELECT: &str = "SELECT id, stripe_id, replaced_stripe_id, url, connect, events, api_version, livemode, accounts, \
     on_mismatch, validation, tolerance_seconds, secrets, enabled, revision, created_at, updated_at \
     FROM djstripe_webhook_endpoint";

type Types = (
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Text,
    Nullable<Text>,
    Nullable<Bool>,
    Text,
    Text,
    Text,
    BigInt,
    Text,
    Bool,
    BigInt,
    BigInt,
    BigInt,
);

type Row = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    bool,
    String,
    Option<String>,
    Option<bool>,
    String,
    String,
    String,
    i64,
    String,
    bool,
    i64,
    i64,
    i64,
);

/// A secret as the column `secrets` holds it.
#[derive(Serialize, Deserialize)]
struct SecretJson {
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

/// Binds `stripe_id` to `updated_at`, in the order of the columns above.
fn bind_settings(
    statement: Statement<'static>,
    endpoint: &Endpoint,
    updated_at: Timestamp,
) -> Statement<'static> {
    let secret = |kept: &EndpointSecret| SecretJson {
        secret: kept.secret.to_string(),
        expires_at: kept.expires_at.map(Timestamp::micros),
    };
    let secrets: Vec<SecretJson> = endpoint.secrets.iter().map(secret).collect();
    statement
        .bind(endpoint.stripe_id.clone())
        .bind(endpoint.replaced_stripe_id.clone())
        .bind(endpoint.url.clone())
        .bind(endpoint.connect)
        .bind(serde_json::Value::from_iter(endpoint.events.iter().map(String::as_str)).to_string())
        .bind(endpoint.api_version.clone())
        .bind(Bind::OptionalBool(endpoint.livemode))
        .bind(endpoint.accounts.to_string())
        .bind(endpoint.on_mismatch.as_str())
        .bind(endpoint.validation.as_str())
        .bind(i64::try_from(endpoint.tolerance.as_secs()).unwrap_or(i64::MAX))
        // Texts and numbers are JSON whatever they hold.
        .bind(serde_json::to_string(&secrets).unwrap_or_default())
        .bind(endpoint.enabled)
        .bind(updated_at.micros())
}

fn endpoint(row: Row) -> Result<Endpoint, StoreError> {
    let (
        id,
        stripe_id,
        replaced_stripe_id,
        url,
        connect,
        events,
        api_version,
        livemode,
        accounts,
        ..,
    ) = row;
    let (
        ..,
        on_mismatch,
        validation,
        tolerance,
        secrets,
        enabled,
        revision,
        created_at,
        updated_at,
    ) = row;
    let mut endpoint = Endpoint::new();
    endpoint.id = Uuid::parse_str(&id).map_err(|_| unknown("id", &id))?;
    endpoint.stripe_id = stripe_id;
    endpoint.replaced_stripe_id = replaced_stripe_id;
    endpoint.url = url;
    endpoint.connect = connect;
    endpoint.events = serde_json::from_str(&events).map_err(|_| unknown("events", &events))?;
    endpoint.api_version = api_version;
    endpoint.livemode = livemode;
    endpoint.accounts = accounts
        .parse()
        .map_err(|_| unknown("accounts", &accounts))?;
    endpoint.on_mismatch = on_mismatch
        .parse()
        .map_err(|_| unknown("on_mismatch", &on_mismatch))?;
    endpoint.validation = validation
        .parse()
        .map_err(|_| unknown("validation", &validation))?;
    endpoint.tolerance = Duration::from_secs(u64::try_from(tolerance).unwrap_or_default());
    endpoint.secrets = read_secrets(&secrets).ok_or_else(|| unknown("secrets", "…"))?;
    endpoint.enabled = enabled;
    endpoint.revision = revision;
    endpoint.created_at = Timestamp::from_micros(created_at);
    endpoint.updated_at = Timestamp::from_micros(updated_at);
    Ok(endpoint)
}

fn unknown(column: &'static str, value: &str) -> StoreError {
    StoreError::UnknownValue {
        column,
        value: value.to_owned(),
    }
}

/// `None` for what can't be read; it is not shown, as it may be a secret that somebody wrote there in clear.
fn read_secrets(json: &str) -> Option<Vec<EndpointSecret>> {
    let secrets: Vec<SecretJson> = serde_json::from_str(json).ok()?;
    let secret = |kept: SecretJson| {
        let secret = kept.secret.parse().ok()?;
        Some(EndpointSecret {
            secret,
            expires_at: kept.expires_at.map(Timestamp::from_micros),
        })
    };
    secrets.into_iter().map(secret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_clear_is_not_read_nor_shown() {
        let check =
            |json: &str, fits: bool| assert_eq!(read_secrets(json).is_some(), fits, "{json}");
        check("[]", true);
        check(
            r#"[{"secret":"env:A"},{"secret":"env:B","expires_at":1}]"#,
            true,
        );
        check(r#"[{"secret":"whsec_1"}]"#, false);
        check(r#"["env:A"]"#, false);
        check("", false);
    }
}
