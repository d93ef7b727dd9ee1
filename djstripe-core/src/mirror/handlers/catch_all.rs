//! What no handler has: every other object of the catalogue, and events whose names nobody knows yet.

use crate::mirror::{Mirror, MirrorError};
use crate::store::{Db, ObjectRow, TableName, Upserted};
use crate::timestamp::Timestamp;
use djstripe_macros::stripe_receiver;
use djstripe_models::{Decoded, HasTable};

/// Writes the object of every event that no other built-in receiver listens to into its table.
///
/// An object without an id, or of a type that the catalogue doesn't know, is passed over.
///
/// # Errors
/// [`MirrorError`]; the event stays stored, and this receiver is tried again.
#[stripe_receiver("*", rank = catch_all)]
pub async fn mirror(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}

impl Db<'_> {
    /// Saves an object as it was at `observed_at`, unless its row holds something newer.
    ///
    /// Objects of a type without an id can't be saved: that doesn't compile.
    ///
    /// ```
    /// use djstripe_core::models::Customer;
    /// use djstripe_core::receivers::MirrorError;
    /// use djstripe_core::store::Timestamp;
    /// use djstripe_core::{Db, Object, stripe_receiver};
    ///
    /// #[stripe_receiver("customer.updated")]
    /// async fn keep(customer: Object<Customer>, mut db: Db<'_>) -> Result<(), MirrorError> {
    ///     db.save(&customer.into_inner(), None, false, Timestamp::now()).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn save<T: HasTable>(
        &mut self,
        object: &Decoded<T>,
        account: Option<&str>,
        livemode: bool,
        observed_at: Timestamp,
    ) -> Result<Upserted, MirrorError> {
        let (id, table) = object
            .id()
            .zip(T::DESCRIPTOR.table)
            .ok_or(MirrorError::NoId { object: T::OBJECT })?;
        let row = ObjectRow {
            account: account.unwrap_or_default(),
            livemode,
            id,
            stripe_data: object.json(),
            api_version: None,
            observed_at,
            deleted: false,
        };
        let mut outcomes = self.upsert_objects(TableName::new(table), &[row]).await?;
        Ok(outcomes.swap_remove(0)?)
    }
}
