//! Jobs that an operator or a timer starts: fill the mirror, compare it with Stripe, find missing events, create customers.

pub(crate) mod lists;
pub(crate) mod account_scope;
pub mod sync;
pub mod verify;
pub mod reconcile;
pub mod init_customers;
