//! What Stripe does beyond storing an object: payments, invoices, subscriptions and the like. Each
//! flow takes the parameters of a request and writes through [`Writer`](super::writer::Writer).

pub(super) mod balance;
pub(super) mod catalog;
pub(super) mod checkout;
pub(super) mod invoices;
pub(super) mod issuing;
pub(super) mod methods;
pub(super) mod payments;
pub(super) mod setups;
pub(super) mod schedules;
pub(super) mod subscriptions;
