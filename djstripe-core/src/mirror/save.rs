//! Saving an object outside of the mirror's own receivers.

use djstripe_models::{Decoded, HasTable};

use super::error::MirrorError;
use crate::store::{Db, ObjectRow, RowKey, TableName, Upserted};
use crate::timestamp::Timestamp;

impl Db<'_> {
    /// Saves an object as it was at `observed_at`, unless its row is newer.
    ///
    /// Objects of a type without an id can't be saved: that doesn't compile.
    ///
    /// ```
    /// use djstripe_core::mirror::MirrorError;
    /// use djstripe_core::models::Customer;
    /// use djstripe_core::{Db, Object, Timestamp, stripe_receiver};
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
        let event_id = self.event_id().map(str::to_owned);
        let row = ObjectRow {
            account: account.unwrap_or_default(),
            livemode,
            id,
            stripe_data: object.json(),
            api_version: None,
            observed_at,
            deleted: false,
            event_id: event_id.as_deref(),
            ..ObjectRow::default()
        };

        let key = RowKey {
            table: TableName::new(table),
            account: row.account.to_owned(),
            livemode,
            id: id.to_owned(),
        };
        let is_own = self.is_as_read(&key).await?;
        let mut outcomes = self.upsert_objects(key.table, &[row]).await?;
        let upserted = outcomes.swap_remove(0)?;
        // Of an older row, it is not known who has written it. Of one that another writer changed
        // since it was read, the receiver runs again.
        if upserted != Upserted::Stale && is_own {
            self.accept_own_write(&key).await?;
        }
        Ok(upserted)
    }
}
