//! What one run of a receiver gathers for the mirror: writes that commit together with the
//! receiver's checkpoint.
//!
//! In: writes, while the receiver fetches from Stripe and holds no database connection. Out: the
//! list of them, once the receiver has succeeded; a failed run leaves nothing.

use std::sync::{Mutex, PoisonError};

use crate::store::TableName;
use crate::timestamp::Timestamp;

/// One change of the mirror.
#[derive(Debug)]
pub(crate) enum Write {
    /// An observation of an object.
    Row {
        table: TableName,
        id: String,
        json: String,
        api_version: Option<String>,
        observed_at: Timestamp,
        deleted: bool,
    },
    /// The customer is deleted at Stripe. Its row stays, as other rows refer to it, without
    /// subscriber.
    Purge { id: String, at: Timestamp },
    /// The customer belongs to the user whose key the metadata holds.
    Link {
        customer: String,
        key: String,
        value: String,
        copy_pair: bool,
    },
    /// The customer has these entitlements and no others.
    Entitlements {
        customer: String,
        ids: Vec<String>,
        observed_at: Timestamp,
    },
    /// The account has authorized, or deauthorized, the platform.
    Authorization { authorized: bool, at: Timestamp },
}

/// The writes of one run of a receiver.
#[derive(Debug)]
pub(crate) struct Writes {
    not_before: Timestamp,
    list: Mutex<Vec<Write>>,
}

impl Writes {
    /// An empty list for an event that was stored before `not_before`: an object fetched since then
    /// is recent enough.
    pub(crate) fn new(not_before: Timestamp) -> Self {
        Self {
            not_before,
            list: Mutex::default(),
        }
    }

    /// The moment since which a fetched object is recent enough.
    pub(crate) fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Adds a write.
    pub(crate) fn push(&self, write: Write) {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(write);
    }

    /// Takes all writes, in the order in which they were added.
    pub(crate) fn take(&self) -> Vec<Write> {
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
