//! An object together with the JSON it was read from.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{FieldError, FromJson, decode};
use crate::model::Model;

/// A typed object and its original JSON. Derefs to the typed object.
///
/// It serializes to exactly the JSON it was read from, unknown fields included.
///
/// ```
/// use djstripe_models::{Customer, Decoded};
///
/// let json = r#"{"id":"cus_1","later":1.50}"#;
/// let customer: Decoded<Customer> = serde_json::from_str(json)?;
/// assert_eq!(customer.id.as_deref(), Some("cus_1"));
/// assert_eq!(serde_json::to_string(&customer)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    typed: T,
    raw: Box<RawValue>,
}

impl<T: FromJson> Decoded<T> {
    /// Reads JSON. Errors name the type of object as `object`.
    ///
    /// ```
    /// use djstripe_models::{Customer, Decoded, Model};
    ///
    /// let customer = Decoded::<Customer>::from_json_text(Customer::OBJECT, r#"{"id":"cus_1"}"#)?;
    /// assert_eq!(customer.into_inner().id.as_deref(), Some("cus_1"));
    /// # Ok::<(), djstripe_models::ObjectError>(())
    /// ```
    ///
    /// # Errors
    /// [`ObjectError::Json`] if `json` is not JSON or is nested deeper than 128 levels, [`ObjectError::Field`] if a
    /// field has another type than it should.
    pub fn from_json_text(object: &'static str, json: &str) -> Result<Self, ObjectError> {
        let raw: Box<RawValue> = serde_json::from_str(json)?;
        let value: Value = serde_json::from_str(raw.get())?;

        Ok(Self {
            typed: decode(object, &value)?,
            raw,
        })
    }
}

impl<T> Decoded<T> {
    /// The original JSON.
    pub fn json(&self) -> &str {
        self.raw.get()
    }

    /// The typed object without its JSON.
    pub fn into_inner(self) -> T {
        self.typed
    }
}

impl<T> Deref for Decoded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.typed
    }
}

impl<T: PartialEq> PartialEq for Decoded<T> {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed && self.json() == other.json()
    }
}

impl<T> Serialize for Decoded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de, T: Model> Deserialize<'de> for Decoded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json_text(T::OBJECT, raw.get()).map_err(serde::de::Error::custom)
    }
}

/// Why a JSON text can't be read as an object.
#[derive(Debug)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is not JSON, or it is nested too deeply.
    Json(serde_json::Error),
    /// A field has another type than it should.
    Field(FieldError),
}

impl fmt::Display for ObjectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(formatter),
            Self::Field(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ObjectError {}

impl From<serde_json::Error> for ObjectError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<FieldError> for ObjectError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}
