//! A shop that keeps its orders in a table of its own.
//!
//! The order and the record that the receiver ran commit together. A paid session becomes exactly one
//! order, however often Stripe delivers the event, and even if a process dies in between.
#![expect(missing_docs, reason = "`table!` generates items without docs")]

use std::process::ExitCode;

use djstripe_core::models::CheckoutSession;
use djstripe_core::store::prelude::*;
use djstripe_core::store::{Migration, MigrationSet};
use djstripe_core::{Db, Djstripe, Object, stripe_receiver, with_db};

diesel::table! {
    orders (session) {
        session -> Text,
        customer -> Nullable<Text>,
        amount -> BigInt,
    }
}

const CREATE_ORDERS: &str =
    "CREATE TABLE orders (session text PRIMARY KEY, customer text, amount bigint NOT NULL)";

/// Writes one order for each completed session. `amount` is in the currency's smallest unit, as Stripe
/// sends it.
#[stripe_receiver("checkout.session.completed", id = "orders::record")]
async fn record(
    session: Object<CheckoutSession>,
    mut db: Db<'_>,
) -> Result<(), diesel::result::Error> {
    let order = (
        orders::session.eq(session.id.as_deref().unwrap_or_default()),
        orders::customer.eq(session.customer.as_ref().and_then(|customer| customer.id())),
        orders::amount.eq(session.amount_total.unwrap_or_default()),
    );

    let insert = diesel::insert_into(orders::table).values(order);
    with_db!(db, connection => insert.execute(connection).await)?;
    Ok(())
}

fn main() -> ExitCode {
    let create = Migration {
        name: "0001_orders".into(),
        sql: CREATE_ORDERS.into(),
    };
    let migrations = MigrationSet {
        name: "orders".into(),
        postgres: vec![create.clone()],
        sqlite: vec![create],
    };

    djstripe_core::cli::main(Djstripe::builder().migrations(migrations))
}
