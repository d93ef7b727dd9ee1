//! The steps of creating customers, and their numbers.

use super::error::InitError;

/// A step that was taken, or that a dry run would take.
#[derive(Debug)]
#[non_exhaustive]
pub enum InitStep<'a> {
    /// A mirrored customer was linked.
    Linked {
        /// The customer.
        customer: &'a str,
        /// The user.
        user: &'a str,
    },
    /// A customer that was found at Stripe was mirrored and linked.
    Found {
        /// The customer.
        customer: &'a str,
        /// The user.
        user: &'a str,
    },
    /// A customer was created, mirrored and linked. In a dry run it has no id.
    Created {
        /// The customer.
        customer: Option<&'a str>,
        /// The user.
        user: &'a str,
    },
    /// No customer could be created for this user.
    Failed {
        /// The user.
        user: &'a str,
        /// The reason.
        error: &'a InitError,
    },
}

/// What was done, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitReport {
    /// Mirrored customers that were linked.
    pub linked: u64,
    /// Mirrored customers whose metadata names a user that doesn't exist.
    pub unknown_users: u64,
    /// Users that already had a customer.
    pub existing: u64,
    /// Customers that were found at Stripe, mirrored and linked.
    pub found: u64,
    /// Customers that were created.
    pub created: u64,
    /// Users for whom no customer could be created.
    pub failed: u64,
}
