//! The traits of models: [`Model`] for every type of object, [`HasTable`] for those that can be rows.

use serde_json::Value;

use crate::descriptor::ModelDescriptor;
use crate::json::{FieldError, FromJson, decode};

/// A type of object in Stripe's API.
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
    ///
    /// let error = Customer::decode(&serde_json::json!({ "address": { "city": 7 } })).unwrap_err();
    /// assert_eq!(error.path(), "address.city");
    /// # Ok::<(), djstripe_models::FieldError>(())
    /// ```
    ///
    /// # Errors
    /// [`FieldError`] names the first field that has another type than it should. Absent and unknown fields are no
    /// errors.
    fn decode(value: &Value) -> Result<Self, FieldError> {
        decode(Self::OBJECT, value)
    }
}

/// A model whose objects have an id, or another field that identifies them. Only these have a table and can be saved.
///
/// ```
/// use djstripe_models::{Customer, HasTable, Model};
///
/// let customer = Customer::decode(&serde_json::json!({ "id": "cus_1" }))?;
/// assert_eq!(customer.id(), Some("cus_1"));
/// assert_eq!(Customer::DESCRIPTOR.table, Some("stripe_customer"));
/// # Ok::<(), djstripe_models::FieldError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no table, so it can't be saved",
    label = "an object without an id",
    note = "Stripe's API gives such objects no id; store what you need of it in a table of your own"
)]
pub trait HasTable: Model {
    /// The table and its columns.
    const DESCRIPTOR: &'static ModelDescriptor;

    /// The object's id, or what identifies it instead. Every complete object has one.
    fn id(&self) -> Option<&str>;
}

/// A payload type that every event of the kind `E` carries: a model, or a union of models.
///
/// `E` is a type of [`events`](crate::events). An enum of `union = …` implements it too.
pub trait CarriedBy<E> {
    /// Whether the cargo feature of the payload type is on.
    #[doc(hidden)]
    const IS_COMPILED_IN: bool = true;
}

/// The payload type of receiver arguments that accept any object.
#[derive(Debug)]
pub enum AnyObject {}
