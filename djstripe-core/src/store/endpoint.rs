//! The rows of `djstripe_webhook_endpoint`.

use std::str::FromStr;
use std::time::Duration;

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::backend::run::load;
use super::backend::statement::{Bind, ByName, Statement};
use super::backend::store::Store;
use super::error::StoreError;
use crate::endpoint::{Endpoint, EndpointSecret, TakeOver};
use crate::timestamp::Timestamp;

const LIST_ENDPOINTS: &str = "list webhook endpoints";
const WRITE_ENDPOINT: &str = "write a webhook endpoint";

const INSERT: &str = "INSERT INTO djstripe_webhook_endpoint (stripe_id, replaced_stripe_id, url, connect, events, \
         api_version, own_account, livemode, accounts, on_mismatch, validation, tolerance_seconds, secrets, enabled, \
         kind, organization, takes_over, taken_over_events, cut_over_at, updated_at, revision, created_at, id) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UPDATE: &str = "UPDATE djstripe_webhook_endpoint SET stripe_id = ?, replaced_stripe_id = ?, url = ?, connect = ?, \
         events = ?, api_version = ?, own_account = ?, livemode = ?, accounts = ?, on_mismatch = ?, validation = ?, \
         tolerance_seconds = ?, secrets = ?, enabled = ?, kind = ?, organization = ?, takes_over = ?, \
         taken_over_events = ?, cut_over_at = ?, updated_at = ?, revision = revision + 1 \
     WHERE id = ? AND revision = ?";
const SELECT: &str = "SELECT id, stripe_id, replaced_stripe_id, url, connect, events, api_version, own_account, livemode, \
         accounts, on_mismatch, validation, tolerance_seconds, secrets, enabled, kind, organization, takes_over, taken_over_events, \
         cut_over_at, revision, created_at, updated_at \
     FROM djstripe_webhook_endpoint";
const REMARK: &str = "UPDATE djstripe_delivery SET remark = ? \
     WHERE id = (SELECT max(id) FROM djstripe_delivery WHERE event_id = ?)";

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
    /// [`StoreError::Query`], also if one has the same id, and the errors of connecting.
    pub async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let insert = bind_settings(Statement::new(INSERT), endpoint, endpoint.updated_at)
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

    /// Updates an endpoint. Returns false if the row was changed or deleted since the endpoint was
    /// read.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn update_endpoint(&self, endpoint: &Endpoint) -> Result<bool, StoreError> {
        let update = bind_settings(Statement::new(UPDATE), endpoint, Timestamp::now())
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

    /// Records on the last delivery of an event how it differs from its endpoint's settings.
    pub(crate) async fn remark_delivery(
        &self,
        event_id: &str,
        remark: String,
    ) -> Result<(), StoreError> {
        let update = Statement::new(REMARK)
            .bind(remark)
            .bind(event_id.to_owned());
        self.execute(WRITE_ENDPOINT, update).await.map(drop)
    }

    async fn load_endpoints(
        &self,
        select: Statement<'static, ByName>,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let rows: Vec<EndpointRow> = load!(self, LIST_ENDPOINTS, select)?;
        rows.into_iter().map(Endpoint::try_from).collect()
    }
}

#[derive(diesel::QueryableByName)]
struct EndpointRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    stripe_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    replaced_stripe_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    url: Option<String>,
    #[diesel(sql_type = Bool)]
    connect: bool,
    #[diesel(sql_type = Text)]
    events: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    own_account: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    livemode: Option<bool>,
    #[diesel(sql_type = Text)]
    accounts: String,
    #[diesel(sql_type = Text)]
    on_mismatch: String,
    #[diesel(sql_type = Text)]
    validation: String,
    #[diesel(sql_type = BigInt)]
    tolerance_seconds: i64,
    #[diesel(sql_type = Text)]
    secrets: String,
    #[diesel(sql_type = Bool)]
    enabled: bool,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    organization: bool,
    #[diesel(sql_type = Nullable<Text>)]
    takes_over: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    taken_over_events: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    cut_over_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

/// A secret in the column `secrets`.
#[derive(Serialize, Deserialize)]
struct SecretJson {
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

/// Binds `stripe_id` to `updated_at`.
fn bind_settings(
    statement: Statement<'static>,
    endpoint: &Endpoint,
    updated_at: Timestamp,
) -> Statement<'static> {
    let secret = |secret: &EndpointSecret| SecretJson {
        secret: secret.secret.to_string(),
        expires_at: secret.expires_at.map(Timestamp::micros),
    };
    let secrets: Vec<SecretJson> = endpoint.secrets.iter().map(secret).collect();
    let take_over = endpoint.take_over.as_ref();

