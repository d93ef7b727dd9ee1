//! What all models have in common, and their descriptions as data.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{DecodeError, FromJson, decode};

/// A type of Stripe's objects.
pub trait Model: FromJson {
    /// Its name, the value of `object` in its JSON: `checkout.session`.
    const OBJECT: &'static str;

    /// Reads an object.
    ///
    /// ```
    /// use djstripe_models::{Customer, Model};
    ///
    /// let customer = Customer::decode(&serde_json::json!({ "id": "cus_1", "email": null, "later": {} }))?;
    /// assert_eq!((customer.id.as_deref(), customer.email), (Some("cus_1"), None));
    /// let error = Customer::decode(&serde_json::json!({ "address": { "city": 7 } })).unwrap_err();
    /// assert_eq!(error.path(), "address.city");
    /// # Ok::<(), djstripe_models::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that has another type than it should; absent and unknown fields are fine.
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        decode(Self::OBJECT, value)
    }
}

/// A type of objects that have an id: only these can be rows of a table.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no id, so it can't be saved",
    label = "not an object with an id",
    note = "Stripe's API gives such objects no id; keep what you need of it in a table of your own"
)]
pub trait Stored: Model {
    /// Its table and columns.
    const DESCRIPTOR: &'static ModelDescriptor;

    /// Its id, which every complete object has.
    fn id(&self) -> Option<&str>;
}

/// What is known of a type of object, whatever cargo features are on.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelDescriptor {
    /// Its name, `checkout.session`.
    pub object: &'static str,
    /// Its table, `stripe_checkout_session`; `None` for objects without an id.
    pub table: Option<&'static str>,
    /// Columns that the database generates from the JSON.
    pub columns: &'static [Column],
    /// Path that fetches one by its id, with the names of what goes into it in braces.
    pub retrieve: Option<&'static str>,
    /// Path that fetches the only one there is.
    pub singleton: Option<&'static str>,
    /// Path that lists them.
    pub list: Option<&'static str>,
    /// Query parameters without which it can't be listed.
    pub list_requires: &'static [&'static str],
    /// Whether the list can be narrowed by `created`.
    pub list_by_created: bool,
    /// Parameter and value without which the list holds something back: `status=all`.
    pub list_widest: Option<(&'static str, &'static str)>,
    /// Path that deletes one.
    pub delete: Option<&'static str>,
    /// Fields that hold the id of another object, or of several, and can be expanded.
    pub references: &'static [Reference],
    /// Cargo feature that compiles its struct in; `None` if it always is.
    pub feature: Option<&'static str>,
}

/// A field that holds the id of another object, or the object itself where it was expanded.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// The field's name.
    pub field: &'static str,
    /// The types of object that it may refer to.
    pub objects: &'static [&'static str],
}

/// A column that the database generates from `stripe_data`.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, that of the field.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether there is an index on it.
    pub indexed: bool,
}

/// What a generated column holds; `NULL` where the JSON has something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A text.
    Text,
    /// The id of another object, also if that is expanded.
    Id,
    /// A whole number.
    Integer,
    /// A truth value.
    Boolean,
}

/// The description of a type of object, by its name.
///
/// ```
/// let descriptor = djstripe_models::descriptor("checkout.session").expect("a known object");
/// assert_eq!(descriptor.table, Some("stripe_checkout_session"));
/// assert_eq!(descriptor.retrieve, Some("/v1/checkout/sessions/{session}"));
/// assert!(djstripe_models::descriptor("basket").is_none());
/// ```
pub fn descriptor(object: &str) -> Option<&'static ModelDescriptor> {
    let all = crate::DESCRIPTORS;
    all.binary_search_by(|descriptor| descriptor.object.cmp(object))
        .ok()
        .map(|index| &all[index])
}

/// An object with its JSON: the typed view for reading, the raw one for keeping. Derefs to the typed view.
///
/// Serializes to exactly what came in, fields that nobody knows included.
///
/// ```
/// use djstripe_models::{Customer, Object};
///
/// let json = r#"{"id":"cus_1","later":1.50}"#;
/// let customer: Object<Customer> = serde_json::from_str(json)?;
/// assert_eq!(customer.id.as_deref(), Some("cus_1"));
/// assert_eq!(serde_json::to_string(&customer)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Object<T> {
    typed: T,
    raw: Box<RawValue>,
}

impl<T: FromJson> Object<T> {
    /// Reads JSON. `name` is the object's, for the error.
    ///
    /// # Errors
    /// [`ObjectError::Json`] for what is not JSON or nested deeper than 128 levels, [`ObjectError::Decode`] for what has
    /// another shape.
    pub fn from_json_text(name: &'static str, json: &str) -> Result<Self, ObjectError> {
        let raw: Box<RawValue> = serde_json::from_str(json)?;
        let value: Value = serde_json::from_str(raw.get())?;
        Ok(Self {
            typed: decode(name, &value)?,
            raw,
        })
    }
}

impl<T> Object<T> {
    /// The JSON as it came in.
    pub fn json(&self) -> &str {
        self.raw.get()
    }

    /// The typed view alone.
    pub fn into_inner(self) -> T {
        self.typed
    }
}

/// Why JSON can't be read as an object.
#[derive(Debug)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is not JSON, or nested too deeply.
    Json(serde_json::Error),
    /// It has another shape.
    Decode(DecodeError),
}

impl std::fmt::Display for ObjectError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => error.fmt(formatter),
            Self::Decode(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ObjectError {}

impl From<serde_json::Error> for ObjectError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<DecodeError> for ObjectError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.typed
    }
}

impl<T: PartialEq> PartialEq for Object<T> {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed && self.json() == other.json()
    }
}

impl<T> Serialize for Object<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de, T: Model> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json_text(T::OBJECT, raw.get()).map_err(serde::de::Error::custom)
    }
}

/// Stands for "whatever the event carries": the payload of every event.
#[derive(Debug)]
pub enum AnyObject {}
