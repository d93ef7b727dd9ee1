//! The queue of events and effects, as the workers use it.
//!
//! In: deliveries to store, leases, and how runs ended. Out: claims. The operations stand next to
//! the tables that they are about: `events` and `outbox`.

use super::backend::store::Store;

/// The operations of the inbox and the workers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue(pub(in crate::store) Store);

impl Store {
    /// The queue of this database.
    pub(crate) fn queue(&self) -> Queue {
        Queue(self.clone())
    }
}
