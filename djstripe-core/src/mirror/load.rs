//! Reading mirrored objects as models.

use djstripe_models::{Decoded, HasTable};

use super::error::MirrorError;
use crate::receiver::arguments::Object;
use crate::store::{Db, RowKey, TableName};

impl Db<'_> {
    /// The object with this id as the mirror has it; `None` if it has no row. A deleted object has
    /// one: see [`Object::is_deleted`].
    ///
    /// In a receiver it is an object of the event's account and mode. Elsewhere
    /// [`scoped_to`](Self::scoped_to) says of which.
    ///
    /// ```
    /// use djstripe_core::mirror::MirrorError;
    /// use djstripe_core::models::{Customer, Invoice};
    /// use djstripe_core::{Db, Object, stripe_receiver};
    ///
    /// #[stripe_receiver("invoice.paid")]
    /// async fn thank(invoice: Object<Invoice>, mut db: Db<'_>) -> Result<(), MirrorError> {
    ///     let Some(id) = invoice.customer.as_ref().and_then(|customer| customer.id()) else {
    ///         return Ok(());
    ///     };
    ///     let customer = db.load::<Customer>(id).await?;
    ///     println!("{:?} has paid", customer.and_then(|customer| customer.email.clone()));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`MirrorError::NoScope`], [`MirrorError::Decode`] if the row has another shape than the
    /// model, and the database's errors.
    pub async fn load<T: HasTable>(&mut self, id: &str) -> Result<Option<Object<T>>, MirrorError> {
        let table = T::DESCRIPTOR
            .table
            .ok_or(MirrorError::NoId { object: T::OBJECT })?;
        let scope = self.scope().ok_or(MirrorError::NoScope)?;
        let key = RowKey {
            table: TableName::new(table),
            account: scope.account.clone(),
            livemode: scope.livemode,
            id: id.to_owned(),
        };

        let Some(stored) = self.stored_object(&key).await? else {
            return Ok(None);
        };
        let object = Decoded::from_json_text(T::OBJECT, &stored.stripe_data).map_err(|source| {
            MirrorError::Decode {
                object: T::OBJECT,
                id: key.id,
                api_version: stored.api_version,
                source: Box::new(source),
            }
        })?;
        Ok(Some(Object::of_row(object, stored.version.is_deleted)))
    }
}
