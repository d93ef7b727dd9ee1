//! The column `stripe_data`, which holds an object's JSON: `jsonb` in PostgreSQL, `text` in SQLite.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
use diesel::backend::Backend;
use diesel::deserialize::FromSqlRow;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use diesel::deserialize::{FromSql, Result};
use diesel::sql_types::SqlType;
use serde_json::Value;

/// SQL type of the column.
#[derive(Clone, Copy, Debug, Default, SqlType)]
#[diesel(sqlite_type(name = "Text"))]
#[diesel(postgres_type(name = "jsonb"))]
pub struct StripeJson;

/// An object's JSON as read from the column.
///
/// ```
/// use djstripe_models::json_column::StoredJson;
/// use djstripe_models::{Customer, Model};
///
/// let stored = StoredJson(serde_json::json!({ "id": "cus_1" }));
/// assert_eq!(Customer::decode(&stored.0)?.id.as_deref(), Some("cus_1"));
/// # Ok::<(), djstripe_models::FieldError>(())
/// ```
#[derive(Clone, Debug, PartialEq, FromSqlRow)]
#[diesel(sql_type = StripeJson)]
pub struct StoredJson(pub Value);

#[cfg(feature = "sqlite")]
impl FromSql<StripeJson, diesel::sqlite::Sqlite> for StoredJson {
    fn from_sql(value: <diesel::sqlite::Sqlite as Backend>::RawValue<'_>) -> Result<Self> {
        let text =
            <String as FromSql<diesel::sql_types::Text, diesel::sqlite::Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

#[cfg(feature = "postgres")]
impl FromSql<StripeJson, diesel::pg::Pg> for StoredJson {
    fn from_sql(value: <diesel::pg::Pg as Backend>::RawValue<'_>) -> Result<Self> {
        // The first byte is the version of the binary format. Only version 1 exists.
        match value.as_bytes().split_first() {
            Some((1, json)) => Ok(Self(serde_json::from_slice(json)?)),
            _ => Err("jsonb of an unknown version".into()),
        }
    }
}
