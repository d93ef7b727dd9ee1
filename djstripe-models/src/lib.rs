//! Stripe's objects as typed structs. Leaf crate: knows neither the database nor HTTP.

/// Stands for "whatever the event carries": the payload of every event.
#[derive(Debug)]
pub enum AnyObject {}
