//! A small shop that receives Stripe webhooks.
fn main() {}
