//! Why a customer was not forgotten.

use crate::store::StoreError;

/// Why a customer was not forgotten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The mirror has no such customer.
    #[error(
        "the database has no customer `{customer}`{place}; check the id, the account and the mode, or \
         fetch the customer with `sync customer`"
    )]
    Unknown {
        /// The id.
        customer: String,
        /// Where it was looked for.
        place: String,
    },
    /// Several accounts or modes have a customer with this id.
    #[error("there are several customers `{customer}`: {places}; name the account and the mode")]
    Ambiguous {
        /// The id.
        customer: String,
        /// Where they are.
        places: String,
    },
    /// The database failed. A second run does what is left.
    #[error(transparent)]
    Store(#[from] StoreError),
}