    statement
        .bind(endpoint.stripe_id.clone())
        .bind(endpoint.replaced_stripe_id.clone())
        .bind(endpoint.url.clone())
        .bind(endpoint.connect)
        .bind(names_json(&endpoint.events))
        .bind(endpoint.api_version.clone())
        .bind(endpoint.own_account.clone())
        .bind(Bind::OptionalBool(endpoint.livemode))
        .bind(endpoint.accounts.to_string())
        .bind(endpoint.on_mismatch.as_str())
        .bind(endpoint.validation.as_str())
        .bind(i64::try_from(endpoint.tolerance.as_secs()).unwrap_or(i64::MAX))
        // Strings and integers can always be written as JSON.
        .bind(serde_json::to_string(&secrets).unwrap_or_default())
        .bind(endpoint.enabled)
        .bind(endpoint.kind.as_str())
        .bind(endpoint.organization)
        .bind(take_over.map(|from| from.endpoint.to_string()))
        .bind(take_over.map(|from| names_json(&from.events)))
        .bind(Bind::BigInt(
            take_over.and_then(|from| Some(from.cut_over_at?.micros())),
        ))
        .bind(updated_at.micros())
}

fn names_json(names: &[String]) -> String {
    serde_json::Value::from_iter(names.iter().map(String::as_str)).to_string()
}

impl TryFrom<EndpointRow> for Endpoint {
    type Error = StoreError;

    fn try_from(row: EndpointRow) -> Result<Self, StoreError> {
        let tolerance = u64::try_from(row.tolerance_seconds).unwrap_or_default();

        let mut endpoint = Self::new();
        endpoint.id = Uuid::parse_str(&row.id).map_err(|_| unknown("id", &row.id))?;
        endpoint.stripe_id = row.stripe_id;
        endpoint.replaced_stripe_id = row.replaced_stripe_id;
        endpoint.url = row.url;
        endpoint.connect = row.connect;
        endpoint.kind = parse("kind", &row.kind)?;
        endpoint.organization = row.organization;
        endpoint.events = read_names("events", &row.events)?;
        endpoint.take_over = match &row.takes_over {
            None => None,
            Some(id) => Some(TakeOver {
                endpoint: Uuid::parse_str(id).map_err(|_| unknown("takes_over", id))?,
                events: read_names(
                    "taken_over_events",
                    row.taken_over_events.as_deref().unwrap_or_default(),
                )?,
                cut_over_at: row.cut_over_at.map(Timestamp::from_micros),
            }),
        };
        endpoint.api_version = row.api_version;
        endpoint.own_account = row.own_account;
        endpoint.livemode = row.livemode;
        endpoint.accounts = parse("accounts", &row.accounts)?;
        endpoint.on_mismatch = parse("on_mismatch", &row.on_mismatch)?;
        endpoint.validation = parse("validation", &row.validation)?;
        endpoint.tolerance = Duration::from_secs(tolerance);
        endpoint.secrets = read_secrets(&row.secrets).ok_or_else(|| unknown("secrets", "…"))?;
        endpoint.enabled = row.enabled;
        endpoint.revision = row.revision;
        endpoint.created_at = Timestamp::from_micros(row.created_at);
        endpoint.updated_at = Timestamp::from_micros(row.updated_at);
        Ok(endpoint)
    }
}

fn parse<T: FromStr>(column: &'static str, value: &str) -> Result<T, StoreError> {
    value.parse().map_err(|_| unknown(column, value))
}

fn read_names(column: &'static str, json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|_| unknown(column, json))
}

fn unknown(column: &'static str, value: &str) -> StoreError {
    StoreError::UnknownValue {
        column,
        value: value.to_owned(),
    }
}

/// `None` if the column is malformed. Its value goes into no error, as it may hold a secret in
/// plain text.
fn read_secrets(json: &str) -> Option<Vec<EndpointSecret>> {
    let secrets: Vec<SecretJson> = serde_json::from_str(json).ok()?;
    let secret = |json: SecretJson| {
        let secret = json.secret.parse().ok()?;
        Some(EndpointSecret {
            secret,
            expires_at: json.expires_at.map(Timestamp::from_micros),
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
