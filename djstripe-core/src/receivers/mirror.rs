//! The mirror: the object that an event carries becomes a row of its table.

use djstripe_models::{ModelDescriptor, Object as ModelObject, Stored, descriptor};

use crate::crud_type::CrudType;
use crate::event::Event;
use crate::store::{Db, ObjectRow, StoreError, TableName, Timestamp, Unstorable, Upserted};
use crate::stripe_receiver;

/// Why an object could not be mirrored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is of a type that has ids, but this one has none.
    #[error("this `{object}` has no id")]
    NoId {
        /// The type of object.
        object: &'static str,
    },
    /// The database can't hold the object's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
}

/// Writes the object of every event into its table.
///
/// An object without an id, or of a type that the catalogue doesn't know, is passed over. An event that says the object
/// is gone leaves a tombstone, which no older content revives; a canceled subscription is not gone, Stripe keeps it.
///
/// # Errors
/// [`MirrorError`]; the event stays stored, and this receiver is tried again.
#[stripe_receiver("*", id = "djstripe::mirror", priority = -1000000)]
pub async fn mirror(event: &Event, mut db: Db<'_>) -> Result<(), MirrorError> {
    let head = event.object_head();
    let known = head.object.as_deref().and_then(descriptor);
    let (Some(id), Some(descriptor), Some(json)) = (head.id, known, event.object_json()) else {
        tracing::debug!(event = event.id(), "nothing to mirror");
        return Ok(());
    };
    let Some(table) = descriptor.table else { return Ok(()) };
    let row = ObjectRow {
        account: event.account().unwrap_or_default(),
        livemode: event.livemode(),
        id: &id,
        stripe_data: json,
        api_version: event.api_version(),
        observed_at: observed_at(event),
        deleted: is_gone(event, descriptor),
    };
    let upserted = save(&mut db, TableName::new(table), row).await?;
    tracing::debug!(event = event.id(), object = id, ?upserted, "mirrored");
    Ok(())
}

/// Saves one object in the receiver's transaction.
async fn save(db: &mut Db<'_>, table: TableName, row: ObjectRow<'_>) -> Result<Upserted, MirrorError> {
    let mut outcomes = db.upsert_objects(table, &[row]).await?;
    Ok(outcomes.swap_remove(0)?)
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
    pub async fn save<T: Stored>(
        &mut self,
        object: &ModelObject<T>,
        account: Option<&str>,
        livemode: bool,
        observed_at: Timestamp,
    ) -> Result<Upserted, MirrorError> {
        let (id, table) = object.id().zip(T::DESCRIPTOR.table).ok_or(MirrorError::NoId { object: T::OBJECT })?;
        let row = ObjectRow {
            account: account.unwrap_or_default(),
            livemode,
            id,
            stripe_data: object.json(),
            api_version: None,
            observed_at,
            deleted: false,
        };
        save(self, TableName::new(table), row).await
    }
}

/// When the event's content was current. Of the events of one second, creation comes before change, and change before
/// deletion: `created` has no finer digits, so they are put in its microseconds.
fn observed_at(event: &Event) -> Timestamp {
    let order = match CrudType::determine(event, None) {
        Some(CrudType::Created) => 0,
        Some(CrudType::Updated) | None => 1,
        Some(CrudType::Deleted) => 2,
    };
    Timestamp::from_micros(Timestamp::from_seconds(event.created()).micros().saturating_add(order))
}

fn is_gone(event: &Event, descriptor: &ModelDescriptor) -> bool {
    descriptor.object != "subscription" && CrudType::determine(event, None) == Some(CrudType::Deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_deleted_objects_are_gone() {
        let check = |name: &str, object: &str, expected: bool| {
            let json = format!(r#"{{"id":"evt_1","type":"{name}"}}"#);
            let gone = is_gone(&Event::from_json(&json).unwrap(), descriptor(object).unwrap());
            assert_eq!(gone, expected, "{name}");
        };
        check("customer.deleted", "customer", true);
        check("customer.tax_id.deleted", "tax_id", true);
        check("customer.subscription.deleted", "subscription", false);
        check("customer.updated", "customer", false);
        check("invoice.paid", "invoice", false);
    }

    #[test]
    fn events_of_one_second_are_in_the_order_of_an_objects_life() {
        let at = |name: &str| {
            let json = format!(r#"{{"id":"evt_1","type":"{name}","created":1700000000}}"#);
            observed_at(&Event::from_json(&json).unwrap())
        };
        assert!(at("customer.created") < at("customer.updated"));
        assert!(at("customer.updated") < at("customer.deleted"));
        assert_eq!(at("invoice.paid"), at("invoice.updated"));
    }
}
