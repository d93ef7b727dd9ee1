//! A small shop that receives Stripe webhooks: three receivers and a `main` of three lines.
//!
//! `cargo run -p quickstart` runs them on sample events; `quickstart serve` receives Stripe's events.
#![expect(clippy::print_stdout, reason = "the shop prints what it does")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use djstripe_core::cli::Cli;
use djstripe_core::{CrudType, Djstripe, Event, State, stripe_receiver};

/// The state that the receivers share.
#[derive(Default)]
struct Shop {
    orders: AtomicU32,
}

/// Greets new customers and says goodbye to deleted ones.
#[stripe_receiver("customer.created", "customer.deleted")]
fn greet(event: &Event, crud: CrudType) {
    let words = if crud == CrudType::Deleted {
        "Goodbye"
    } else {
        "Welcome"
    };

    println!(
        "    shop: {words}, {}!",
        event.object_head().id.unwrap_or_default()
    );
}

/// Counts the orders.
#[stripe_receiver("checkout.session.completed")]
async fn count_order(shop: State<Shop>) {
    let orders = shop.orders.fetch_add(1, Ordering::Relaxed) + 1;
    println!("    shop: order number {orders}");
}

/// Ships the goods of a paid invoice. An error is recorded, and only this receiver is retried.
#[stripe_receiver("invoice.paid")]
async fn ship(event: Event) -> Result<(), ShippingError> {
    let invoice = event.object_head().id.ok_or(ShippingError::NoInvoice)?;
    println!("    shop: shipping what {invoice} paid for");
    Ok(())
}

#[derive(Debug)]
enum ShippingError {
    NoInvoice,
}

impl std::fmt::Display for ShippingError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoInvoice => formatter.write_str("event carries no invoice"),
        }
    }
}

impl std::error::Error for ShippingError {}

fn main() -> ExitCode {
    Cli::new(Djstripe::builder().state(Shop::default()))
        .demo_by_default()
        .main()
}
